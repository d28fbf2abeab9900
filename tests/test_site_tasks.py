"""What tasks add to pages: those of other distributions as those of this one, and a run of one that is not installed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from distribution_support import anew, installed, told
from text_support import run_log

from llmxsite.base.diagnostics import Issues, Problem
from llmxsite.press import figure
from llmxsite.press.catalogue import addresses
from llmxsite.press.check.check import check
from llmxsite.press.site.build import build
from llmxsite.study import scaffold
from llmxsite.study.scaffold import words
from llmxsite.study.study import Study

RUN = addresses.run("first-report", "2026-11-01-a")
FILES = {
    "talks/__init__.py": "",
    "talks/dialogue/__init__.py": '"""Several turns with one model."""\n',
    "talks/dialogue/figure.py": """
from llmxsite.press.figure import ChartProblem, Kind, Options

class Turns(Options):
    most: int = 3

def make(samples, options):
    raise ChartProblem("chart-empty", f"no more than {options.most} turns")

KINDS = (Kind(name="turns", summary="Turns.", options=Turns, make=make),)
""",
    "talks/dialogue/site.py": """
from llmxsite.press.site.parts import DirectiveKind, Part

def draw(host, d):
    return f"<p>Turn {d.options.get('turn')} of {len(host.runs)} run</p>"

def part(edition, entry):
    if entry.run.task == "dialogue":
        return edition.piece("task/dialogue/run.html", entry.address, entry=entry)

def article(sample):
    yield "Turns", f"<p>two turns of {sample.item}</p>"

DIRECTIVES = (DirectiveKind("turn", draw, frozenset({"turn"})),)
PARTS = (Part("run", "conditions", part),)
""",
    "talks/dialogue/templates/run.html": "<p>What was said in {{ entry.id }}: {{ to('methods.html') }}</p>\n",
    "talks/dialogue/methods.md": "## Turns {#turns}\n\nA turn is a question with its reply.\n",
    "talks/dialogue/scaffold/index.md": "---\ntitle: @@title@@\nsummary: Say what is talked about.\n---\n",
    "talks/dialogue/scaffold/experiment.yaml": "task: dialogue\nquestion: @@question@@\nhypothesis: Say who talks most.\nsuites: [@@suite@@]\n",
    "talks/dialogue/scaffold/suite.yaml": "id: @@suite@@\nitems: []\n",
    **told("talks", "dialogue", "talks.dialogue"),
}


@pytest.fixture
def talks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A distribution with a task of its own, installed."""
    with installed(tmp_path / "installed", monkeypatch, FILES) as site:
        yield site


@pytest.fixture
def study(tmp_path: Path) -> Study:
    """A report with one run, of the task `dialogue`."""
    scaffold.study(tmp_path / "s", title="T", author="Ada")
    run_log(tmp_path / "s", task="dialogue", software={"python": "3.13.0", "talks": "1.0"})
    study = Study(tmp_path / "s")
    (study.report("first-report") / "index.md").write_text(
        "---\ntitle: Talk\nsummary: Two talk.\n---\n", encoding="utf-8"
    )
    return study


def made(study: Study, out: Path) -> Issues:
    issues = Issues()
    build(study, out, issues=issues)
    return issues


def test_a_run_of_a_task_that_is_not_installed_has_its_page(study: Study, tmp_path: Path) -> None:
    made(study, tmp_path / "site")
    page = (tmp_path / "site" / RUN).read_text(encoding="utf-8")
    assert "task “dialogue”, which is not installed" in page and "that task: talks 1.0, when it was collected." in page
    assert "What became of the samples" in page and "Accuracy by condition" in page and 'class="s right"' in page
    assert (tmp_path / "site" / RUN).with_name("samples-001.html").is_file()


