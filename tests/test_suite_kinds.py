"""Items of other kinds than questions: a task of another distribution brings one, and nothing of the core knows it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from distribution_support import installed, told

from llmxsite.base.diagnostics import Issues, Problem
from llmxsite.cli import suite_text
from llmxsite.press.catalogue import addresses
from llmxsite.press.site.build import build
from llmxsite.study import experiment, scaffold
from llmxsite.study.study import Study
from llmxsite.study.suite import QuestionItem, find, item_hash, kind_of, load, write
from llmxsite.study.suite.check import check

FILES = {
    "echoes/__init__.py": '"""A task for tests: whether a text comes back."""\n',
    "echoes/suite.py": """
from collections.abc import Iterator
from typing import ClassVar

from llmxsite.study.suite import Item

class Prompt(Item, kw_only=True, omit_defaults=True):
    kind: ClassVar[str] = "prompts"
    prompt: str
    words: list[str] = []
    times: int = 1

    def faults(self):
        if self.times < 1:
            yield "times", "nothing is said"

    def shown(self):
        return " ".join(self.prompt.split())

ITEMS = (Prompt,)
""",
    "echoes/experiment.py": """
from llmxsite.study.experiment import Terms

TERMS = Terms(title="Echoes", items=("prompts",))
""",
    **told("echoes", "echo", "echoes"),
}
SUITE = """\
id: sayings
title: Sayings
kind: prompts
licence: CC0-1.0
items:
  - id: a
    category: c
    prompt: |
      Say that a stone
      is heavy.
    words: [stone, heavy]
  - id: b
    category: c
    prompt: Say that a feather is light.
    times: 2
"""


@pytest.fixture
def echoes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A distribution with a task that has items of its own, installed."""
    with installed(tmp_path / "installed", monkeypatch, FILES) as site:
        yield site


@pytest.fixture
def study(tmp_path: Path) -> Study:
    scaffold.study(tmp_path / "s", title="T", author="Ada")
    (tmp_path / "s/suites/sayings.yaml").write_text(SUITE, encoding="utf-8")
    return Study(tmp_path / "s")


def said(issues: Issues) -> list[tuple[str, str]]:
    return [(issue.code, issue.message) for issue in issues if issue.severity == "error"]


@pytest.mark.usefixtures("echoes")
def test_a_suite_names_the_kind_of_its_items(study: Study) -> None:
    issues = Issues()
    suite = find(study, "sayings", issues)
    assert not said(issues) and suite.kind == "prompts"
    first, second = suite.items
    assert first.shown() == "Say that a stone is heavy." and second.shown() == "Say that a feather is light."
    assert first.asked() == ["prompts", ["prompt", "Say that a stone\nis heavy."], ["words", ["stone", "heavy"]]]
    assert item_hash(first) != item_hash(second)
    assert kind_of(study.suites / "sayings.yaml") == "prompts"


def test_a_suite_that_names_none_holds_questions(study: Study) -> None:
    for path in study.suite_files():
        if path.stem != "sayings":
            assert kind_of(path) == "questions"
            assert all(type(item) is QuestionItem for item in load(path, Issues()).items)


@pytest.mark.usefixtures("echoes")
@pytest.mark.parametrize("large", [0, 200])
def test_what_is_written_is_read_again(study: Study, tmp_path: Path, large: int) -> None:
    suite = find(study, "sayings", Issues())
    issues = Issues()
    again = load(write(suite, tmp_path / "copy", large=large), issues)
    assert not said(issues) and again.hash() == suite.hash() and again.items == suite.items


@pytest.mark.usefixtures("echoes")
def test_what_is_wrong_with_an_item_has_its_line(study: Study) -> None:
    path = study.suites / "sayings.yaml"
    path.write_text(
        SUITE.replace("times: 2", "times: 0\n    answer: A") + "  - id: d\n    words: [1]\n", encoding="utf-8"
    )
    issues = Issues()
    check(path, issues)
    assert [(i.line, i.code) for i in issues if i.severity == "error"] == [
        (16, "suite-unknown-key"),
        (18, "suite-invalid"),
        (15, "suite-item"),
    ]


