"""Which columns of a table a person sees, and each number in its cell, with its interval: the same in a terminal and in a notebook."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

from llmxsite.analysis.measure import MISSING, Measure, ends, show
from llmxsite.analysis.results.kind import Row, TableKind

if TYPE_CHECKING:
    import pandas as pd


def keys(kind: TableKind, frame: pd.DataFrame) -> list[str]:
    """The columns that say what a row is about: those before the first of the table's measures."""
    names = [str(name) for name in frame.columns]
    known = {measure.name for measure in kind.measures}
    return names[: next((i for i, name in enumerate(names) if name in known), len(names))]


def measures(kind: TableKind, frame: pd.DataFrame, kept: Sequence[str] = ()) -> list[Measure]:
    """The measures shown, what a row is about first, then those with an interval that the table is for.

    `kept` were asked for. Left out is what was never measured, and an end of an interval that is written beside its number.
    """
    names = [str(name) for name in frame.columns]
    wanted = [*kind.shown, *(name for name in (*kept, *kind.more) if name not in kind.shown)]
    beside = {end for m in kind.measures if m.name in wanted for end in m.interval or ()}
    found = [
        measure
        for measure in kind.heads([name for name in dict.fromkeys(wanted) if name in names and name not in beside])
        if frame[measure.name].notna().any()
    ]
    return sorted(found, key=lambda m: (role(kind, m, kept) != "key", not (m.name in kind.shown and spanned(m, names))))


def role(kind: TableKind, measure: Measure, kept: Sequence[str] = ()) -> Literal["key", "kept", "more"]:
    """`key`: says which row it is. `kept`: n, and the numbers with an interval that the table is for. `more`: all else."""
    numbers = [m.form != "text" for m in kind.measures]
    if measure.form == "text" and measure in kind.measures[: numbers.index(True)]:
        return "key"
    first = next((name for name in kind.shown if kind.described(name).form == "count"), "n")
    interval = measure.interval is not None and not measure.resampled
    return "kept" if measure.name in ("n", first, *kept) or (interval and measure.name in kind.shown) else "more"


def spanned(measure: Measure, names: Sequence[str]) -> bool:
    """Whether its interval is in the table, to stand beside it."""
    return measure.interval is not None and measure.interval[0] in names


def cell(row: Row, measure: Measure) -> str:
    """`62.0% [55.1, 68.7]`; a number without its interval where none was made for it."""
    value = row[measure.name]
    if measure.form == "text" or value is None:
        return text(value)
    written = show(value, measure.form, digits=measure.digits, sign=measure.sign)
    low, high = (row.get(end) for end in measure.interval or ("", ""))
    span = ends(low, high, measure.form, measure.digits)
    return f"{written} {span}" if span else written


def head(measure: Measure) -> str:
    """The title of a column, with the unit where the numbers do not show it."""
    unit = measure.unit if measure.form in ("points", "milliseconds") else None
    return f"{measure.heading}, {unit}" if unit and unit not in measure.heading else measure.heading


def text(value: Any) -> str:
    """What is no number, as it is read: `yes`, `–` for what is missing."""
    if value is None:
        return MISSING
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)