@pytest.mark.usefixtures("talks")
def test_an_installed_one_adds_to_pages(study: Study, tmp_path: Path) -> None:
    page = study.report("first-report") / "index.md"
    page.write_text(page.read_text(encoding="utf-8") + "\n```{turn}\nturn: 2\n```\n", encoding="utf-8")
    assert [i.code for i in made(study, tmp_path / "site") if i.code.startswith("directive")] == []
    run = (tmp_path / "site" / RUN).read_text(encoding="utf-8")
    assert "not installed" not in run
    assert "<p>What was said in 2026-11-01-a: methods.html</p>" in run.replace("../", "")
    assert run.index("Accuracy by condition") < run.index("What was said") < run.index('id="samples"')
    assert "<summary>Turns</summary><p>two turns of i0</p>" in run
    assert "two turns of i7" in (tmp_path / "site" / RUN).with_name("samples-001.html").read_text(encoding="utf-8")
    assert "<p>Turn 2 of 1 run</p>" in (tmp_path / "site/reports/first-report/index.html").read_text(encoding="utf-8")
    methods = (tmp_path / "site/methods.html").read_text(encoding="utf-8")
    assert "A turn is a question" in methods and "Used for 1 dialogue experiment." in methods


def test_another_version_of_it_makes_the_pages_again(talks: Path, study: Study, tmp_path: Path) -> None:
    made(study, tmp_path / "site")
    (talks / "talks/dialogue/templates/run.html").write_text("<p>Said otherwise</p>\n", encoding="utf-8")
    anew(talks)
    made(study, tmp_path / "site")
    assert "Said otherwise" in (tmp_path / "site" / RUN).read_text(encoding="utf-8")


@pytest.mark.usefixtures("talks")
def test_a_study_overrides_the_templates_of_a_task(study: Study, tmp_path: Path) -> None:
    made(study, tmp_path / "site")
    own = study.content / "theme/templates/task/dialogue/run.html"
    own.parent.mkdir(parents=True)
    own.write_text("<p>In our words</p>\n", encoding="utf-8")
    made(study, tmp_path / "site")
    assert "In our words" in (tmp_path / "site" / RUN).read_text(encoding="utf-8")


@pytest.mark.usefixtures("talks")
def test_its_charts_are_checked_by_their_own_options(study: Study) -> None:
    assert [kind.name for kind in figure.kinds()][-1] == "turns"
    page = study.report("first-report") / "index.md"
    charts = "```{chart} turns\nmost: 5\n```\n\n```{chart} turns\nleast: 5\n```\n"
    page.write_text(f"{page.read_text(encoding='utf-8')}\n{charts}", encoding="utf-8")
    said = [i.message for i in check(study) if i.code.startswith("chart")]
    assert "no more than 5 turns" in said and "turns has no option 'least'" in said


@pytest.mark.usefixtures("talks")
def test_a_report_of_it_is_started_with_its_suite(study: Study) -> None:
    names = [path.relative_to(study.root).as_posix() for path in scaffold.report(study, "Who talks?", "dialogue")]
    assert names[:2] == ["content/reports/who-talks/index.md", "content/reports/who-talks/experiment.yaml"]
    assert "suites/who-talks.yaml" in names
    assert {i.message.split("'")[1] for i in words.find(study, "who-talks")} == {"hypothesis", "summary"}


def test_no_report_is_started_of_a_task_without_a_scaffold(study: Study) -> None:
    with pytest.raises(Problem) as raised:
        scaffold.report(study, "Who talks?", "dialogue")
    assert "benchmark" in (raised.value.issues[0].hint or "")


def test_a_broken_one_is_told_and_stops_nothing(talks: Path, study: Study, tmp_path: Path) -> None:
    (talks / "talks/dialogue/site.py").write_text("import no_such_module\n", encoding="utf-8")
    anew(talks)
    assert [i.message for i in check(study) if i.code == "task-broken"] == [
        "the task 'dialogue' of talks 1.0 cannot be used: talks.dialogue.site: ModuleNotFoundError: No module named 'no_such_module'"
    ]
    made(study, tmp_path / "site")
    assert "What became of the samples" in (tmp_path / "site" / RUN).read_text(encoding="utf-8")
