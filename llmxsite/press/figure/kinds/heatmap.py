"""Heatmap: one number for every combination of two columns. A cell that was not measured is hatched, never 0."""

from __future__ import annotations

import numpy as np
import pandas as pd

from llmxsite.press.figure import levels, words
from llmxsite.press.figure.classes import classes_of
from llmxsite.press.figure.draft import Draft, Samples
from llmxsite.press.figure.grid import Grid, draw, marks_of
from llmxsite.press.figure.kinds.heatmap_words import alt_text, caption, few_notes
from llmxsite.press.figure.metrics import metric
from llmxsite.press.figure.options import ChartProblem, Options
from llmxsite.press.figure.summary import (
    apart,
    key_column,
    key_columns,
    level_text,
    notes,
    order_of,
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
    cells = summarise(samples, [rows, columns], options.alpha, shown)
    margin = summarise(samples, [rows], options.alpha, shown)
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
    order = order_of(samples, [rows, columns], shown)
    said = caption(data, rows, columns, shown, order)
    return Draft(
        keys=[rows, columns],
        data=data,
        columns=[*key_columns([rows, columns]), *value_columns(shown)],
        marks={"table": marks},
        draw=lambda layout: draw(layout, marks, grid),
        title=f"{shown.title} by {words.heading(rows).lower()} and {words.heading(columns).lower()}",
        caption=said,
        alt=alt_text(data, rows, columns, shown, row_order, column_order, said),
        notes=[*few_notes(data, shown), *notes(margin)],
        order=order,
    )


def _second(samples: Samples, rows: str) -> str:
    """Columns where none are named: the first of these that varies."""
    for name in ("category", "suite", "difficulty", *samples.factors):
        if name != rows and name in samples.frame.columns and samples.frame[name].nunique() > 1:
            return name
    return "category" if samples.frame["category"].notna().any() else "suite"
