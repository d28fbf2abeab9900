"""The task of `tests/toy_task`, a distribution of its own: everything that a task can have, from its first report to its pages."""

from __future__ import annotations

import asyncio
import json
import os
import random
import re
import shlex
import tomllib
from configparser import ConfigParser
from pathlib import Path

import pytest
import yaml
from collect_support import Nursery, Watched, collect, run, samples_of, the_log
from servers.fake import Fake
from toy_support import MODELS, ROOT, parrot, toy
from typer.testing import CliRunner

from llmxsite.analysis import tables
from llmxsite.base import registry
from llmxsite.base.diagnostics import Issues, Problem
from llmxsite.cli import app
from llmxsite.exchange.answer.scorer import scorer
from llmxsite.exchange.engine.vectors import Vectors
from llmxsite.log import runlog
from llmxsite.log.record import MaterialLine
from llmxsite.log.runlog.turns import turns_of
from llmxsite.press import figure
from llmxsite.press.catalogue import addresses
from llmxsite.press.check.check import check
from llmxsite.press.numbers.value import evaluate
from llmxsite.press.site.build import build
from llmxsite.study import scaffold
from llmxsite.study.study import Study
from llmxsite.study.suite import find

__all__ = ["toy"]
pytestmark = pytest.mark.usefixtures("toy")
PACKAGE = ROOT / "recall_task"
KILLS = int(os.environ.get("LLMXSITE_KILLS", "4"))


@pytest.fixture
def study(tmp_path: Path) -> Study:
    """A study with one report of the task, as its scaffold leaves it but for the models."""
    scaffold.study(tmp_path / "study", title="T", author="Ada")
    here = Study(tmp_path / "study")
    done = CliRunner().invoke(app, ["--study", str(here.root), "new", "report", "trial", "--task", "recall"])
    assert done.exit_code == 0, done.output
    written(here)
    return here


def written(here: Study, report: str = "trial") -> None:
    """What a person adds to the scaffold before the first run."""
    page = here.report(report) / "index.md"
    text = page.read_text(encoding="utf-8").replace("Say in a sentence what came back and what did not.", "Most do.")
    page.write_text(text, encoding="utf-8")
    path = here.experiment(report)
    design = yaml.safe_load(path.read_text(encoding="utf-8"))
    design |= {"question": "Does it come back?", "hypothesis": "Not after three rounds."}
    design |= {"models": ["fake:1b"], "repeats": 2}
    design["sweep"] |= {"embedder": ["near:1b"], "judge": ["judge:1b"]}
    path.write_text(yaml.safe_dump(design, sort_keys=False), encoding="utf-8")


def asked(study: Study) -> Fake:
    async def go() -> Fake:
        async with Fake(models=MODELS, reply=parrot) as server:
            _, result, _ = await collect(study, server)
            assert result is not None and result.reason == "complete" and not result.errors
            return server

    return asyncio.run(go())


def told(path: Path) -> dict[str, tuple[object, ...]]:
    return {
        s.key: (s.item, str(s.condition), s.repeat, s.outcome, str(s.scores), str(s.rubric), s.of)
        for s in samples_of(path)
    }


def test_what_an_installer_would_write_is_what_the_project_says() -> None:
    said = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    found = ConfigParser()
    found.read(ROOT / "recall_task-1.0.dist-info" / "entry_points.txt")
    assert said["entry-points"] == {section: dict(found[section]) for section in found.sections()}
    assert registry.distribution("recall") == (said["name"], said["version"])


def test_it_has_every_part_that_a_task_can_have() -> None:
    rooms = {"suite", "experiment", "asking", "answer", "collect", "results", "figure", "site"}
    assert all(registry.part("recall", room) is not None for room in rooms)
    assert all((PACKAGE / name).exists() for name in ("methods.md", "glossary.toml", "scaffold", "templates", "words"))
    assert list(registry.faults()) == []


