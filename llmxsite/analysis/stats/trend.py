"""A sweep over an ordered setting, such as temperature, on the same items: does the score move with it?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats
from statsmodels.stats.contingency_tables import cochrans_q

from llmxsite.analysis.stats.interval import Interval, Numbers, Vector, complete, defined, vector
from llmxsite.analysis.stats.mean import mean
from llmxsite.analysis.stats.permuted import within_rows


@dataclass(frozen=True, slots=True)
class Slope:
    """Mean over items of the per-item slope: change in score for one unit of the setting."""

    items: int
    slope: float | None
    se: float | None
    """Over items; None for fewer than two."""
    interval: Interval
    """Student's t, items - 1 degrees of freedom."""
    p: float | None
    """Two-sided within-item permutation p: valid with ties, for right and wrong and for shares; None for one item."""
    permutations: int
    """How many were drawn; 0 where `p` is exact, over all there are, or where there is none."""
    missing: int = 0
    """Items that lack a score under some setting: left out."""

    @property
    def exact(self) -> bool:
        """Whether `p` is over all permutations, so that no seed matters."""
        return self.p is not None and self.permutations == 0


@dataclass(frozen=True, slots=True)
class CochranQ:
    """Is there any difference between the settings? Right and wrong only."""

    q: float | None
    """None when no item changes at any setting: say `identical on all n items` and bound the rate of change."""
    p: float | None
    df: int


@dataclass(frozen=True, slots=True)
class PageTest:
    """Page's L: is there a monotone trend, by ranks within items? One-sided."""

    statistic: float
    p: float
    method: str
    """`exact` or `asymptotic`; the exact one ignores ties, and is approximate for right and wrong."""


@dataclass(frozen=True, slots=True)
class Kendall:
    """Kendall's tau of the settings' means. With five settings the smallest exact two-sided p is .017."""

    tau: float | None
    p: float | None


def slope(settings: Numbers, scores: npt.ArrayLike, draws: int = 4999, seed: int = 0, alpha: float = 0.05) -> Slope:
    """The primary result of a sweep. `scores` have items in rows and settings in columns, repeats averaged before.

    The permutation test shuffles each item's scores over the settings and compares the slope of the means: all shuffles where
    their distribution can be added up item by item, as it can for right and wrong; else `draws` of them from `seed`.

    Source: Miller 2024, section 4 (paired by item); Good 2005 on permutation within blocks.
    """
    x, s = _sweep(settings, scores)
    whole = ~np.isnan(s).any(axis=1)
    s, missing = s[whole], int((~whole).sum())
    centred = x - x.mean()
    spread = float(np.square(centred).sum())
    if spread == 0 or len(s) == 0:
        return Slope(len(s), None, None, Interval(None, None), None, 0, missing)
    slopes = s @ centred / spread
    found = mean(slopes, alpha)
    if len(s) < 2:
        return Slope(len(s), found.mean, None, found.interval, None, 0, missing)
    p = within_rows(centred, s)
    if p is not None:
        return Slope(len(s), found.mean, found.se, found.interval, p, 0, missing)
    test = stats.permutation_test(
        tuple(s.T),
        lambda *columns, axis=-1: sum(w * c.mean(axis=axis) for w, c in zip(centred, columns, strict=True)) / spread,
        permutation_type="samples",
        n_resamples=draws,
        vectorized=True,
        rng=np.random.default_rng(seed),
    )
    return Slope(
        len(s), found.mean, found.se, found.interval, defined(test.pvalue), np.size(test.null_distribution), missing
    )


def cochran_q(scores: npt.ArrayLike) -> CochranQ:
    """Cochran's Q over settings (columns) of right and wrong on the same items (rows). Source: Cochran 1950."""
    s = _whole(scores)
    if not np.isin(s, (0.0, 1.0)).all():
        raise ValueError("Cochran's Q needs right and wrong")
    if (s == s[:, :1]).all():
        return CochranQ(None, None, s.shape[1] - 1)
    found = cochrans_q(s)
    return CochranQ(defined(found.statistic), defined(found.pvalue), int(found.df))


def page_decreasing(scores: npt.ArrayLike) -> PageTest | None:
    """Page's L against a fall from the first setting to the last; None for fewer than three settings or two items.

    Source: Page 1963; ranks of ties are averaged.
    """
    s = _whole(scores)
    if s.shape[1] < 3 or s.shape[0] < 2:
        return None
    found = stats.page_trend_test(s[:, ::-1])
    return PageTest(float(found.statistic), float(found.pvalue), str(found.method))


def kendall(settings: Numbers, means: Numbers) -> Kendall:
    """Kendall's tau-b between settings and their mean scores, those that are known; None where either is constant."""
    (x, y), _ = complete(settings, means)
    found = stats.kendalltau(x, y)
    return Kendall(defined(found.statistic), defined(found.pvalue))


def _sweep(settings: Numbers, scores: npt.ArrayLike) -> tuple[Vector, npt.NDArray[np.float64]]:
    x, s = vector(settings), np.asarray(scores, dtype=np.float64)
    if s.ndim != 2 or s.shape[1] != len(x):
        raise ValueError(f"scores have a column for each of the {len(x)} settings")
    if np.isnan(x).any():
        raise ValueError("a setting is missing: leave its column out")
    return x, s


def _whole(scores: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """The items with a score under every setting."""
    s = np.asarray(scores, dtype=np.float64)
    return s[~np.isnan(s).any(axis=1)]
