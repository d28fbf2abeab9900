"""Heatmap: one number for every combination of two columns. A cell that was not measured is hatched, never 0."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

from llmxsite.figure import levels, words
from llmxsite.figure.classes import Classes, classes_of
from llmxsite.figure.draft import FEW, NARROW, Draft, Layout, Samples
from llmxsite.figure.heatmap_words import alt_text, caption, few_notes
from llmxsite.figure.marks import at, field_of, only, room, rule, stack, table
from llmxsite.figure.metrics import Metric, metric
from llmxsite.figure.options import ChartProblem, Options
from llmxsite.figure.summary import (
    apart,
    interval_text,
    key_column,
    key_columns,
    level_text,
    notes,
    summarise,
    value_columns,
)
from llmxsite.figure.vega import alt

ALL = "All"
LINES = "split(datum.label, '\\n')"
"""Axis labels with line breaks of ours in several lines."""
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
    marks = _marks(drawn, rows, columns, shown, classes, options.width)
    return Draft(
        keys=[rows, columns],
        data=data,
        columns=[*key_columns([rows, columns]), *value_columns(shown)],
        marks={"table": marks},
        draw=lambda layout: _draw(layout, marks, rows, columns, shown, classes),
        title=f"{shown.title} by {words.heading(rows).lower()} and {words.heading(columns).lower()}",
        caption=caption(data, rows, columns, shown),
        alt=alt_text(data, rows, columns, shown, row_order, column_order),
        notes=[*few_notes(data, shown), *notes(margin)],
    )


def _second(samples: Samples, rows: str) -> str:
    """Columns where none are named: the first of these that varies."""
    for name in ("category", "suite", "difficulty", *samples.factors):
        if name != rows and name in samples.frame.columns and samples.frame[name].nunique() > 1:
            return name
    return "category" if samples.frame["category"].notna().any() else "suite"


def _marks(drawn: pd.DataFrame, rows: str, columns: str, shown: Metric, classes: Classes, width: int) -> pd.DataFrame:
    """What is drawn: a row a cell, with its labels in both layouts."""
    value = drawn[shown.name].astype("float64")
    row, column = [levels.named(rows, v) for v in drawn[rows]], level_text(drawn[columns])
    flip = _flips(len(set(row)), len(set(column)))
    labels = {}
    for suffix, (across, down), (pixels, left) in (
        ("", (column, row), (width, 215)),
        ("_narrow", (row, column) if flip else (column, row), (NARROW, 118)),
    ):
        side = words.labels(down, left)
        cell = (pixels - 14 - max(words.width(t) for t in side.values())) / len(set(across))
        top = _top_labels(across, cell)
        labels[f"across{suffix}"] = [top[t] for t in across]
        labels[f"down{suffix}"] = [side[t] for t in down]
    missing = value.isna()
    total = drawn["_total"].to_numpy(dtype=bool)
    ink = ["inverse" if not math.isnan(v) and classes.inverse(v) else "ink" for v in value]
    return pd.DataFrame(
        {
            **labels,
            "row": row,
            "column": column,
            "total": total,
            "value": value * shown.factor,
            "shown": [words.show(v, shown.format) if not math.isnan(v) else "not measured" for v in value],
            "text": ["" if math.isnan(v) else words.brief(v, shown.format) for v in value],
            "interval": interval_text(drawn, shown),
            "answered": drawn["answered"],
            "ink": ink,
            "missing": missing,
            "few": [i if n < FEW and not m else "" for i, n, m in zip(ink, drawn["answered"], missing, strict=True)],
        }
    )


def _flips(rows: int, columns: int) -> bool:
    """Whether the narrow layout turns rows into columns: many columns do not fit beside their labels on a phone."""
    return columns > 7 and rows < columns


def _draw(
    layout: Layout, marks: pd.DataFrame, rows: str, columns: str, shown: Metric, classes: Classes
) -> dict[str, Any]:
    suffix = "_narrow" if layout.narrow else ""
    across, down = f"across{suffix}", f"down{suffix}"
    flip = layout.narrow and _flips(marks["row"].nunique(), marks["column"].nunique())
    top, side = list(marks[across].unique()), list(marks[down].unique())
    cell = (layout.width - 14 - max(words.width(t) for t in side)) / len(top)
    height = 22 if len(side) > 20 else 28
    angle = _angle(cell, max(_text_width(t) for t in top))
    overflow = max((_text_width(t) * 0.71 - (len(top) - i - 0.5) * cell for i, t in enumerate(top)), default=0)
    x = alt.X(
        f"{across}:N",
        title=None,
        scale=alt.Scale(domain=top, paddingInner=0, paddingOuter=0),
        axis=alt.Axis(
            orient="top",
            labelAngle=angle,
            labelColor="var(--ink)",
            labelOverlap=False,
            labelExpr=LINES,
            labelLineHeight=14,
            labelPadding=6 + 14 * max(t.count("\n") for t in top),
        ),
    )
    y = alt.Y(
        f"{down}:N",
        title=None,
        scale=alt.Scale(domain=side, paddingInner=0, paddingOuter=0),
        axis=alt.Axis(labelColor="var(--ink)", labelPadding=8, labelOverlap=False),
    )
    tooltip = [
        alt.Tooltip("row:N", title=words.heading(rows)),
        alt.Tooltip("column:N", title=words.heading(columns)),
        alt.Tooltip("shown:N", title=words.heading(shown.title)),
        *([alt.Tooltip("interval:N", title="Interval")] if shown.interval else []),
        alt.Tooltip("answered:Q", title="Answered", format=",d"),
    ]
    base = table().encode(x=x, y=y)
    colour = alt.Fill(
        "value:Q",
        scale=alt.Scale(
            type="threshold", domain=classes.edges, range=[f"var(--{classes.name}-{c + 1})" for c in classes.colours]
        ),
        legend=_legend(
            cell * len(top), shown, bool(marks["missing"].any()), bool((marks["few"] != "").any()), len(classes.colours)
        ),
    )
    layers: list[alt.Chart] = [
        only(base, "missing", False)
        .mark_rect(stroke="var(--paper)", strokeWidth=2)
        .encode(fill=colour, tooltip=tooltip)
    ]
    if marks["missing"].any():
        layers += _hatching(only(base, "missing", True), across, down, tooltip)
    for text in ("ink", "inverse"):
        if (marks["few"] == text).any():
            layers.append(
                only(base, "few", text).mark_rect(
                    fill=None,
                    stroke=f"var(--{text})",
                    strokeWidth=1,
                    strokeDash=[2, 2],
                    width=alt.RelativeBandSize(band=0.82),
                    height=alt.RelativeBandSize(band=0.76),
                )
            )
    if marks["total"].any():
        layers.append(_gap(base, flip))
    size = 12 if cell >= 26 else 11
    if cell >= 6 + max(words.width(t, size) for t in marks["text"]):
        layers += [
            only(base, "ink", text).mark_text(fontSize=size, color=f"var(--{text})").encode(text=alt.Text("text:N"))
            for text in ("ink", "inverse")
        ]
    padding = room(right=2 + (max(0, overflow) if angle == -45 else 0), bottom=10)
    return stack(layers, height * len(side), padding)


def _gap(base: alt.Chart, flip: bool) -> alt.Chart:
    """A line of paper that sets the total apart."""
    chart = only(base, "total", True)
    look = {"stroke": "var(--paper)", "strokeWidth": 7}
    x, y = base.encoding.x, base.encoding.y
    if flip:
        return rule(chart, look, y=at(y, 0), x=at(x, 0), x2=alt.X2(field_of(x), bandPosition=1))
    return rule(chart, look, x=at(x, 0), y=at(y, 0), y2=alt.Y2(field_of(y), bandPosition=1))


def _hatching(base: alt.Chart, across: str, down: str, tooltip: list[alt.Tooltip]) -> list[alt.Chart]:
    """A sunken cell with oblique lines, at fixed fractions of the cell."""
    x, y = base.encoding.x, base.encoding.y
    lines = [((0, f), (f, 0)) for f in (1 / 3, 2 / 3, 1)] + [((f, 1), (1, f)) for f in (1 / 3, 2 / 3)]
    return [
        base.mark_rect(fill="var(--sunken)", stroke="var(--paper)", strokeWidth=2).encode(tooltip=tooltip),
        *(
            base.mark_rule(stroke="var(--line-strong)", strokeWidth=0.75).encode(
                x=at(x, x1), x2=alt.X2(across, bandPosition=x2), y=at(y, y1), y2=alt.Y2(down, bandPosition=y2)
            )
            for (x1, y1), (x2, y2) in lines
        ),
    ]


def _legend(pixels: float, shown: Metric, missing: bool, few: bool, classes: int) -> alt.Legend | None:
    """The scale of colours, with what hatching and dashes mean as its title."""
    said = [shown.axis_title]
    if missing:
        said.append("hatched: not measured")
    if few:
        said.append(f"dashed: fewer than {FEW} answered")
    lines = words.wrap(" · ".join(said), pixels - 4, 12)
    return alt.Legend(
        title=lines if len(lines) > 1 else lines[0],
        orient="bottom",
        direction="horizontal",
        gradientLength=min(38 * classes, pixels - 20),
        gradientThickness=10,
        format=".0%" if shown.format == "percent" else ("+,.3~r" if shown.signed else ",.4~r"),
        offset=16,
        titlePadding=8,
        titleLimit=0,
        labelOffset=3,
        labelOverlap="greedy",
        labelSeparation=5,
        labelFontSize=11,
        labelColor="var(--muted)",
    )


def _top_labels(names: list[str], cell: float) -> dict[str, str]:
    """Labels above the columns: upright where they fit in two lines, else oblique and shortened."""
    upright = {name: words.folded(name, cell - 6) for name in dict.fromkeys(names)}
    if all(upright.values()) and len(set(upright.values())) == len(upright):
        # Vega sets the first line beside the plot and goes on downwards, so short labels start with empty lines.
        most = max(text.count("\n") for text in upright.values() if text)
        return {name: "\n" * (most - text.count("\n")) + text for name, text in upright.items() if text}
    return words.labels(names, 150 if cell >= 24 else 120)


def _text_width(label: str) -> float:
    return max(words.width(line) for line in label.split("\n"))


def _angle(cell: float, widest: float) -> float:
    if widest <= cell - 5:
        return 0
    return -45 if cell >= 24 else -90