def test_its_report_is_checked_collected_scored_and_built(study: Study, tmp_path: Path) -> None:
    assert find(study, "trial", Issues()).kind == "sentences"
    assert {i.code for i in check(study) if i.severity == "error" and "trial" in i.path} == set()
    server = asked(study)
    lines = samples_of(the_log(study))
    judged, talks = ([s for s in lines if s.judges is judge] for judge in (True, False))
    assert len(talks) == len(judged) == 4 * 2 * 2 and {s.of for s in judged} == {s.key for s in talks}
    for sample in talks:
        turns = turns_of(sample)
        assert turns is not None and len(turns) == 2 + int(str(sample.condition["rounds"]))
        assert isinstance(turns[-1].reply, Vectors) and -1 <= sample.scores["near"] <= 1
    assert {s.scores["same"] for s in judged} == {True, False}
    (made,) = {
        line.sha256: line for _, line in runlog.iterate(the_log(study), Issues()) if isinstance(line, MaterialLine)
    }.values()
    assert (made.model, made.texts) == ("near:1b", 4)
    embedded = [call.json["model"] for call in server.calls if call.path == "/api/embed"]
    assert set(embedded) == {"near:1b"}, "vectors are asked of the embedder alone"
    header = runlog.read_header(the_log(study))
    assert header.package == "recall-task" and {m.name for m in header.models} == {*MODELS}

    issues = Issues()
    verified = runlog.verify(the_log(study), issues)
    assert not list(issues) and verified.rescored == len(lines) and verified.sealed and not verified.foreign
    before = told(the_log(study))
    scored = CliRunner().invoke(app, ["--study", str(study.root), "score", "trial"])
    assert scored.exit_code == 0 and told(the_log(study)) == before

    found = tables.load(study, Issues(), report="trial")
    assert {"kept", "near"} <= {*found.frame.columns} and len(found.frame) == 16
    assert (
        evaluate("recalled rounds=1", found).text == "100.0%" and evaluate("recalled rounds=3", found).text == "25.0%"
    )
    assert float(evaluate("recalled of=near rounds=1 interval=no", found).text) == 1
    shown = CliRunner().invoke(app, ["--study", str(study.root), "results", "--table", "recall", "--format", "json"])
    assert [(r["rounds"], r["n"], r["same"]) for r in json.loads(shown.stdout)] == [(1, 8, 1.0), (3, 8, 0.25)]

    article = study.report("trial") / "index.md"
    article.write_text(article.read_text(encoding="utf-8").replace("status: draft", ""), encoding="utf-8")
    issues = Issues()
    build(study, tmp_path / "site", issues=issues)
    assert not issues.failed(), "\n".join(i.render() for i in issues)
    page = (tmp_path / "site/reports/trial/index.html").read_text(encoding="utf-8")
    assert "25.0%" in page and "Sentences that come back word for word" in page and "What came back" in page
    (log,) = study.run_logs("trial")
    of_run = (tmp_path / "site" / addresses.run("trial", log.stem)).read_text(encoding="utf-8")
    assert (
        of_run.index("What became of the samples") < of_run.index("How much came back") < of_run.index('id="samples"')
    )
    assert "<summary>Word by word</summary>" in of_run
    samples = (tmp_path / "site" / addresses.run("trial", log.stem)).with_name("samples-001.html").read_text("utf-8")
    assert "<del>noon.</del>" in samples
    assert "16 samples, and 16 that judge them" in of_run and "Read all 32 samples" in of_run
    assert (
        samples.count("<span class=chip>judges</span>") == 16
        and 'id="f-judge"' in samples
        and "f-unscored" not in samples
    )
    assert "Saying it again" in (tmp_path / "site/methods.html").read_text(encoding="utf-8")
    suite = (tmp_path / "site/suites/trial/index.html").read_text(encoding="utf-8")
    assert "Seven green ladders slept under the sea." in suite


def test_a_chart_of_it_is_drawn_with_its_own_options(study: Study) -> None:
    asked(study)
    (kind,) = (kind for kind in figure.kinds() if kind.name == "recall")
    assert kind.known[:2] == ("alpha", "height")


def test_it_is_asked_in_the_words_of_the_items_language(study: Study) -> None:
    path = study.suites / "trial.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("language: en", "language: fr"), encoding="utf-8")
    asked(study)
    first = [s.request.messages[0].content for s in samples_of(the_log(study)) if not s.judges]
    assert all(words.startswith("Dis cette phrase") for words in first)


def test_a_condition_is_said_to_be_done_once_however_many_judges_follow(study: Study) -> None:
    with Watched(models=MODELS, reply=parrot) as server:
        done = run(study, "run", "trial", server=server)
    assert [done.stderr.count(f"rounds {rounds}: ") for rounds in (1, 3)] == [1, 1], done.stderr


