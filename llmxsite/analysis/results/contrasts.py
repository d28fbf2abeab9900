"""Any measure under two levels of a factor, on the items they share: the difference with its interval, never two numbers by eye."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from llmxsite.analysis.results.comparison import order
from llmxsite.analysis.results.groups import Codes, Flags, Floats, Table, group, key_columns, number, units
from llmxsite.analysis.results.measures import MEASURES, SampleColumns, known, made, method, span
from llmxsite.analysis.results.repeats import AGREEMENT, SEED, by_item
from llmxsite.analysis.stats.measures import difference
from llmxsite.analysis.stats.multiple import Correction, adjust
from llmxsite.analysis.stats.paired import paired_difference
from llmxsite.analysis.stats.power import detectable_from_se
from llmxsite.analysis.stats.resample import DRAWS, Measure, resample_units, resamples

COLUMNS = [
    *(
        "factor",
        "a",
        "b",
        "measure",
        "n",
        "lost",
        "refused",
        "value_a",
        "value_b",
        "difference",
        "se",
        "ci_low",
        "ci_high",
    ),
    *("p", "mde", "p_holm", "verdict", "clusters", "method", "draws", "seed", "confounded"),
]


def contrast(
    table: Table,
    measure: str,
    factor: str = "model",
    by: Sequence[str] = (),
    alpha: float = 0.05,
    correction: Correction = "holm",
    *,
    levels: Sequence[object] | None = None,
    draws: int = DRAWS,
    seed: int = 0,
    bins: int = 10,
) -> pd.DataFrame:
    """Every pair of levels of `factor`, within each group of `by`, by one measure of `results.measures` (ECE, say, or latency).

    Items are the same when suite, id and content hash are; where both levels met an item under the same other conditions, only
    those samples are used. All rows are one family of tests.

    Columns: those of `by`; `factor`, `a`, `b`; `measure`; `n`, items both have it on; `lost`, items only one has it on; `refused`,
    those of them whose content differs; `value_a`, `value_b`, over the samples compared; `difference` = a - b with `se`, `ci_low`,
    `ci_high` and `p`; `mde`, what this comparison could show with power 80 %; `p_holm`; `verdict` (`identical`, `different`, else
    `not shown`); `clusters`; `method`, `draws` and `seed`; `confounded`, true where the two levels share no other condition.

    Units (items with all their samples, or declared clusters) are drawn again, both sides of a pair together, `draws` times
    from `seed` or in all ways there are where there are nine or fewer; the interval is the percentile one, p twice the smaller
    share of resamples beyond 0; `bins` are the ECE's. Agreement within items takes the paired t over items. KeyError for an unknown column or measure.

    Source: Efron and Tibshirani 1993, chapter 16; Holm 1979.
    """
    name = known(measure)
    keys = [column for column in key_columns(table, [*by, factor]) if column != factor]
    rows = SampleColumns(table.frame, table.factors)
    found = [
        [*key, factor, a, b, name, *_measure(rows, name, sides, alpha, draws, seed, bins)]
        for key, a, b, sides in _pairs(table, rows, name, factor, keys, levels)
    ]
    result = pd.DataFrame(found, columns=[*keys, *(c for c in COLUMNS if c not in ("p_holm", "verdict"))])
    for column in ("value_a", "value_b", "difference", "se", "ci_low", "ci_high", "p", "mde"):
        result[column] = result[column].astype("float64")
    result["seed"] = result["seed"].astype("Int64")
    adjusted = adjust(result["p"].tolist(), alpha, correction).p
    result["p_holm"] = np.array([np.nan if p is None else p for p in adjusted], dtype=np.float64)
    same = (result["difference"] == 0) & result["ci_low"].isna() & (result["clusters"] > 1)
    result["verdict"] = np.select([same, result["p_holm"] < alpha], ["identical", "different"], "not shown")
    return result[[*keys, *COLUMNS]]


class Apart(NamedTuple):
    """One pair of levels by one measure, with what an interval at any level is taken from."""

    n: int
    """Items both have the measure on."""
    lost: int
    confounded: bool
    difference: float
    resampled: tuple[Floats, Floats, bool] | None = None
    """See `stats.resample.resamples`; of a measure that is no mean of items."""
    items: tuple[Floats, Codes] | None = None
    """The difference of each item, and its unit; of agreement within items."""


def apart(
    table: Table, measure: str, factor: str, a: object, b: object, *, draws: int = DRAWS, seed: int = 0
) -> Apart | None:
    """Level `a` minus level `b`, paired and resampled as `contrast` does; None where they share no item that has it."""
    name, rows = known(measure), SampleColumns(table.frame, table.factors)
    for _, _, _, sides in _pairs(table, rows, name, factor, [], [a, b]):
        counts = len(np.unique(sides.item[sides.a])), sides.lost, sides.confounded
        if not counts[0]:
            return None
        if name in AGREEMENT:
            first, second, unit, lost = _shares(rows, name, sides)
            if not len(first):
                return None
            d = first - second
            return Apart(len(d), lost, sides.confounded, float(d.mean()), items=(d, unit))
        _, _, between, count = _between(rows, name, sides, 10)
        once = float(between(np.ones((1, count)))[0])
        return None if np.isnan(once) else Apart(*counts, once, resamples(between, count, draws=draws, seed=seed))
    return None


class Sides:
    """The samples of two levels that are compared."""

    def __init__(self, a: Flags, b: Flags, item: Codes, lost: int, refused: int, confounded: bool) -> None:
        self.a, self.b, self.item, self.lost, self.refused, self.confounded = a, b, item, lost, refused, confounded


def _pairs(
    table: Table, rows: SampleColumns, name: str, factor: str, keys: list[str], levels: Sequence[object] | None
) -> Iterator[tuple[list[object], object, object, Sides]]:
    """Each pair of levels in each group, with its samples."""
    frame = table.frame
    groups = group(table, keys)
    column = frame[factor]
    wanted = sorted(column.dropna().unique().tolist(), key=order) if levels is None else list(levels)
    level = pd.Index(wanted).get_indexer(pd.Index(column.astype(object)))
    item, _ = units(frame)
    title, _ = number(frame, ["suite", "item"])
    others = dict.fromkeys(f for f in ["model", *table.factors] if f not in (factor, *keys, SEED))
    condition, _ = number(frame, list(others))
    cell = item * (int(condition.max(initial=0)) + 1) + condition
    having = rows.having(MEASURES[name].family) if name in MEASURES else rows.scores.answered
    for g, key in enumerate(groups.keys.itertuples(index=False, name=None)):
        here = having & (groups.codes == g)
        for i, j in combinations(range(len(wanted)), 2):
            a, b = here & (level == i), here & (level == j)
            if a.any() and b.any():
                yield list(key), wanted[i], wanted[j], _sides(a, b, item, title, cell)


def _sides(a: Flags, b: Flags, item: Codes, title: Codes, cell: Codes) -> Sides:
    """Of two levels' samples those on items both met, under conditions both met where there are any."""
    titles_a, titles_b = set(title[a].tolist()), set(title[b].tolist())
    shared = np.intersect1d(item[a], item[b])
    cells = np.intersect1d(cell[a], cell[b])
    confounded = len(shared) > 0 and len(cells) == 0
    kept = np.isin(item, shared) if confounded else np.isin(cell, cells)
    a, b = a & kept, b & kept
    lost = len(titles_a | titles_b) - len(set(title[a].tolist()))
    refused = len((titles_a & titles_b) - set(title[np.isin(item, shared)].tolist()))
    return Sides(a, b, item, lost, refused, confounded)


