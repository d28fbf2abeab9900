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
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from importlib import metadata, resources
from importlib.resources.abc import Traversable
from pathlib import Path
from types import ModuleType
from typing import Any, ParamSpec, TypeVar, cast

from llmxsite.base.diagnostics import Problem, did_you_mean

P = ParamSpec("P")
T = TypeVar("T")
PACKAGE = "llmxsite.task"
GROUP = "llmxsite.tasks"
"""Entry points of this group are tasks of other distributions."""
PLACE = "experiment.yaml"
"""Where a task is asked for, in messages."""


_FORGETTERS: list[Callable[[], None]] = []


def remembered(function: Callable[P, T]) -> Callable[P, T]:
    """A function of which tasks there are: its results are kept until `forget`."""
    kept = cache(function)
    _FORGETTERS.append(kept.cache_clear)
    return cast(Callable[P, T], kept)


def forget() -> None:
    """Look anew which tasks there are: packages were installed, or taken away, since."""
    importlib.invalidate_caches()
    for forgetting in _FORGETTERS:
        forgetting()


@remembered
def built_in() -> tuple[str, ...]:
    """The tasks of this package, by name in order."""
    folder = importlib.util.find_spec(PACKAGE)
    found = folder.submodule_search_locations if folder is not None else None
    return tuple(
        sorted(p.name for place in found or () for p in Path(place).iterdir() if (p / "__init__.py").is_file())
    )


@remembered
def names() -> tuple[str, ...]:
    """Every task that is installed: those of this package first, then other distributions', each in order."""
    others = {point.name for point in _points()}
    return (*built_in(), *sorted(others.difference(built_in())))


def default() -> str:
    """The task of an experiment that names none."""
    name: str = importlib.import_module(PACKAGE).DEFAULT
    return name


@remembered
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
    return next(iter(find_all(room, attribute, name)), None)


def find_all(room: str, attribute: str, name: str) -> tuple[Any, ...]:
    """As `find`, where one task may have several of a name, such as versions of one scorer; none where there is none."""

    def of(module: ModuleType | None) -> tuple[Any, ...]:
        return tuple(thing for thing in getattr(module, attribute, ()) if _called(thing) == name)

    for task in built_in():
        if here := of(part(task, room)):
            return here
    found = {task: here for task, module in parts(room) if (here := of(module))}
    if len(found) > 1:
        tasks = " and ".join(f"'{task}'" for task in found)
        raise Problem.at(
            PLACE, "task-broken", f"the tasks {tasks} both have a {room} named '{name}'", hint="uninstall one of them"
        )
    return next(iter(found.values()), ())


def texts(task: str) -> Traversable | None:
    """A task's folder, for `methods.md`, `scaffold/`, `templates/` and `words/`; None where the task is not installed."""
    home = _home(task)
    return None if home is None or _module(task, home) is None else resources.files(home)


def written(*path: str) -> Iterator[tuple[str, str]]:
    """The tasks that have a text of that name in their folder, with it: `written("scaffold", "index.md")`. A task that is
    broken is passed over, as in `parts`."""
    for task in names():
        try:
            folder = texts(task)
        except Problem:
            continue
        file = None if folder is None else folder.joinpath(*path)
        if file is not None and file.is_file():
            yield task, file.read_text(encoding="utf-8")


def folders() -> list[Path]:
    """The folders of other distributions' tasks, found without running their code."""
    found = []
    for point in sorted(_points(), key=lambda point: (point.name, point.value)):
        top, *below = point.value.split(".")
        spec = importlib.util.find_spec(top)
        found += [Path(place, *below) for place in (spec and spec.submodule_search_locations) or ()]
    return found


def faults() -> Iterator[Problem]:
    """What is wrong with the tasks of other distributions, each module of them tried."""
    for task in names()[len(built_in()) :]:
        try:
            folder = texts(task)
            for entry in folder.iterdir() if folder is not None else ():
                if entry.name.endswith(".py") and entry.name != "__init__.py":
                    _module(task, f"{_home(task)}.{entry.name.removesuffix('.py')}")
        except Problem as problem:
            yield problem


def distribution(task: str) -> tuple[str, str] | None:
    """Name and version of the distribution that brings a task; None for those of this package, and one that is not installed."""
    points = _claims(task)
    dist = points[0].dist if points else None
    return None if dist is None else (dist.name, dist.version)


def absent(task: str, package: str | None) -> str | None:
    """What to say of a log whose task is not installed, in a sentence; None where it is. `package` is what its header names."""
    if task in names():
        return None
    brings = f"the package {package}, which brings it" if package else "the package that brings it"
    return f"The task '{task}' is not installed here: its own numbers need {brings}."


def unknown(task: str) -> Problem:
    """What to say to somebody who asks for a task that is not installed."""
    message, hint = said_of_unknown(task)
    return Problem.at(PLACE, "experiment-task", message, hint=hint)


def said_of_unknown(task: str) -> tuple[str, str]:
    """The same as a message and its hint, for whoever knows the place."""
    message = f"the task '{task}' is not installed here"
    return message, did_you_mean(task, names()) or f"installed: {', '.join(names())}"


def _called(thing: Any) -> str:
    """The name of what a task declares: a type, such as one of items, has it as its `kind`."""
    return str(getattr(thing, "kind" if isinstance(thing, type) else "name"))


@remembered
def _points() -> tuple[metadata.EntryPoint, ...]:
    """What other distributions name. Their metadata are read once, and only when a name is none of ours."""
    return tuple(metadata.entry_points(group=GROUP))


def _claims(task: str) -> list[metadata.EntryPoint]:
    """What other distributions name so; nothing for a task of this package."""
    return [] if task in built_in() else [point for point in _points() if point.name == task]


@remembered
def _home(task: str) -> str | None:
    """The package of a task."""
    if task in built_in():
        return f"{PACKAGE}.{task}"
    points = _claims(task)
    if len({point.value for point in points}) > 1:
        raise Problem.at(
            PLACE,
            "task-broken",
            f"two distributions have a task '{task}': {' and '.join(sorted(map(_distribution, points)))}",
            hint="uninstall one of them",
        )
    return points[0].module if points else None


def _module(task: str, name: str) -> ModuleType | None:
    try:
        return importlib.import_module(name) if importlib.util.find_spec(name) is not None else None
    except Exception as error:  # whatever the code of others raises while it is imported
        points = _claims(task)
        whose = _distribution(points[0]) if points else "this package"
        raise Problem.at(
            PLACE,
            "task-broken",
            f"the task '{task}' of {whose} cannot be used: {name}: {type(error).__name__}: {error}",
            hint="install the package again, or a version of it that is made for this llmxsite",
        ) from None


@contextmanager
def running(task: str, what: str) -> Iterator[None]:
    """Code of a task at work, while a run depends on it: what it raises becomes a `Problem` that names its package. A `Problem` of
    its own stays, and what is raised by a task of this package is a fault of ours."""
    try:
        yield
    except Problem:
        raise
    except Exception as error:  # whatever the code of others raises
        if task in built_in():
            raise
        brings = distribution(task)
        whose = f" of {brings[0]} {brings[1]}" if brings is not None else ""
        raise Problem.at(
            PLACE,
            "task-broken",
            f"the task '{task}'{whose} cannot go on: its {what} raises {type(error).__name__}: {error}",
            hint="tell its authors; with a version that is mended, the same command goes on where this stopped",
        ) from error


def _distribution(point: metadata.EntryPoint) -> str:
    return f"{point.dist.name} {point.dist.version}" if point.dist is not None else point.value
