"""Item analysis: which questions of a suite tell models apart, and which may have a wrong key."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from llmxsite.analysis.stats.paired import correlation


@dataclass(frozen=True, slots=True)
class ItemAnalysis:
    """Per item, in the order of the columns. Below ten takers show difficulty and disagreement only."""

    takers: int
    items: int
    difficulty: tuple[float, ...]
    """Share of the takers who met it that have it right: high is easy; NaN where nobody did."""
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
    incomplete: int = 0
    """Takers that lack an answer to some item: they count in the difficulty of the others only."""

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
    met = ~np.isnan(s)
    asked = met.sum(axis=0)
    low, high = ((np.where(met, s, end) == end).all(axis=0) & (asked > 0) for end in (0.0, 1.0))
    with np.errstate(invalid="ignore"):
        difficulty = np.where(met, s, 0.0).sum(axis=0) / asked
    s = s[met.all(axis=1)]
    incomplete = takers - len(s)
    takers, total = len(s), s.sum(axis=1)
    kr20 = None
    # Sums of shares leave rounding where all totals are equal.
    if takers > 1 and items > 1 and float(np.ptp(total)) > 1e-12:
        kr20 = float(items / (items - 1) * (1 - s.var(axis=0, ddof=1).sum() / total.var(ddof=1)))
    return ItemAnalysis(
        takers=takers + incomplete,
        items=items,
        difficulty=tuple(float(p) for p in difficulty),
        item_rest=tuple(correlation(s[:, j], total - s[:, j]) for j in range(items)),
        floor=tuple(int(j) for j in np.flatnonzero(low)),
        ceiling=tuple(int(j) for j in np.flatnonzero(high)),
        kr20=kr20,
        incomplete=incomplete,
    )
