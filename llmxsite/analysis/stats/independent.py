"""Two independent groups of scores: the difference of their means with an interval, and a permutation test of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from llmxsite.analysis.stats.interval import Vector
from llmxsite.analysis.stats.proportion import wilson


@dataclass(frozen=True, slots=True)
class Apart:
    """The first group less the second."""

    difference: float
    low: float
    high: float
    p: float


def apart(first: Vector, second: Vector, alpha: float = 0.05) -> Apart:
    """Scores from 0 to 1, one an item, of two groups that share no item. ValueError for an empty group.

    The interval is Newcombe's hybrid of the two Wilson intervals. For p the items are permuted between the groups: exact for scores
    of 0 and 1 (Fisher's test), else by the normal distribution with the mean and variance that the first group's sum has over all
    permutations.

    Source: Newcombe 1998 (Statistics in Medicine 17: 873), method 10; Fisher 1935; Good 2005, chapter 3.
    """
    if not len(first) or not len(second):
        raise ValueError("both groups hold a score at least")
    a, b = float(first.mean()), float(second.mean())
    one, two = wilson(float(first.sum()), len(first), alpha), wilson(float(second.sum()), len(second), alpha)
    low = a - b - float(np.hypot(a - (one.low or 0.0), (two.high or 1.0) - b))
    high = a - b + float(np.hypot((one.high or 1.0) - a, b - (two.low or 0.0)))
    return Apart(a - b, low, high, permuted(first, second))


def permuted(first: Vector, second: Vector) -> float:
    """Two-sided p of the difference of the means under permutation of the items between the groups (see `apart`)."""
    every = np.concatenate([first, second])
    m, n = len(first), len(every)
    if np.isin(every, (0.0, 1.0)).all():
        from scipy.stats import fisher_exact  # half a second to import

        table = np.array([[side.sum(), len(side) - side.sum()] for side in (first, second)]).round().astype(int)
        return float(fisher_exact(table).pvalue)
    variance = m * (n - m) / (n * (n - 1)) * float(((every - every.mean()) ** 2).sum())
    if variance <= 1e-12:
        return 1.0
    from scipy.special import ndtr

    return float(min(1.0, 2 * ndtr(-abs(float(first.sum()) - m * float(every.mean())) / np.sqrt(variance))))
