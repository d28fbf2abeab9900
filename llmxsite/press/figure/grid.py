"""A grid of coloured cells, as heatmaps and the determinism matrix draw it. A cell that was not measured is hatched, never 0."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from llmxsite.press.figure import grid_legend, levels, naming, words
from llmxsite.press.figure.classes import Classes
from llmxsite.press.figure.draft import BEHIND, FEW, NARROW, Layout
from llmxsite.press.figure.grid_plan import LINE, Plan, flips, plan
from llmxsite.press.figure.late import alt, pd
from llmxsite.press.figure.marks import at, field_of, linear, only, room, rule, stack, table, text
from llmxsite.press.figure.metrics import Metric
from llmxsite.press.figure.summary import behind, interval_text, level_text


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
    few: int = FEW
    """Fewer than this, and a cell is dashed."""
    chance: float | None = None
    """Share around which the colours part: that of guessing."""


@dataclass(frozen=True)
class Drawing:
    """A grid with its data sets, and where everything of them stands in each layout."""

    grid: Grid
    marks: dict[str, pd.DataFrame]
    plans: dict[str, Plan]
    lines: dict[str, list[str]]
    """What stands over the scale of colours."""


def drawing(drawn: pd.DataFrame, grid: Grid, width: int) -> Drawing:
    """The grid of these cells. `drawn` has the grid's columns, `answered`, `_total`, and rows and columns in their order."""
    row, column = [levels.named(grid.rows, v) for v in drawn[grid.rows]], level_text(drawn[grid.columns])
    cells, lines = _cells(drawn, grid, row, column), dict[str, list[str]]()
    marks, plans = dict[str, pd.DataFrame](), dict[str, Plan]()
    for suffix, layout in (("", Layout("wide", width)), ("_narrow", Layout("narrow", NARROW))):
        turned = flips(layout, len(set(row)), len(set(column)))
        down, across = (column, row) if turned else (row, column)
        found = plan(layout, list(dict.fromkeys(down)), list(dict.fromkeys(across)))
        places = [found.place(d, a) for d, a in zip(down, across, strict=True)]
        cells[f"slot{suffix}"] = [place.slot for place in places]
        cells[f"top{suffix}"] = [place.top for place in places]
        cells[f"bottom{suffix}"] = [place.bottom for place in places]
        marks[f"heads{suffix}"], marks[f"side{suffix}"] = _labels(found)
        beside = 10 + max(words.widest(label) for label in found.side.values())
        marks[f"scale{suffix}"], lines[suffix] = grid_legend.scale(
            grid.classes, grid.shown, _said(grid, cells), found.cell * found.slots, beside
        )
        plans[suffix] = found
    return Drawing(grid, {"table": cells, **marks}, plans, lines)


def _cells(drawn: pd.DataFrame, grid: Grid, row: list[str], column: list[str]) -> pd.DataFrame:
    """What is drawn: a row a cell."""
    shown, classes = grid.shown, grid.classes
    value = drawn[shown.name].astype("float64")
    missing = value.isna()
    total = drawn["_total"].to_numpy(dtype=bool)
    cells = behind(drawn, [grid.rows, grid.columns]) if grid.sampled else []
    rows = behind(drawn, [grid.rows]) if grid.sampled else []
    counted = [None if m else r if t else c for c, r, t, m in zip(cells, rows, total, missing, strict=False)]
    ink = ["inverse" if not math.isnan(v) and classes.inverse(v) else "ink" for v in value]
    return pd.DataFrame(
        {
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
            "few": [
                i if n < grid.few and not m else "" for i, n, m in zip(ink, drawn["answered"], missing, strict=True)
            ],
        }
    )


