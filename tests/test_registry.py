"""Which tasks there are: those of this package, those that other distributions bring, and what is said of broken ones."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from distribution_support import installed, told

from llmxsite.base import registry
from llmxsite.base.diagnostics import Problem

Install = Callable[..., Path]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Installs a distribution whose only task has these modules; its package is named after the distribution."""

    with ExitStack() as stack:

        def put(distribution: str, task: str, *, init: str = "", **modules: str) -> Path:
            package = distribution.replace("-", "_")
            files = {f"{package}/{name}.py": text for name, text in {"__init__": init, **modules}.items()}
            files |= told(distribution, task, package, "2.5")
            return stack.enter_context(installed(tmp_path / distribution, monkeypatch, files)) / package

        yield put


THING = "from types import SimpleNamespace\nTHINGS = (SimpleNamespace(name='mine', of='{}'),)\n"


def test_the_tasks_of_this_package_come_first(install: Install) -> None:
    install("made-a", "aardvark")
    assert registry.names() == (*registry.built_in(), "aardvark")
    assert registry.default() in registry.built_in()


def test_a_task_of_another_distribution_adds_what_its_modules_hold(install: Install) -> None:
    install("made-b", "dialogue", results=THING.format("b"))
    assert [(task, thing.of) for task, thing in registry.declared("results", "THINGS")] == [("dialogue", "b")]
    assert registry.find("results", "THINGS", "mine").of == "b"
    assert registry.find("results", "THINGS", "other") is None and registry.part("dialogue", "figure") is None
    folder = registry.texts("dialogue")
    assert folder is not None and (folder / "results.py").is_file()


def test_a_task_that_is_not_installed_has_no_part_and_is_said_with_the_nearest(install: Install) -> None:
    assert registry.part("dialogue", "results") is None and registry.texts("dialogue") is None
    assert registry.part("../../etc", "results") is None and registry.part("", "asking") is None
    (issue,) = registry.unknown("benchmrk").issues
    assert issue.code == "experiment-task" and issue.hint is not None and "benchmark" in issue.hint


def test_a_broken_task_is_a_problem_of_who_asks_for_it_alone(install: Install) -> None:
    install("made-c", "dialogue", results="import nothing_of_that_name\n")
    install("made-d", "talk", results=THING.format("d"))
    with pytest.raises(Problem, match=r"made-c 2\.5"):
        registry.part("dialogue", "results")
    assert [task for task, _ in registry.parts("results") if task == "talk"] == ["talk"]
    (problem,) = registry.faults()
    assert problem.issues[0].code == "task-broken" and "nothing_of_that_name" in problem.issues[0].message


def test_a_package_that_cannot_be_imported_is_a_problem_and_no_traceback(install: Install) -> None:
    install("made-e", "dialogue", init="raise RuntimeError('no')\n", results="")
    for ask in (lambda: registry.part("dialogue", "results"), lambda: registry.texts("dialogue")):
        with pytest.raises(Problem, match="RuntimeError: no"):
            ask()


def test_two_distributions_with_one_task_are_a_problem_when_it_is_asked_for(install: Install) -> None:
    install("made-f", "dialogue", results="")
    install("made-g", "dialogue", results="")
    with pytest.raises(Problem, match=r"made-f 2\.5 and made-g 2\.5"):
        registry.part("dialogue", "results")
    assert registry.names().count("dialogue") == 1


def test_two_tasks_with_one_thing_are_a_problem_when_it_is_asked_for(install: Install) -> None:
    install("made-h", "one", results=THING.format("h"))
    install("made-i", "two", results=THING.format("i"))
    with pytest.raises(Problem, match="'one' and 'two' both have"):
        registry.find("results", "THINGS", "mine")
    assert registry.find("results", "THINGS", "other") is None


def test_a_task_of_this_package_is_never_replaced(install: Install) -> None:
    mine = registry.built_in()[0]
    before = registry.part(mine, "asking")
    install("made-j", mine, asking="ASKING = None\n")
    assert registry.part(mine, "asking") is before and registry.names().count(mine) == 1


def test_nothing_is_looked_up_for_the_names_of_this_package() -> None:
    """Nor is a task's package imported before it is asked for."""
    code = """
import sys
from importlib import metadata
metadata.entry_points = None
from llmxsite.base import registry
from llmxsite.exchange.answer.scorer import scorer
assert not any(name.startswith("llmxsite.task.") for name in sys.modules)
assert scorer("choice/2") is not None and registry.part("determinism", "answer") is None
"""
    subprocess.run([sys.executable, "-c", code], check=True)
