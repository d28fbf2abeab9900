"""Scaffolds: what `init` and `new` write is ready, and nothing is ever overwritten."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from text_support import run_log
from typer.testing import CliRunner

from llmxsite.base import origin
from llmxsite.base.diagnostics import Issues, Problem
from llmxsite.cli import app, terminal
from llmxsite.press.check.check import check
from llmxsite.press.site.build import build
from llmxsite.study import experiment, scaffold
from llmxsite.study.study import Study


def _init(folder: Path) -> Study:
    scaffold.study(folder, title='A "quoted": study', author="Ada O'Lovelace")
    return Study(folder)


def test_a_fresh_study_has_no_errors_and_waits_for_words_and_data(tmp_path: Path) -> None:
    study = _init(tmp_path / "s")
    issues = check(study)
    assert [i for i in issues if i.severity == "error"] == []
    assert {i.code for i in issues if i.severity == "warning"} == {"template-words"}
    assert {i.code for i in issues if i.severity == "hint"} == {"not-run"}
    assert study.config.title == 'A "quoted": study'
    assert study.config.authors[0].name == "Ada O'Lovelace"


def test_a_fresh_study_builds(tmp_path: Path) -> None:
    study = _init(tmp_path / "s")
    issues = Issues()
    build(study, tmp_path / "site", issues=issues)
    assert not issues.failed(strict=True)
    page = (tmp_path / "site" / "reports" / "first-report" / "index.html").read_text(encoding="utf-8")
    assert "no runs yet" in page


def test_after_its_first_run_the_report_has_numbers(tmp_path: Path) -> None:
    study = _init(tmp_path / "s")
    run_log(study.root)
    issues = Issues()
    build(study, tmp_path / "site", issues=issues)
    assert [i.render() for i in issues if i.severity == "error"] == []
    page = (tmp_path / "site" / "reports" / "first-report" / "index.html").read_text(encoding="utf-8")
    assert "75.0%" in page
    assert "−25.0 points" in page
    assert "no runs yet" not in page


def test_the_workflow_is_valid_and_names_this_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(origin, "installed", lambda: None)
    study = _init(tmp_path)
    text = (study.root / ".github" / "workflows" / "publish.yml").read_text(encoding="utf-8")
    workflow = yaml.safe_load(text)
    assert set(workflow["jobs"]) == {"build", "deploy"}
    assert workflow["jobs"]["deploy"]["needs"] == "build"
    steps = [step.get("run", "") for step in workflow["jobs"]["build"]["steps"]]
    assert f'python -m pip install "{origin.UNKNOWN}"' in steps and f"llmxsite-{scaffold.__version__}-" in text
    assert "@@" not in text


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("mine", encoding="utf-8")
    _, kept = scaffold.study(tmp_path)
    assert kept == [tmp_path / "README.md"]
    assert (tmp_path / "README.md").read_text(encoding="utf-8") == "mine"
    with pytest.raises(Problem) as raised:
        scaffold.study(tmp_path)
    assert raised.value.issues[0].code == "init-exists"


def test_new_report_and_suite(tmp_path: Path) -> None:
    study = _init(tmp_path)
    written = scaffold.report(study, "Does size matter?")
    assert written[0] == study.reports / "does-size-matter" / "index.md"
    assert 'question: "Does size matter?"' in written[1].read_text(encoding="utf-8")
    scaffold.suite(study, "Kitchen physics")
    errors = [i for i in check(study) if i.severity == "error"]
    assert errors == []
    for again in (
        lambda: scaffold.report(study, "Does size matter?"),
        lambda: scaffold.suite(study, "kitchen-physics"),
    ):
        with pytest.raises(Problem) as raised:
            again()
        assert raised.value.issues[0].code == "new-exists"


def test_a_report_of_another_task_is_ready_to_run(tmp_path: Path) -> None:
    study = _init(tmp_path)
    run = CliRunner().invoke(app, ["--study", str(study.root), "new", "report", "Same again?", "--task", "determinism"])
    assert run.exit_code == 0 and "llmxsite run same-again" in run.output
    issues = Issues()
    found = experiment.load(study, "same-again", issues)
    assert (
        not list(issues) and found is not None and found.task == "determinism" and len(experiment.expand(found)) == 10
    )
    assert [i for i in check(study) if i.severity == "error"] == []
    run = CliRunner().invoke(app, ["--study", str(study.root), "plan", "same-again", "--offline"])
    assert "10 conditions × 5 repeats × 12 items = 600 samples" in run.output
    assert "will be below 53% for one request and 22.1% over all 12" in run.output


def test_a_study_may_begin_with_a_report_of_another_task(tmp_path: Path) -> None:
    run = CliRunner().invoke(app, ["init", str(tmp_path / "s"), "--task", "determinism"])
    assert run.exit_code == 0, run.output
    assert "task: determinism" in (tmp_path / "s/content/reports/first-report/experiment.yaml").read_text("utf-8")
    run = CliRunner().invoke(app, ["init", str(tmp_path / "t"), "--task", "determinsm"])
    assert isinstance(run.exception, Problem) and "did you mean 'determinism'?" in str(run.exception.issues[0].hint)
    assert not (tmp_path / "t").exists()


@pytest.mark.parametrize("name", ["", "../../etc", "…", "a" * 500, ".."])
def test_names_stay_in_the_study(tmp_path: Path, name: str) -> None:
    study = _init(tmp_path / "inner")
    before = {p for p in tmp_path.rglob("*") if study.root not in p.parents}
    try:
        written = scaffold.report(study, name)
    except Problem as problem:
        assert problem.issues[0].code == "name-invalid"
    else:
        assert all(study.reports in path.parents for path in written)
    assert {p for p in tmp_path.rglob("*") if study.root not in p.parents} == before


def test_the_commands_say_what_comes_next(tmp_path: Path) -> None:
    run = CliRunner().invoke(app, ["init", str(tmp_path / "s"), "--title", "T"])
    assert run.exit_code == 0
    steps = [
        "edit content/reports/first-report/experiment.yaml",
        "hypothesis, prediction",
        "plan first-report",
        "run first-report",
    ]
    places = [run.output.index(step) for step in steps]
    assert places == sorted(places), "what is expected comes before what is collected"
    run = CliRunner().invoke(app, ["--study", str(tmp_path / "s"), "new", "suite", "Two words"])
    assert run.exit_code == 0
    assert "llmxsite suite check two-words" in run.output


@pytest.mark.parametrize(
    ("system", "folder", "typed"),
    [
        ("posix", "my-study", "my-study"),
        ("posix", "Mon étude à moi", "'Mon étude à moi'"),
        ("posix", "it's; rm -rf", "'it'\"'\"'s; rm -rf'"),
        ("posix", "-study", "./-study"),
        ("nt", "my-study", "my-study"),
        ("nt", "C:/Users/ada/My study", '"C:/Users/ada/My study"'),
        ("nt", "a&b", '"a&b"'),
    ],
)
def test_a_folder_is_quoted_for_the_shell_it_is_typed_into(
    system: str, folder: str, typed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(terminal, "os", SimpleNamespace(name=system))
    assert terminal.quoted(folder) == typed


def test_a_title_in_any_script_has_an_address_that_is_chosen(tmp_path: Path) -> None:
    study = _init(tmp_path / "s")
    for make, what in ((scaffold.report, "report"), (scaffold.suite, "suite")):
        with pytest.raises(Problem) as caught:
            make(study, "温度の影響")
        assert f"new {what} '温度の影響' --id NAME" in (caught.value.issues[0].hint or "")
        (first, *_) = make(study, "温度の影響", slug="ondo")
        assert "ondo" in first.as_posix() and "温度の影響" in "".join(
            p.read_text(encoding="utf-8") for p in first.parent.glob("*.*")
        )
        for path in ("../../evil", "/etc/evil", "~/evil", "..\\evil"):
            with pytest.raises(Problem, match="is a path"):
                make(study, path)
        with pytest.raises(Problem, match="cannot name"):
            make(study, "A title", slug="../evil")


def test_a_command_that_finds_nothing_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    study = _init(tmp_path / "s")
    monkeypatch.chdir(study.root)
    said = CliRunner().invoke(app, ["verify"])
    assert said.exit_code == 0 and "No run logs in this study yet" in said.stderr
    said = CliRunner().invoke(app, ["drift", "first-report"])
    assert isinstance(said.exception, Problem)
    assert "'first-report' has no run yet" in str(said.exception)
    assert "llmxsite run first-report" in (said.exception.issues[0].hint or "")
    said = CliRunner().invoke(app, ["export", "figures", "first-report"])
    assert "before the first run" in said.stderr and "llmxsite run first-report" in said.stderr
