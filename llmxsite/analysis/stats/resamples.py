"""Several samples of each item: how much of the noise is the items', and how much is decoding."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from llmxsite.analysis.stats.interval import defined, ratio
from llmxsite.analysis.stats.mean import standard_error


@dataclass(frozen=True, slots=True)
class Components:
    """One-way random-effects components of scores, n items by K samples; in the squared unit of the scores."""

    n: int
    k: int
    mean: float | None
    variance_of_means: float | None = None
    """Variance of the n item means, with n - 1; None for n < 2."""
    se: float | None = None
    """Standard error of the mean: of the n item means. It already holds the decoding noise."""
    se_pooled: float | None = None
    """What treating n K samples as independent gives. Wrong; here to show by how much."""
    msb: float | None = None
    """Mean square between items; None, as all below, for K = 1 or n < 2: not identified."""
    msw: float | None = None
    """Mean square within items."""
    sigma2: float | None = None
    """Decoding noise of one sample, averaged over items."""
    omega2_raw: float | None = None
    """(MSB - MSW) / K, which may come out below 0."""
    omega2: float | None = None
    """Variance of the items' true means; `omega2_raw`, not below 0."""
    missing: int = 0
    """Items that lack a sample: left out."""

    @property
    def truncated(self) -> bool:
        """Whether the variance between items was set from below 0 to 0, which has to be said."""
        return self.omega2_raw is not None and self.omega2_raw < 0

    @property
    def icc(self) -> float | None:
        """ICC(1), (MSB - MSW) / (MSB + (K - 1) MSW): the share of one sample's variance that is the item's.

        Not truncated: below 0, down to -1/(K - 1), where samples of one item differ more than items do, as chance alone can
        make them. None where nothing varies. Source: Shrout and Fleiss 1979.
        """
        if self.msb is None or self.msw is None:
            return None
        return ratio(self.msb - self.msw, self.msb + (self.k - 1) * self.msw)

    @property
    def item_share(self) -> float | None:
        """The same from the truncated component, omega² / (omega² + sigma²): 0 where ICC(1) is below; None where both are 0."""
        if self.omega2 is None or self.sigma2 is None:
            return None
        return ratio(self.omega2, self.omega2 + self.sigma2)

    def predicted_se(self, k: int) -> float | None:
        """Standard error that k samples an item would give: sqrt((omega² + sigma²/k)/n)."""
        if self.omega2 is None or self.sigma2 is None:
            return None
        return math.sqrt(variance_of_item(self.omega2, self.sigma2, k) / self.n)


def components(scores: npt.ArrayLike) -> Components:
    """Split the variance of scores (items in rows, samples in columns, the same number each) into its two sources.

    An item that lacks a sample is left out, and counted. MSW = sigma², (MSB - MSW)/K = omega², truncated at 0. Repeating items shrinks only the first: with p uniform on 0 to 1
    two samples cut the variance by a third, no number of them by more than two thirds.

    Source: Miller 2024 (arXiv:2411.00640), section 3.1.
    """
    s = np.asarray(scores, dtype=np.float64)
    if s.ndim != 2:
        raise ValueError("scores have items in rows and the same number of samples in each")
    whole = ~np.isnan(s).any(axis=1)
    s, missing = s[whole], int((~whole).sum())
    n, k = s.shape
    if n == 0 or k == 0:
        return Components(n, k, None, missing=missing)
    means = s.mean(axis=1)
    mean = float(means.mean())
    if n == 1:
        return Components(n, k, mean, missing=missing)
    se = standard_error(means)
    pooled = standard_error(s.ravel())
    variance = 0.0 if se == 0 else float(means.var(ddof=1))
    if k == 1:
        return Components(n, k, mean, variance, se, pooled, missing=missing)
    msb, msw = k * variance, float(s.var(axis=1, ddof=1).mean())
    raw = (msb - msw) / k
    return Components(n, k, mean, variance, se, pooled, msb, msw, msw, defined(raw), max(0.0, raw), missing)


def variance_of_item(omega2: float, sigma2: float, k: int) -> float:
    """Variance that one item adds to a mean, sampled k times: omega² + sigma²/k."""
    return omega2 + sigma2 / k
