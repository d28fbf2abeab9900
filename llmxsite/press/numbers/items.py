"""The items of a suite as models met them, as plain rows for its page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from llmxsite.analysis.measure import plain

if TYPE_CHECKING:
    from llmxsite.analysis.tables import Samples
    from llmxsite.study.suite import Suite


class ItemRow(msgspec.Struct):
    """One item."""

    item: str
    takers: int
    share: float | None
    """Of the takers that have it right, a taker's own share where it met the item more than once."""
    low: float | None
    high: float | None
    """Wilson's 95% interval over takers."""
    rest: float | None
    """Item-rest correlation; None below ten takers, and where item or rest does not vary."""
    rest_low: float | None
    rest_high: float | None
    """By Fisher's z."""
    verdict: str
    """`all right`, `all wrong`, `suspect key` or empty."""


class ItemRows(msgspec.Struct):
    """All of a suite."""

    rows: list[ItemRow] = []
    takers: int = 0
    complete: int = 0
    """Items that every taker answered."""

    @property
    def correlated(self) -> bool:
        """Whether there are takers enough for discrimination to say something."""
        return any(row.rest is not None for row in self.rows)


def item_rows(samples: Samples, suite: Suite) -> ItemRows:
    """`results.items` as rows, each share with its interval over takers."""
    from llmxsite.analysis.results.item_table import items
    from llmxsite.analysis.stats.proportion import wilson

    found = items(samples, suite)
    rows = []
    for item, takers, correct, rest, verdict in zip(
        *(found.frame[name] for name in ("item", "takers", "correct", "item_rest", "verdict")), strict=True
    ):
        share, corr = plain(correct), plain(rest)
        ends = wilson(share * int(takers), int(takers)) if share is not None else None
        low, high = _fisher(corr, len(found.takers)) if corr is not None else (None, None)
        rows.append(
            ItemRow(
                item=str(item),
                takers=int(takers),
                share=share,
                low=ends.low if ends else None,
                high=ends.high if ends else None,
                rest=corr,
                rest_low=low,
                rest_high=high,
                # A negative correlation whose interval holds zero accuses no key.
                verdict="" if verdict == "suspect key" and (high is None or high >= 0) else str(verdict),
            )
        )
    return ItemRows(rows, len(found.takers), found.complete)


def _fisher(r: float, n: int) -> tuple[float | None, float | None]:
    """95% interval of a correlation over `n` takers. Source: Fisher 1921; the normal quantile 1.96."""
    from math import atanh, sqrt, tanh

    if n <= 3 or abs(r) >= 1:
        return None, None
    half = 1.959963984540054 / sqrt(n - 3)
    return tanh(atanh(r) - half), tanh(atanh(r) + half)
