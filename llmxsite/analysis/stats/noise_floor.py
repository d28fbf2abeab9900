"""The calibration error that a perfectly calibrated model would show at this n."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from llmxsite.analysis.stats.calibration import bin_index, checked_units
from llmxsite.analysis.stats.interval import Interval, Numbers, Vector

_BUDGET = 4_000_000
"""Redrawn answers in all: about 40 ms."""
_SLICE = 1_000_000
"""Redrawn answers held at once."""


@dataclass(frozen=True, slots=True)
class NoiseFloor:
    """What ECE comes out as when every answer is right with exactly the stated probability."""

    n: int
    draws: int
    """How many times all answers were redrawn."""
    mean: float | None
    p95: float | None
    """95th percentile: an ECE below it is not distinguishable from calibrated at this n."""
    band: tuple[Interval, ...]
    """Consistency band: for each bin the 95 % interval of its accuracy under calibration; undefined in empty bins."""
    answers: int = 0
    """Different answers that were redrawn: `n` where no answer to an item repeats."""


def draws_for(n: int) -> int:
    """How many redraws n answers get: 2000, fewer where there are so many that the floor is smooth; at least 200."""
    return int(min(2000, max(200, _BUDGET // max(n, 1))))


def noise_floor(
    confidence: Numbers,
    bins: int = 10,
    draws: int | None = None,
    seed: int = 0,
    answer: Sequence[object] | npt.NDArray[np.generic] | None = None,
) -> NoiseFloor:
    """Redraw y ~ Bernoulli(c) and measure ECE each time. Seeded: the same input gives the same floor.

    `answer` labels what was answered, by item and answer: given both, right or wrong is fixed, so that one y is drawn for all
    rows with one label, from their mean confidence. Without it every row is an answer of its own.

    The expected ECE of a calibrated model is above 0 and falls with the number of answers: with c ~ Beta(6, 2) and ten bins
    about .17 at 20, .08 at 100, .03 at 1000.

    Source: Roelofs et al. 2021 on the bias of ECE; Bröcker and Smith 2007 on consistency bands.
    """
    c, _, codes, _ = checked_units(confidence, np.zeros(np.size(confidence)), answer)
    n = len(c)
    if n == 0:
        return NoiseFloor(0, 0, None, None, ())
    index = bin_index(c, bins)
    counts = np.bincount(index, minlength=bins).astype(np.float64)
    conf_sums = np.bincount(index, weights=c, minlength=bins)
    rows = np.bincount(codes)
    means = np.bincount(codes, weights=c) / rows if len(rows) < n else c[np.argsort(codes, kind="stable")]
    draws = draws_for(len(rows)) if draws is None else draws
    # Answers are redrawn in the order of their bins, whatever order they were given in.
    order = np.argsort(bin_index(means, bins), kind="stable")
    where = np.empty_like(order)
    where[order] = np.arange(len(order))
    right = _redraw(means[order], where[codes], index, bins, draws, seed)
    errors = np.abs(conf_sums - right).sum(axis=1) / n
    with np.errstate(invalid="ignore"):
        low, high = np.quantile(right / counts, [0.025, 0.975], axis=0)
    band = tuple(Interval(float(low[b]), float(high[b])) if counts[b] else Interval(None, None) for b in range(bins))
    return NoiseFloor(n, draws, float(errors.mean()), float(np.quantile(errors, 0.95)), band, len(rows))


def consistency_band(
    confidence: Numbers,
    edges: Sequence[float],
    draws: int = 1000,
    seed: int = 0,
    answer: Sequence[object] | npt.NDArray[np.generic] | None = None,
) -> tuple[Interval, ...]:
    """For each bin with these upper edges where its accuracy would lie in 95 of 100 redraws of a calibrated model; undefined in
    empty bins. `answer` as in `noise_floor`.

    Source: Bröcker and Smith 2007 (Weather and Forecasting 22:651).
    """
    c, _, codes, _ = checked_units(confidence, np.zeros(np.size(confidence)), answer)
    if len(c) == 0:
        return tuple(Interval(None, None) for _ in edges)
    inner = np.asarray(edges[:-1], dtype=np.float64)
    index = np.searchsorted(inner, c, side="left")
    rows = np.bincount(codes)
    means = np.bincount(codes, weights=c) / rows
    order = np.argsort(means, kind="stable")
    where = np.empty_like(order)
    where[order] = np.arange(len(order))
    right = _redraw(means[order], where[codes], index, len(edges), draws, seed)
    counts = np.bincount(index, minlength=len(edges)).astype(np.float64)
    with np.errstate(invalid="ignore"):
        low, high = np.quantile(right / counts, [0.025, 0.975], axis=0)
    return tuple(
        Interval(float(a), float(b)) if n else Interval(None, None) for a, b, n in zip(low, high, counts, strict=True)
    )


def _redraw(
    c: Vector, answer: npt.NDArray[np.intp], index: npt.NDArray[np.intp], bins: int, draws: int, seed: int
) -> Vector:
    """How many rows are right in each bin (columns) in each redraw (rows); in slices, to spare memory.

    `c` has a confidence an answer; `answer` and `index` say for each row which answer it gives and which bin it is in.
    """
    held = np.bincount(answer * bins + index, minlength=len(c) * bins).reshape(len(c), bins).astype(np.float32)
    rng = np.random.default_rng(seed)
    step = max(1, _SLICE // len(c))
    chances = c.astype(np.float32)
    parts = []
    for done in range(0, draws, step):
        y = rng.random((min(step, draws - done), len(c)), dtype=np.float32) < chances
        parts.append(y.astype(np.float32) @ held)
    return np.concatenate(parts).astype(np.float64)
