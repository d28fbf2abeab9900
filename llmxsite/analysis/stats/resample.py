"""Drawing independent units again: how often each is in each resample, and what the statistics of the resamples say.

A unit is an item with all its samples, or a whole cluster of items. A resample is a row of counts, one a unit, so that one
product gives a sum over all resamples, and the two sides of a paired difference take the same rows.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations_with_replacement

import numpy as np
import numpy.typing as npt

from llmxsite.analysis.stats.interval import UNDEFINED, Interval, Vector, defined
from llmxsite.analysis.stats.mean import ROUNDING

Counts = npt.NDArray[np.float64]
"""Resamples in rows, units in columns: how often a unit was drawn."""
Measure = Callable[[Counts], Vector]
"""A statistic of each row of counts; NaN where it is undefined."""
DRAWS = 2000
SMALL = 25_000
"""Up to so many different resamples are all of them looked at instead of drawn: nine units or fewer."""
_HELD = 2_000_000
"""Counts held at once."""
_COUNTED = 1 << 15
"""Draws counted at once where counts are kept: they fit the processor's cache."""
_KEPT = 30_000_000
"""Counts of a byte each that are kept for the next group: 15,000 units at 2,000 draws."""


@dataclass(frozen=True, slots=True)
class Bootstrap:
    """A statistic with its bootstrap standard error and interval, in its own unit."""

    n: int
    """Independent units."""
    estimate: float | None
    se: float | None
    """Standard deviation over the resamples. For a mean it targets the variance with n, not n - 1."""
    interval: Interval
    """Undefined for fewer than two units."""
    resamples: int
    """How many the interval is from; the number of all ordered ones where they were enumerated."""
    exact: bool
    """Whether these were all resamples there are, so that no seed matters."""
    p: float | None = None
    """Twice the share of resamples on the smaller side of 0, for a difference; at most 1, at least 2 / (resamples + 1)
    where they were drawn."""
    seed: int | None = None
    """What the draws came from; None where nothing was drawn."""
    undefined: int = 0
    """Resamples in which the statistic is undefined: left out."""
    missing: int = 0
    """Rows that were not complete: left out."""

    @property
    def degenerate(self) -> bool:
        """Whether every resample gave the same: the interval has no width, and claims too much. Use Wilson's."""
        return self.se == 0


def resample_units(
    measures: Mapping[str, Measure], units: int, *, draws: int = DRAWS, seed: int = 0, alpha: float = 0.05
) -> dict[str, Bootstrap]:
    """Each measure of the same resamples of `units` units, with its percentile interval.

    A small design is enumerated: the C(2n - 1, n) different resamples of n units, each weighted by its number of orders, are
    all of the n^n there are. A larger one is drawn `draws` times from `seed`; both belong into the report.

    Source: Efron and Tibshirani 1993, chapters 13 and 16; Field and Welsh 2007 on resampling whole clusters.
    """
    if units == 0:
        return dict.fromkeys(measures, Bootstrap(0, None, None, UNDEFINED, 0, False))
    once = {name: float(measure(np.ones((1, units)))[0]) for name, measure in measures.items()}
    if units == 1:
        return {name: Bootstrap(1, defined(value), None, UNDEFINED, 0, False) for name, value in once.items()}
    exact = small(units)
    found: dict[str, list[Vector]] = {name: [] for name in measures}
    orders: list[Vector] = []
    for counts, weight in _all(units) if exact else _drawn(units, draws, seed):
        orders.append(weight)
        for name, measure in measures.items():
            found[name].append(np.asarray(measure(counts), dtype=np.float64))
    weights = np.concatenate(orders)
    return {
        name: summarised(np.concatenate(found[name]), weights, value, units, None if exact else seed, alpha)
        for name, value in once.items()
    }


def resamples(measure: Measure, units: int, *, draws: int = DRAWS, seed: int = 0) -> tuple[Vector, Vector, bool]:
    """One measure of each resample, in how many orders it comes, and whether these are all there are; undefined ones left out.

    The same resamples as `resample_units` takes: for intervals at other levels, and for tests against other values than 0.
    """
    exact = small(units)
    parts = [(measure(counts), weight) for counts, weight in (_all(units) if exact else _drawn(units, draws, seed))]
    values, weights = (np.concatenate([part[side] for part in parts]).astype(np.float64) for side in (0, 1))
    kept = ~np.isnan(values)
    return values[kept], weights[kept], exact


