"""Agreement of raters: people with people, people with a judge, runs with runs. Always beside the raw agreement."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from llmxsite.stats.cluster import codes_of
from llmxsite.stats.interval import defined

Level = Literal["nominal", "ordinal", "interval", "ratio"]
Table = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Cohen:
    """Two raters on the same items. None for n = 0."""

    n: int
    agreement: float | None
    """Share of items with the same label."""
    kappa: float | None
    """Agreement beyond chance, at most 1. None where both use one category only. With one rare category it can be below 0
    at 90 % agreement."""
    linear: float | None = None
    """Weighted kappa of ordered grades: a miss counts as many times as it has steps; None for words, which have no order."""
    quadratic: float | None = None
    """The same with the square of the steps: near the correlation of the two."""
    missing: int = 0
    """Items that either has not rated: left out."""


def cohen(first: Sequence[object], second: Sequence[object], grades: Sequence[object] | None = None) -> Cohen:
    """Cohen's kappa, (p_o - p_e)/(1 - p_e), and of ordered grades the weighted ones.

    `grades` are all grades in their order, one step apart; without it numbers are in theirs, those that occur one step apart
    (as scikit-learn has it), and words have none.

    Source: Cohen 1960 and 1968; Feinstein and Cicchetti 1990 on its paradox.
    """
    if len(first) != len(second):
        raise ValueError("the two raters have different numbers of items")
    rated = [(x, y) for x, y in zip(first, second, strict=True) if not _absent(x) and not _absent(y)]
    missing = len(first) - len(rated)
    if not rated:
        return Cohen(0, None, None, missing=missing)
    labels = [label for side in zip(*rated, strict=True) for label in side]
    order = grades if grades is not None else _ordered(labels)
    if order is not None and (strange := [label for label in labels if label not in order]):
        raise ValueError(f"{strange[0]!r} is none of the grades")
    codes = codes_of(labels) if order is None else np.array([list(order).index(label) for label in labels])
    a, b = codes[: len(rated)], codes[len(rated) :]
    agreement = float((a == b).mean())
    if len(np.unique(codes)) == 1:
        return Cohen(len(a), agreement, None, missing=missing)
    from statsmodels.stats.inter_rater import cohens_kappa  # a second to import

    size = int(codes.max()) + 1
    table = np.zeros((size, size))
    np.add.at(table, (a, b), 1)

    def kappa(weighting: str | None) -> float | None:
        return defined(cohens_kappa(table, wt=weighting, return_results=False))

    weighted = (None, None) if order is None else (kappa("linear"), kappa("quadratic"))
    return Cohen(len(a), agreement, kappa(None), *weighted, missing)


def _absent(label: object) -> bool:
    return label is None or (isinstance(label, float) and math.isnan(label))


def _ordered(labels: Sequence[object]) -> Sequence[object] | None:
    """Numbers in their order, each once; None for words."""
    if any(isinstance(label, bool) or not isinstance(label, int | float) for label in labels):
        return None
    return sorted({label for label in labels if isinstance(label, int | float)})


def fleiss(ratings: Sequence[Sequence[object]]) -> float | None:
    """Fleiss' kappa of items (rows) with the same number of ratings each; None with one category or one rating an item.
    A reply that could not be read is a category of its own.

    (P - P_e)/(1 - P_e): P is the mean share of agreeing pairs of ratings on an item, P_e the sum of the categories' squared
    shares.

    Source: Fleiss 1971.
    """
    if not ratings or len(ratings[0]) < 2:
        return None
    codes = codes_of([label for row in ratings for label in row]).reshape(len(ratings), -1)
    size = int(codes.max()) + 1
    if size == 1:
        return None
    from statsmodels.stats.inter_rater import fleiss_kappa  # a second to import

    return defined(fleiss_kappa(np.stack([np.bincount(row, minlength=size) for row in codes])))


def krippendorff(ratings: Sequence[Sequence[float | str | None]], level: Level = "nominal") -> float | None:
    """Krippendorff's alpha: any number of raters (rows), items (columns) that not all have rated (None).

    alpha = 1 - observed / expected disagreement, from the coincidences of values within items; items with fewer than two
    ratings tell nothing. None where only one value occurs. Levels above nominal need numbers.

    Source: Krippendorff 2011, "Computing Krippendorff's Alpha-Reliability".
    """
    units = [[value for value in column if value is not None] for column in zip(*ratings, strict=True)]
    units = [unit for unit in units if len(unit) > 1]
    values: list[float | str] = sorted(
        {value for unit in units for value in unit}, key=lambda v: (isinstance(v, str), v)
    )
    if len(values) < 2:
        return None
    at = {value: i for i, value in enumerate(values)}
    coincidences = np.zeros((len(values), len(values)))
    for unit in units:
        counts = np.bincount([at[value] for value in unit], minlength=len(values)).astype(np.float64)
        coincidences += (np.outer(counts, counts) - np.diag(counts)) / (len(unit) - 1)
    totals = coincidences.sum(axis=0)
    distance = _distances(values, totals, level)
    expected = (np.outer(totals, totals) * distance).sum() / (totals.sum() - 1)
    return defined(1 - (coincidences * distance).sum() / expected)


def _distances(values: list[float | str], totals: npt.NDArray[np.float64], level: Level) -> Table:
    """Squared distances between the values, at a level of measurement."""
    if level == "nominal":
        return 1 - np.eye(len(values))
    if level == "ordinal":
        # Between two ranks lie all in between, and half of each end.
        middle = np.cumsum(totals) - totals / 2
        return np.square(middle[:, None] - middle[None, :])
    x = np.array(values, dtype=np.float64)
    difference = x[:, None] - x[None, :]
    if level == "interval":
        return np.square(difference)
    total = x[:, None] + x[None, :]
    return np.square(np.divide(difference, total, out=np.zeros_like(difference), where=total != 0))
