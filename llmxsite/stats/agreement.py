"""Agreement of raters: people with people, people with a judge, runs with runs. Always beside the raw agreement."""

from __future__ import annotations

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


def cohen(first: Sequence[object], second: Sequence[object]) -> Cohen:
    """Cohen's kappa, (p_o - p_e)/(1 - p_e). Source: Cohen 1960; Feinstein and Cicchetti 1990 on its paradox."""
    if len(first) != len(second):
        raise ValueError("the two raters have different numbers of items")
    if not first:
        return Cohen(0, None, None)
    codes = codes_of([*first, *second])
    a, b = codes[: len(first)], codes[len(first) :]
    size = int(codes.max()) + 1
    agreement = float((a == b).mean())
    if size == 1:
        return Cohen(len(a), agreement, None)
    from statsmodels.stats.inter_rater import cohens_kappa  # a second to import

    table = np.zeros((size, size))
    np.add.at(table, (a, b), 1)
    return Cohen(len(a), agreement, defined(cohens_kappa(table, return_results=False)))


def fleiss(ratings: Sequence[Sequence[object]]) -> float | None:
    """Fleiss' kappa of items (rows) with the same number of ratings each; None with one category or one rating an item.

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
    counts = np.stack([np.bincount(row, minlength=size) for row in codes])
    n = codes.shape[1]
    observed = float(((np.square(counts).sum(axis=1) - n) / (n * (n - 1))).mean())
    expected = float(np.square(counts.sum(axis=0) / codes.size).sum())
    return defined((observed - expected) / (1 - expected))


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
