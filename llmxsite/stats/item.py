"""Item analysis: which questions of a suite tell models apart, and which may have a wrong key."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from llmxsite.stats.paired import correlation


@dataclass(frozen=True, slots=True)
class ItemAnalysis:
    """Per item, in the order of the columns. Below ten takers show difficulty and disagreement only."""

    takers: int
    items: int
    difficulty: tuple[float, ...]
    """Share of takers that have it right: high is easy."""
    item_rest: tuple[float | None, ...]
    """Correlation with the score on the other items. Below 0: the weak get it right and the strong do not; suspect the key.
    None where item or rest does not vary."""
    floor: tuple[int, ...]
    """Items nobody has right."""
    ceiling: tuple[int, ...]
    """Items everybody has right."""
    kr20: float | None
    """Kuder-Richardson 20 (Cronbach's alpha of 0/1 items): how far the items measure one thing. It can be below 0. None
    for fewer than two takers or items, or where all takers have the same total."""

    @property
    def discriminating(self) -> int:
        """Items that some takers have right and some wrong."""
        return self.items - len(self.floor) - len(self.ceiling)


def item_analysis(correct: npt.ArrayLike) -> ItemAnalysis:
    """Classical item statistics of scores with takers in rows and items in columns.

    Takers are distinct models (by digest), not repeats of one. KR-20 = k/(k - 1) (1 - sum of item variances / variance of
    totals).

    Source: Kuder and Richardson 1937; Lord and Novick 1968, chapter 15.
    """
    s = np.asarray(correct, dtype=np.float64)
    if s.ndim != 2 or s.size == 0:
        raise ValueError("scores have at least one taker (rows) and one item (columns)")
    takers, items = s.shape
    total = s.sum(axis=1)
    low, high = (s == 0).all(axis=0), (s == 1).all(axis=0)
    kr20 = None
    # Sums of shares leave rounding where all totals are equal.
    if takers > 1 and items > 1 and float(np.ptp(total)) > 1e-12:
        kr20 = float(items / (items - 1) * (1 - s.var(axis=0, ddof=1).sum() / total.var(ddof=1)))
    return ItemAnalysis(
        takers=takers,
        items=items,
        difficulty=tuple(float(p) for p in s.mean(axis=0)),
        item_rest=tuple(correlation(s[:, j], total - s[:, j]) for j in range(items)),
        floor=tuple(int(j) for j in np.flatnonzero(low)),
        ceiling=tuple(int(j) for j in np.flatnonzero(high)),
        kr20=kr20,
    )
