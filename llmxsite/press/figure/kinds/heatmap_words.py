"""What a heatmap says in words: its caption, its text for those who do not see it, and its notes."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from llmxsite.analysis import results
from llmxsite.base.diagnostics import several
from llmxsite.press.figure import levels, naming, ranking, words
from llmxsite.press.figure.draft import FEW
from llmxsite.press.figure.late import pd
from llmxsite.press.figure.metrics import Metric
from llmxsite.press.figure.summary import records


def _cell(rows: str, columns: str, row: Mapping[str, Any]) -> str:
    return f"{levels.named(rows, row[rows])} on {levels.named(columns, row[columns])}"


def caption(
    data: pd.DataFrame, rows: str, columns: str, shown: Metric, order: results.Order | None = None
) -> list[str]:
    """Sentences under the heatmap: its cells, and the highest and the lowest, where every rule of reading in `order` agrees."""
    known = data[data[shown.name].notna()]
    said = ranking.sentences(records(known), shown, partial(_cell, rows, columns), order, "cell")
    missing = len(data) - len(known)
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
    listed = words.listed([levels.label(rows, v) for v in row_order])
    return [
        (
            f"Heatmap of {shown.title.lower()}: {several(len(row_order), 'row')} ({naming.noun(rows)}: "
            f"{listed}) by {several(len(column_order), 'column')} ({naming.noun(columns)})."
        ),
        *_reach(data[data["answered"] >= FEW][shown.name].dropna(), shown),
        *said,
    ]


def _reach(known: pd.Series, shown: Metric) -> list[str]:
    """From where to where the numbers run that rest on enough answers."""
    if known.empty:
        return []
    ends = f"{words.show(known.min(), shown.form)} to {words.show(known.max(), shown.form)}"
    return [f"Values run from {ends}{words.unit(shown.form)}."]


def few_notes(data: pd.DataFrame, shown: Metric) -> list[str]:
    """What to know of cells that rest on few answers."""
    known = data[data[shown.name].notna()]
    few = int((known["answered"] < FEW).sum())
    if not few:
        return []
    cells = f"{several(few, 'cell')} of {len(data)} {'rests' if few == 1 else 'rest'}"
    return [f"{cells} on fewer than {FEW} answers; they are dashed and left out of highest and lowest."]