@pytest.mark.usefixtures("echoes")
def test_texts_of_any_kind_are_checked_for_what_cannot_be_sent(study: Study) -> None:
    path = study.suites / "sayings.yaml"
    path.write_text(
        SUITE.replace("a feather is light.", '"a feather\u200b"').replace('prompt: Say that "a', 'prompt: "Say a'),
        encoding="utf-8",
    )
    issues = Issues()
    check(path, issues)
    assert ("suite-text-invisible", "invisible or broken character U+200B (zero width space)") in [
        (i.code, i.message) for i in issues
    ]


@pytest.mark.usefixtures("echoes")
def test_the_same_item_twice_is_told(study: Study) -> None:
    path = study.suites / "sayings.yaml"
    path.write_text(SUITE + "  - id: z\n    prompt: Say that a feather is light.\n    times: 2\n", encoding="utf-8")
    issues = Issues()
    check(path, issues)
    assert "the same item as item 'b'" in [i.message for i in issues]


def test_a_kind_that_is_not_installed_is_an_error_at_its_line(study: Study) -> None:
    with pytest.raises(Problem) as raised:
        find(study, "sayings", Issues())
    (found,) = raised.value.issues
    assert (found.code, found.line) == ("suite-kind", 3)
    assert found.message == "no task that is installed here has items of the kind 'prompts'"
    assert "questions" in (found.hint or "")


@pytest.mark.usefixtures("echoes")
@pytest.mark.parametrize(
    ("task", "suite", "message"),
    [
        (
            "benchmark",
            "sayings",
            "the suite 'sayings' has items of the kind 'prompts', and the task 'benchmark' asks questions",
        ),
        (
            "echo",
            "first-report",
            "the suite 'first-report' has items of the kind 'questions', and the task 'echo' asks prompts",
        ),
        ("echo", "sayings", None),
    ],
)
def test_an_experiment_asks_the_kinds_of_its_task(study: Study, task: str, suite: str, message: str | None) -> None:
    if suite == "first-report":
        (study.suites / "first-report.yaml").write_text(scaffold_suite(), encoding="utf-8")
    study.experiment("first-report").write_text(
        f"task: {task}\nquestion: Q?\nhypothesis: H.\nsuites: [{suite}]\nmodels: [m:1b]\n", encoding="utf-8"
    )
    issues = Issues()
    experiment.load(study, "first-report", issues)
    found = [(i.line, i.message, i.hint) for i in issues if i.code == "experiment-items"]
    if message is None:
        assert not found
    else:
        ((line, words, hint),) = found
        assert (line, words) == (4, message)
        assert hint and hint.startswith("asked by: ")


def scaffold_suite() -> str:
    from llmxsite.study.suite import scaffold as new

    return new("First report", "first-report")


@pytest.mark.usefixtures("echoes")
def test_pages_and_terminal_show_it_in_a_line_and_by_its_fields(study: Study, tmp_path: Path) -> None:
    build(study, tmp_path / "site", issues=Issues())
    page = (tmp_path / "site" / addresses.suite("sayings", 1)).read_text(encoding="utf-8")
    assert '<span class="q">Say that a stone is heavy.</span>' in page
    assert "<dt>Words</dt><dd>stone</dd>" in page
    suite = find(study, "sayings", Issues())
    assert "Say that a feather is light." in suite_text.as_text(suite, suite.items)


def test_a_site_is_built_with_a_suite_whose_kind_is_not_installed(study: Study, tmp_path: Path) -> None:
    issues = Issues()
    build(study, tmp_path / "site", issues=issues)
    assert "suite-kind" in {i.code for i in issues}
    assert (tmp_path / "site" / "index.html").is_file()
