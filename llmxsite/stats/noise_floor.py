"""The calibration error that a perfectly calibrated model would show at this n."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from llmxsite.stats.calibration import bin_index, checked
from llmxsite.stats.interval import Interval, Numbers, Vector

_BUDGET = 4_000_000
"""Redrawn answers in all: about 40 ms."""


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


def draws_for(n: int) -> int:
    """How many redraws n confidences get: 2000, fewer where there are so many that the floor is smooth; at least 200."""
    return int(min(2000, max(200, _BUDGET // max(n, 1))))


def noise_floor(confidence: Numbers, bins: int = 10, draws: int | None = None, seed: int = 0) -> NoiseFloor:
    """Redraw y_i ~ Bernoulli(c_i) and measure ECE each time. Seeded: the same input gives the same floor.

    The expected ECE of a calibrated model is above 0 and falls with n: with c ~ Beta(6, 2) and ten bins about .17 at n = 20,
    .08 at 100, .03 at 1000.

    Source: Roelofs et al. 2021 on the bias of ECE; Bröcker and Smith 2007 on consistency bands.
    """
    c, _ = checked(confidence, np.zeros(np.size(confidence)))
    n = len(c)
    if n == 0:
        return NoiseFloor(0, 0, None, None, ())
    draws = draws_for(n) if draws is None else draws
    order = np.argsort(bin_index(c, bins), kind="stable")
    c = c[order]
    index = bin_index(c, bins)
    occupied, starts = np.unique(index, return_index=True)
    counts = np.diff([*starts, n]).astype(np.float64)
    conf_sums = np.add.reduceat(c, starts)
    right = _redraw(c, starts, draws, seed)
    errors = np.abs(conf_sums - right).sum(axis=1) / n
    low, high = np.quantile(right / counts, [0.025, 0.975], axis=0)
    at = {int(b): i for i, b in enumerate(occupied)}
    band = tuple(
        Interval(float(low[at[b]]), float(high[at[b]])) if b in at else Interval(None, None) for b in range(bins)
    )
    return NoiseFloor(n, draws, float(errors.mean()), float(np.quantile(errors, 0.95)), band)


def _redraw(c: Vector, starts: np.ndarray[tuple[int], np.dtype[np.intp]], draws: int, seed: int) -> Vector:
    """How many are right in each bin (columns) in each redraw (rows). `c` is sorted by bin; in slices, to spare memory."""
    rng = np.random.default_rng(seed)
    step = max(1, 1_000_000 // len(c))
    parts = []
    for done in range(0, draws, step):
        rows = min(step, draws - done)
        y = rng.random((rows, len(c)), dtype=np.float32) < c.astype(np.float32)
        parts.append(np.add.reduceat(y, starts, axis=1, dtype=np.int64))
    return np.concatenate(parts).astype(np.float64)
