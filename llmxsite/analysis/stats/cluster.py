"""The mean of scores that come in clusters: questions on one passage, translations of one item, repeats of one question."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri, stdtrit

from llmxsite.analysis.stats.interval import UNDEFINED, Interval, Numbers, Vector, complete, vector
from llmxsite.analysis.stats.mean import around, standard_error
from llmxsite.analysis.stats.proportion import wilson_bounds


@dataclass(frozen=True, slots=True)
class ClusteredMean:
    """A mean whose items are independent between clusters, not inside them. In the unit of the scores."""

    n: int
    clusters: int
    mean: float | None
    se_naive: float | None
    """As if every item were independent; None for n < 2."""
    se_cr0: float | None
    """The paper's formula; identically 0, and so no estimate, for one cluster."""
    se: float | None
    """CR1, the one to report: CR0 sqrt(G / (G - 1)); None for one cluster."""
    interval: Interval
    """mean ± t SE with G - 1 degrees of freedom."""
    deff: float | None
    """Design effect (SE / naive SE)²; below 1 when scores in a cluster repel each other; None where the naive SE is 0."""
    effective_n: float | None
    """n / deff: how many independent items would tell as much."""
    missing: int = 0
    """Scores that were not there: left out."""


def clustered_mean(
    scores: Numbers, clusters: Sequence[object] | npt.NDArray[np.generic], alpha: float = 0.05
) -> ClusteredMean:
    """Mean with a cluster-robust standard error.

    CR0 = sqrt(sum over clusters of (sum inside of (s_i - mean))²) / n, which holds all ordered pairs in a cluster, i = j
    included; CR1 widens it by sqrt(G / (G - 1)), and the interval takes Student's t with G - 1 degrees of freedom.
    `clusters` is one label an item; equal labels are one cluster wherever they stand.

    Source: Miller 2024 (arXiv:2411.00640), section 2.2 and appendix A (CR0); Inspect AI and statsmodels report CR1.
    """
    if np.size(vector(scores)) != len(clusters):
        raise ValueError(f"{np.size(vector(scores))} scores and {len(clusters)} cluster labels")
    (s,), kept = complete(scores)
    codes = codes_of(codes_of(clusters)[kept])
    n, missing = len(s), int((~kept).sum())
    if n == 0:
        return ClusteredMean(0, 0, None, None, None, None, UNDEFINED, None, None, missing)
    groups = int(codes.max()) + 1
    centre = float(s.mean())
    naive = standard_error(s) if n > 1 else None
    # What the mean leaves of equal scores is rounding, which is no variance.
    residuals = np.zeros(n) if naive == 0.0 else s - centre
    sums = np.bincount(codes, weights=residuals, minlength=groups)
    cr0 = float(np.sqrt(np.square(sums).sum()) / n)
    if groups == 1:
        return ClusteredMean(n, 1, centre, naive, 0.0, None, UNDEFINED, None, None, missing)
    cr1 = cr0 * math.sqrt(groups / (groups - 1))
    deff = (cr1 / naive) ** 2 if naive else None
    return ClusteredMean(
        n=n,
        clusters=groups,
        mean=centre,
        se_naive=naive,
        se_cr0=cr0,
        se=cr1,
        interval=around(centre, cr1, groups - 1, alpha),
        deff=deff,
        effective_n=n / deff if deff else None,
        missing=missing,
    )


def clustered_wilson(
    p: npt.ArrayLike, se: npt.ArrayLike, n: npt.ArrayLike, groups: npt.ArrayLike, alpha: float = 0.05
) -> tuple[Vector, Vector]:
    """Wilson's interval for clustered right and wrong, for whole columns; NaN where there are fewer than two clusters.

    The effective number is p(1 - p)/SE², at most n, with Student's critical value at G - 1. Where all are right or all
    are wrong the SE says nothing: there the clusters are the trials, G of them, and the critical value is the normal one.

    Source: Korn and Graubard 1998; Inspect AI's `ci_wilson(cluster=)`.
    """
    p, se, n, groups = (np.asarray(x, dtype=np.float64) for x in (p, se, n, groups))
    with np.errstate(divide="ignore", invalid="ignore"):
        effective = np.minimum(p * (1 - p) / np.square(se), n)
        critical = stdtrit(groups - 1, 1 - alpha / 2)
    constant = (p == 0) | (p == 1)
    effective = np.where(constant, groups, effective)
    critical = np.where(constant, ndtri(1 - alpha / 2), critical)
    low, high = wilson_bounds(p, effective, critical)
    one = groups < 2
    return np.where(one, np.nan, low), np.where(one, np.nan, high)


def codes_of(labels: Sequence[object] | npt.NDArray[np.generic]) -> npt.NDArray[np.intp]:
    """Labels of any kind as numbers from 0, in order of first appearance."""
    if isinstance(labels, np.ndarray) and labels.dtype.kind in "iub":
        _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
        rank = np.empty(len(first), dtype=np.intp)
        rank[np.argsort(first)] = np.arange(len(first))
        return rank[inverse]
    seen: dict[object, int] = {}
    values = labels.tolist() if isinstance(labels, np.ndarray) else labels
    return np.fromiter((seen.setdefault(label, len(seen)) for label in values), dtype=np.intp, count=len(labels))
