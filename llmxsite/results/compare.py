"""Levels of one factor against each other, on the items they share."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
from scipy import stats

from llmxsite.results.groups import Codes, Flags, Floats, Table, group, key_columns, number, scores, units
from llmxsite.stats.mcnemar import exact_p
from llmxsite.stats.multiple import Correction, adjust
from llmxsite.stats.paired import correlation
from llmxsite.stats.power import detectable_from_se

_REPEATING = {"seed"}
"""Factors that only repeat a condition: averaged over, never matched on."""


def compare(
    table: Table,
    factor: str = "model",
    by: Sequence[str] = (),
    alpha: float = 0.05,
    correction: Correction = "holm",
    *,
    margin: float | None = None,
    levels: Sequence[object] | None = None,
) -> pd.DataFrame:
    """Compare every pair of levels of `factor`, within each group of `by`, item by item.

    Items are the same when suite, id and content hash are. Samples of an item are averaged within the level first; where
    both levels met the item under the same other conditions, only those are used. All rows are one family of tests.

    Columns: those of `by`; `factor`; `a`, `b`, the levels; `n`, items compared; `lost`, items that only one of the two has, or
    whose content differs; `accuracy_a`, `accuracy_b`; `difference` = a - b with `se`, `ci_low`, `ci_high` and `p` (paired,
    clustered by declared cluster, Student's t); `mcnemar_p` (exact), `only_a`, `only_b` where scores are right or wrong; `r`,
    correlation over items; `mde`, the smallest difference this comparison could show with power 80 %; `p_holm`, adjusted
    by `correction` over the family; `verdict`; then `refused`, items left out because their content differs; `clusters`;
    `se_unpaired`; `p_equivalence`, two one-sided tests against `margin`; and `confounded`, true where the two levels share
    no other condition, so that the difference is also that of the conditions.

    Verdicts: `identical` (the same score on every item), `different` (adjusted p below `alpha`), `equivalent` (shown to lie
    inside the margin), else `not shown`, which is never "the same". Where every item has the same difference other than
    0 the SE says nothing, and `p` is McNemar's.

    `levels` limits and orders the levels. KeyError for an unknown column. Source: Miller 2024 (arXiv:2411.00640), section
    4; McNemar 1947; Holm 1979; Schuirmann 1987.
    """
    keys = [column for column in key_columns(table, [*by, factor]) if column != factor]
    rows = []
    for key, block in _blocks(table, factor, keys, levels):
        for a, b in combinations(range(len(block.levels)), 2):
            if block.present[a] and block.present[b]:
                rows.append([*key, factor, block.levels[a], block.levels[b], *_measure(block, a, b)])
    result = pd.DataFrame(rows, columns=[*keys, "factor", "a", "b", *_MEASURED])
    return _judged(result, alpha, correction, margin)[[*keys, *_COLUMNS]]


_MEASURED = [
    *("n", "lost", "refused", "accuracy_a", "accuracy_b", "difference", "se", "clusters", "only_a", "only_b", "r"),
    *("se_unpaired", "confounded", "identical"),
]
_COLUMNS = [
    *("factor", "a", "b", "n", "lost", "accuracy_a", "accuracy_b", "difference", "se", "ci_low", "ci_high", "p"),
    *("mcnemar_p", "only_a", "only_b", "r", "mde", "p_holm", "verdict"),
    *("refused", "clusters", "se_unpaired", "p_equivalence", "confounded"),
]


@dataclass(frozen=True)
class _Block:
    """One group of `by`: a value for each item under each other condition (rows) and level (columns), NaN where missing."""

    levels: list[object]
    values: Floats
    item: Codes
    """Item of each row of `values`, from 0; the arrays below are one an item."""
    unit: Codes
    name: Codes
    """Suite and id without the hash."""

    @property
    def present(self) -> Flags:
        return ~np.isnan(self.values).all(axis=0)

    def items(self, rows: Flags, level: int) -> Floats:
        """The mean over conditions of each item, over some rows; NaN where an item has none."""
        column = self.values[:, level]
        rows = rows & ~np.isnan(column)
        with np.errstate(invalid="ignore"):
            n = np.bincount(self.item[rows], minlength=len(self.unit))
            return np.bincount(self.item[rows], weights=column[rows], minlength=len(self.unit)) / n


def _blocks(
    table: Table, factor: str, keys: Sequence[str], levels: Sequence[object] | None
) -> Iterator[tuple[list[object], _Block]]:
    """The samples of each group of `keys` as a block, with the group's key."""
    frame = table.frame
    s = scores(frame)
    groups = group(table, keys)
    column = frame[factor]
    wanted = sorted(column.dropna().unique().tolist(), key=_order) if levels is None else list(levels)
    level = np.asarray(pd.Index(wanted).get_indexer(pd.Index(column.astype(object))), dtype=np.int64)
    item, unit = units(frame)
    name, _ = number(frame, ["suite", "item"])
    others = [f for f in ["model", *table.factors] if f not in (factor, *keys) and f not in _REPEATING]
    condition, _ = number(frame, list(dict.fromkeys(others)))

    keep = np.flatnonzero(s.scored & (level >= 0))
    keep = keep[np.argsort(groups.codes[keep], kind="stable")]
    bounds = np.searchsorted(groups.codes[keep], np.arange(groups.count + 1))
    for g, key in enumerate(groups.keys.itertuples(index=False, name=None)):
        rows = keep[bounds[g] : bounds[g + 1]]
        found, first, local = np.unique(item[rows], return_index=True, return_inverse=True)
        cells, inverse = np.unique(
            np.stack([local, condition[rows]]) if len(rows) else np.empty((2, 0), np.int64), axis=1, return_inverse=True
        )
        shape = (cells.shape[1], len(wanted))
        slot = inverse.ravel() * len(wanted) + level[rows]
        n = np.bincount(slot, minlength=shape[0] * shape[1])
        with np.errstate(invalid="ignore"):
            values = np.bincount(slot, weights=s.value[rows], minlength=len(n)) / n
        yield (
            list(key),
            _Block(
                levels=wanted,
                values=values.reshape(shape),
                item=cells[0],
                unit=np.unique(unit[rows][first], return_inverse=True)[1].astype(np.int64) if len(found) else first,
                name=np.unique(name[rows][first], return_inverse=True)[1].astype(np.int64) if len(found) else first,
            ),
        )


def _measure(block: _Block, a: int, b: int) -> list[object]:
    """The `_MEASURED` of one pair of levels."""
    every = np.ones(len(block.values), dtype=np.bool_)
    shared = ~np.isnan(block.values[:, [a, b]]).any(axis=1)
    has_a, has_b = ~np.isnan(block.items(every, a)), ~np.isnan(block.items(every, b))
    confounded = not shared.any() and bool((has_a & has_b).any())
    rows = every if confounded else shared
    left, right = block.items(rows, a), block.items(rows, b)
    both = ~np.isnan(left) & ~np.isnan(right)
    n, size = int(both.sum()), int(block.name.max(initial=-1)) + 1

    def names(items: Flags) -> Flags:
        return np.bincount(block.name[items], minlength=size) > 0

    lost = int((names(has_a) | names(has_b)).sum() - names(both).sum())
    refused = int((names(has_a) & names(has_b)).sum() - names(has_a & has_b).sum())
    x, y = left[both], right[both]
    if n == 0:
        nan = np.nan
        return [0, lost, refused, nan, nan, nan, nan, 0, pd.NA, pd.NA, nan, nan, confounded, False]
    d = x - y
    sums = np.bincount(block.unit[both], weights=d - d.mean())
    clusters = int((np.bincount(block.unit[both]) > 0).sum())
    se = np.nan
    if clusters > 1:
        constant = bool((d == d[0]).all())
        se = 0.0 if constant else float(np.sqrt(np.square(sums).sum() * clusters / (clusters - 1)) / n)
    binary = bool((np.isin(x, (0.0, 1.0)) & np.isin(y, (0.0, 1.0))).all())
    r = correlation(x, y)
    return [
        *(n, lost, refused, float(x.mean()), float(y.mean()), float(d.mean()), se, clusters),
        *((int((d > 0).sum()), int((d < 0).sum())) if binary else (pd.NA, pd.NA)),
        *(np.nan if r is None else r, float(np.sqrt((x.var(ddof=1) + y.var(ddof=1)) / n)) if n > 1 else np.nan),
        *(confounded, bool((d == 0).all())),
    ]


def _judged(result: pd.DataFrame, alpha: float, correction: Correction, margin: float | None) -> pd.DataFrame:
    """Intervals, tests and verdicts from the measures of all pairs."""
    result["only_a"], result["only_b"] = result["only_a"].astype("Int64"), result["only_b"].astype("Int64")
    for column in ("accuracy_a", "accuracy_b", "difference", "se", "r", "se_unpaired"):
        result[column] = result[column].astype("float64")
    difference, se = result["difference"].to_numpy(), result["se"].to_numpy()
    df = result["clusters"].to_numpy(dtype=np.float64) - 1
    # A standard error of 0 is no certainty: all items gave the same difference, and more of them might not.
    error = np.where(se > 0, se, np.nan)
    df = np.where(df > 0, df, np.nan)
    t = stats.t.ppf(1 - alpha / 2, df)
    result["ci_low"], result["ci_high"] = difference - t * error, difference + t * error
    p = 2 * stats.t.sf(np.abs(difference / error), df)
    binary = result["only_a"].notna().to_numpy()
    only_a, only_b = (result[c].fillna(0).to_numpy(dtype=np.int64) for c in ("only_a", "only_b"))
    exact = np.where(binary, exact_p(only_a, only_b), np.nan)
    result["mcnemar_p"] = exact
    identical = result["identical"].to_numpy(dtype=np.bool_)
    result["p"] = np.where((se == 0) & ~identical, exact, p)
    result["mde"] = detectable_from_se(1.0, alpha) * error
    adjusted = adjust(result["p"].tolist(), alpha, correction).p
    result["p_holm"] = np.array([np.nan if x is None else x for x in adjusted], dtype=np.float64)
    result["p_equivalence"] = np.nan
    if margin is not None:
        above, below = stats.t.sf((difference + margin) / error, df), stats.t.cdf((difference - margin) / error, df)
        result["p_equivalence"] = np.maximum(above, below)
    result["verdict"] = np.select(
        [identical, result["p_holm"] < alpha, result["p_equivalence"] < alpha],
        ["identical", "different", "equivalent"],
        "not shown",
    )
    return result


def _order(level: object) -> tuple[int, float, str]:
    """Numbers in their order, then words in theirs."""
    return (0, float(level), "") if isinstance(level, int | float) else (1, 0.0, str(level))
