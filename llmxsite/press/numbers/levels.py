"""The levels of a column of samples, as a query in prose writes them: comparing, listing and suggesting them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from llmxsite.analysis.tables.samples import equals
from llmxsite.base.diagnostics import did_you_mean
from llmxsite.press.numbers.query import QueryError


def levels_of(column: pd.Series, *, missing: bool = False) -> list[str]:
    """The values of a column as a person writes them, sorted; `unknown` for a missing one where that counts."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        met = np.unique(column.cat.codes.to_numpy())
        known = column.cat.categories[met[met >= 0]].tolist()
        absent = bool((met < 0).any())
    else:
        codes, found = pd.factorize(column)
        known, absent = found.tolist(), bool((codes < 0).any())
    values = sorted(known, key=lambda v: (isinstance(v, str), v))
    words = [f"{v:g}" if isinstance(v, float) else str(v) for v in values]
    return [*words, "unknown"] if missing and absent else words


def level_of(column: pd.Series, value: str, offset: int) -> object:
    """The level of a factor that is written `value`."""
    found = column[equals(column, [value])]
    if found.empty:
        raise QueryError(f"no sample has {value} there", offset, did_you_mean(value, levels_of(column)))
    level: object = found.iloc[0]
    return level


def nearest(name: str, known: list[str], frame: pd.DataFrame) -> str | None:
    """The nearest column, or, where the word is a value, the column that has it."""
    hint = did_you_mean(name, known)
    return hint if hint and hint.startswith("did") else "columns: " + ", ".join(_useful(known, frame))


def _useful(known: list[str], frame: pd.DataFrame) -> list[str]:
    return [c for c in known if c in frame.columns and 0 < frame[c].nunique() <= 50][:30]