def small(units: int) -> bool:
    """Whether all resamples are looked at."""
    return math.comb(2 * units - 1, units) <= SMALL


def multisets(units: int) -> tuple[npt.NDArray[np.intp], Vector]:
    """Every different resample of a small design as sorted indices, and in how many orders it comes."""
    index = np.array(list(combinations_with_replacement(range(units), units)), dtype=np.intp)
    counts = _counted(index, units)
    factorials = np.array([math.factorial(k) for k in range(units + 1)], dtype=np.float64)
    return index, math.factorial(units) / factorials[counts.astype(np.intp)].prod(axis=1)


def summarised(
    values: Vector, weights: Vector, estimate: float, units: int, seed: int | None, alpha: float, missing: int = 0
) -> Bootstrap:
    """What the statistic of the resamples says. `weights` are in how many orders each comes; `seed` is None for all of them."""
    kept = ~np.isnan(values)
    resamples, exact = int(weights.sum()), seed is None
    undefined = int(weights[~kept].sum())
    values, weights = values[kept], weights[kept]
    if len(values) == 0 or math.isnan(estimate):
        return Bootstrap(units, defined(estimate), None, UNDEFINED, resamples, exact, None, seed, undefined, missing)
    total = weights.sum()
    centre = float((weights * values).sum() / total)
    # Values that differ by rounding have no spread.
    equal = float(np.ptp(values)) <= ROUNDING * float(np.abs(values).max())
    spread = 0.0 if equal else float(np.sqrt((weights * np.square(values - centre)).sum() / total))
    ends = quantiles(values, weights, (alpha / 2, 1 - alpha / 2))
    side = float(min(weights[values <= 0].sum(), weights[values >= 0].sum()))
    p = min(1.0, 2 * (side / float(total) if exact else (side + 1) / (float(total) + 1)))
    return Bootstrap(units, estimate, spread, Interval(*ends), resamples, exact, p, seed, undefined, missing)


def quantiles(values: Vector, weights: Vector, shares: tuple[float, ...]) -> tuple[float, ...]:
    """Quantiles of values that each come `weights` times, interpolated linearly between neighbours (Hyndman and Fan's 7)."""
    order = np.argsort(values, kind="stable")
    ordered, upto = values[order], np.cumsum(weights[order])
    found = []
    for share in shares:
        at = (upto[-1] - 1) * share
        low, high = (ordered[np.searchsorted(upto, place, side="right")] for place in (math.floor(at), math.ceil(at)))
        found.append(float(low + (high - low) * (at - math.floor(at))))
    return tuple(found)


def _all(units: int) -> Iterator[tuple[Counts, Vector]]:
    index, orders = multisets(units)
    yield _counted(index, units), orders


def _drawn(units: int, draws: int, seed: int) -> Iterator[tuple[Counts, Vector]]:
    """The resamples in slices. The draws are the same however they are sliced."""
    step = max(1, _HELD // units)
    if units * draws <= _KEPT:
        every = _kept(units, draws, seed)
        for done in range(0, draws, step):
            part = every[done : done + step].astype(np.float64)
            yield part, np.ones(len(part))
        return
    rng = np.random.default_rng(seed)
    for done in range(0, draws, step):
        index = rng.integers(0, units, (min(step, draws - done), units), dtype=np.uint32)
        yield _counted(index, units), np.ones(len(index))


@lru_cache(maxsize=1)
def _kept(units: int, draws: int, seed: int) -> npt.NDArray[np.uint8]:
    """All draws of so many units: many groups of one table have the same number, and take the same draws."""
    rng = np.random.default_rng(seed)
    every = np.empty((draws, units), np.uint8)  # no unit comes 256 times: the chance of twenty is below 1e-18
    step = max(1, _COUNTED // units)
    for done in range(0, draws, step):
        part = every[done : done + step]
        index = rng.integers(0, units, part.shape, dtype=np.uint32)
        index += np.arange(0, part.size, units, dtype=np.uint32)[:, np.newaxis]  # each row has counts of its own
        part[:] = np.bincount(index.ravel(), minlength=part.size).reshape(part.shape)
    return every


def _counted(index: npt.NDArray[np.uint32] | npt.NDArray[np.intp], units: int) -> Counts:
    """Rows of indices as rows of counts."""
    counts = np.empty((len(index), units))
    for row, drawn in zip(counts, index, strict=True):  # one row fits the processor's cache, all of them do not
        row[:] = np.bincount(drawn, minlength=units)
    return counts
