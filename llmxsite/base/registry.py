"""Which tasks there are, and a task's module for a room: the only way from the rooms to the packages that stand on them.

A task is a folder of `llmxsite.task`, or a package that another distribution names by an entry point:

    [project.entry-points."llmxsite.tasks"]
    dialogue = "my_package.dialogue"

A module of a task has the name of the room that asks for it, and what the task adds there in that room's own type, under the
room's own name for it: `figure.KINDS`, `answer.SCORERS`. A module that is missing adds nothing. Code runs from installed
packages alone, never from a study or a contribution.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Iterator
from functools import cache
from importlib import metadata, resources
from importlib.resources.abc import Traversable
from pathlib import Path
from types import ModuleType
from typing import Any

from llmxsite.base.diagnostics import Problem, did_you_mean

PACKAGE = "llmxsite.task"
GROUP = "llmxsite.tasks"
"""Entry points of this group are tasks of other distributions."""
PLACE = "experiment.yaml"
"""Where a task is asked for, in messages."""


@cache
def built_in() -> tuple[str, ...]:
    """The tasks of this package, by name in order."""
    folder = importlib.util.find_spec(PACKAGE)
    found = folder.submodule_search_locations if folder is not None else None
    return tuple(
        sorted(p.name for place in found or () for p in Path(place).iterdir() if (p / "__init__.py").is_file())
    )


@cache
def names() -> tuple[str, ...]:
    """Every task that is installed: those of this package first, then other distributions', each in order."""
    others = {point.name for point in metadata.entry_points(group=GROUP)}
    return (*built_in(), *sorted(others.difference(built_in())))


def part(task: str, room: str) -> ModuleType | None:
    """A task's module for a room. None where it has none, or the task is not installed.

    Raises `Problem` for a task that two distributions claim, and for a module that cannot be imported.
    """
    home = _home(task)
    return None if home is None else _module(task, f"{home}.{room}")


def parts(room: str) -> Iterator[tuple[str, ModuleType]]:
    """The tasks that have a module for a room, with it, in the order of `names`. One that is broken is passed over: it is no
    matter of who did not ask for it, and `faults` tells it."""
    for task in names():
        try:
            module = part(task, room)
        except Problem:
            continue
        if module is not None:
            yield task, module


def declared(room: str, attribute: str) -> Iterator[tuple[str, Any]]:
    """What the tasks add to a room under a name, one by one, each with its task: `declared("figure", "KINDS")`."""
    for task, module in parts(room):
        for thing in getattr(module, attribute, ()):
            yield task, thing


def find(room: str, attribute: str, name: str) -> Any | None:
    """The thing of that name among those that tasks add to a room; one of this package before others'. None where there is none.

    Raises `Problem` where two other tasks have it.
    """
    for task in built_in():
        module = part(task, room)
        for thing in getattr(module, attribute, ()):
            if thing.name == name:
                return thing
    found = [(task, thing) for task, thing in declared(room, attribute) if thing.name == name]
    if len(found) > 1:
        tasks = " and ".join(f"'{task}'" for task, _ in found)
        raise Problem.at(
            PLACE, "task-broken", f"the tasks {tasks} both have a {room} named '{name}'", hint="uninstall one of them"
        )
    return found[0][1] if found else None


def texts(task: str) -> Traversable | None:
    """A task's folder, for `methods.md`, `scaffold/`, `templates/` and `words/`; None where the task is not installed."""
    home = _home(task)
    return None if home is None else resources.files(home)


def faults() -> Iterator[Problem]:
    """What is wrong with the tasks that are installed, each module of them tried."""
    for task in names():
        try:
            home = _home(task)
            for entry in resources.files(home).iterdir() if home is not None else ():
                if entry.name.endswith(".py") and entry.name != "__init__.py":
                    _module(task, f"{home}.{entry.name.removesuffix('.py')}")
        except Problem as problem:
            yield problem


def unknown(task: str) -> Problem:
    """What to say to somebody who asks for a task that is not installed."""
    return Problem.at(
        PLACE,
        "experiment-task",
        f"the task '{task}' is not installed here",
        hint=did_you_mean(task, names()) or f"installed: {', '.join(names())}",
    )


@cache
def _home(task: str) -> str | None:
    """The package of a task."""
    if task in built_in():
        return f"{PACKAGE}.{task}"
    points = [point for point in metadata.entry_points(group=GROUP) if point.name == task]
    if len({point.value for point in points}) > 1:
        raise Problem.at(
            PLACE,
            "task-broken",
            f"two distributions have a task '{task}': {' and '.join(sorted(map(_distribution, points)))}",
            hint="uninstall one of them",
        )
    return points[0].value if points else None


def _module(task: str, name: str) -> ModuleType | None:
    try:
        return importlib.import_module(name) if importlib.util.find_spec(name) is not None else None
    except Exception as error:  # whatever the code of others raises while it is imported
        owner = next((p for p in metadata.entry_points(group=GROUP) if p.name == task), None)
        whose = "this package" if owner is None else _distribution(owner)
        raise Problem.at(
            PLACE,
            "task-broken",
            f"the task '{task}' of {whose} cannot be used: {name}: {type(error).__name__}: {error}",
            hint="install the package again, or a version of it that is made for this llmxsite",
        ) from None


def _distribution(point: metadata.EntryPoint) -> str:
    return f"{point.dist.name} {point.dist.version}" if point.dist is not None else point.value
