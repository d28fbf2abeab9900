"""How a task has its samples made: in which order, how many at once, and in which state the server must stand before each."""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol

from llmxsite.base import registry
from llmxsite.collect.job import Job
from llmxsite.collect.schedule import Asked, Schedule
from llmxsite.collect.workload import Workload
from llmxsite.exchange.engine.protocol import Engine
from llmxsite.study.experiment import Resolved


class Kept(NamedTuple):
    """What of a workload this server can keep to."""

    workload: Workload
    """Without the conditions that it cannot keep to."""
    lacks: list[str]
    """In words: what is left out and why, and what cannot be known."""


class Stage(Protocol):
    """The state of the server of one session, as a task needs it."""

    async def keepable(self) -> Kept:
        """Ask the server what it can do for the workload, before the first sample. Raises `Problem` where it can do nothing of
        it, and `EngineError`."""
        ...

    async def ready(self, job: Job, attempt: int = 1) -> list[str] | None:
        """Bring the server to where a job starts from, and say what that took; None where it stood there. After a failed attempt
        it is brought there anew. Raises `EngineError`, as the request itself may."""
        ...

    def forget(self) -> None:
        """A request came to nothing: who knows what the server holds now."""
        ...


class NoStage:
    """The stage of a task that meets the server as it is."""

    def __init__(self, workload: Workload) -> None:
        self._workload = workload

    async def keepable(self) -> Kept:
        return Kept(self._workload, [])

    async def ready(self, job: Job, attempt: int = 1) -> list[str] | None:
        return None

    def forget(self) -> None: ...


class Conduct(Schedule):
    """How a run of a task goes. A task overrides what is different."""

    one_machine: str | None = None
    """Why its samples cannot be spread over several machines, as a message for whoever asks for it; None where they can."""

    def check(self, workload: Workload) -> None:
        """Raise the `Problem` of a workload that cannot be conducted."""

    def stage(self, engine: Engine, workload: Workload, concurrency: int | None) -> Stage:
        """What sets the stage for one session, where `concurrency` requests at once are wished for."""
        return NoStage(workload)

    def power(self, experiment: Resolved, asked: Asked) -> str | None:
        """In a sentence, what so many items and repeats can show, empty where that is nothing; None where it is the difference
        between two conditions, which the caller knows to say."""
        return None


_PLAIN = Conduct()


@registry.remembered
def conduct_of(task: str) -> Conduct:
    """How runs of a task go. Raises `Problem` for a task that is broken."""
    conduct: Any = getattr(registry.part(task, "collect"), "CONDUCT", _PLAIN)
    return conduct if isinstance(conduct, Conduct) else _PLAIN
