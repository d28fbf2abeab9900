"""The mean of scores with its standard error and interval."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.special import ndtri, stdtrit

from llmxsite.analysis.stats.interval import UNDEFINED, Interval, Numbers, known

ROUNDING = 1e-12
"""Relative difference up to which scores are equal: averages of the same repeats may differ in their last digits."""


@dataclass(frozen=True, slots=True)
class Mean:
    """A mean over independent items, in the unit of the scores."""

    n: int
    mean: float | None
    """None for n = 0."""
    se: float | None
    """Standard error, with n - 1 in the variance; None for n < 2. It is 0 when all scores are equal, which for right
    and wrong is an artefact: use `proportion.wilson` there."""
    interval: Interval
    se_bernoulli: float | None
    """sqrt(p (1 - p) / n), for scores of 0 and 1 only."""
    missing: int = 0
    """Scores that were not there (None, NaN): left out of all of the above."""


def mean(scores: Numbers, alpha: float = 0.05, distribution: Literal["t", "z"] = "t") -> Mean:
    """Mean, central-limit standard error and the interval mean ± q SE at level 1 - alpha.

    SE = sqrt(sum (s_i - mean)^2 / (n - 1) / n); q is the quantile of Student's t with n - 1 degrees of freedom, or of the
    normal distribution. The interval can leave 0 to 1, and is too narrow for right and wrong below a few hundred items.

    Source: Miller 2024 (arXiv:2411.00640), section 2.1; Bowyer et al. 2025 (arXiv:2503.01747) on its limits.
    """
    s, missing = known(scores)
    n = len(s)
    if n == 0:
        return Mean(0, None, None, UNDEFINED, None, missing)
    centre = float(s.mean())
    bernoulli = math.sqrt(centre * (1 - centre) / n) if np.isin(s, (0.0, 1.0)).all() else None
    if n == 1:
        return Mean(1, centre, None, UNDEFINED, bernoulli, missing)
    se = standard_error(s)
    interval = around(centre, se, n - 1 if distribution == "t" else None, alpha)
    return Mean(n, centre, se, interval, bernoulli, missing)


def standard_error(scores: Numbers) -> float:
    """Standard error of a mean, sqrt(variance / n) with n - 1 in the variance; exactly 0 for equal scores; n >= 2."""
    s, _ = known(scores)
    return 0.0 if float(np.ptp(s)) <= ROUNDING * float(np.abs(s).max()) else float(s.std(ddof=1) / math.sqrt(len(s)))


def around(centre: float, se: float, degrees: float | None, alpha: float = 0.05) -> Interval:
    """centre ± q se: q from Student's t with `degrees` of freedom, or from the normal distribution when None."""
    tail = 1 - alpha / 2
    q = float(ndtri(tail) if degrees is None else stdtrit(degrees, tail))
    return Interval(centre - q * se, centre + q * se)
