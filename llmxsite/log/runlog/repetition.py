"""Runs that repeat another run's log: of a run and its repetitions, tables count one."""

from __future__ import annotations

from collections.abc import Iterable

from llmxsite.log.record import Run


def repeated(runs: Iterable[Run]) -> dict[str, str]:
    """Each run that is left out of tables, and the run among these that counts in its stead.

    The same requests to the same weights are no further evidence: pooled, they would narrow every interval for nothing.
    The original counts where it is among `runs`, else the earliest of its repetitions. A repetition of a repetition
    repeats the first.
    """
    known = {run.id: run for run in runs}
    counting: dict[str, str] = {}
    """The run that counts, by the id of what it or its ancestor repeats."""
    found: dict[str, str] = {}
    for run in sorted(known.values(), key=lambda r: (r.rerun_of is not None, r.started or "", r.id)):
        origin = _origin(run, known)
        if origin in counting:
            found[run.id] = counting[origin]
        else:
            counting[origin] = run.id
    return found


def _origin(run: Run, known: dict[str, Run]) -> str:
    """The id at the far end of what a run repeats, as far as the runs at hand lead; it need not be at hand itself."""
    seen = {run.id}
    while run.rerun_of is not None:
        before = run.rerun_of.id
        if before in seen or before not in known:  # headers are anybody's: two may name each other
            return before if before not in seen else min(seen)
        seen.add(before)
        run = known[before]
    return run.id
