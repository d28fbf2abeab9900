"""Measures of samples as functions of how often each unit counts: what `resample.resample_units` draws again.

Every constructor takes one value a sample and `unit`, the number of each sample's unit from 0. What a unit brings to a sum is
added up once, so that thousands of resamples of thousands of units are one product.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from llmxsite.analysis.stats.calibration import bin_index
from llmxsite.analysis.stats.interval import Vector
from llmxsite.analysis.stats.resample import Counts, Measure

Codes = npt.NDArray[np.intp] | npt.NDArray[np.int64]
_HELD = 4_000_000
"""Numbers held at once."""


def ratio(numerator: Vector, denominator: Vector, unit: Codes, units: int) -> Measure:
    """Sum over sum: a rate, such as tokens a second or right answers a second."""
    above, below = (np.bincount(unit, weights=x, minlength=units) for x in (numerator, denominator))

    def measure(counts: Counts) -> Vector:
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(counts @ above / (counts @ below))

    return measure


def mean(values: Vector, unit: Codes, units: int) -> Measure:
    """The mean over samples."""
    return ratio(values, np.ones(len(values)), unit, units)


def brier(c: Vector, y: Vector, unit: Codes, units: int) -> Measure:
    """The Brier score, mean (c - y)²."""
    return mean(np.square(c - y), unit, units)


def ece(c: Vector, y: Vector, unit: Codes, units: int, bins: int = 10, *, weighted: bool = True) -> Measure:
    """The calibration error over equal bins: their gaps weighted by how many are in them, or averaged over occupied bins."""
    cell = unit * bins + bin_index(c, bins)
    gaps = np.bincount(cell, weights=c - y, minlength=units * bins).reshape(units, bins)
    inside = np.bincount(cell, minlength=units * bins).reshape(units, bins).astype(np.float64)

    def measure(counts: Counts) -> Vector:
        apart, n = np.abs(counts @ gaps), counts @ inside
        with np.errstate(divide="ignore", invalid="ignore"):
            if weighted:
                return np.asarray(apart.sum(axis=1) / n.sum(axis=1))
            share = np.where(n > 0, apart / n, 0.0)
            return np.asarray(share.sum(axis=1) / (n > 0).sum(axis=1))

    return measure


def auroc(c: Vector, y: Vector, unit: Codes, units: int) -> Measure:
    """Chance that a right answer has a higher confidence than a wrong one, ties half; NaN for partial credit."""
    if not np.isin(y, (0.0, 1.0)).all():
        return _undefined
    if len(c) == 0:
        return _undefined
    levels, place = np.unique(c, return_inverse=True)
    won, lost = (_held(side, unit, place, units, len(levels)) for side in (y, 1 - y))

    def some(counts: Counts) -> Vector:
        right, wrong = counts @ won, counts @ lost
        below = np.cumsum(wrong, axis=1) - wrong / 2
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray((right * below).sum(axis=1) / (right.sum(axis=1) * wrong.sum(axis=1)))

    return _sliced(some, len(levels))


def median(values: Vector, unit: Codes, units: int) -> Measure:
    """The median over samples, the middle of two where they are even."""
    if len(values) == 0:
        return _undefined
    levels, place = np.unique(values, return_inverse=True)
    held = _held(np.ones(len(values)), unit, place, units, len(levels))

    def some(counts: Counts) -> Vector:
        upto = np.cumsum(counts @ held, axis=1)
        total = upto[:, -1]
        # How many lie below the two places in the middle, counted from 0, is where the values there stand.
        lower, upper = ((upto <= place[:, None]).sum(axis=1) for place in ((total - 1) // 2, total // 2))
        last = len(levels) - 1
        middle = (levels[np.minimum(lower, last)] + levels[np.minimum(upper, last)]) / 2
        return np.where(total > 0, middle, np.nan)

    return _sliced(some, len(levels))


def difference(a: Measure, b: Measure) -> Measure:
    """a minus b over the same resamples: pairs stay together."""
    return lambda counts: a(counts) - b(counts)


def _held(weights: Vector, unit: Codes, place: Codes, units: int, levels: int) -> Any:
    """How much of each level (columns) each unit (rows) holds, as a sparse matrix: most hold one."""
    from scipy.sparse import csr_array

    return csr_array((weights, (unit, place)), shape=(units, levels))


def _sliced(some: Measure, width: int) -> Measure:
    """The same in slices of resamples, to spare memory; `width` is how many numbers one resample takes."""
    step = max(1, _HELD // width)
    return lambda counts: np.concatenate([some(counts[i : i + step]) for i in range(0, len(counts), step)])


def _undefined(counts: Counts) -> Vector:
    return np.full(len(counts), np.nan)