def _measure(rows: SampleColumns, name: str, sides: Sides, alpha: float, draws: int, seed: int, bins: int) -> list[Any]:
    """From `n` to `confounded`, without what the whole family decides."""
    n, nan = len(np.unique(sides.item[sides.a])), np.nan
    counts = [n, sides.lost, sides.refused]
    if n == 0:
        return [*counts, *[nan] * 8, 0, "", draws, None, sides.confounded]
    if name in AGREEMENT:
        return _agreement(rows, name, sides, alpha)
    a, b, between, count = _between(rows, name, sides, bins)
    found = resample_units({"a": a, "b": b, "difference": between}, count, draws=draws, seed=seed, alpha=alpha)
    apart, ends = found["difference"], span(found["difference"])
    values = [found["a"].estimate, found["b"].estimate, apart.estimate, apart.se or None, ends.low, ends.high]
    p = None if ends.low is None else apart.p
    mde = detectable_from_se(apart.se, alpha) if apart.se else None
    return [
        *counts,
        *(nan if value is None else value for value in [*values, p, mde]),
        *(count, method(apart), draws, apart.seed, sides.confounded),
    ]


def _between(rows: SampleColumns, name: str, sides: Sides, bins: int) -> tuple[Measure, Measure, Measure, int]:
    """The measure of either side and of their difference, over the units that both sides have together, and how many these are."""
    owners = np.unique(rows.unit[sides.a | sides.b])
    a, b = (
        made(rows, name, side, np.searchsorted(owners, rows.unit[side]), len(owners), bins)
        for side in (sides.a, sides.b)
    )
    return a, b, difference(a, b), len(owners)


def _shares(rows: SampleColumns, name: str, sides: Sides) -> tuple[Floats, Floats, Codes, int]:
    """Agreement of each item on which both sides have a pair, the item's unit, and how many items only one side has it on."""
    a, b = (
        by_item(rows.frame, rows.factors, side, sides.item, parsed=name == AGREEMENT[1]) for side in (sides.a, sides.b)
    )
    both = ~np.isnan(a) & ~np.isnan(b)
    either = ~np.isnan(a) | ~np.isnan(b)
    unit = np.zeros(len(both), np.int64)
    unit[sides.item] = rows.unit
    return a[both], b[both], unit[both], sides.lost + int(either.sum() - both.sum())


def _agreement(rows: SampleColumns, name: str, sides: Sides, alpha: float) -> list[Any]:
    """The same of agreement within items: items on which both sides have a pair, compared by the paired t."""
    first, second, unit, lost = _shares(rows, name, sides)
    found = paired_difference(first, second, unit, alpha)
    ends = (found.interval.low, found.interval.high) if found.se else (None, None)
    mde = detectable_from_se(found.se, alpha) if found.se else None
    values = [found.mean_a, found.mean_b, found.difference, found.se or None, *ends, found.p, mde]
    return [
        *(len(first), lost, sides.refused),
        *(np.nan if value is None else value for value in values),
        *(found.clusters, "t" if found.se else "", 0, None, sides.confounded),
    ]
