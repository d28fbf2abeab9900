"""A sweep as lines in one plot, each named at its end, or in a legend where the names leave no room for the lines."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from llmxsite.press.figure import levels, naming, words
from llmxsite.press.figure.draft import NARROW, Layout
from llmxsite.press.figure.late import alt, pd
from llmxsite.press.figure.marks import linear, once, only, point, room, rule, stack, table, text
from llmxsite.press.figure.metrics import Metric
from llmxsite.press.figure.places import spread
from llmxsite.press.figure.series import colours, heading, legend

LABELS = {"wide": 180.0, "narrow": 104.0}
"""Pixels for the names at the ends of the lines."""


@dataclass(frozen=True)
class Line:
    """What a sweep shows."""

    x: str
    colour: str
    shown: Metric
    along: list[Any]
    """Levels of `x` in their order."""
    numeric: bool
    """Whether they stand at their distance."""
    domain: tuple[float, float]
    height: float
    chance: float | None

    def tooltip(self) -> list[alt.Tooltip]:
        return [
            alt.Tooltip("series:N", title=naming.column(self.colour)),
            alt.Tooltip("at:N", title=naming.column(self.x)),
            alt.Tooltip("shown:N", title=words.heading(self.shown.title)),
            *([alt.Tooltip("interval:N", title="Interval")] if self.shown.interval else []),
            alt.Tooltip("answered:Q", title="Answered", format=",d"),
        ]


@dataclass(frozen=True)
class Drawing:
    """The data sets of a sweep, and what draws on them."""

    marks: dict[str, pd.DataFrame]
    draw: Callable[[Layout], dict[str, Any]]


def lines_of(marks: pd.DataFrame, line: Line, series: list[Any], width: int) -> Drawing:
    """At most eight lines."""
    names = colours([levels.label(line.colour, v) for v in series])
    of = heading(line.colour, series)
    ends = {size: _ends(marks, line, list(names), pixels) for size, pixels in LABELS.items()}
    direct = {size: len(names) > 1 and not of and frame is not None for size, frame in ends.items()}
    data = {"ends": ends["wide"], "ends_narrow": ends["narrow"]}
    return Drawing(
        {"table": marks, **{name: frame for name, frame in data.items() if frame is not None}},
        lambda layout: _draw(layout, line, names, of, direct[layout.size]),
    )


def _ends(marks: pd.DataFrame, line: Line, names: list[str], pixels: float) -> pd.DataFrame | None:
    """The name of each line beside its last point, moved apart where two would meet; None where they do not fit."""
    last = marks[marks["value"].notna()].groupby("series", sort=False).tail(1)
    short = words.whole(names, pixels - 24)
    lines = 1 + max(text.count("\n") for text in short.values())
    if any("…" in text for text in short.values()) and pixels < 150:
        return None
    scale = line.height / (line.domain[1] - line.domain[0])
    gap = 14.0 * lines + 3
    if gap * (len(last) - 1) > line.height:
        return None
    placed = spread([(line.domain[1] - v) * scale for v in last["value"]], gap, 8, line.height - 4)
    return pd.DataFrame(
        {
            "x": last["x"],
            "series": last["series"],
            "value": last["value"],
            "place": [line.domain[1] - p / scale for p in placed],
            "label": [short[s] for s in last["series"]],
        }
    )


def _across(line: Line, pixels: float) -> tuple[alt.X, float]:
    """The horizontal axis, and by how many pixels an oblique label of it leaves the picture to the left."""
    title = naming.column(line.x)
    if line.numeric:
        values = [float(v) for v in line.along]
        span = (values[-1] - values[0]) or 1.0
        axis = alt.Axis(values=values, title=title, format=".6~r", labelOverlap="greedy", titleAnchor="start")
        return alt.X("x:Q", scale=linear(values[0] - 0.02 * span, values[-1] + 0.02 * span), axis=axis), 0.0
    ticks = [levels.label(line.x, v) for v in line.along]
    turned = max(words.width(t) for t in ticks) > pixels / len(ticks) - 6
    # More than stand beside each other are left out; hovering names them.
    named = ticks[:: math.ceil(17 * len(ticks) / pixels)]
    angle = -45 if turned else 0
    axis = alt.Axis(values=named, title=title, labelAngle=angle, labelOverlap=False, titleAnchor="start")
    scale = alt.Scale(type="point", domain=ticks, padding=0.4 if turned else 0.12)
    reach = [0.71 * words.width(t) - 30 - pixels * (ticks.index(t) + 0.3) / len(ticks) for t in named]
    return alt.X("x:N", scale=scale, axis=axis), max(0.0, *reach) if turned else 0.0


def _draw(layout: Layout, line: Line, names: dict[str, str], of: str, direct: bool) -> dict[str, Any]:
    x, reach = _across(line, layout.width - 50 - (LABELS[layout.size] if direct else 10))
    scale = linear(*line.domain)
    axis = alt.Axis(format=line.shown.axis_format, title=None, grid=True, tickCount=5)
    y = alt.Y("value:Q", scale=scale, axis=axis)
    layers: list[alt.Chart] = []
    for name, tint in names.items():
        base = only(table(), "series", name)
        if line.shown.interval:
            band = base.mark_area(color=tint, opacity=0.14)
            layers.append(band.encode(x=x, y=alt.Y("low:Q", scale=scale, axis=axis), y2=alt.Y2("high")))
        layers.append(base.mark_line(color=tint).encode(x=x, y=y))
    if line.chance is not None:
        layers[:0] = [rule(once(), {"stroke": "var(--muted)", "strokeDash": [3, 3]}, y=alt.YDatum(line.chance))]
    dot = {"size": 44, "stroke": "var(--paper)", "strokeWidth": 1.5}
    for name, tint in names.items():
        base = only(table(), "series", name)
        layers.append(point(base, {**dot, "color": tint}, x=x, y=y, tooltip=line.tooltip()))
        if direct:
            end = only(table("ends_narrow" if layout.narrow else "ends"), "series", name)
            lift = alt.ExprRef(expr="-7 * (length(split(datum.label, '\\n')) - 1)")
            look = {"align": "left", "baseline": "middle", "dx": 21, "dy": lift, "lineBreak": "\n", "lineHeight": 14}
            layers += [
                rule(end, {"stroke": tint, "xOffset": 7, "x2Offset": 17}, x=x, x2="x", y=y, y2="place"),
                text(end, look, x=x, y=alt.Y("place:Q", scale=scale), text="label:N"),
            ]
    said = {"align": "left", "color": "var(--muted)"}
    layers.append(text(once(), {**said, "text": line.shown.axis_title, "dy": -14, "dx": -34}, x=0, y=0))
    if line.chance is not None:
        layers.append(_chance(line, said))
    if len(names) > 1 and not direct:
        layers += legend(names, layout, left=-34, above=20, title=of)
    return stack(layers, line.height, room(left=2 + reach, right=10))


def _chance(line: Line, look: dict[str, Any]) -> alt.Chart:
    """The name of the line of guessing: under it, unless that is out of the plot, so that lines above it stay free."""
    assert line.chance is not None
    below = (line.chance - line.domain[0]) / (line.domain[1] - line.domain[0]) * line.height > 18
    name = {
        "text": f"chance {words.show(line.chance, line.shown.form)}",
        "dy": 8 if below else -7,
        "baseline": "middle",
    }
    return text(once(), {**look, **name, "fontSize": 11}, x=4, y=alt.YDatum(line.chance))


def layouts(width: int) -> dict[str, Layout]:
    """Both layouts, by the suffix of their data sets."""
    return {"": Layout("wide", width), "_narrow": Layout("narrow", NARROW)}
