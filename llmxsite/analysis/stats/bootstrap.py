"""The bootstrap, for statistics without a formula: medians, AUROC, nDCG, differences of them. Not needed for plain means."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from llmxsite.analysis.stats.cluster import codes_of
from llmxsite.analysis.stats.interval import UNDEFINED, Interval, Numbers, Vector, complete, defined
from llmxsite.analysis.stats.resample import DRAWS, Bootstrap, multisets, small, summarised

__all__ = ["Bootstrap", "bootstrap", "cluster_bootstrap", "mean", "mean_of_clusters", "totals"]

Statistic = Callable[..., npt.NDArray[Any]]
"""Takes the columns with resamples along the first axes and items along the last; gives one number a resample."""


def bootstrap(
    columns: Sequence[Numbers],
    statistic: Statistic,
    *,
    draws: int = DRAWS,
    seed: int = 0,
    alpha: float = 0.05,
    method: Literal["percentile", "bca"] = "percentile",
) -> Bootstrap:
    """Resample rows of the columns together, with replacement, and take the interval from the statistic's quantiles.

    A row is what is independent: an item with all its repeats, or a whole cluster (see `cluster_bootstrap`); one that lacks
    a value in any column is left out, and counted. Percentile intervals for means; bias-corrected and accelerated ("bca") for
    skewed statistics. Where there are few resamples the percentile interval is of all of them; `seed` belongs into the report
    elsewhere.

    Source: Efron and Tibshirani 1993, chapters 13 and 14.
    """
    data, kept = complete(*columns)
    n, missing = len(data[0]), int((~kept).sum())
    if n == 0:
        return Bootstrap(0, None, None, UNDEFINED, 0, False, missing=missing)
    estimate = float(statistic(*data))
    if method == "percentile" and small(n):
        index, orders = multisets(n)
        values = np.asarray(statistic(*(column[index] for column in data)), dtype=np.float64)
        return summarised(values, orders, estimate, n, None, alpha, missing)
    if all((column == column[0]).all() for column in data):
        return Bootstrap(n, defined(estimate), 0.0, Interval(estimate, estimate), 0, True, missing=missing)
    from scipy import stats

    found: Any = stats.bootstrap(
        data,
        lambda *parts, axis=-1: statistic(*parts),
        n_resamples=draws,
        paired=True,
        vectorized=True,
        confidence_level=1 - alpha,
        method="BCa" if method == "bca" else "percentile",
        rng=np.random.default_rng(seed),
    )
    values = np.asarray(found.bootstrap_distribution, dtype=np.float64)
    plain = summarised(values, np.ones(len(values)), estimate, n, seed, alpha, missing)
    low, high = found.confidence_interval
    return plain if method == "percentile" else replace(plain, interval=Interval(defined(low), defined(high)))


def cluster_bootstrap(
    scores: Numbers,
    clusters: Sequence[object] | npt.NDArray[np.generic],
    *,
    draws: int = DRAWS,
    seed: int = 0,
    alpha: float = 0.05,
) -> Bootstrap:
    """The mean of scores that come in clusters, whole clusters being drawn again.

    It is a bootstrap of each cluster's sum and size together, the mean being the ratio of the two.
    """
    (known,), kept = complete(scores)
    if len(kept) != len(clusters):
        raise ValueError(f"{len(kept)} scores and {len(clusters)} cluster labels")
    sums = totals(known, codes_of(clusters)[kept])
    found = bootstrap(sums, mean_of_clusters, draws=draws, seed=seed, alpha=alpha)
    return replace(found, missing=int((~kept).sum()))


def mean(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """The mean, as a statistic."""
    return np.asarray(values.mean(axis=-1))


def mean_of_clusters(sums: npt.NDArray[Any], sizes: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """The mean over all items of resampled clusters, as a statistic of their sums and sizes."""
    return np.asarray(sums.sum(axis=-1) / sizes.sum(axis=-1))


def totals(scores: Numbers, clusters: Sequence[object] | npt.NDArray[np.generic]) -> tuple[Vector, Vector]:
    """Sum and size of each cluster."""
    (known,), kept = complete(scores)
    codes = np.unique(codes_of(clusters)[kept], return_inverse=True)[1]
    sums = np.bincount(codes, weights=known).astype(np.float64)
    return sums, np.bincount(codes, minlength=len(sums)).astype(np.float64)
