"""A difference with what is known of its error: its interval at any level, and how far it can be told from any value.

Three kinds, by what the data are: means of items (Student's t), draws of a bootstrap, and items of which all or nearly all show
the same difference, where the standard error says nothing and an exact bound does.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
from scipy.special import bdtr, betaincinv, stdtr, stdtrit

from llmxsite.analysis.stats.interval import UNDEFINED, Interval, Vector
from llmxsite.analysis.stats.power import detectable_from_se, equivalence_margin_from_se
from llmxsite.analysis.stats.resample import quantiles


class Estimate(Protocol):
    """A difference, estimated."""

    @property
    def difference(self) -> float: ...

    def interval(self, alpha: float) -> Interval:
        """The two-sided interval at level 1 - alpha."""
        ...

    def p_above(self, value: float) -> float:
        """One-sided p of the hypothesis that the true difference is at most `value`: small where it lies above."""
        ...

    def p_below(self, value: float) -> float:
        """One-sided p of the hypothesis that the true difference is at least `value`: small where it lies below."""
        ...

    def detectable(self, alpha: float, *, within: bool = False) -> float | None:
        """The smallest difference that data like these show with power 80 %, or with `within` the smallest margin of equivalence."""
        ...


@dataclass(frozen=True, slots=True)
class Student:
    """A mean with its standard error above 0, and the degrees of freedom of that."""

    difference: float
    se: float
    df: float

    def interval(self, alpha: float) -> Interval:
        reach = float(stdtrit(self.df, 1 - alpha / 2)) * self.se
        return Interval(self.difference - reach, self.difference + reach)

    def p_above(self, value: float) -> float:
        return float(stdtr(self.df, (value - self.difference) / self.se))

    def p_below(self, value: float) -> float:
        return float(stdtr(self.df, (self.difference - value) / self.se))

    def detectable(self, alpha: float, *, within: bool = False) -> float | None:
        return equivalence_margin_from_se(self.se, alpha) if within else detectable_from_se(self.se, alpha)


@dataclass(frozen=True, slots=True)
class Resampled:
    """A statistic with its resamples: percentile intervals, and p from the same resamples."""

    difference: float
    values: Vector
    """The statistic of each resample."""
    weights: Vector
    """In how many orders each comes."""
    exact: bool = False
    """Whether these are all resamples there are, so that none of no weight has to be allowed for."""

    def interval(self, alpha: float) -> Interval:
        return Interval(*quantiles(self.values, self.weights, (alpha / 2, 1 - alpha / 2)))

    def p_above(self, value: float) -> float:
        return self._share(self.values <= value)

    def p_below(self, value: float) -> float:
        return self._share(self.values >= value)

    def _share(self, side: npt.NDArray[np.bool_]) -> float:
        more = 0 if self.exact else 1
        return float((self.weights[side].sum() + more) / (self.weights.sum() + more))

    def detectable(self, alpha: float, *, within: bool = False) -> float | None:
        centre = np.average(self.values, weights=self.weights)
        se = float(np.sqrt(np.average(np.square(self.values - centre), weights=self.weights)))
        return equivalence_margin_from_se(se, alpha) if within else detectable_from_se(se, alpha)


@dataclass(frozen=True, slots=True)
class Few:
    """A mean of n independent differences of which all but a few are the same, each between -most and most.

    The t interval takes its width from those few and is far too narrow. What holds exactly: of all items, at most a share q
    differs from the common value, by Clopper and Pearson's bound ("rule of three" where none does); where those differ as far
    as they can, the mean lies q of the way from the common value to -most or to most. Undefined where there is no `most`.

    Source: Clopper and Pearson 1934.
    """

    difference: float
    n: int
    differing: int = 0
    common: float = 0.0
    most: float = 1.0

    def interval(self, alpha: float) -> Interval:
        if math.isinf(self.most) or self.n < 1:
            return UNDEFINED
        same = self.n - self.differing
        share = float(betaincinv(self.differing + 1, same, 1 - alpha / 2)) if same else 1.0
        return Interval(*(self.common + share * (end - self.common) for end in (-self.most, self.most)))

    def p_above(self, value: float) -> float:
        return self._p(value, -self.most) if value < self.common else 1.0

    def p_below(self, value: float) -> float:
        return self._p(value, self.most) if value > self.common else 1.0

    def _p(self, value: float, end: float) -> float:
        """The chance that so few differ where just so many do that the mean can reach `value` on the side of `end`."""
        if math.isinf(self.most) or self.n < 1:
            return 1.0
        share = (value - self.common) / (end - self.common) if end != self.common else 1.0
        return 0.0 if share >= 1 else float(bdtr(self.differing, self.n, share))

    def detectable(self, alpha: float, *, within: bool = False) -> float | None:
        low, high = self.interval(2 * alpha if within else alpha)
        return None if low is None or high is None else max(high - self.common, self.common - low)


@dataclass(frozen=True, slots=True)
class Unknown:
    """A difference of whose error nothing is known: no interval, and no test that could decide anything."""

    difference: float

    def interval(self, alpha: float) -> Interval:
        return UNDEFINED

    def p_above(self, value: float) -> float:
        return 1.0

    def p_below(self, value: float) -> float:
        return 1.0

    def detectable(self, alpha: float, *, within: bool = False) -> float | None:
        return None
