"""A table of any kind in the terminal.

What a row is about, its n and the numbers that have an interval are never left out, at any width; what is the same in every row
stands above, what was never measured is not there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from llmxsite.analysis.measure import Measure
from llmxsite.analysis.results import shown
from llmxsite.analysis.results.tables import Row, TableKind, rows

if TYPE_CHECKING:
    import pandas as pd


def print_table(kind: TableKind, frame: pd.DataFrame, *, wide: bool, kept: Sequence[str] = ()) -> None:
    """Print a table. `kept`: measures that were asked for, and stay beside those the table is for."""
    from llmxsite.cli.columns import TerminalColumn, aligned, print_columns

    found, names = rows(frame), [str(name) for name in frame.columns]
    keys = shown.keys(kind, frame)
    same = [key for key in keys if len(found) > 1 and len({str(row[key]) for row in found}) == 1]
    columns = [
        TerminalColumn(key, [shown.text(row[key]) for row in found], "key", right=_numbers(found, key))
        for key in keys
        if key not in same
    ]
    for measure in shown.measures(kind, frame, kept):
        cells, spanned = [shown.cell(row, measure) for row in found], shown.spanned(measure, names)
        columns.append(
            TerminalColumn(
                _head(measure),
                aligned(cells) if spanned else cells,
                shown.role(kind, measure, kept),
                right=measure.form != "text" and not spanned,
            )
        )
    print_columns(columns, title=", ".join(f"{key} {shown.text(found[0][key])}" for key in same), wide=wide)


def _head(measure: Measure) -> str:
    """As it stands within a line, like the names of columns beside it."""
    head = "n" if measure.name == "n" else shown.head(measure)
    return head if head[1:2].isupper() else head[:1].lower() + head[1:]


def _numbers(found: Sequence[Row], key: str) -> bool:
    return all(isinstance(row[key], int | float | None) for row in found)
