"""How long replies take, and how many tokens a second."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import bdtr

from llmxsite.analysis.stats.interval import UNDEFINED, Interval, Numbers, Vector, complete, known, ratio


@dataclass(frozen=True, slots=True)
class Latency:
    """Summary of durations in their unit. None for n = 0. The first request after a model load belongs elsewhere."""

    n: int
    mean: float | None
    median: float | None
    median_interval: Interval
    """Distribution-free, between two order statistics; undefined for few (n < 6 at 95 %)."""
    p95: float | None
    """Interpolated linearly between order statistics."""
    p95_observed: float | None
    """The smallest observed duration that 95 % do not exceed."""
    iqr: float | None
    geometric_mean: float | None
    missing: int = 0
    """Durations that were not told: left out."""


@dataclass(frozen=True, slots=True)
class Throughput:
    """Tokens a second. None for nothing generated."""

    total: float | None
    """All tokens over all seconds: what to report."""
    mean_of_rates: float | None
    """Counts a short reply as much as a long one."""
    n: int = 0
    missing: int = 0
    """Replies without a count or a time above 0: left out."""


def latency(durations: Numbers, alpha: float = 0.05) -> Latency:
    """Summarise durations above 0; report median, IQR and p95, as latencies are skewed.

    Source: Hyndman and Fan 1996 (quantile types 7 and 1); Conover 1999, section 3.2 (interval of a median).
    """
    x, missing = known(durations)
    x = np.sort(x)
    if len(x) == 0:
        return Latency(0, None, None, UNDEFINED, None, None, None, None, missing)
    from scipy.stats import gmean  # half a second to import

    lower, median, upper = (float(q) for q in np.quantile(x, [0.25, 0.5, 0.75]))
    return Latency(
        n=len(x),
        mean=float(x.mean()),
        median=median,
        median_interval=_median_interval(x, alpha),
        p95=float(np.quantile(x, 0.95)),
        p95_observed=float(np.quantile(x, 0.95, method="inverted_cdf")),
        iqr=upper - lower,
        geometric_mean=float(gmean(x)),
        missing=missing,
    )


def _median_interval(x: Vector, alpha: float) -> Interval:
    """The order statistics, counted from both ends, that leave out the median with a chance of at most alpha."""
    n = len(x)
    below = int(np.searchsorted(bdtr(np.arange(n), n, 0.5), alpha / 2)) - 1
    return UNDEFINED if below < 0 else Interval(float(x[below]), float(x[n - 1 - below]))


def throughput(tokens: Numbers, seconds: Numbers) -> Throughput:
    """Tokens a second of replies with their generation times; replies without a time above 0 are left out, and counted."""
    (t, s), kept = complete(tokens, seconds)
    timed = s > 0
    t, s = t[timed], s[timed]
    missing = len(kept) - len(t)
    if len(t) == 0:
        return Throughput(None, None, 0, missing)
    return Throughput(float(t.sum() / s.sum()), float((t / s).mean()), len(t), missing)


def accuracy_per_second(scores: Numbers, seconds: Numbers) -> float | None:
    """Right answers for each second of answering, sum of scores / sum of seconds; None for no time.

    Replies without a score or a time above 0 count on neither side.
    """
    (y, s), _ = complete(scores, seconds)
    timed = s > 0
    return ratio(float(y[timed].sum()), float(s[timed].sum()))
