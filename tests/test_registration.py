"""Where a hypothesis stood before the data, told from real repositories: committed, in the log's header only, changed, or nobody's."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from collect_support import make_study, run, the_log, write_experiment
from servers.fake import Fake
from typer.testing import CliRunner

from llmxsite.base.diagnostics import Issues
from llmxsite.base.memory import Cache
from llmxsite.cli import app
from llmxsite.exchange.engine import weights
from llmxsite.log import registration
from llmxsite.log.record import hypothesis_hash
from llmxsite.log.runlog import read_header
from llmxsite.press.catalogue import catalogue
from llmxsite.press.catalogue.entries import ReportEntry
from llmxsite.press.check.check import check
from llmxsite.press.site.build import build
from llmxsite.study import scaffold
from llmxsite.study.scaffold import words
from llmxsite.study.study import Study

HYPOTHESIS = "Warmth makes the sums go wrong."
PREDICTION = "accuracy of temperature=0 minus temperature=1 > 10 points"
DESIGN: dict[str, Any] = {
    "hypothesis": HYPOTHESIS,
    "predictions": [PREDICTION],
    "sweep": {"temperature": [0, 1]},
    "concurrency": 4,
}


def git(folder: Path, *words: str) -> str:
    names = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
    done = subprocess.run(["git", "-C", str(folder), *names, *words], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def commit(folder: Path, message: str = "Say what is expected") -> str:
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", message)
    return git(folder, "rev-parse", "HEAD")


@pytest.fixture
def study(tmp_path: Path) -> Study:
    made = make_study(tmp_path / "study", items=8, **DESIGN)
    git(tmp_path / "study", "init", "-q", "-b", "main")
    return made


def collect(study: Study, *options: str) -> None:
    with Fake() as server:
        done = run(study, "run", "trial", *options, server=server)
    assert done.returncode == 0, done.stderr


def entry(study: Study) -> ReportEntry:
    return catalogue.read(study, Cache(None), Issues()).reports[0]


def box(study: Study, out: Path) -> str:
    """The words of the hypothesis box on the report's page."""
    shutil.rmtree(out, ignore_errors=True)
    build(study, out, issues=Issues())
    page = (out / "reports" / "trial" / "index.html").read_text(encoding="utf-8")
    found = re.search(r'<section class="callout note hypothesis".*?</section>', page, re.DOTALL)
    assert found is not None
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", found[0])).split())


def test_a_commit_that_has_the_words_is_named_with_the_data(study: Study, tmp_path: Path) -> None:
    first = commit(study.root)
    (study.content / "index.md").write_text("---\ntitle: T\n---\nLater.\n")
    commit(study.root, "Something else")
    collect(study)
    header = read_header(the_log(study))
    assert header.hypothesis is not None and header.hypothesis.commit == first
    assert [(p.text, p.commit) for p in header.predictions] == [(PREDICTION, first)]
    assert header.experiment["predictions"][0]["margin"] == 0.1
    report = entry(study)
    assert (report.registered, report.looked_up) == ("committed", True)
    said = box(study, tmp_path / "site")
    assert "hypothesis committed before the data" in said and first[:10] in said
    assert f"Committed before the data, at {first[:10]}" in said


def test_a_commit_without_the_words_is_never_named(study: Study, tmp_path: Path) -> None:
    write_experiment(study.root, **{**DESIGN, "hypothesis": "Something else.", "predictions": []})
    other = commit(study.root)
    write_experiment(study.root, **DESIGN)
    collect(study)
    header = read_header(the_log(study))
    assert header.git is not None and header.git.commit == other and header.git.dirty
    assert header.hypothesis is not None and header.hypothesis.commit is None
    assert entry(study).registered == "header"
    said = box(study, tmp_path / "site")
    assert "in the log’s header only" in said and "No commit that was there by then has these words" in said
    assert other[:10] not in said and "at commit" not in said
    commit(study.root, "Too late")
    assert entry(study).registered == "header", "a commit after the data is no commit before them"


def test_a_file_that_is_not_in_the_repository_is_in_no_commit(study: Study) -> None:
    (study.root / ".gitignore").write_text("content/reports/\n")
    commit(study.root)
    collect(study)
    assert entry(study).registered == "header"
    assert registration.commits(study, "trial") == {}


def test_an_ancestor_that_has_the_words_is_found(study: Study) -> None:
    first = commit(study.root)
    write_experiment(study.root, **{**DESIGN, "hypothesis": "Another idea."})
    commit(study.root, "Another idea")
    write_experiment(study.root, **DESIGN)
    collect(study)
    report = entry(study)
    assert report.registered == "committed"
    assert report.commits[hypothesis_hash(HYPOTHESIS)] == first


