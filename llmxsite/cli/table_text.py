"""A table of any kind in the terminal: the columns a person sees, and how.

What a row is about, its n and the numbers that have an interval are never left out, at any width; what is the same in every row
stands above, what was never measured is not there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

from llmxsite.analysis.measure import MISSING, Measure, ends, show
from llmxsite.analysis.results.tables import Row, TableKind, rows

if TYPE_CHECKING:
    import pandas as pd


def print_table(kind: TableKind, frame: pd.DataFrame, *, wide: bool, kept: Sequence[str] = ()) -> None:
    """Print a table. `kept`: measures that were asked for, and stay beside those the table is for."""
    from llmxsite.cli.columns import Column, aligned, print_columns

    found = rows(frame)
    names = [str(name) for name in frame.columns]
    known = {measure.name for measure in kind.measures}
    keys = names[: next((i for i, name in enumerate(names) if name in known), len(names))]
    same = [key for key in keys if len(found) > 1 and len({str(row[key]) for row in found}) == 1]
    columns = [
        Column(key, [_text(row[key]) for row in found], "key", right=_numbers(found, key))
        for key in keys
        if key not in same
    ]
    shown = [*kind.shown, *(name for name in (*kept, *kind.more) if name not in kind.shown)]
    roles = {m: _role(m, kind, kept, names) for m in kind.heads([n for n in dict.fromkeys(shown) if n in names])}
    for measure in sorted(roles, key=lambda m: (roles[m] != "key", roles[m] != "kept" or not _spanned(m, names))):
        if _beside(measure, kind) or all(row[measure.name] is None for row in found):
            continue
        cells = [cell(row, measure) for row in found]
        spanned = _spanned(measure, names)
        columns.append(
            Column(
                _head(measure),
                aligned(cells) if spanned else cells,
                roles[measure],
                right=measure.form != "text" and not spanned,
            )
        )
    print_columns(columns, title=", ".join(f"{key} {_text(found[0][key])}" for key in same), wide=wide)


def cell(row: Row, measure: Measure) -> str:
    """`62.0% [55.1, 68.7]`; a number without its interval where none was made for it."""
    value = row[measure.name]
    if measure.form == "text" or value is None:
        return _text(value)
    text = show(value, measure.form, digits=measure.digits, sign=measure.sign)
    low, high = (row.get(end) for end in measure.interval or ("", ""))
    span = ends(low, high, measure.form, measure.digits)
    return f"{text} {span}" if span else text


def _head(measure: Measure) -> str:
    """As it stands within a line, like the names of columns beside it, and with the unit where the numbers do not show it."""
    unit = measure.unit if measure.form in ("points", "milliseconds") else None
    head = "n" if measure.name == "n" else measure.heading
    head = head if head[1:2].isupper() else head[:1].lower() + head[1:]
    return f"{head}, {unit}" if unit and unit not in head else head


def _beside(measure: Measure, kind: TableKind) -> bool:
    """Whether it is an end of another number's interval, and written beside that."""
    return any(measure.name in (m.interval or ()) and m.name in kind.shown for m in kind.measures)


def _spanned(measure: Measure, names: Sequence[str]) -> bool:
    """Whether its interval is in the table, to stand beside it."""
    return measure.interval is not None and measure.interval[0] in names


def _role(
    measure: Measure, kind: TableKind, kept: Sequence[str], names: Sequence[str]
) -> Literal["key", "kept", "more"]:
    numbers = [m.form != "text" for m in kind.measures]
    if measure.form == "text" and measure in kind.measures[: numbers.index(True)]:
        return "key"
    first = next((name for name in kind.shown if kind.described(name).form == "count"), "n")
    if measure.name in ("n", first, *kept) or (_spanned(measure, names) and measure.name in kind.shown):
        return "kept"
    return "more"


def _text(value: Any) -> str:
    if value is None:
        return MISSING
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


def _numbers(found: Sequence[Row], key: str) -> bool:
    return all(isinstance(row[key], int | float | None) for row in found)
