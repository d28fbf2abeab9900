"""Medians with intervals, and the other quantiles of times."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from scipy import stats

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


def median_interval(values: npt.NDArray[np.float64], alpha: float = 0.05) -> tuple[float, float]:
    """Interval of the median from order statistics, free of any assumption on how the values are spread.

    The ends are the values of rank l and n + 1 - l, with l the largest for which P(Binomial(n, 1/2) < l) <= alpha/2. Both NaN
    where n is too small for this level: fewer than 6 at 95%. Source: Conover, Practical Nonparametric Statistics, 3.2.
    """
    n = len(values)
    rank = int(stats.binom.ppf(alpha / 2, n, 0.5)) if n else 0
    if n and stats.binom.cdf(rank - 1, n, 0.5) > alpha / 2:
        rank -= 1
    if rank < 1:
        return math.nan, math.nan
    ordered = np.sort(values)
    return float(ordered[rank - 1]), float(ordered[n - rank])


def spread(values: npt.NDArray[np.float64]) -> tuple[float, ...]:
    """5th, 25th, 50th, 75th and 95th percentile (linear interpolation); NaN for no values."""
    if not len(values):
        return (math.nan,) * len(QUANTILES)
    return tuple(float(v) for v in np.quantile(values, QUANTILES, method="linear"))
