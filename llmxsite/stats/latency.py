"""How long replies take, and how many tokens a second."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats

from llmxsite.stats.interval import UNDEFINED, Interval, Numbers, defined, pair, vector


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


@dataclass(frozen=True, slots=True)
class Throughput:
    """Tokens a second. None for nothing generated."""

    total: float | None
    """All tokens over all seconds: what to report."""
    mean_of_rates: float | None
    """Counts a short reply as much as a long one."""


def latency(durations: Numbers, alpha: float = 0.05) -> Latency:
    """Summarise durations above 0; report median, IQR and p95, as latencies are skewed.

    Source: Hyndman and Fan 1996 (quantile types 7 and 1); Conover 1999, section 3.2 (interval of a median).
    """
    x = vector(durations)
    if len(x) == 0:
        return Latency(0, None, None, UNDEFINED, None, None, None, None)
    median = float(np.median(x))
    ends: Any = stats.quantile_test(x, q=median, p=0.5).confidence_interval(1 - alpha)
    low, high = defined(ends.low), defined(ends.high)
    return Latency(
        n=len(x),
        mean=float(x.mean()),
        median=median,
        median_interval=UNDEFINED if low is None or high is None else Interval(low, high),
        p95=float(np.quantile(x, 0.95)),
        p95_observed=float(np.quantile(x, 0.95, method="inverted_cdf")),
        iqr=float(stats.iqr(x)),
        geometric_mean=float(stats.gmean(x)),
    )


def throughput(tokens: Numbers, seconds: Numbers) -> Throughput:
    """Tokens a second of replies with their generation times; replies without a time above 0 are left out before this."""
    t, s = pair(tokens, seconds)
    if len(t) == 0 or (s <= 0).any():
        return Throughput(None, None)
    return Throughput(float(t.sum() / s.sum()), float((t / s).mean()))
