"""Intervals for a proportion: k of n right."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.special import betaincinv, ndtri

from llmxsite.analysis.stats.interval import UNDEFINED, Interval, Vector

Method = Literal["wilson", "clopper-pearson", "jeffreys", "agresti-coull", "wald"]
_NAMES = {
    "jeffreys": "jeffreys",
    "agresti-coull": "agresti_coull",
    "wald": "normal",
}


def wilson(k: float, n: float, alpha: float = 0.05) -> Interval:
    """Wilson's score interval, the default for right and wrong at any n. Undefined for n = 0.

    (p + z²/2n ± z sqrt(p(1 - p)/n + z²/4n²)) / (1 + z²/n). `k` and `n` may be fractional: an effective number of items.

    Source: Wilson 1927; Brown, Cai and DasGupta 2001; Bowyer et al. 2025 (arXiv:2503.01747).
    """
    if n <= 0:
        return UNDEFINED
    low, high = wilson_bounds(k / n, n, ndtri(1 - alpha / 2))
    return Interval(float(low), float(high))


def interval(k: float, n: float, alpha: float = 0.05, method: Method = "wilson") -> Interval:
    """The interval of one of five methods, clipped to 0 to 1. Undefined for n = 0.

    Clopper-Pearson never covers too little and is wide; Jeffreys is the posterior under Beta(1/2, 1/2); Agresti-Coull is
    Wilson's, widened; Wald's is mean ± z SE, and is here to be compared with.
    """
    if method == "wilson":
        return wilson(k, n, alpha)
    if n <= 0:
        return UNDEFINED
    if method == "clopper-pearson":
        low = betaincinv(k, n - k + 1, alpha / 2) if k > 0 else 0.0
        high = betaincinv(k + 1, n - k, 1 - alpha / 2) if k < n else 1.0
        return Interval(float(low), float(high))
    from statsmodels.stats.proportion import proportion_confint  # a second to import, and the others do without

    low, high = proportion_confint(k, n, alpha=alpha, method=_NAMES[method])
    return Interval(float(low), float(high)).clipped()


def beta_posterior(k: float, n: float, alpha: float = 0.05, prior: tuple[float, float] = (1.0, 1.0)) -> Interval:
    """Equal-tailed posterior interval under a Beta prior, the uniform one by default. Undefined for n = 0.

    Source: Bowyer et al. 2025 (arXiv:2503.01747), section 3.
    """
    if n <= 0:
        return UNDEFINED
    a, b = prior
    low, high = betaincinv(k + a, n - k + b, [alpha / 2, 1 - alpha / 2])
    return Interval(float(low), float(high))


def wilson_corrected(k: int, n: int, alpha: float = 0.05) -> Interval:
    """Wilson's interval with continuity correction: close to Clopper-Pearson. Undefined for n = 0."""
    if n <= 0:
        return UNDEFINED
    from scipy import stats

    found = stats.binomtest(k, n).proportion_ci(1 - alpha, method="wilsoncc")
    return Interval(float(found.low), float(found.high))


def wilson_bounds(p: npt.ArrayLike, n: npt.ArrayLike, critical: npt.ArrayLike) -> tuple[Vector, Vector]:
    """Wilson's interval for whole columns: proportions, (effective) numbers and critical values; NaN where n is 0.

    With an effective number from a clustered standard error and Student's critical value this is the interval of Korn
    and Graubard's kind that Inspect AI reports for clusters.
    """
    p, n, z = (np.asarray(x, dtype=np.float64) for x in (p, n, critical))
    with np.errstate(divide="ignore", invalid="ignore"):
        z2 = z * z / n
        centre = (p + z2 / 2) / (1 + z2)
        half = z / (1 + z2) * np.sqrt(p * (1 - p) / n + z2 / (4 * n))
        low, high = np.clip(centre - half, 0, 1), np.clip(centre + half, 0, 1)
        # The formula meets 0 and 1 exactly there; rounding would leave 1e-17.
        return np.where((p == 0) & (n > 0), 0.0, low), np.where((p == 1) & (n > 0), 1.0, high)