def test_words_wrapped_in_other_lines_are_the_same(study: Study) -> None:
    path = study.experiment("trial")
    text = path.read_text()
    path.write_text(text.replace(f"hypothesis: {HYPOTHESIS}", "hypothesis: >\n  Warmth makes the\n  sums go wrong.\n"))
    first = commit(study.root)
    path.write_text(text)
    assert registration.commits(study, "trial") == {
        hypothesis_hash(HYPOTHESIS): first,
        hypothesis_hash(PREDICTION): first,
    }


def test_what_changed_after_the_data_says_so(study: Study, tmp_path: Path) -> None:
    commit(study.root)
    collect(study)
    late = "accuracy of temperature=0 minus temperature=1 = within 20 points"
    write_experiment(study.root, **{**DESIGN, "hypothesis": "As it turned out.", "predictions": [late]})
    assert entry(study).registered == "changed"
    said = box(study, tmp_path / "site")
    assert "hypothesis changed after the data" in said and HYPOTHESIS in said
    assert re.search(rf"{re.escape(late)} .*Stated after the data: exploratory", said)
    assert re.search(rf"{re.escape(PREDICTION)} .*no longer in experiment.yaml", said)


def test_a_study_that_left_its_repository_trusts_its_log_and_says_so(study: Study, tmp_path: Path) -> None:
    first = commit(study.root)
    collect(study)
    shutil.rmtree(study.root / ".git")
    report = entry(study)
    assert (report.registered, report.looked_up) == ("committed", False)
    said = box(study, tmp_path / "site")
    assert "as the first run’s log records" in said and first[:10] in said


def test_a_log_that_names_a_commit_without_the_words_is_not_believed(study: Study) -> None:
    commit(study.root)
    write_experiment(study.root, **{**DESIGN, "hypothesis": "Never committed."})
    collect(study)
    path = the_log(study)
    head, rest = path.read_text().split("\n", 1)
    header = json.loads(head)
    header["hypothesis"]["commit"] = header["git"]["commit"]
    path.write_text(json.dumps(header, separators=(",", ":")) + "\n" + rest)
    assert read_header(path).hypothesis.commit == header["git"]["commit"]  # type: ignore[union-attr]
    assert entry(study).registered == "header"


def test_without_a_repository_there_is_only_the_header(tmp_path: Path) -> None:
    study = make_study(tmp_path, items=4, **DESIGN)
    collect(study)
    assert registration.commits(study, "trial") is None
    assert entry(study).registered == "header"
    assert "No commit is recorded" in box(study, tmp_path / "site")


def test_plan_says_where_the_words_are(study: Study) -> None:
    (study.content / "site.yaml").write_text("title: T\n")
    git(study.root, "add", "content/site.yaml")
    git(study.root, "commit", "-q", "-m", "Begin")
    run_plan = lambda: CliRunner().invoke(app, ["--study", str(study.root), "plan", "trial", "--offline"])  # noqa: E731
    before = run_plan()
    hashed = hypothesis_hash(HYPOTHESIS)[:12]
    assert (
        f"Hypothesis {hashed} (in no commit yet)" in before.output and "commit experiment.yaml first" in before.output
    )
    first = commit(study.root)
    after = run_plan()
    assert f"Hypothesis {hashed} (committed, in {first[:10]})" in after.output
    assert f"  {PREDICTION}" in after.output and "commit experiment.yaml first" not in after.output
    assert "Prediction 1: 8 items can show 66 points beyond its margin of 10 (level 0.05)" in after.output


@pytest.mark.parametrize(
    "text", ["", "- a", "hypothesis: [1]", "predictions: {}", "predictions: [1, x > y]", "a: [", "\0"]
)
def test_any_old_version_of_the_file_can_be_looked_at(text: str) -> None:
    assert registration.stated(text) == []


@pytest.mark.parametrize("report", ["../trial", "no-such", "-n", "a b"])
def test_a_headers_report_is_no_path(study: Study, report: str) -> None:
    commit(study.root)
    assert not registration.commits(study, report)
    assert registration.commits(study, "trial", "--all") is None


@pytest.mark.embedded
def test_a_prediction_is_answered_by_real_weights(tmp_path: Path) -> None:
    name = "smollm2:135m"
    if weights.find(name) is None:
        pytest.skip(f"{name} is not pulled: llmxsite models pull {name}")
    stated = ["accuracy of temperature=0 minus temperature=0.9 = within 90 points", PREDICTION.replace("=1 ", "=0.9 ")]
    design = {"predictions": stated, "sweep": {"temperature": [0, 0.9]}, "options": {"num_ctx": 512, "num_predict": 4}}
    study = make_study(tmp_path / "study", items=6, models=[name], hypothesis=HYPOTHESIS, **design)
    git(study.root, "init", "-q", "-b", "main")
    first = commit(study.root)
    done = run(study, "run", "trial", "--engine", "embedded")
    assert done.returncode == 0, done.stderr
    said = box(study, tmp_path / "site")
    for sentence in stated:
        found = re.search(rf"{re.escape(sentence)} (supported|refuted|equivalent|inconclusive) .*?n = 6 items", said)
        assert found is not None, said
    assert said.count(f"Committed before the data, at {first[:10]}") == 2


