"""Has anything changed between two runs, and what? Samples paired one by one, and what stood around them.

`compare` is the door, `compare_logs` the one behind it. `log` reads, `matching` pairs, `reply` compares two samples, `around` the facts, `agreement` has the
statistics, `words` the sentences, `report` the records that come out.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import structs

from llmxsite.analysis.drift.findings import Likeness, Slice
from llmxsite.analysis.drift.record import Drift, Fact, Pair, RunRef
from llmxsite.log.record import Scalar

if TYPE_CHECKING:
    from llmxsite.analysis.drift.log import Log
    from llmxsite.base.diagnostics import Issues

__all__ = ["Drift", "Fact", "Likeness", "Pair", "RunRef", "Slice", "compare", "compare_logs"]


def compare(before: Path, after: Path, issues: Issues) -> Drift:
    """Compare two run logs, the first taken as the earlier. Lines that cannot be read go to `issues`; raises `Problem` when
    a file is no run log.

    Memory grows with the number of samples, not with the length of replies. Source: methods of docs/drift.md.
    """
    from llmxsite.analysis.drift.log import Log

    return compare_logs(Log(before, issues), Log(after, issues))


def compare_logs(first: Log, second: Log) -> Drift:
    """The same of two logs that were read: one that follows one run and is followed by another need not be read twice."""
    from llmxsite.analysis.drift import agreement, around, reply, words
    from llmxsite.analysis.drift.matching import match

    pairs, paired = match(first.heads, second.heads)
    requests, seen = around.RequestFacts(), []
    with first.reading() as old, second.reading() as new:
        for a, b in pairs:
            x, y = old[a.line], new[b.line]
            requests.add(x, y)
            seen.append(reply.compare((a, b), x, y))
    values = agreement.PairScores(pairs, first.heads, second.heads)
    unit, scored = values.unit, values.scored
    found = [s.pair for s in seen]
    for pair, was, now in zip(found, values.before, values.after, strict=True):
        pair.correct_before, pair.correct_after = (None if v != v else float(v) for v in (was, now))
    facts = [*around.around(first, second), *requests.facts()]
    moved = agreement.shift(seen, unit)
    requested = agreement.share([p.same_request for p in found], unit)
    drift = Drift(
        before=_ref(first),
        after=_ref(second),
        summary=[],
        facts=facts,
        paired=paired,
        # Requests are not drawn from anything: they are known, and have no interval.
        requests=structs.replace(requested, low=None, high=None, differ_below=None),
        replies=agreement.share([p.same_reply for p in found], unit),
        answers=agreement.share([p.same_answer for p in found], unit),
        accuracy=agreement.accuracy(values.before[scored], values.after[scored], unit[scored]),
        divergence=agreement.divergence(seen),
        shift=moved,
        fragile=agreement.fragile(seen, moved.largest),
        confidence=agreement.confidence(found, unit),
        speed=agreement.speed([s.times for s in seen], around.same_machine(facts)),
        by_condition=agreement.rows(found, values, _settings(found)),
        by_category=agreement.rows(found, values, _categories(found)),
        pairs=found,
    )
    drift.summary = words.summary(drift)
    return drift


def _settings(pairs: list[Pair]) -> list[dict[str, Scalar]]:
    """Of each pair's condition, what is not the same everywhere."""
    names = sorted({name for p in pairs for name in p.condition})
    varied = [name for name in names if len({p.condition.get(name) for p in pairs}) > 1]
    varied.sort(key=lambda name: name != "model")
    return [{name: p.condition.get(name) for name in varied} for p in pairs]


def _categories(pairs: list[Pair]) -> list[dict[str, Scalar]]:
    """Each pair's category, with its suite where there are several."""
    several = len({p.suite for p in pairs}) > 1
    return [{"suite": p.suite, "category": p.category} if several else {"category": p.category} for p in pairs]


def _ref(log: Log) -> RunRef:
    return RunRef(
        id=log.run.id,
        report=log.run.report,
        path=str(log.path),
        started=log.run.started,
        samples=len(log.heads),
        errors=sum(head.outcome == "error" for head in log.heads),
        resumed=sum(not line.scored for line in log.resumes),
        rerun_of=log.run.rerun_of.id if log.run.rerun_of is not None else None,
        complete=log.end is not None and log.end.reason == "complete",
    )
