"""The bootstrap, for statistics without a formula: medians, AUROC, nDCG, differences of them. Not needed for plain means."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from scipy import stats

from llmxsite.stats.cluster import codes_of
from llmxsite.stats.interval import UNDEFINED, Interval, Numbers, Vector, defined, vector

Statistic = Callable[..., npt.NDArray[Any]]
"""Takes the columns with resamples along the first axes and items along the last; gives one number a resample."""

_ALL = 10_000
"""Up to so many resamples are enumerated instead of drawn: n <= 5."""


@dataclass(frozen=True, slots=True)
class Bootstrap:
    """A statistic with its bootstrap standard error and interval, in its own unit."""

    n: int
    estimate: float | None
    se: float | None
    """Standard deviation over the resamples. For a mean it targets the variance with n, not n - 1."""
    interval: Interval
    resamples: int
    exact: bool
    """Whether these were all resamples there are, so that no seed matters."""

    @property
    def degenerate(self) -> bool:
        """Whether every resample gave the same: the interval has no width, and claims too much. Use Wilson's."""
        return self.se == 0


def bootstrap(
    columns: Sequence[Numbers],
    statistic: Statistic,
    *,
    draws: int = 2000,
    seed: int = 0,
    alpha: float = 0.05,
    method: Literal["percentile", "bca"] = "percentile",
) -> Bootstrap:
    """Resample rows of the columns together, with replacement, and take the interval from the statistic's quantiles.

    A row is what is independent: an item with all its repeats, or a whole cluster (see `totals`). Percentile intervals
    for means; bias-corrected and accelerated ("bca") for skewed statistics. `seed` belongs into the report.

    Source: Efron and Tibshirani 1993, chapters 13 and 14.
    """
    data = [vector(column) for column in columns]
    n = len(data[0])
    if any(len(column) != n for column in data):
        raise ValueError("the columns have different lengths")
    if n == 0:
        return Bootstrap(0, None, None, UNDEFINED, 0, False)
    estimate = float(statistic(*data))
    if n**n <= _ALL:
        index = np.array(list(product(range(n), repeat=n)))
        values = statistic(*(column[index] for column in data))
        low, high = np.quantile(values, [alpha / 2, 1 - alpha / 2])
        return Bootstrap(n, defined(estimate), defined(float(values.std())), _interval(low, high), len(index), True)
    if all((column == column[0]).all() for column in data):
        return Bootstrap(n, defined(estimate), 0.0, Interval(estimate, estimate), 0, True)
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
    low, high = found.confidence_interval
    return Bootstrap(n, defined(estimate), defined(found.standard_error), _interval(low, high), draws, False)


def mean(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """The mean, as a statistic."""
    return np.asarray(values.mean(axis=-1))


def mean_of_clusters(sums: npt.NDArray[Any], sizes: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """The mean over all items of resampled clusters, as a statistic of their sums and sizes."""
    return np.asarray(sums.sum(axis=-1) / sizes.sum(axis=-1))


def totals(scores: Numbers, clusters: Sequence[object]) -> tuple[Vector, Vector]:
    """Sum and size of each cluster: a cluster bootstrap of a mean is a paired bootstrap of these two."""
    codes = codes_of(clusters)
    sums = np.bincount(codes, weights=vector(scores)).astype(np.float64)
    return sums, np.bincount(codes).astype(np.float64)


def _interval(low: float, high: float) -> Interval:
    return Interval(defined(low), defined(high))
