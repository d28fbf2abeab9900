"""What the top of a model card is made of: its calibration in bins, and the categories in which it stands out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from llmxsite.analysis.measure import plain

if TYPE_CHECKING:
    from llmxsite.analysis.results.groups import Floats
    from llmxsite.analysis.results.tables import Row
    from llmxsite.analysis.tables import Samples

BIN, BINS = 20, 10
"""Answers a bin holds at least, where there are as many; bins at most."""
LEAST = 10
"""Items below which a category is compared with nothing."""


def calibration_bins(samples: Samples) -> list[Row]:
    """Bins of about equal count, with Wilson's interval over items where they repeat (`stats.calibration`)."""
    from llmxsite.analysis.results.groups import floats, scores, units
    from llmxsite.analysis.stats.calibration import equal_mass

    if not len(samples):
        return []
    value, confidence = scores(samples.frame).value, floats(samples.frame, "confidence")
    known = ~np.isnan(value) & ~np.isnan(confidence)
    if not known.any():
        return []
    bins = int(min(BINS, max(1, known.sum() // BIN)))
    found = equal_mass(confidence[known], value[known], bins, unit=units(samples.frame)[1][known])
    return [
        {
            "confidence": plain(b.confidence),
            "accuracy": plain(b.accuracy),
            "low": plain(b.interval.low) if b.interval else None,
            "high": plain(b.interval.high) if b.interval else None,
            "n": int(b.n),
        }
        for b in found.bins
        if b.n
    ]


def standing_out(samples: Samples) -> list[Row]:
    """Each category with the items of its suite outside it: `suite`, `category`, `items`, `accuracy`, `rest`, `difference`,
    `low`, `high`, `p` and `p_holm` over all rows.

    The unit is the item: its samples are averaged first. Categories share no item, so that the two sides are independent:
    Newcombe's interval of the difference of two shares, and a permutation test of the items for p. A category of
    fewer than ten items is left out, and one with fewer than ten outside it.

    Source: Newcombe 1998 (Statistics in Medicine 17), method 10; Good 2005, chapter 3.
    """
    import pandas as pd

    from llmxsite.analysis.results.groups import scores
    from llmxsite.analysis.stats.multiple import adjust

    if not len(samples) or "category" not in samples.frame.columns:
        return []
    scored = scores(samples.frame)
    frame = samples.frame[["suite", "category", "item", "item_hash"]].assign(value=scored.value)
    frame = frame[scored.answered & scored.scored & frame["category"].notna()]
    means = frame.groupby(["suite", "category", "item", "item_hash"], observed=True, sort=True)["value"].mean()
    items: pd.DataFrame = means.reset_index()
    rows: list[dict[str, Any]] = []
    for suite, group in items.groupby("suite", observed=True, sort=True):
        values = group["value"].to_numpy(dtype=np.float64)
        for category in sorted(group["category"].astype(str).unique()):
            inside = (group["category"].astype(str) == category).to_numpy()
            if inside.sum() < LEAST or (~inside).sum() < LEAST:
                continue
            rows.append({"suite": str(suite), "category": category, **_apart(values[inside], values[~inside])})
    holm = adjust([row["p"] for row in rows]).p
    return [{**row, "p_holm": p} for row, p in zip(rows, holm, strict=True)]


def _apart(inside: Floats, outside: Floats) -> dict[str, Any]:
    from llmxsite.analysis.stats.proportion import wilson

    a, b = float(inside.mean()), float(outside.mean())
    first, second = wilson(float(inside.sum()), len(inside)), wilson(float(outside.sum()), len(outside))
    low = a - b - float(np.hypot(a - (first.low or 0.0), (second.high or 1.0) - b))
    high = a - b + float(np.hypot((first.high or 1.0) - a, b - (second.low or 0.0)))
    return {
        "items": len(inside),
        "accuracy": a,
        "rest": b,
        "difference": a - b,
        "low": low,
        "high": high,
        "p": _permuted(inside, outside),
    }


def _permuted(inside: Floats, outside: Floats) -> float:
    """Two-sided p of the difference, items permuted between the sides: exact for scores of 0 and 1 (Fisher), else by the normal
    distribution with the mean and variance that the sum of one side has over all permutations."""
    from scipy.stats import fisher_exact, norm

    every = np.concatenate([inside, outside])
    if np.isin(every, (0.0, 1.0)).all():
        table = [[side.sum(), len(side) - side.sum()] for side in (inside, outside)]
        return float(fisher_exact(np.rint(table).astype(np.int64)).pvalue)
    m, n = len(inside), len(every)
    variance = m * (n - m) / (n * (n - 1)) * float(((every - every.mean()) ** 2).sum())
    if variance <= 1e-12:
        return 1.0
    return float(min(1.0, 2 * norm.sf(abs(float(inside.sum()) - m * float(every.mean())) / np.sqrt(variance))))
