"""A grid of coloured cells, as heatmaps and the determinism matrix draw it. A cell that was not measured is hatched, never 0."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from llmxsite.press.figure import levels, words
from llmxsite.press.figure.classes import Classes
from llmxsite.press.figure.draft import BEHIND, FEW, NARROW, Layout
from llmxsite.press.figure.late import alt, pd
from llmxsite.press.figure.marks import at, field_of, only, room, rule, stack, table
from llmxsite.press.figure.metrics import Metric
from llmxsite.press.figure.summary import behind, interval_text, level_text

LINES = "split(datum.label, '\\n')"
"""Axis labels with line breaks of ours in several lines."""


@dataclass(frozen=True)
class Grid:
    """What a grid shows."""

    rows: str
    """Column of the cells whose values are the rows."""
    columns: str
    shown: Metric
    classes: Classes
    counted: str = "Answered"
    """What the n of a cell counts."""
    more: tuple[tuple[str, str], ...] = ()
    """Further columns of text on hover, with their titles."""
    sampled: bool = True
    """Whether rows and columns are columns of the samples, so that a cell can lead to those it counts."""


def marks_of(drawn: pd.DataFrame, grid: Grid, width: int) -> pd.DataFrame:
    """What is drawn: a row a cell, with its labels in both layouts. `drawn` has the grid's columns, `answered`, and `_total`."""
    shown, classes = grid.shown, grid.classes
    value = drawn[shown.name].astype("float64")
    row, column = [levels.named(grid.rows, v) for v in drawn[grid.rows]], level_text(drawn[grid.columns])
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
    cells = behind(drawn, [grid.rows, grid.columns]) if grid.sampled else []
    rows = behind(drawn, [grid.rows]) if grid.sampled else []
    counted = [None if m else r if t else c for c, r, t, m in zip(cells, rows, total, missing, strict=False)]
    ink = ["inverse" if not math.isnan(v) and classes.inverse(v) else "ink" for v in value]
    return pd.DataFrame(
        {
            **labels,
            "row": row,
            "column": column,
            "total": total,
            "value": value * shown.factor,
            "shown": [words.show(v, shown.form) if not math.isnan(v) else "not measured" for v in value],
            "text": ["" if math.isnan(v) else words.brief(v, shown.form) for v in value],
            "interval": interval_text(drawn, shown),
            "answered": drawn["answered"],
            **({BEHIND: counted} if grid.sampled else {}),
            "ink": ink,
            "missing": missing,
            **{name: drawn[name] for name, _ in grid.more},
            "few": [i if n < FEW and not m else "" for i, n, m in zip(ink, drawn["answered"], missing, strict=True)],
        }
    )


def _flips(rows: int, columns: int) -> bool:
    """Whether the narrow layout turns rows into columns: many columns do not fit beside their labels on a phone."""
    return columns > 7 and rows < columns


def draw(layout: Layout, marks: pd.DataFrame, grid: Grid) -> dict[str, Any]:
    """The layers of the grid: cells, hatching where nothing was measured, dashes where little was, numbers where they fit."""
    shown, classes = grid.shown, grid.classes
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
        alt.Tooltip("row:N", title=words.heading(grid.rows)),
        alt.Tooltip("column:N", title=words.heading(grid.columns)),
        alt.Tooltip("shown:N", title=words.heading(shown.title)),
        *([alt.Tooltip("interval:N", title="Interval")] if shown.interval else []),
        alt.Tooltip("answered:Q", title=grid.counted, format=",d"),
        *(alt.Tooltip(f"{name}:N", title=title) for name, title in grid.more),
    ]
    base = table().encode(x=x, y=y)
    colour = alt.Fill(
        "value:Q",
        scale=alt.Scale(
            type="threshold", domain=classes.edges, range=[f"var(--{classes.name}-{c + 1})" for c in classes.colours]
        ),
        legend=_legend(cell * len(top), grid, bool(marks["missing"].any()), bool((marks["few"] != "").any())),
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


def _legend(pixels: float, grid: Grid, missing: bool, few: bool) -> alt.Legend | None:
    """The scale of colours, with what hatching and dashes mean as its title."""
    shown, classes = grid.shown, len(grid.classes.colours)
    said = [shown.axis_title]
    if missing:
        said.append("hatched: not measured")
    if few:
        said.append(f"dashed: fewer than {FEW} {grid.counted.lower()}")
    lines = words.wrap(" · ".join(said), pixels - 4, 12)
    return alt.Legend(
        title=lines if len(lines) > 1 else lines[0],
        orient="bottom",
        direction="horizontal",
        gradientLength=min(38 * classes, pixels - 20),
        gradientThickness=10,
        format=".0%" if shown.form == "percent" else ("+,.3~r" if shown.signed else ",.4~r"),
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
