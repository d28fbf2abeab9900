"""Heatmap: one number for every combination of two columns. A cell that was not measured is hatched, never 0."""

from __future__ import annotations

from typing import Any, Literal

from llmxsite.press.figure import levels, naming, ranking
from llmxsite.press.figure.classes import classes_of
from llmxsite.press.figure.draft import Draft, Samples
from llmxsite.press.figure.grid import Grid, draw, drawing
from llmxsite.press.figure.kinds.heatmap_words import alt_text, caption, few_notes
from llmxsite.press.figure.late import np, pd
from llmxsite.press.figure.metrics import Metric, metric
from llmxsite.press.figure.options import Alpha, Chance, ChartProblem, Domain, Kind, Name, Options, Value
from llmxsite.press.figure.seriation import alike
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


class Heatmap(Options):
    """Options of `heatmap`."""

    rows: Name | None = None
    """Column whose values are the rows."""
    columns: Name | None = None
    """Column whose values are the columns."""
    value: Value = "accuracy"
    sort: Literal["value", "name", "given", "alike"] | None = None
    """Order: by value, by name, as first met in the logs, or so that rows and columns with like numbers are neighbours."""
    chance: Chance = None
    """Accuracy of guessing, 0 to 1: the colours part there, below from above."""
    total: bool = True
    """Whether there is a column for all columns together."""
    domain: Domain = None
    alpha: Alpha = 0.05


def make(samples: Samples, options: Heatmap) -> Draft:
    """Rows are models and columns categories unless the options say otherwise."""
    samples = apart(samples)
    shown = metric(options.value)
    rows = key_column(samples, options.rows or "model", "rows")
    columns = key_column(samples, options.columns or _second(samples, rows), "columns")
    if rows == columns:
        raise ChartProblem("chart-value", f"rows and columns are both '{rows}'", option="columns")
    cells = summarise(samples, [rows, columns], options.alpha, shown)
    margin = summarise(samples, [rows], options.alpha, shown)
    over = summarise(samples, [columns], options.alpha)
    row_order, column_order = _orders(cells, margin, over, rows, columns, shown, options)
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
    chance = options.chance if shown.bounded and options.domain is None else None
    classes = classes_of(drawn[shown.name].to_numpy(dtype=np.float64), shown, options.domain, chance)
    made = drawing(drawn, Grid(rows, columns, shown, classes, chance=chance), options.width)
    order = order_of(samples, [rows, columns], shown)
    said = caption(data, rows, columns, shown, order)
    return Draft(
        keys=[rows, columns],
        data=data,
        columns=[*key_columns([rows, columns]), *value_columns(shown)],
        marks=made.marks,
        draw=lambda layout: draw(layout, made),
        title=f"{shown.title} by {naming.noun(rows)} and {naming.noun(columns)}",
        caption=said,
        alt=alt_text(data, rows, columns, shown, row_order, column_order, said),
        notes=[*few_notes(data, shown), *notes(margin)],
        order=order,
    )


KIND = Kind(
    name="heatmap",
    summary="One number for every combination of two columns, such as accuracy by model and category.",
    options=Heatmap,
    make=make,
)


def _orders(
    cells: pd.DataFrame,
    margin: pd.DataFrame,
    over: pd.DataFrame,
    rows: str,
    columns: str,
    shown: Metric,
    options: Heatmap,
) -> tuple[list[Any], list[Any]]:
    """Rows and columns in the order in which they stand. Those with an order of their own keep it where likes are neighbours."""
    sort, best_first = None if options.sort == "alike" else options.sort, shown.better != "lower"
    row_order = levels.order(cells[rows], sort, ranking.values(margin, rows, shown), descending=best_first)
    column_order = levels.order(cells[columns], sort, ranking.values(over, columns, shown), descending=best_first)
    if options.sort == "alike":
        wide = cells.pivot(index=rows, columns=columns, values=shown.name)
        numbers = wide.loc[row_order, column_order].to_numpy(dtype=np.float64)
        if levels.ordinal(row_order) is None:
            row_order = [row_order[i] for i in alike(numbers)]
        if levels.ordinal(column_order) is None:
            column_order = [column_order[i] for i in alike(numbers.T)]
    return row_order, column_order


def _second(samples: Samples, rows: str) -> str:
    """Columns where none are named: the first of these that varies."""
    for name in ("category", "suite", "difficulty", *samples.factors):
        if name != rows and name in samples.frame.columns and samples.frame[name].nunique() > 1:
            return name
    return "category" if samples.frame["category"].notna().any() else "suite"
