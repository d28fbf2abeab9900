"""Rows of a samples table as numbered groups and arrays of scores: what the summaries are computed on.

Grouping is by numbers, not by a loop over groups: 350,000 samples in hundreds of groups take a fraction of a second.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd

from llmxsite.base.diagnostics import did_you_mean

Codes = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

ITEM = ["suite", "item", "item_hash"]
"""What makes two samples the same question: an edited item is another item."""
LEADING = [
    *("experiment", "run", "task", "contributor", "suite", "suite_hash", "model", "digest", "engine", "server"),
    *("quantization", "hardware", "os", "category"),
]
"""Order of the key columns; factors follow, then any other column asked for."""


class Table(Protocol):
    """What is needed of `llmxsite.analysis.tables.Samples`: one row a sample, and which columns are factors."""

    @property
    def frame(self) -> pd.DataFrame: ...

    @property
    def factors(self) -> Sequence[str]: ...


@dataclass(frozen=True)
class Subset:
    """Some rows of a samples table."""

    frame: pd.DataFrame
    factors: Sequence[str]


@dataclass(frozen=True)
class Groups:
    """Which group each row is in, and the key columns of each group, sorted."""

    codes: Codes
    keys: pd.DataFrame

    @property
    def count(self) -> int:
        return len(self.keys)

    def sum(self, values: npt.NDArray[np.generic]) -> Floats:
        """Sum of `values`, one a row, in each group; NaN counts as 0."""
        weights = np.nan_to_num(values.astype(np.float64), nan=0.0)
        return np.bincount(self.codes, weights=weights, minlength=self.count).astype(np.float64)

    def where(self, rows: Flags) -> Groups:
        """The same groups over some of the rows."""
        return Groups(self.codes[rows], self.keys)


@dataclass(frozen=True)
class Scores:
    """Arrays over the rows of a frame."""

    answered: Flags
    """Whether there is an answer to judge: the outcome is not an error of machine or network."""
    value: Floats
    """0 to 1; NaN for an error and for what no scorer judged."""
    unparsed: Flags
    truncated: Flags

    @property
    def scored(self) -> Flags:
        return ~np.isnan(self.value)


def group(table: Table, by: Sequence[str]) -> Groups:
    """Number the rows by the columns of `by`. KeyError, with the nearest known column, for an unknown one."""
    frame, columns = table.frame, key_columns(table, by)
    if not columns:
        return Groups(np.zeros(len(frame), dtype=np.int64), pd.DataFrame(index=range(min(1, len(frame)))))
    codes, first = number(frame, columns)
    return Groups(codes, frame[columns].iloc[first].reset_index(drop=True))


def key_columns(table: Table, by: Sequence[str]) -> list[str]:
    """The columns of `by`, once each, in the order the tables show them."""
    unknown = next((column for column in by if column not in table.frame.columns), None)
    if unknown is not None:
        hint = did_you_mean(unknown, (str(c) for c in table.frame.columns))
        raise KeyError(f"no column '{unknown}' in the samples" + (f"; {hint}" if hint else ""))
    order = {name: i for i, name in enumerate([*LEADING, *table.factors])}
    return sorted(dict.fromkeys(by), key=lambda c: order.get(c, len(order)))


def number(frame: pd.DataFrame, columns: Sequence[str]) -> tuple[Codes, npt.NDArray[np.intp]]:
    """A number for each row's combination of values, in sorted order, and the first row of each; missing sorts last."""
    total = np.zeros(len(frame), dtype=np.int64)
    for column in columns:
        codes, size = _column_codes(frame[column])
        total = total * size + codes
        if size * (int(total.max(initial=0)) + 1) > 2**52:
            total = np.unique(total, return_inverse=True)[1].astype(np.int64)
    _, first, inverse = np.unique(total, return_index=True, return_inverse=True)
    return inverse.astype(np.int64), first


def settings(table: Table) -> list[str]:
    """The columns in which samples were not all asked alike: factors with several levels, versions of a suite, engines.

    Not the seed, which only repeats a request, nor how many were under way at once where that is a part of the regime.
    """
    frame = table.frame
    names = [name for name in table.factors if name != "seed" and frame[name].nunique(dropna=False) > 1]
    if "regime" in names:
        names = [name for name in names if name != "concurrency"]
    versions = frame.groupby("suite", observed=True)["suite_hash"].nunique(dropna=False)
    several = ["suite_hash"] if len(versions) and versions.max() > 1 else []
    return [*names, *several, *(["engine"] if frame["engine"].nunique(dropna=False) > 1 else [])]


def units(frame: pd.DataFrame) -> tuple[Codes, Codes]:
    """For each row its item, and its independent unit: the declared cluster of the item, or else the item itself."""
    items, _ = number(frame, ITEM)
    declared = frame["cluster"].notna().to_numpy()
    if not declared.any():
        return items, items
    clusters, _ = number(frame, ["suite", "cluster"])
    return items, np.where(declared, clusters, items + int(clusters.max()) + 1)


def answered(frame: pd.DataFrame) -> Flags:
    """The samples that machine and network did not fail."""
    return np.asarray(~_equal(frame["outcome"], ("error",))[0])


def scores(frame: pd.DataFrame) -> Scores:
    """Who answered, and how well.

    An unparsed or truncated answer without a score is wrong where its run is scored at all; where nothing of a run is
    scored (it compares outputs, say) a score stays missing.
    """
    error, failure, truncated = _equal(frame["outcome"], ("error", "failure", "truncated"))
    answered = ~error
    unparsed = answered & ~frame["parsed"].astype("boolean").to_numpy(dtype=np.bool_, na_value=True)
    value = frame["correct"].to_numpy(dtype=np.float64, na_value=np.nan).copy()
    value[~answered] = np.nan
    blank = answered & np.isnan(value) & (unparsed | failure | truncated)
    if blank.any():
        runs, first = number(frame, ["experiment", "run"])
        judged = np.bincount(runs, weights=unparsed | ~np.isnan(value), minlength=len(first)) > 0
        value[blank & judged[runs]] = 0.0
    return Scores(answered, value, unparsed, truncated)


def floats(frame: pd.DataFrame, column: str) -> Floats:
    """A column as floats; NaN for what is missing, and for words, which a factor of an imported log may have anywhere."""
    values = frame[column]
    if not pd.api.types.is_numeric_dtype(values):
        values = pd.to_numeric(values.astype(object), errors="coerce")
    return values.to_numpy(dtype=np.float64, na_value=np.nan)


def _equal(column: pd.Series[Any], values: Sequence[str]) -> list[Flags]:
    """For each of `values`, which rows have it."""
    if not isinstance(column.dtype, pd.CategoricalDtype):
        return [(column == value).to_numpy(dtype=np.bool_) for value in values]
    codes, known = column.cat.codes.to_numpy(), list(column.cat.categories)
    return [codes == known.index(value) if value in known else np.zeros(len(codes), np.bool_) for value in values]


def _column_codes(column: pd.Series[Any]) -> tuple[Codes, int]:
    if isinstance(column.dtype, pd.CategoricalDtype):
        codes, size = column.cat.codes.to_numpy().astype(np.int64), len(column.cat.categories)
    else:
        found, uniques = pd.factorize(column, sort=True)
        codes, size = found.astype(np.int64), len(uniques)
    return np.where(codes < 0, size, codes), size + 1
