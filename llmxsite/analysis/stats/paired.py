"""Two models, or two settings, on the same items: the difference item by item."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, stdtr

from llmxsite.analysis.stats.cluster import clustered_mean, codes_of
from llmxsite.analysis.stats.interval import UNDEFINED, Interval, Numbers, Vector, complete, defined
from llmxsite.analysis.stats.mean import ROUNDING, around, standard_error


@dataclass(frozen=True, slots=True)
class PairedDifference:
    """a minus b on the same n items, in the unit of the scores. None where undefined: mostly for n < 2 or SE = 0."""

    n: int
    clusters: int
    """Independent groups of items; n when none were given."""
    mean_a: float | None
    mean_b: float | None
    difference: float | None
    se: float | None
    """Clustered (CR1) when clusters were given. 0 means the same difference on every item: then there is no p."""
    interval: Interval
    """difference ± t SE with `clusters` - 1 degrees of freedom."""
    interval_z: Interval
    """The same with the normal quantile; too narrow for few clusters."""
    t: float | None
    """difference / SE."""
    p: float | None
    """Two-sided, from Student's t with `clusters` - 1 degrees of freedom."""
    p_z: float | None
    """Two-sided, from the normal distribution."""
    se_unpaired: float | None
    """sqrt(SE_a² + SE_b²): what ignoring the pairing would have given."""
    r: float | None
    """Correlation of a and b over items; None when either is constant. Below 0, pairing widens the interval, rightly."""
    identical: bool
    """Whether every item has the same score under both; then report a bound on disagreement, not a p."""
    missing: int = 0
    """Items that lack a score on either side: left out."""

    @property
    def variance_ratio(self) -> float | None:
        """Paired over unpaired variance: what pairing saves."""
        if self.se is None or not self.se_unpaired:
            return None
        return (self.se / self.se_unpaired) ** 2


def paired_difference(
    a: Numbers,
    b: Numbers,
    clusters: Sequence[object] | npt.NDArray[np.generic] | None = None,
    alpha: float = 0.05,
) -> PairedDifference:
    """Mean of a_i - b_i with standard error, interval and test.

    SE = sqrt(Var(d)/n) = sqrt((Var a + Var b - 2 Cov)/n); with `clusters`, one label an item, the clustered form of it.
    Repeats are averaged within the item before this; an item that only one side has a score for is left out, and counted.

    Source: Miller 2024 (arXiv:2411.00640), section 4.2 and appendix A.
    """
    (first, second), kept = complete(a, b)
    n, missing = len(first), int((~kept).sum())
    if n == 0:
        nothing = (None, None, None, None, UNDEFINED, UNDEFINED, None, None, None, None, None)
        return PairedDifference(0, 0, *nothing, identical=False, missing=missing)
    d = first - second
    d[np.abs(d) <= ROUNDING * max(float(np.abs(first).max()), float(np.abs(second).max()))] = 0.0
    centre = float(d.mean())
    if clusters is None:
        se, groups = (standard_error(d) if n > 1 else None), n
    else:
        clustered = clustered_mean(d, codes_of(clusters)[kept], alpha)
        se, groups = clustered.se, clustered.clusters
    t = centre / se if se else None
    return PairedDifference(
        n=n,
        clusters=groups,
        mean_a=float(first.mean()),
        mean_b=float(second.mean()),
        difference=centre,
        se=se,
        interval=UNDEFINED if se is None else around(centre, se, groups - 1, alpha),
        interval_z=UNDEFINED if se is None else around(centre, se, None, alpha),
        t=t,
        p=None if t is None else defined(float(2 * stdtr(groups - 1, -abs(t)))),
        p_z=None if t is None else defined(float(2 * ndtr(-abs(t)))),
        se_unpaired=math.hypot(standard_error(first), standard_error(second)) if n > 1 else None,
        r=correlation(first, second),
        identical=bool((d == 0).all()),
        missing=missing,
    )


def correlation(a: Vector, b: Vector) -> float | None:
    """Pearson's correlation; None for fewer than two items or where either is constant."""
    if len(a) < 2:
        return None
    x, y = a - a.mean(), b - b.mean()
    # Plain sums: products of vectors this short would wake the threads of BLAS for every pair compared.
    lengths = math.sqrt(np.square(x).sum()), math.sqrt(np.square(y).sum())
    if any(length <= ROUNDING * np.abs(values).max() for length, values in zip(lengths, (a, b), strict=True)):
        return None
    return float(np.clip((x / lengths[0] * (y / lengths[1])).sum(), -1, 1))