class TestTemplateWords:
    """The words that a new report comes with are nobody's hypothesis."""

    @pytest.fixture
    def fresh(self, tmp_path: Path) -> Study:
        scaffold.study(tmp_path / "s", title="T", author="Ada")
        return Study(tmp_path / "s")

    def invoke(self, study: Study, *words: str) -> Any:
        return CliRunner().invoke(app, ["--study", str(study.root), *words])

    def test_each_place_is_named_with_its_line(self, fresh: Study) -> None:
        for slug, task in ((scaffold.FIRST_REPORT, "benchmark"), ("again", "determinism")):
            if slug == "again":
                scaffold.report(fresh, slug, task)
            found = words.find(fresh, slug)
            assert [i.message.split("'")[1] for i in found] == ["question", "hypothesis", "predictions", "summary"]
            for issue in found:
                text = (
                    fresh.root.parent / issue.path if not Path(issue.path).is_absolute() else Path(issue.path)
                ).read_text()
                assert issue.line is not None and issue.excerpt == text.splitlines()[issue.line - 1]

    def test_own_words_are_let_through(self, fresh: Study) -> None:
        path = fresh.experiment(scaffold.FIRST_REPORT)
        text = path.read_text().replace("State what you expect", "We expect and state")
        path.write_text(text.replace("What do you want to know?", "What is to be known?"))
        assert [i.message.split("'")[1] for i in words.find(fresh, scaffold.FIRST_REPORT)] == ["predictions", "summary"]
        assert not words.is_template("hypothesis", "State what you expect, and what would show that you were wrong.")
        scaffold.report(fresh, "Is it so?")
        assert "question" not in [i.message.split("'")[1] for i in words.find(fresh, "is-it-so")]

    def test_run_refuses_them_unless_told_otherwise(self, fresh: Study) -> None:
        nowhere = ["--engine", "openai", "--host", "http://127.0.0.1:9"]
        refused = run(fresh, "run", scaffold.FIRST_REPORT, *nowhere)
        assert refused.returncode == 1 and refused.stderr.count("template-words") == 4 and "--anyway" in refused.stderr
        assert not fresh.run_logs() and "engine-connection" not in refused.stderr
        anyway = run(fresh, "run", scaffold.FIRST_REPORT, "--anyway", *nowhere)
        assert "engine-connection" in anyway.stderr, "it got as far as the server"

    def test_plan_says_it_and_goes_on(self, fresh: Study) -> None:
        planned = self.invoke(fresh, "plan", scaffold.FIRST_REPORT, "--offline")
        assert planned.exit_code == 0 and "(the template's words)" in planned.output
        assert planned.output.count("template-words") == 4 and "2 conditions" in planned.output

    def test_check_warns_and_publishing_is_refused(self, fresh: Study) -> None:
        found = [i for i in check(fresh) if i.code == "template-words"]
        assert [i.severity for i in found] == ["warning"] * 4
        assert self.invoke(fresh, "check").exit_code == 0
        assert [i.severity for i in check(fresh, publish=True) if i.code == "template-words"] == ["error"] * 4
        assert self.invoke(fresh, "check", "--publish").exit_code == 1

    def test_the_page_calls_them_by_their_name(self, tmp_path: Path) -> None:
        template = next(iter(words._templates()["hypothesis"]))
        study = make_study(tmp_path / "study", items=4, hypothesis=template)
        collect(study, "--anyway")
        assert entry(study).registered == "template"
        assert "no hypothesis: the template’s words" in box(study, tmp_path / "site")

    def test_the_example_beside_the_placeholder_is_a_prediction(self, fresh: Study) -> None:
        for slug, task in (("one", "benchmark"), ("two", "determinism")):
            scaffold.report(fresh, slug, task)
            path = fresh.experiment(slug)
            examples = re.findall(r"^#   (\w+ of .*)$", path.read_text(), re.MULTILINE)
            assert examples
            for example in examples:
                text = re.sub(r"^  - MEASURE.*$", f"  - {example}", path.read_text(), flags=re.MULTILINE)
                path.write_text(text)
                issues = Issues()
                from llmxsite.study import experiment

                found = experiment.load(fresh, slug, issues)
                assert not list(issues) and found is not None and [p.sentence for p in found.predicted]
                path.write_text(text.replace(f"  - {example}", "  - MEASURE of"))