def _labels(found: Plan) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The labels over the columns and beside the rows, of every block."""
    # Lines of a label go down from its place: a head stands on the cells with its last.
    heads = [
        {
            "slot": f"{i % found.slots:03}",
            "y": found.top(i // found.slots) - LINE * found.heads[name].count("\n"),
            "text": found.heads[name],
        }
        for i, name in enumerate(found.columns)
    ]
    side = [
        {
            "y": found.top(block) + (i + 0.5) * found.tall - LINE / 2 * found.side[name].count("\n"),
            "text": found.side[name],
        }
        for block in range(found.blocks)
        for i, name in enumerate(found.rows)
    ]
    return pd.DataFrame(heads), pd.DataFrame(side)


def draw(layout: Layout, drawing: Drawing) -> dict[str, Any]:
    """The layers of the grid: cells, hatching where nothing was measured, dashes where little was, numbers where they fit."""
    grid, marks, suffix = drawing.grid, drawing.marks["table"], "_narrow" if layout.narrow else ""
    found = drawing.plans[suffix]
    shown, classes = grid.shown, grid.classes
    slots = [f"{i:03}" for i in range(found.slots)]
    bands = alt.Scale(domain=slots, padding=0)
    x = alt.X(f"slot{suffix}:N", title=None, scale=bands, axis=None)
    scale = linear(found.height, 0)
    y = alt.Y(f"top{suffix}:Q", title=None, scale=scale, axis=None)
    tooltip = [
        alt.Tooltip("row:N", title=naming.column(grid.rows)),
        alt.Tooltip("column:N", title=naming.column(grid.columns)),
        alt.Tooltip("shown:N", title=words.heading(shown.title)),
        *([alt.Tooltip("interval:N", title="Interval")] if shown.interval else []),
        alt.Tooltip("answered:Q", title=grid.counted, format=",d"),
        *(alt.Tooltip(f"{name}:N", title=title) for name, title in grid.more),
    ]
    base = table().encode(x=x, y=y, y2=alt.Y2(f"bottom{suffix}"))
    colour = alt.Fill(
        "value:Q",
        scale=alt.Scale(
            type="threshold", domain=classes.edges, range=[f"var(--{classes.name}-{c + 1})" for c in classes.colours]
        ),
        legend=None,
    )
    edge: dict[str, Any] = {"stroke": "var(--paper)", "strokeWidth": 2 if found.cell > 20 else 1}
    layers: list[alt.Chart] = [only(base, "missing", False).mark_rect(**edge).encode(fill=colour, tooltip=tooltip)]
    if marks["missing"].any():
        layers += _hatching(only(base, "missing", True), f"slot{suffix}", found.tall, edge, tooltip)
    for ink in ("ink", "inverse"):
        if (marks["few"] == ink).any():
            inset: dict[str, Any] = {"width": alt.RelativeBandSize(band=0.84), "yOffset": 3, "y2Offset": -3}
            dashes: dict[str, Any] = {"fill": None, "stroke": f"var(--{ink})", "strokeWidth": 1, "strokeDash": [2, 2]}
            layers.append(only(base, "few", ink).mark_rect(**dashes, **inset))
    if marks["total"].any():
        layers.append(_gap(base, f"slot{suffix}", suffix, flips(layout, *_extent(marks))))
    numbers = _numbers(marks, found.cell)
    if numbers is not None:
        field, size = numbers
        look = {"fontSize": size, "yOffset": found.tall / 2, "baseline": "middle"}
        layers += [
            text(only(table(), "ink", ink), {**look, "color": f"var(--{ink})"}, x=x, y=y, text=f"{field}:N")
            for ink in ("ink", "inverse")
            if (marks["ink"] == ink).any()
        ]
    layers += _words(found, suffix, bands, scale)
    left = float(drawing.marks[f"scale{suffix}"]["x"].iloc[0])
    layers += grid_legend.draw(suffix, drawing.lines[suffix], left, found.height, colour)
    return stack(layers, found.height, room(right=2 + found.overhang, bottom=10))


def _extent(marks: pd.DataFrame) -> tuple[int, int]:
    return marks["row"].nunique(), marks["column"].nunique()


def _numbers(marks: pd.DataFrame, cell: float) -> tuple[str, int] | None:
    """The field with the numbers of the cells and their size; None where they are wider than a cell."""
    for size in (12, 11):
        if cell >= 6 + max(words.width(t, size) for t in marks["text"]):
            return "text", size
    return None


def _words(found: Plan, suffix: str, bands: alt.Scale, scale: alt.Scale) -> list[alt.Chart]:
    """The labels of rows and columns."""
    y = alt.Y("y:Q", scale=scale, axis=None)
    plain = {"color": "var(--ink)", "lineBreak": "\n", "lineHeight": LINE}
    over: dict[str, Any] = {"align": "center", "baseline": "alphabetic", "yOffset": -7}
    if found.angle:
        over = {"align": "left", "baseline": "middle", "angle": 360 + found.angle, "yOffset": -7}
        over["xOffset"] = 2 if found.angle == -45 else 0
    heads = alt.X("slot:N", title=None, scale=bands, axis=None)
    return [
        text(table(f"heads{suffix}"), {**plain, **over}, x=heads, y=y, text="text:N"),
        text(table(f"side{suffix}"), {**plain, "align": "right", "baseline": "middle", "dx": -9}, x=0, y=y, text="text:N"),
    ]  # fmt: skip


def _gap(base: alt.Chart, slot: str, suffix: str, flipped: bool) -> alt.Chart:
    """A line of paper that sets the total apart."""
    chart = only(base, "total", True)
    look = {"stroke": "var(--paper)", "strokeWidth": 7}
    x = base.encoding.x
    if flipped:
        return rule(chart, look, x=at(x, 0), x2=alt.X2(slot, bandPosition=1), y2=alt.Y2(f"top{suffix}"))
    return rule(chart, look, x=at(x, 0))


def _hatching(
    base: alt.Chart, slot: str, tall: float, edge: dict[str, Any], tooltip: list[alt.Tooltip]
) -> list[alt.Chart]:
    """A sunken cell with oblique lines, at fixed fractions of the cell."""
    x, y = base.encoding.x, base.encoding.y
    lines = [((0, f), (f, 0)) for f in (1 / 3, 2 / 3, 1)] + [((f, 1), (1, f)) for f in (1 / 3, 2 / 3)]
    return [
        base.mark_rect(fill="var(--sunken)", **edge).encode(tooltip=tooltip),
        *(
            base.mark_rule(stroke="var(--line-strong)", strokeWidth=0.75, yOffset=y1 * tall, y2Offset=y2 * tall).encode(
                x=at(x, x1), x2=alt.X2(slot, bandPosition=x2), y2=alt.Y2(field_of(y))
            )
            for (x1, y1), (x2, y2) in lines
        ),
    ]


def _said(grid: Grid, marks: pd.DataFrame) -> list[str]:
    """What the colours show, and what hatching and dashes mean."""
    shown = grid.shown
    said = [shown.axis_title]
    if grid.chance is not None:
        said[0] = f"{shown.title}, around guessing at {words.show(grid.chance, shown.form, digits=0)}"
    if marks["missing"].any():
        said.append("hatched: not measured")
    if (marks["few"] != "").any():
        said.append(f"dashed: fewer than {grid.few} {grid.counted.lower()}")
    return said
