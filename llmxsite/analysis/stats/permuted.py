"""Permutation within rows, all of it: the distribution of a sum over rows, added up row by row."""

from __future__ import annotations

from itertools import permutations
from math import factorial

import numpy as np
import numpy.typing as npt

from llmxsite.analysis.stats.interval import Vector

_ORDERS = 5_040
"""Most orders of one row that are looked at: seven settings."""
_SUMS = 2_000_000
"""Most sums held at once. Scores of few values under evenly spaced settings give few; any others, soon more."""
_GRAIN = 1e-9
"""Sums that differ by less, relative to the largest, are equal: they differ by rounding."""


def within_rows(weights: Vector, scores: npt.NDArray[np.float64]) -> float | None:
    """Two-sided p of sum over rows of weights · row, each row in any order; None where the sums are too many to hold.

    Every row's orders are equally likely and independent of the others', so that the distribution of the sum is the
    convolution of theirs. p is twice the smaller tail, ties with what was observed in both, at most 1.

    Source: Good 2005, chapter 3, on permutation within blocks; Pagano and Tritchler 1983 on adding distributions up.
    """
    if factorial(scores.shape[1]) > _ORDERS:
        return None
    grain = _GRAIN * max(float((np.abs(weights).max() * np.abs(scores).sum(axis=1)).max(initial=0.0)), 1e-300)
    known: dict[tuple[float, ...], tuple[npt.NDArray[np.int64], Vector]] = {}
    sums, chances = np.zeros(1, np.int64), np.ones(1)
    for row in scores:
        content = tuple(sorted(row.tolist()))
        if content not in known:
            known[content] = _row(weights, content, grain)
        steps, shares = known[content]
        if len(sums) * len(steps) > _SUMS:
            return None
        sums, chances = _merged((sums[:, None] + steps).ravel(), (chances[:, None] * shares).ravel())
    observed = np.rint(scores @ weights / grain).astype(np.int64).sum()
    slack = len(scores)
    less, greater = chances[sums <= observed + slack].sum(), chances[sums >= observed - slack].sum()
    return float(min(1.0, 2 * min(less, greater)))


def _row(weights: Vector, content: tuple[float, ...], grain: float) -> tuple[npt.NDArray[np.int64], Vector]:
    """The sums one row can have, in grains, and their chances."""
    orders = np.array(sorted(set(permutations(content))))
    return _merged(np.rint(orders @ weights / grain).astype(np.int64), np.full(len(orders), 1 / len(orders)))


def _merged(sums: npt.NDArray[np.int64], chances: Vector) -> tuple[npt.NDArray[np.int64], Vector]:
    """Each sum once: those a few grains apart are the same."""
    order = np.argsort(sums, kind="stable")
    sums, chances = sums[order], chances[order]
    starts = np.flatnonzero(np.diff(sums, prepend=sums[0] - 10) > 2)
    return sums[starts], np.add.reduceat(chances, starts)