@pytest.mark.skipif(os.name == "nt", reason="processes are forked and killed in POSIX's ways")
def test_killed_and_gone_on_with_it_loses_and_doubles_nothing(study: Study, tmp_path: Path) -> None:
    with Watched(models=MODELS, reply=parrot) as server:
        done = run(study, "run", "trial", server=server)
        assert done.returncode == 0, done.stderr
        unbroken = told(the_log(study))
        killed = seed = 0
        with Nursery() as nursery:
            while killed < KILLS:
                the_log(study).unlink()
                chance = random.Random(seed)
                killed += nursery.killed(study, server, chance, calls=60, ms=15, output=tmp_path / "output")
                assert told(the_log(study)) == unbroken and len(samples_of(the_log(study))) == len(unbroken)
                seed += 1


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (("kind: sentences", "kind: sentense"), "suite-kind"),
        (("sentence: Two cooks were arguing about salt.", "sentence: Two"), "suite-item"),
        (("sentence: Two cooks were arguing about salt.", "question: Two?"), "suite-unknown-key"),
    ],
)
def test_a_fault_in_its_suite_is_said_at_its_line(change: tuple[str, str], code: str, study: Study) -> None:
    path = study.suites / "trial.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace(*change), encoding="utf-8")
    done = CliRunner().invoke(app, ["--study", str(study.root), "suite", "check", "trial"])
    assert code in done.output and re.search(r"trial\.yaml:\d+", done.output), done.output


def test_a_suite_of_another_kind_is_not_asked(study: Study) -> None:
    path = study.experiment("trial")
    path.write_text(path.read_text(encoding="utf-8").replace("- trial", "- everyday-numbers"), encoding="utf-8")
    done = CliRunner().invoke(app, ["--study", str(study.root), "plan", "trial"])
    assert isinstance(done.exception, Problem) and done.exception.issues[0].code == "experiment-items"


def test_nothing_of_llmxsite_names_it() -> None:
    import llmxsite

    for path in Path(llmxsite.__file__).parent.rglob("*"):
        if path.suffix in (".py", ".html", ".md", ".yaml", ".json", ".toml"):
            assert "recall_task" not in path.read_text(encoding="utf-8"), path
    assert scorer("recall/1") is not None


def test_the_commands_of_the_page_on_architecture_do_what_it_says(tmp_path: Path) -> None:
    page = (ROOT.parent.parent / "docs" / "architecture.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```bash\n(.*?)```", page, flags=re.S)
    install, *commands = block.strip().split("\n")
    assert install == "pip install ./tests/toy_task"  # which the fixture does
    scaffold.study(tmp_path / "study", title="T", author="Ada")
    here = Study(tmp_path / "study")
    with Watched(models=MODELS, reply=parrot) as server:
        for line in commands:
            program, *words = shlex.split(line)
            assert program == "llmxsite"
            done = run(here, *words, server=server if words[0] in ("plan", "run") else None)
            assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
            if words[0] == "new":
                written(here, "echo")
    assert (here.root / "site/reports/echo/index.html").is_file()


def _failing(*_: object) -> object:
    raise ZeroDivisionError("nothing to divide by")


def test_a_table_or_a_chart_that_raises_names_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace

    import msgspec
    from figure_samples import samples
    from recall_task import figure as charts
    from recall_task import results

    from llmxsite.analysis.results.kind import Asked
    from llmxsite.analysis.results.tables import table

    rows = samples([{"task": "recall", "item": f"q{i}", "model": "m"} for i in range(3)])
    name, kind = results.TABLES[0].name, charts.KINDS[0].name
    monkeypatch.setattr(results, "TABLES", tuple(replace(one, make=_failing) for one in results.TABLES))
    monkeypatch.setattr(charts, "KINDS", tuple(msgspec.structs.replace(one, make=_failing) for one in charts.KINDS))
    registry.forget()
    for call in (lambda: table(name).made(rows, Asked()), lambda: figure.build(kind, rows, {}, id="t")):
        with pytest.raises(Problem) as raised:
            call()
        issue = raised.value.issues[0]
        assert issue.code == "task-broken"
        assert "'recall'" in issue.message
        assert issue.message.endswith("raises ZeroDivisionError: nothing to divide by")


def test_its_words_are_in_the_glossary() -> None:
    from llmxsite.press.site import glossary

    assert "recalled" in glossary.terms()
