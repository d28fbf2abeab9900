"""What the top of a model card is made of: its calibration in bins, and the categories in which it stands out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from llmxsite.analysis.measure import plain

if TYPE_CHECKING:
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

    The unit is the item: its samples are averaged first. Categories share no item, so that the two sides are independent
    (`stats.independent`). A category of fewer than ten items is left out, and one with fewer than ten outside it.
    """
    import pandas as pd

    from llmxsite.analysis.results.groups import scores
    from llmxsite.analysis.stats.independent import apart
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
        categories = group["category"].to_numpy(dtype=str)
        for category in sorted(set(categories.tolist())):
            inside = categories == category
            if inside.sum() < LEAST or (~inside).sum() < LEAST:
                continue
            own, rest = values[inside], values[~inside]
            found = apart(own, rest)
            rows.append(
                {
                    "suite": str(suite),
                    "category": category,
                    "items": len(own),
                    "accuracy": float(own.mean()),
                    "rest": float(rest.mean()),
                    "difference": found.difference,
                    "low": found.low,
                    "high": found.high,
                    "p": found.p,
                }
            )
    holm = adjust([row["p"] for row in rows]).p
    return [{**row, "p_holm": p} for row, p in zip(rows, holm, strict=True)]
