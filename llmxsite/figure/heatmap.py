"""Heatmap: one number for every combination of two columns. A cell that was not measured is hatched, never 0."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from llmxsite.figure import levels, words
from llmxsite.figure.classes import classes_of
from llmxsite.figure.draft import FEW, Draft, Samples
from llmxsite.figure.grid import Grid, draw, marks_of
from llmxsite.figure.metrics import Metric, metric
from llmxsite.figure.options import ChartProblem, Options
from llmxsite.figure.summary import (
    apart,
    key_column,
    key_columns,
    level_text,
    notes,
    records,
    summarise,
    value_columns,
)

ALL = "All"
MOST = 4000
"""Cells: beyond it, neither a person nor a browser is served."""


def make(samples: Samples, options: Options) -> Draft:
    """Rows are models and columns categories unless the options say otherwise."""
    samples = apart(samples)
    shown = metric(options.value)
    rows = key_column(samples, options.rows or "model", "rows")
    columns = key_column(samples, options.columns or _second(samples, rows), "columns")
    if rows == columns:
        raise ChartProblem("chart-value", f"rows and columns are both '{rows}'", option="columns")
    cells = summarise(samples, [rows, columns], options.alpha)
    margin = summarise(samples, [rows], options.alpha)
    by_row = dict(zip(margin[rows], margin[shown.name], strict=True))
    over = summarise(samples, [columns], options.alpha)
    by_column = dict(zip(over[columns], over[shown.name], strict=True))
    best_first = shown.better != "lower"
    row_order = levels.order(cells[rows], options.sort, by_row, descending=best_first)
    column_order = levels.order(cells[columns], options.sort, by_column, descending=best_first)
    if len(row_order) * len(column_order) > MOST:
        raise ChartProblem(
            "chart-too-large",
            f"{len(row_order)} rows by {len(column_order)} columns are more than {MOST} cells",
            hint="narrow it down with `where`, or choose other rows and columns",
        )
    full = pd.MultiIndex.from_product([row_order, column_order], names=[rows, columns]).to_frame(index=False)
    data = full.merge(cells, on=[rows, columns], how="left")
    for name in ("n", "answered", "unparsed", "truncated", "errors"):
        data[name] = data[name].fillna(0).astype("int64")
    total = options.total and shown.better != "neither" and len(column_order) > 1
    drawn = data.assign(_total=False)
    if total:
        every = margin.set_index(rows).loc[row_order].reset_index()
        every[columns] = ALL if ALL not in set(level_text(data[columns])) else f"{ALL} together"
        every["_total"] = True
        drawn = pd.concat([drawn, every], ignore_index=True)
    classes = classes_of(drawn[shown.name].to_numpy(dtype=np.float64), shown, options.domain)
    grid = Grid(rows, columns, shown, classes)
    marks = marks_of(drawn, grid, options.width)
    return Draft(
        keys=[rows, columns],
        data=data,
        columns=[*key_columns([rows, columns]), *value_columns(shown)],
        marks={"table": marks},
        draw=lambda layout: draw(layout, marks, grid),
        title=f"{shown.title} by {words.heading(rows).lower()} and {words.heading(columns).lower()}",
        caption=_caption(data, rows, columns, shown),
        alt=_alt(data, rows, columns, shown, row_order, column_order),
        notes=[*_notes(data, shown), *notes(margin)],
    )


def _second(samples: Samples, rows: str) -> str:
    """Columns where none are named: the first of these that varies."""
    for name in ("category", "suite", "difficulty", *samples.factors):
        if name != rows and name in samples.frame.columns and samples.frame[name].nunique() > 1:
            return name
    return "category" if samples.frame["category"].notna().any() else "suite"


def _known(data: pd.DataFrame, shown: Metric, *, enough: bool) -> pd.DataFrame:
    """Cells with a number, and with enough answers to be compared."""
    kept = data[data[shown.name].notna()]
    return kept[kept["answered"] >= FEW] if enough else kept


def _cell(row: dict[str, Any], rows: str, columns: str, shown: Metric) -> str:
    low, high = (row[end] for end in shown.interval) if shown.interval else (None, None)
    number = words.measured(row[shown.name], low, high, int(row["answered"]), shown.format)
    return f"{levels.named(rows, row[rows])} on {levels.named(columns, row[columns])}, {number}"


def _extremes(data: pd.DataFrame, rows: str, columns: str, shown: Metric) -> list[str]:
    known = records(_known(data, shown, enough=True))
    if not known:
        return [f"No cell rests on {FEW} answers or more, so none is named."]
    if len(known) == 1:
        return [f"The one cell with {FEW} answers or more: {_cell(known[0], rows, columns, shown)}."]
    top, bottom = (pick(known, key=lambda r: float(r[shown.name])) for pick in (max, min))
    if top[shown.name] == bottom[shown.name]:
        return [f"Every cell with at least {FEW} answers shows {words.show(top[shown.name], shown.format)}."]
    return [f"Highest: {_cell(top, rows, columns, shown)}.", f"Lowest: {_cell(bottom, rows, columns, shown)}."]


def _caption(data: pd.DataFrame, rows: str, columns: str, shown: Metric) -> list[str]:
    missing = int(data[shown.name].isna().sum())
    said = _extremes(data, rows, columns, shown)
    if missing:
        said.append(f"{missing} of {words.count(len(data), 'cell')} {'was' if missing == 1 else 'were'} not measured.")
    return said


def _alt(
    data: pd.DataFrame, rows: str, columns: str, shown: Metric, row_order: list[Any], column_order: list[Any]
) -> list[str]:
    known = data[shown.name].dropna()
    names = [words.clean(levels.text(v)) for v in row_order]
    return [
        (
            f"Heatmap of {shown.title.lower()}: {words.count(len(row_order), 'row')} ({words.heading(rows).lower()}: "
            f"{words.listed(names)}) by {words.count(len(column_order), 'column')} ({words.heading(columns).lower()})."
        ),
        (
            f"Values run from {words.show(known.min(), shown.format)} to {words.show(known.max(), shown.format)}"
            f"{words.unit(shown.format)}."
        ),
        *_caption(data, rows, columns, shown),
    ]


def _notes(data: pd.DataFrame, shown: Metric) -> list[str]:
    known = _known(data, shown, enough=False)
    few = int((known["answered"] < FEW).sum())
    if not few:
        return []
    cells = f"{words.count(few, 'cell')} of {len(data)} {'rests' if few == 1 else 'rest'}"
    return [f"{cells} on fewer than {FEW} answers; they are dashed and left out of highest and lowest."]
