"""Showing that two are the same, within a margin stated before the run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import stats

from llmxsite.analysis.stats.interval import Interval, Numbers, complete
from llmxsite.analysis.stats.mean import around
from llmxsite.analysis.stats.paired import paired_difference
from llmxsite.analysis.stats.proportion import interval as proportion_interval

Verdict = Literal["different", "equivalent", "not shown", "identical"]


@dataclass(frozen=True, slots=True)
class Equivalence:
    """Two one-sided tests of a paired difference against ± margin, in the unit of the scores."""

    n: int
    difference: float | None
    margin: float
    df: float | None
    p_lower: float | None
    """Of the test that the difference lies above -margin."""
    p_upper: float | None
    """Of the test that it lies below +margin."""
    p: float | None
    """The larger of the two; None where all differences are equal."""
    interval: Interval
    """The 1 - 2 alpha interval; equivalent exactly when it lies inside the margin."""
    equivalent: bool | None
    """None where there is no p."""
    disagreement: Interval
    """Clopper-Pearson interval of the share of items with different scores: what to report when there is no p."""


def equivalence(
    a: Numbers,
    b: Numbers,
    margin: float,
    alpha: float = 0.05,
    clusters: Sequence[object] | npt.NDArray[np.generic] | None = None,
) -> Equivalence:
    """Two one-sided t tests (TOST) of the mean of a_i - b_i against a margin > 0.

    Not significant is not the same: only a difference shown to lie inside the margin is "equivalent". With identical or
    constantly shifted scores the SE is 0 and t undefined.

    Source: Schuirmann 1987; Lakens 2017.
    """
    if not margin > 0:
        raise ValueError("the margin has to be above 0")
    d = paired_difference(a, b, clusters, alpha)
    (first, second), _ = complete(a, b)
    different = int(np.count_nonzero(first != second))
    disagreement = proportion_interval(different, d.n, alpha, "clopper-pearson")
    if d.difference is None or d.se is None:
        return Equivalence(d.n, d.difference, margin, None, None, None, None, Interval(None, None), None, disagreement)
    df = float(d.clusters - 1)
    narrow = around(d.difference, d.se, df, 2 * alpha)
    if d.se == 0:
        return Equivalence(d.n, d.difference, margin, df, None, None, None, narrow, None, disagreement)
    p_lower = float(stats.t.sf((d.difference + margin) / d.se, df))
    p_upper = float(stats.t.cdf((d.difference - margin) / d.se, df))
    p = max(p_lower, p_upper)
    return Equivalence(d.n, d.difference, margin, df, p_lower, p_upper, p, narrow, p < alpha, disagreement)
