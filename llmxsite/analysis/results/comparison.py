"""Levels of one factor against each other, on the items they share."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

import numpy as np
import pandas as pd
from scipy.special import stdtr, stdtrit

from llmxsite.analysis.results.groups import Codes, Flags, Floats, Table, group, key_columns, number, scores, units
from llmxsite.analysis.stats.mcnemar import exact_p
from llmxsite.analysis.stats.multiple import Correction, adjust
from llmxsite.analysis.stats.paired import correlation
from llmxsite.analysis.stats.power import detectable_from_se

_ROUNDING = 1e-12
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
            if block.known[:, a].any() and block.known[:, b].any():
                rows.append([*key, factor, block.levels[a], block.levels[b], *_measure(block, a, b)])
    result = pd.DataFrame(rows, columns=[*keys, "factor", "a", "b", *_MEASURED])
    return _judged(result, alpha, correction, margin)[[*keys, *_COLUMNS]]


def paired(table: Table, factor: str, a: object, b: object) -> tuple[Floats, Codes] | None:
    """Level `a` minus level `b` on each item that both met, as `compare` pairs them, and each item's independent unit.

    None where no sample has either.
    """
    for _, block in _blocks(table, factor, [], [a, b]):
        x, y, both, _ = block.pairs(0, 1)
        return x - y, block.unit[both]
    return None


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

    @cached_property
    def known(self) -> Flags:
        """Where `values` has one."""
        return np.asarray(~np.isnan(self.values))

    @cached_property
    def items(self) -> Flags:
        """Which items (rows) each level (columns) has at all."""
        return np.stack([np.bincount(self.item[rows], minlength=len(self.unit)) > 0 for rows in self.known.T], axis=1)

    @cached_property
    def names(self) -> Flags:
        """The same without the hash of their content."""
        return np.stack([self.named(rows) for rows in self.items.T], axis=1)

    def named(self, items: Flags) -> Flags:
        """Which names some items have."""
        return np.bincount(self.name[items], minlength=len(self.unit)) > 0

    def pairs(self, a: int, b: int) -> tuple[Floats, Floats, Flags, bool]:
        """Values of the shared items at two levels, which items those are, and whether their conditions never agree."""
        left, right = self.known[:, a], self.known[:, b]
        both = self.items[:, a] & self.items[:, b]
        shared = left & right
        confounded = bool(both.any()) and not shared.any()
        if not confounded:
            left = right = shared
            both = np.bincount(self.item[shared], minlength=len(self.unit)) > 0
        return self._means(left, a)[both], self._means(right, b)[both], both, confounded

    def _means(self, rows: Flags, level: int) -> Floats:
        """The mean of each item over some conditions; NaN where it has none of them."""
        if len(self.values) == len(self.unit):
            return np.where(rows, self.values[:, level], np.nan)
        item = self.item[rows]
        with np.errstate(invalid="ignore"):
            sums = np.bincount(item, weights=self.values[rows, level], minlength=len(self.unit))
            return sums / np.bincount(item, minlength=len(self.unit))


def _blocks(
    table: Table, factor: str, keys: Sequence[str], levels: Sequence[object] | None
) -> Iterator[tuple[list[object], _Block]]:
    """The samples of each group of `keys` as a block, with the group's key."""
    frame = table.frame
    s = scores(frame)
    groups = group(table, keys)
    column = frame[factor]
    wanted = sorted(column.dropna().unique().tolist(), key=order) if levels is None else list(levels)
    level = np.asarray(pd.Index(wanted).get_indexer(pd.Index(column.astype(object))), dtype=np.int64)
    item, unit = units(frame)
    name, _ = number(frame, ["suite", "item"])
    others = dict.fromkeys(f for f in ["model", *table.factors] if f not in (factor, *keys) and f not in _REPEATING)
    condition, kinds = number(frame, list(others))

    keep = np.flatnonzero(s.scored & (level >= 0))
    keep = keep[np.argsort(groups.codes[keep], kind="stable")]
    bounds = np.searchsorted(groups.codes[keep], np.arange(groups.count + 1))
    for g, key in enumerate(groups.keys.itertuples(index=False, name=None)):
        rows = keep[bounds[g] : bounds[g + 1]]
        if not len(rows):
            continue
        _, first, local = np.unique(item[rows], return_index=True, return_inverse=True)
        cells, cell = np.unique(local * len(kinds) + condition[rows], return_inverse=True)
        slot = cell * len(wanted) + level[rows]
        n = np.bincount(slot, minlength=len(cells) * len(wanted))
        with np.errstate(invalid="ignore"):
            values = np.bincount(slot, weights=s.value[rows], minlength=len(n)) / n
        yield (
            list(key),
            _Block(
                levels=wanted,
                values=values.reshape(len(cells), len(wanted)),
                item=cells // len(kinds),
                unit=_renumbered(unit[rows[first]]),
                name=_renumbered(name[rows[first]]),
            ),
        )


def _measure(block: _Block, a: int, b: int) -> list[object]:
    """The `_MEASURED` of one pair of levels."""
    x, y, both, confounded = block.pairs(a, b)
    in_a, in_b = block.names[:, a], block.names[:, b]
    n, shared = len(x), block.named(block.items[:, a] & block.items[:, b])
    lost = int((in_a | in_b).sum() - block.named(both).sum())
    refused = int((in_a & in_b & ~shared).sum())
    if n == 0:
        nan = np.nan
        return [0, lost, refused, nan, nan, nan, nan, 0, pd.NA, pd.NA, nan, nan, confounded, False]
    d = x - y
    unit = block.unit[both]
    clusters = int(np.count_nonzero(np.bincount(unit)))
    se = np.nan
    if clusters > 1:
        sums = np.bincount(unit, weights=d - d.mean())
        # Means of repeats that are equal may differ by rounding, which is no variance.
        constant = float(np.ptp(d)) < _ROUNDING
        se = 0.0 if constant else float(np.sqrt(np.square(sums).sum() * clusters / (clusters - 1)) / n)
    binary = bool((((x == 0) | (x == 1)) & ((y == 0) | (y == 1))).all())
    r = correlation(x, y)
    return [
        *(n, lost, refused, float(x.mean()), float(y.mean()), float(d.mean()), se, clusters),
        *((int((d > 0).sum()), int((d < 0).sum())) if binary else (pd.NA, pd.NA)),
        *(np.nan if r is None else r, float(np.sqrt((x.var(ddof=1) + y.var(ddof=1)) / n)) if n > 1 else np.nan),
        *(confounded, float(np.abs(d).max()) < _ROUNDING),
    ]


def _renumbered(codes: Codes) -> Codes:
    """Codes as numbers from 0 without gaps."""
    return np.unique(codes, return_inverse=True)[1].astype(np.int64)


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
    t = stdtrit(df, 1 - alpha / 2)
    result["ci_low"], result["ci_high"] = difference - t * error, difference + t * error
    p = 2 * stdtr(df, -np.abs(difference / error))
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
        above, below = stdtr(df, -(difference + margin) / error), stdtr(df, (difference - margin) / error)
        result["p_equivalence"] = np.maximum(above, below)
    result["verdict"] = np.select(
        [identical, result["p_holm"] < alpha, result["p_equivalence"] < alpha],
        ["identical", "different", "equivalent"],
        "not shown",
    )
    return result


def order(level: object) -> tuple[int, float, str]:
    """Numbers in their order, then words in theirs."""
    return (0, float(level), "") if isinstance(level, int | float) else (1, 0.0, str(level))
