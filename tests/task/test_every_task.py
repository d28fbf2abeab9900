"""What holds for every task that is installed, and for one of another distribution: declarations, names, scaffold, rescoring."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml
from collect_support import collect, samples_of
from servers.fake import Fake
from toy_support import MODELS, ROOT, parrot, toy

from llmxsite.analysis.results.tables import kinds as tables
from llmxsite.analysis.results.tables import words
from llmxsite.base import registry
from llmxsite.base.diagnostics import Issues
from llmxsite.collect.conduct import Conduct
from llmxsite.exchange.answer.scorer import Scorer
from llmxsite.exchange.asking.plan import Asking
from llmxsite.log import runlog
from llmxsite.press import figure
from llmxsite.press.check.check import check
from llmxsite.press.figure.options import Kind, Options
from llmxsite.press.site.build import build
from llmxsite.press.site.directives.kinds import directives
from llmxsite.press.site.parts import PLACES
from llmxsite.study import scaffold
from llmxsite.study.experiment import FACTORS, Terms
from llmxsite.study.study import Study
from llmxsite.study.suite import Item

__all__ = ["toy"]
pytestmark = pytest.mark.usefixtures("toy")
TASKS = (*registry.built_in(), "recall")
ROOMS = ("suite", "experiment", "asking", "answer", "collect", "results", "figure", "site")
DOCS = Path(__file__).parent.parent.parent / "docs"


def folder(task: str) -> Path:
    found = registry.texts(task)
    assert isinstance(found, Path)
    return found


def test_the_tasks_that_are_tried_are_those_there_are() -> None:
    assert set(TASKS) == set(registry.names()) and list(registry.faults()) == []


@pytest.mark.parametrize("task", TASKS)
def test_what_it_declares_is_of_the_type_that_the_room_asks_for(task: str) -> None:
    got = {room: registry.part(task, room) for room in ROOMS}
    assert isinstance(got["experiment"].TERMS, Terms) and got["experiment"].TERMS.title  # type: ignore[union-attr]
    assert isinstance(got["asking"].ASKING, Asking)  # type: ignore[union-attr]
    assert isinstance(getattr(got["collect"], "CONDUCT", Conduct()), Conduct)
    assert all(issubclass(kind, Item) and kind.kind for kind in getattr(got["suite"], "ITEMS", ()))
    assert all(isinstance(scorer, Scorer) for scorer in getattr(got["answer"], "SCORERS", ()))
    assert all(isinstance(k, Kind) and issubclass(k.options, Options) for k in getattr(got["figure"], "KINDS", ()))
    assert all(part.after in PLACES[part.page] for part in getattr(got["site"], "PARTS", ()))
    for scorer in getattr(got["answer"], "SCORERS", ()):
        assert set(scorer.columns) <= set(scorer.scores.__struct_fields__)
        assert scorer.not_kept <= set(scorer.scores.__struct_fields__)
    assert (folder(task) / "__init__.py").read_text(encoding="utf-8").startswith('"""'), "a task says what it asks"


@pytest.mark.parametrize(("room", "attribute"), [("results", "TABLES"), ("figure", "KINDS"), ("site", "DIRECTIVES")])
def test_no_two_things_have_one_name(room: str, attribute: str) -> None:
    found = Counter(thing.name for _, thing in registry.declared(room, attribute))
    assert not [name for name, count in found.items() if count > 1]
    core: dict[str, Any] = {
        "results": {kind.name: kind for kind in tables()},
        "figure": {kind.name: kind for kind in figure.kinds()},
        "site": directives(),
    }
    for _, thing in registry.declared(room, attribute):
        assert core[room][thing.name] is thing, f"{thing.name} is the core's already"


def test_no_two_scorers_factors_or_words_have_one_name() -> None:
    scorers = Counter(scorer.id for _, scorer in registry.declared("answer", "SCORERS"))
    assert not [name for name, count in scorers.items() if count > 1]
    factors = Counter(f.name for task in TASKS for f in registry.part(task, "experiment").TERMS.factors)  # type: ignore[union-attr]
    assert not [name for name, count in factors.items() if count > 1 or name in FACTORS]
    kinds = Counter(kind.kind for _, kind in registry.declared("suite", "ITEMS"))
    assert not [name for name, count in kinds.items() if count > 1 or name == "questions"]
    for word, kind in words().items():
        assert [other.name for other in tables() if other.value == word] == [kind.name]


@pytest.mark.parametrize("task", TASKS)
def test_its_measures_and_factors_are_documented(task: str) -> None:
    own = task in registry.built_in()
    pages = [*DOCS.glob("*.md")] if own else [ROOT / "README.md"]
    said = "\n".join(path.read_text(encoding="utf-8") for path in (*pages, *folder(task).glob("methods.md")))
    module = registry.part(task, "results")
    for kind in getattr(module, "TABLES", ()):
        assert f"`{kind.name}`" in said and (kind.value is None or f"`{kind.value}" in said), kind.name
        for measure in kind.measures:
            assert f"`{measure.name}`" in said, f"{kind.name}: {measure.name}"
    for factor in registry.part(task, "experiment").TERMS.factors:  # type: ignore[union-attr]
        assert factor.meaning and f"`{factor.name}`" in said, factor.name


def report_of(task: str, root: Path) -> Study:
    """A study whose report `trial` is what the task's scaffold gives, for the models of the fake server."""
    scaffold.study(root, title="T", author="Ada")
    here = Study(root)
    scaffold.report(here, "Trial", task, slug="trial")
    path = here.experiment("trial")
    design = yaml.safe_load(path.read_text(encoding="utf-8"))
    design |= {"question": "Which?", "hypothesis": "This one.", "models": ["fake:1b"], "limit": 3}
    design.pop("predictions", None)
    path.write_text(yaml.safe_dump(design, sort_keys=False), encoding="utf-8")
    return here


@pytest.mark.parametrize("task", TASKS)
def test_its_scaffold_is_valid_runs_repeats_its_scores_and_builds(task: str, tmp_path: Path) -> None:
    here = report_of(task, tmp_path / "study")
    assert [i.render() for i in check(here) if i.severity == "error" and "trial" in i.path] == []

    async def go() -> None:
        reply = parrot if task not in registry.built_in() else None
        async with Fake(models=MODELS, reply=reply) as server:
            _, result, _ = await collect(here, server)
            assert result is not None and result.reason == "complete" and not result.errors

    asyncio.run(go())
    (log,) = here.run_logs("trial")
    issues = Issues()
    found = runlog.verify(log, issues)
    assert not list(issues) and found.rescored == len(samples_of(log)) > 0 and not found.foreign
    issues = Issues()
    build(here, tmp_path / "site", issues=issues)
    assert not [
        i.render()
        for i in issues
        if i.severity == "error" and "everyday" not in i.path and "first-report" not in i.path
    ]
    assert (tmp_path / "site/reports/trial/index.html").is_file()
