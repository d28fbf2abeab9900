"""What a heatmap says in words: its caption, its text for those who do not see it, and its notes."""

from __future__ import annotations

from typing import Any

from llmxsite.analysis import results
from llmxsite.base.diagnostics import several
from llmxsite.press.figure import levels, words
from llmxsite.press.figure.draft import FEW
from llmxsite.press.figure.late import pd
from llmxsite.press.figure.metrics import Metric
from llmxsite.press.figure.summary import extremes, records


def _known(data: pd.DataFrame, shown: Metric, *, enough: bool) -> pd.DataFrame:
    """Cells with a number, and with enough answers to be compared."""
    kept = data[data[shown.name].notna()]
    return kept[kept["answered"] >= FEW] if enough else kept


def _cell(row: dict[str, Any], rows: str, columns: str, shown: Metric) -> str:
    low, high = (row[end] for end in shown.interval) if shown.interval else (None, None)
    number = words.measured(row[shown.name], low, high, int(row["answered"]), shown.form)
    return f"{levels.named(rows, row[rows])} on {levels.named(columns, row[columns])}, {number}"


def _extremes(data: pd.DataFrame, rows: str, columns: str, shown: Metric, order: results.Order | None) -> list[str]:
    known = records(_known(data, shown, enough=True))
    if not known:
        return [f"No cell rests on {FEW} answers or more, so none is named."]
    if len(known) == 1:
        return [f"The one cell with {FEW} answers or more: {_cell(known[0], rows, columns, shown)}."]
    top, bottom = (pick(known, key=lambda r: float(r[shown.name])) for pick in (max, min))
    if top[shown.name] == bottom[shown.name]:
        return [f"Every cell with at least {FEW} answers shows {words.show(top[shown.name], shown.form)}."]
    ends = extremes(known, shown, order)
    return words.extremes(*(None if cell is None else _cell(cell, rows, columns, shown) for cell in ends))


def caption(
    data: pd.DataFrame, rows: str, columns: str, shown: Metric, order: results.Order | None = None
) -> list[str]:
    """Sentences under the heatmap: its cells, and the highest and the lowest, where every rule of reading in `order` agrees."""
    missing = int(data[shown.name].isna().sum())
    said = _extremes(data, rows, columns, shown, order)
    if missing:
        said.append(f"{missing} of {several(len(data), 'cell')} {'was' if missing == 1 else 'were'} not measured.")
    return said


def alt_text(
    data: pd.DataFrame,
    rows: str,
    columns: str,
    shown: Metric,
    row_order: list[Any],
    column_order: list[Any],
    said: list[str],
) -> list[str]:
    """Sentences for those who do not see it: its size, its axes in their order, and what its caption says."""
    known = data[shown.name].dropna()
    names = [words.clean(levels.text(v)) for v in row_order]
    return [
        (
            f"Heatmap of {shown.title.lower()}: {several(len(row_order), 'row')} ({words.heading(rows).lower()}: "
            f"{words.listed(names)}) by {several(len(column_order), 'column')} ({words.heading(columns).lower()})."
        ),
        (
            f"Values run from {words.show(known.min(), shown.form)} to {words.show(known.max(), shown.form)}"
            f"{words.unit(shown.form)}."
        ),
        *said,
    ]


def few_notes(data: pd.DataFrame, shown: Metric) -> list[str]:
    """What to know of cells that rest on few answers."""
    known = _known(data, shown, enough=False)
    few = int((known["answered"] < FEW).sum())
    if not few:
        return []
    cells = f"{several(few, 'cell')} of {len(data)} {'rests' if few == 1 else 'rest'}"
    return [f"{cells} on fewer than {FEW} answers; they are dashed and left out of highest and lowest."]
