"""Looks: data that came after results of the same report could be seen.

A p value says what it says when the data were decided on before they were seen. A run that was begun after an earlier one had
ended, or a log that was taken up again after it had been complete, is counted and shown (docs/statistics.md, looks).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from llmxsite.press.catalogue.entries import RunEntry

Kind = Literal["run", "rerun", "taken up"]


class Look(NamedTuple):
    """One run, or one more part of one, with what could be seen before it."""

    run: RunEntry
    kind: Kind
    """A `run` of its own, a `rerun` of another (which no number counts), or a log `taken up` after it had been complete."""
    time: str
    seen: RunEntry
    """The run whose results were there by then: the first of those."""

    @property
    def counted(self) -> bool:
        """Whether its samples are in the report's numbers."""
        return self.kind != "rerun"


def looks(logs: Sequence[RunEntry]) -> list[Look]:
    """The looks at a report's results, in the order of time, over all its logs with reruns among them.

    Machines of one cluster run, and the engines that an experiment names, make one run between them. Imports say nothing of when
    results were seen. Reruns by themselves (`rerun`) show results of the same requests, not of new ones.
    """
    own = sorted((e for e in logs if e.run.source is None and e.run.started), key=lambda e: (e.run.started or "", e.id))
    found: list[Look] = []
    for index, entry in enumerate(own):
        started = entry.run.started or ""
        seen = next((e for e in own[:index] if _ended(e) <= started and not _together(e, entry)), None)
        if seen is not None:
            found.append(Look(entry, "rerun" if entry.run.rerun_of is not None else "run", started, seen))
        found += [Look(entry, "taken up", time, entry) for time in entry.extended]
    return sorted(found, key=lambda look: look.time)


def _ended(entry: RunEntry) -> str:
    """When a run's results could first be seen whole: when it ended; of a log without an end, when it began."""
    return (entry.end.time if entry.end is not None and entry.end.time else None) or entry.run.started or ""


def _together(a: RunEntry, b: RunEntry) -> bool:
    """Whether two logs are parts of one run: of its machines, or of the engines among its conditions."""
    if a.run.cluster is not None and b.run.cluster is not None and a.run.cluster.id == b.run.cluster.id:
        return True
    plan = a.run.experiment
    named = "engine" in (plan.get("sweep") or {}) or any("engine" in c for c in plan.get("conditions") or [])
    return named and a.run.engine.name != b.run.engine.name and a.run.rerun_of is None and b.run.rerun_of is None
