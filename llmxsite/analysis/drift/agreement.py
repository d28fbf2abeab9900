"""How far the pairs of two runs agree, with intervals: shares, accuracy, divergence, shift, confidence, speed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from llmxsite.analysis.drift.findings import Accuracy, Confidence, Divergence, Fragile, Likeness, Shift, Slice, Speed
from llmxsite.analysis.drift.log import SampleHead
from llmxsite.analysis.drift.record import Pair
from llmxsite.analysis.drift.reply import MeasuredPair, Timed
from llmxsite.analysis.results.groups import scores, units
from llmxsite.analysis.stats import determinism
from llmxsite.analysis.stats.cluster import clustered_mean, clustered_wilson
from llmxsite.analysis.stats.interval import UNDEFINED, Interval, ratio
from llmxsite.analysis.stats.latency import throughput
from llmxsite.analysis.stats.mcnemar import mcnemar
from llmxsite.analysis.stats.multiple import adjust
from llmxsite.analysis.stats.paired import PairedDifference, paired_difference
from llmxsite.analysis.stats.power import detectable_from_se, never_seen
from llmxsite.analysis.stats.proportion import wilson
from llmxsite.log.record import Scalar

Codes = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
"""One a pair."""


class PairScores:
    """The pairs as arrays: which independent unit each is of, and its score before and after (NaN where there is none)."""

    def __init__(
        self, pairs: Sequence[tuple[SampleHead, SampleHead]], before: Sequence[SampleHead], after: Sequence[SampleHead]
    ) -> None:
        """`before` and `after` are all samples of each run: whether a run was scored at all, the whole of it says."""
        first, second = [a for a, _ in pairs], [b for _, b in pairs]
        self.unit: Codes = units(_frame(first))[1] if pairs else np.zeros(0, np.int64)
        self.before, self.after = _scores(before, first), _scores(after, second)

    @property
    def scored(self) -> Flags:
        return np.asarray(~np.isnan(self.before) & ~np.isnan(self.after))


def share(alike: Sequence[bool | None], unit: Codes, alpha: float = 0.05) -> Likeness:
    """How many pairs are alike, of those that can be compared."""
    known = np.array([a is not None for a in alike], dtype=np.bool_)
    values = np.array([bool(a) for a in alike], dtype=np.float64)[known]
    codes = unit[known]
    n, k, count = len(values), int(values.sum()), len(np.unique(codes))
    span = wilson(k, n, alpha) if count == n else _clustered(values, codes, alpha)
    return Likeness(
        n=n,
        alike=k,
        share=ratio(k, n),
        low=span.low,
        high=span.high,
        units=count,
        differ_below=never_seen(count, alpha) if n and k == n else None,
    )


def accuracy(before: Floats, after: Floats, unit: Codes, alpha: float = 0.05) -> Accuracy:
    """Right and wrong, paired. Items are the trials: repeats of one, and items of one cluster, count together."""
    change = after - before
    found = paired_difference(after, before, unit, alpha)
    net = np.bincount(np.unique(unit, return_inverse=True)[1], weights=change) if len(unit) else np.zeros(0)
    fell, rose = int((net < -_ROUNDING).sum()), int((net > _ROUNDING).sum())
    unchanged = not change.any()
    return Accuracy(
        **_change(found),
        p=found.p,
        detectable=detectable_from_se(found.se, alpha) if found.se else None,
        lost=int(((before >= 1) & (after < 1)).sum()),
        gained=int(((before < 1) & (after >= 1)).sum()),
        units_lost=fell,
        units_gained=rose,
        mcnemar_p=mcnemar(fell, rose).p if fell + rose else None,
        flips_below=never_seen(found.clusters, alpha) if unchanged else None,
    )


def divergence(seen: Sequence[MeasuredPair]) -> Divergence:
    """Where replies part that differ."""
    differing = [s for s in seen if s.pair.same_reply is False]
    places = sorted(s.pair.first_token for s in differing if s.pair.first_token is not None)
    quartiles = [float(q) for q in np.quantile(places, [0.25, 0.5, 0.75])] if places else [None] * 3
    return Divergence(
        n=len(places),
        unknown=len(differing) - len(places),
        lowest=places[0] if places else None,
        lower_quartile=quartiles[0],
        median=quartiles[1],
        upper_quartile=quartiles[2],
        highest=places[-1] if places else None,
        at=sorted(Counter(places).items()),
    )


def shift(seen: Sequence[MeasuredPair], unit: Codes) -> Shift:
    """How far the log-probabilities of shared tokens moved."""
    known: list[bool | None] = [s.shift.identical == 1 if s.shift.tokens else None for s in seen]
    moved = [s.shift for s in seen if s.shift.tokens]
    tokens = sum(m.tokens for m in moved)
    return Shift(
        pairs=share(known, unit),
        tokens=tokens,
        identical=ratio(_total(moved, lambda m: m.identical), tokens),
        mean=ratio(_total(moved, lambda m: m.mean), tokens),
        largest=max((m.largest for m in moved if m.largest is not None), default=None),
    )


def fragile(seen: Sequence[MeasuredPair], largest: float | None) -> Fragile:
    """Which answers a shift of the largest size could have turned, and which turned."""
    known = [s for s in seen if s.margin is not None and s.pair.same_answer is not None]
    weak = [s for s in known if s.margin is not None and determinism.fragile(s.margin, largest or 0.0)]
    turned = [s for s in known if s.pair.same_answer is False]
    return Fragile(
        n=len(known),
        fragile=len(weak),
        turned=len(turned),
        foreseen=sum(s.pair.same_answer is False for s in weak),
    )


def confidence(pairs: Sequence[Pair], unit: Codes, alpha: float = 0.05) -> Confidence:
    """How sure the answers are, paired."""
    known = np.array([p.confidence_before is not None and p.confidence_after is not None for p in pairs], np.bool_)
    before, after = (
        np.array([getattr(p, name) for p, ok in zip(pairs, known, strict=True) if ok], np.float64)
        for name in ("confidence_before", "confidence_after")
    )
    found = paired_difference(after, before, unit[known], alpha)
    return Confidence(
        **_change(found),
        identical=int((before == after).sum()),
        largest=float(np.abs(after - before).max()) if found.n else None,
    )


def speed(samples: Sequence[tuple[Timed, Timed]], same_machine: bool | None) -> Speed:
    """Latency and tokens a second of both runs, over the pairs in which both are known."""
    times = np.array([(a.total, b.total) for a, b in samples if a.total and b.total], np.float64).reshape(-1, 2)
    rates = [(a, b) for a, b in samples if a.tokens and b.tokens and a.generating and b.generating]
    tps = [
        throughput([s.tokens or 0 for s in side], [(s.generating or 0) / 1000 for s in side]).total
        for side in (zip(*rates, strict=True) if rates else ((), ()))
    ]
    before, after = tps
    return Speed(
        same_machine=same_machine,
        n=len(times),
        latency_before=float(np.median(times[:, 0])) if len(times) else None,
        latency_after=float(np.median(times[:, 1])) if len(times) else None,
        latency_ratio=float(np.median(times[:, 1] / times[:, 0])) if len(times) else None,
        tokens_per_second_before=before,
        tokens_per_second_after=after,
        tokens_per_second_ratio=after / before if before and after else None,
    )


def rows(pairs: Sequence[Pair], values: PairScores, labels: Sequence[dict[str, Scalar]]) -> list[Slice]:
    """The pairs by label, in the order of the labels' values; none where there is only one. p is adjusted over the rows."""
    keys = [tuple(label.items()) for label in labels]
    order = sorted(set(keys), key=_sortable)
    if len(order) < 2:
        return []
    made = []
    for key in order:
        here = np.array([k == key for k in keys], np.bool_)
        chosen = [p for p, inside in zip(pairs, here, strict=True) if inside]
        unit, scored = values.unit[here], here & values.scored
        made.append(
            Slice(
                label=dict(key),
                replies=share([p.same_reply for p in chosen], unit),
                answers=share([p.same_answer for p in chosen], unit),
                accuracy=accuracy(values.before[scored], values.after[scored], values.unit[scored]),
                p_holm=None,
            )
        )
    for row, p in zip(made, adjust([r.accuracy.mcnemar_p for r in made]).p, strict=True):
        row.p_holm = p
    return made


