"""Calibration: whether what a model says it is sure of is right as often as it says.

Confidences lie in 0 to 1, correctness is 0 or 1 (a share for partial credit). Samples without a confidence are left out,
and counted as not covered, before this: they are never given one.

Bins are right-closed, ((b - 1)/M, b/M], with 0 in the first, and edges computed as b/M, so that 0.7 of ten bins falls in the
seventh on every machine. Empty bins count nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from llmxsite.stats.interval import Interval, Numbers, Vector, pair
from llmxsite.stats.proportion import wilson


@dataclass(frozen=True, slots=True)
class Bin:
    """One bin of a reliability diagram. `confidence` is the mean inside, not the bin's centre; None in an empty bin."""

    low: float
    high: float
    n: int
    confidence: float | None
    accuracy: float | None
    correct: float
    """How many are right."""
    interval: Interval
    """Wilson's, of the accuracy."""

    @property
    def gap(self) -> float | None:
        """confidence - accuracy: above 0 is over-confident."""
        if self.confidence is None or self.accuracy is None:
            return None
        return self.confidence - self.accuracy


@dataclass(frozen=True, slots=True)
class Calibration:
    """Calibration over bins. All errors lie in 0 to 1 and are None for n = 0."""

    n: int
    mean_confidence: float | None
    accuracy: float | None
    gap: float | None
    """Mean confidence - accuracy, signed: the "92 % sure, 85 % right, 7 points" of the course. It hides what cancels."""
    gap_se: float | None
    """Standard error of `gap`, from the items' own c_i - y_i; None for n < 2."""
    ece: float | None
    """Expected calibration error: the bins' gaps weighted by how many are in them (Guo et al. 2017)."""
    ece_unweighted: float | None
    """The gaps averaged over occupied bins, each counting the same: the course's five-bin exercise; one item can sway it."""
    ece_unweighted_all: float | None
    """The same over all bins, empty ones as 0."""
    mce: float | None
    """The largest gap of any bin; unstable where a bin has few."""
    rmsce: float | None
    """Root of the weighted mean square of the gaps."""
    bins: tuple[Bin, ...]


def calibration(confidence: Numbers, correct: Numbers, bins: int = 10, alpha: float = 0.05) -> Calibration:
    """Reliability bins of equal width and the calibration errors over them.

    ECE = sum over bins of n_b/N |conf_b - acc_b|. Even a perfectly calibrated model has an ECE above 0: read it beside
    `noise_floor.noise_floor`.

    Source: Guo et al. 2017 (arXiv:1706.04599), section 2; the unweighted mean is the course's exercise.
    """
    c, y = checked(confidence, correct)
    n = len(c)
    index = bin_index(c, bins)
    counts = np.bincount(index, minlength=bins)
    conf_sums = np.bincount(index, weights=c, minlength=bins)
    right = np.bincount(index, weights=y, minlength=bins)
    rows = tuple(
        _bin(b / bins, (b + 1) / bins, int(counts[b]), float(conf_sums[b]), float(right[b]), alpha) for b in range(bins)
    )
    return summary(c, y, rows, n)


def summary(c: Vector, y: Vector, rows: tuple[Bin, ...], n: int) -> Calibration:
    """The calibration errors over bins already made."""
    if n == 0:
        return Calibration(0, None, None, None, None, None, None, None, None, None, rows)
    gaps = np.array([abs(row.gap) for row in rows if row.gap is not None])
    weights = np.array([row.n / n for row in rows if row.n])
    d = c - y
    return Calibration(
        n=n,
        mean_confidence=float(c.mean()),
        accuracy=float(y.mean()),
        gap=float(d.mean()),
        gap_se=float(d.std(ddof=1) / math.sqrt(n)) if n > 1 else None,
        ece=float(weights @ gaps),
        ece_unweighted=float(gaps.mean()),
        ece_unweighted_all=float(gaps.sum() / len(rows)),
        mce=float(gaps.max()),
        rmsce=float(math.sqrt(weights @ np.square(gaps))),
        bins=rows,
    )


def equal_mass(confidence: Numbers, correct: Numbers, bins: int = 10, alpha: float = 0.05) -> Calibration:
    """Calibration over bins that hold about the same number each, as HELM's `ece_10_bin`.

    Sorted confidences are split into min(M, n) parts; the edges lie midway between neighbours, edges that coincide are
    merged, equal confidences are never parted. With many ties fewer bins are left: `len(result.bins)` is the number in force.

    Source: Kumar et al. 2019 (arXiv:1909.10155) and its code; Nixon et al. 2019 (arXiv:1904.01685).
    """
    c, y = checked(confidence, correct)
    n = len(c)
    if n == 0:
        return summary(c, y, (), 0)
    edges = equal_mass_edges(c, bins)
    index = np.searchsorted(edges[:-1], c, side="left")
    rows = []
    for b, high in enumerate(edges):
        inside = index == b
        low = 0.0 if b == 0 else float(edges[b - 1])
        rows.append(_bin(low, float(high), int(inside.sum()), float(c[inside].sum()), float(y[inside].sum()), alpha))
    return summary(c, y, tuple(rows), n)


def equal_mass_edges(confidence: Numbers, bins: int) -> Vector:
    """Upper edges of equal-mass bins, the last 1."""
    c = np.sort(np.asarray(confidence, dtype=np.float64))
    parts = np.array_split(c, min(bins, len(c)))
    middles = [(left[-1] + right[0]) / 2 for left, right in pairwise(parts)]
    return np.unique(np.array([*middles, 1.0]))


def bin_index(confidence: Vector, bins: int) -> npt.NDArray[np.intp]:
    """The right-closed bin of each confidence, from 0."""
    inner = np.array([b / bins for b in range(1, bins)])
    return np.searchsorted(inner, confidence, side="left")


def checked(confidence: Numbers, correct: Numbers) -> tuple[Vector, Vector]:
    """Both as vectors. ValueError for different lengths or values outside 0 to 1."""
    c, y = pair(confidence, correct)
    if len(c) and (c.min() < 0 or c.max() > 1 or y.min() < 0 or y.max() > 1):
        raise ValueError("confidence and correctness lie in 0 to 1")
    return c, y


def _bin(low: float, high: float, n: int, conf_sum: float, right: float, alpha: float) -> Bin:
    return Bin(
        low=low,
        high=high,
        n=n,
        confidence=conf_sum / n if n else None,
        accuracy=right / n if n else None,
        correct=right,
        interval=wilson(right, n, alpha),
    )
