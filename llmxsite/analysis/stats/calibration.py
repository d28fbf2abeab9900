"""Calibration: whether what a model says it is sure of is right as often as it says.

Confidences lie in 0 to 1, correctness is 0 or 1 (a share for partial credit). Samples without a confidence or a score are
left out, and counted: they are never given one.

Answers to one item, asked several times, are not independent: given item and answer, right or wrong is fixed. With `unit`, a
label an answer (its item, or the cluster the suite declares), the standard error of the gap and the intervals of the bins
are over units.

Bins are right-closed, ((b - 1)/M, b/M], with 0 in the first, and edges computed as b/M, so that 0.7 of ten bins falls in the
seventh on every machine. Empty bins count nothing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

from llmxsite.analysis.stats.cluster import clustered_mean, clustered_wilson, codes_of
from llmxsite.analysis.stats.interval import UNDEFINED, Interval, Numbers, Vector, complete, defined
from llmxsite.analysis.stats.proportion import wilson_bounds

Codes = npt.NDArray[np.intp]
Units = Sequence[object] | npt.NDArray[np.generic] | None
"""A label an answer: equal labels are one independent unit. None where every answer is one."""


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
    """Wilson's, of the accuracy; where units repeat in the bin, with the effective number from their variance and Student's t
    (`cluster.clustered_wilson`), undefined for a single one."""
    units: int
    """Independent units in the bin."""

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
    """Standard error of `gap`, from the answers' own c_i - y_i, summed within units first (CR1); None for fewer than two."""
    gap_interval: Interval
    """gap ± t SE, one degree of freedom fewer than units."""
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
    units: int = 0
    missing: int = 0
    """Answers without a confidence or a score: left out."""


def calibration(
    confidence: Numbers, correct: Numbers, bins: int = 10, alpha: float = 0.05, unit: Units = None
) -> Calibration:
    """Reliability bins of equal width and the calibration errors over them.

    ECE = sum over bins of n_b/N |conf_b - acc_b|. Even a perfectly calibrated model has an ECE above 0: read it beside
    `noise_floor.noise_floor`.

    Source: Guo et al. 2017 (arXiv:1706.04599), section 2; the unweighted mean is the course's exercise.
    """
    c, y, codes, missing = checked_units(confidence, correct, unit)
    rows = _bins(c, y, codes, bin_index(c, bins), [b / bins for b in range(bins + 1)], alpha)
    return summary(c, y, codes, rows, missing, alpha)


def summary(c: Vector, y: Vector, codes: Codes, rows: tuple[Bin, ...], missing: int, alpha: float) -> Calibration:
    """The calibration errors over bins already made."""
    n = len(c)
    if n == 0:
        nothing = (None, None, None, None, UNDEFINED, None, None, None, None, None)
        return Calibration(0, *nothing, bins=rows, missing=missing)
    gaps = np.array([abs(row.gap) for row in rows if row.gap is not None])
    weights = np.array([row.n / n for row in rows if row.n])
    found = clustered_mean(c - y, codes, alpha)
    return Calibration(
        n=n,
        mean_confidence=float(c.mean()),
        accuracy=float(y.mean()),
        gap=found.mean,
        gap_se=found.se,
        gap_interval=found.interval,
        ece=float(weights @ gaps),
        ece_unweighted=float(gaps.mean()),
        ece_unweighted_all=float(gaps.sum() / len(rows)),
        mce=float(gaps.max()),
        rmsce=float(math.sqrt(weights @ np.square(gaps))),
        bins=rows,
        units=found.clusters,
        missing=missing,
    )


def equal_mass(
    confidence: Numbers, correct: Numbers, bins: int = 10, alpha: float = 0.05, unit: Units = None
) -> Calibration:
    """Calibration over bins that hold about the same number each, as HELM's `ece_10_bin`.

    Sorted confidences are split into min(M, n) parts; the edges lie midway between neighbours, edges that coincide are
    merged, equal confidences are never parted. With many ties fewer bins are left: `len(result.bins)` is the number in force.

    Source: Kumar et al. 2019 (arXiv:1909.10155) and its code; Nixon et al. 2019 (arXiv:1904.01685).
    """
    c, y, codes, missing = checked_units(confidence, correct, unit)
    if len(c) == 0:
        return summary(c, y, codes, (), missing, alpha)
    edges = equal_mass_edges(c, bins)
    index = np.searchsorted(edges[:-1], c, side="left")
    rows = _bins(c, y, codes, index, [0.0, *(float(edge) for edge in edges)], alpha)
    return summary(c, y, codes, rows, missing, alpha)


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
    """Both as vectors, without the answers that lack either. ValueError for different lengths or values outside 0 to 1."""
    c, y, _, _ = checked_units(confidence, correct, None)
    return c, y


def checked_units(confidence: Numbers, correct: Numbers, unit: Units) -> tuple[Vector, Vector, Codes, int]:
    """The same with the units numbered from 0 (every answer its own where none are given), and how many were left out."""
    (c, y), kept = complete(confidence, correct)
    if len(c) and (c.min() < 0 or c.max() > 1 or y.min() < 0 or y.max() > 1):
        raise ValueError("confidence and correctness lie in 0 to 1")
    if unit is None:
        return c, y, np.arange(len(c)), int((~kept).sum())
    if len(unit) != len(kept):
        raise ValueError(f"{len(kept)} answers and {len(unit)} units")
    codes = codes_of(unit)[kept]
    return c, y, np.unique(codes, return_inverse=True)[1].astype(np.intp), int((~kept).sum())


def _bins(c: Vector, y: Vector, codes: Codes, index: Codes, edges: Sequence[float], alpha: float) -> tuple[Bin, ...]:
    """A row a bin, `index` saying which bin an answer is in."""
    many = len(edges) - 1
    counts, conf_sums, right = (
        np.bincount(index, weights=weights, minlength=many).astype(np.float64) for weights in (np.ones(len(c)), c, y)
    )
    low, high, units = _intervals(y, codes, index, counts, right, alpha)
    return tuple(
        Bin(
            low=edges[b],
            high=edges[b + 1],
            n=int(counts[b]),
            confidence=float(conf_sums[b] / counts[b]) if counts[b] else None,
            accuracy=float(right[b] / counts[b]) if counts[b] else None,
            correct=float(right[b]),
            interval=Interval(defined(low[b]), defined(high[b])),
            units=int(units[b]),
        )
        for b in range(many)
    )


def _intervals(
    y: Vector, codes: Codes, index: Codes, counts: Vector, right: Vector, alpha: float
) -> tuple[Vector, Vector, Codes]:
    """Both ends of each bin's interval, NaN where there is none, and how many units are in it."""
    many = len(counts)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = right / counts
        width = int(codes.max(initial=0)) + 1
        cells, cell = np.unique(index * width + codes, return_inverse=True)
        owner = cells // width
        units = np.bincount(owner, minlength=many)
        sums = np.bincount(cell, weights=y - share[index], minlength=len(cells))
        variance = np.bincount(owner, weights=np.square(sums), minlength=many)
        se = np.sqrt(variance * units / (units - 1)) / counts
        clustered = clustered_wilson(share, se, counts, units, alpha)
        plain = wilson_bounds(share, counts, ndtri(1 - alpha / 2))
    single = units == counts
    low, high = (np.where(single, p, k) for p, k in zip(plain, clustered, strict=True))
    return low, high, units
