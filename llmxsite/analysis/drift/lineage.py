"""Which earlier run a run is to be compared with: the one it repeats, else the last of the same experiment."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol, TypeVar

from llmxsite.log.record import Run
from llmxsite.study.experiment import fingerprint


class LoggedRun(Protocol):
    """Whatever holds a run's header."""

    @property
    def run(self) -> Run: ...

    @property
    def report(self) -> str:
        """The report the run is filed under."""
        ...


E = TypeVar("E", bound=LoggedRun)


def ancestors(entries: Iterable[E]) -> list[tuple[E, E]]:
    """Each run that has an earlier one to be compared with, with that one first; in the order the runs started.

    A run that says whose repetition it is goes with its original, wherever that lies. Any other goes with the newest run
    before it in the same report whose experiment agrees in all that a sample depends on. Imports say too little for that,
    and a log of a run on several machines has only some of its samples.
    """
    found: list[tuple[E, E]] = []
    by_id: dict[str, E] = {}
    newest: dict[tuple[str, str], E] = {}
    for entry in sorted(entries, key=lambda e: (e.run.started or "", e.run.id)):
        run = entry.run
        plan = (
            None if run.source is not None or run.cluster is not None else (entry.report, fingerprint(run.experiment))
        )
        repeated = by_id.get(run.rerun_of.id) if run.rerun_of is not None else None
        earlier = repeated or (newest.get(plan) if plan else None)
        if earlier is not None:
            found.append((earlier, entry))
        by_id[run.id] = entry
        if plan:
            newest[plan] = entry
    return found