_ROUNDING = 1e-12


def _change(found: PairedDifference) -> dict[str, Any]:
    """The fields of a `Change`."""
    # A standard error of 0 is no certainty: all pairs gave the same difference, and more of them might not.
    span = found.interval if found.se else UNDEFINED
    return {
        "n": found.n,
        "units": found.clusters,
        "before": found.mean_b,
        "after": found.mean_a,
        "difference": found.difference,
        "low": span.low,
        "high": span.high,
    }


def _clustered(values: Floats, codes: Codes, alpha: float) -> Interval:
    mean = clustered_mean(values, codes, alpha)
    if mean.mean is None or mean.se is None:
        return UNDEFINED
    low, high = clustered_wilson([mean.mean], [mean.se], [mean.n], [mean.clusters], alpha)
    return Interval(float(low[0]), float(high[0]))


def _scores(all_heads: Sequence[SampleHead], chosen: Sequence[SampleHead]) -> Floats:
    """The score of each of some samples by the rule of every table: what was not read counts as wrong."""
    if not all_heads:
        return np.zeros(0)
    value = scores(_frame(all_heads)).value
    place = {head.line: index for index, head in enumerate(all_heads)}
    return np.asarray(value[[place[head.line] for head in chosen]], np.float64)


def _frame(heads: Sequence[SampleHead]) -> Any:
    import pandas as pd

    names = ("suite", "item", "item_hash", "cluster", "outcome", "parsed", "correct")
    columns = {name: [getattr(head, name) for head in heads] for name in names}
    frame = pd.DataFrame(columns | {"experiment": "", "run": ""})
    frame["correct"] = frame["correct"].astype("float64")
    return frame


def _total(moved: Sequence[determinism.LogprobShift], get: Callable[[determinism.LogprobShift], float | None]) -> float:
    """The sum over tokens that a mean over the tokens of each pair stands for."""
    return sum((get(m) or 0.0) * m.tokens for m in moved)


def _sortable(key: tuple[tuple[str, Scalar], ...]) -> list[tuple[int, float, str]]:
    """Numbers by size, then words, then what is not set."""
    return [
        (2, 0.0, "") if v is None else (0, float(v), "") if isinstance(v, int | float) else (1, 0.0, v) for _, v in key
    ]
