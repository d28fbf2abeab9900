"""Sweep: one number along a factor, a line a series, its interval as a band."""

from __future__ import annotations

import math
from typing import Any

from llmxsite.base.diagnostics import several
from llmxsite.press.figure import levels, words
from llmxsite.press.figure.draft import BEHIND, Draft, Layout, Samples
from llmxsite.press.figure.late import alt, pd
from llmxsite.press.figure.marks import linear, once, only, point, room, rule, stack, table, text
from llmxsite.press.figure.metrics import Metric, metric
from llmxsite.press.figure.options import Alpha, Chance, ChartProblem, Domain, Height, Kind, Name, Options, Value
from llmxsite.press.figure.places import spread
from llmxsite.press.figure.series import colours, legend
from llmxsite.press.figure.summary import (
    COUNTS,
    apart,
    behind,
    bounds,
    interval_text,
    key_column,
    key_columns,
    level_text,
    notes,
    records,
    summarise,
    value_columns,
)

HEIGHT = 300
LABEL = 200
"""Pixels for the names at the ends of the lines."""


class Sweep(Options):
    """Options of `sweep`."""

    x: Name | None = None
    """Column along the horizontal axis."""
    colour: Name | None = None
    """Column that tells one series from another."""
    value: Value = "accuracy"
    chance: Chance = None
    domain: Domain = None
    height: Height = None
    alpha: Alpha = 0.05


def make(samples: Samples, options: Sweep) -> Draft:
    """Along `x`, the first factor that varies unless said otherwise; a line a model, or a level of `colour`."""
    samples = apart(samples)
    shown = metric(options.value)
    x = key_column(samples, options.x or _factor(samples), "x")
    colour = key_column(samples, options.colour or "model", "colour")
    if x == colour:
        raise ChartProblem("chart-value", f"x and colour are both '{x}'", option="colour")
    summary = summarise(samples, [x, colour], options.alpha, shown)
    data = summary[summary[shown.name].notna() & summary[x].map(lambda v: levels.text(v) != levels.NOT_STATED)]
    if data.empty:
        raise ChartProblem("chart-empty", f"no sample has a {shown.title.lower()} and a {x}", option="value")
    along = levels.order(data[x], "name" if levels.ordinal(data[x]) is None else None, {})
    position = {level: i for i, level in enumerate(along)}
    last = {row[colour]: row[shown.name] for row in records(data.sort_values(x, key=lambda s: s.map(position)))}
    series = levels.order(data[colour], None, last)
    rank = {level: i for i, level in enumerate(series)}
    # A level that a series did not meet stays as a gap in its line.
    full = pd.MultiIndex.from_product([along, series], names=[x, colour]).to_frame(index=False)
    data = full.merge(data, on=[x, colour], how="left")
    data[list(COUNTS)] = data[list(COUNTS)].fillna(0)
    data = data.assign(_s=data[colour].map(rank), _x=data[x].map(position)).sort_values(["_s", "_x"], kind="stable")
    data = data.drop(columns=["_s", "_x"])
    known = data[data[shown.name].notna()]
    names = colours([words.clean(levels.text(v)) for v in series])
    numeric = all(isinstance(v, int | float) and not isinstance(v, bool) for v in along)
    marks = _marks(data, x, colour, shown, numeric)
    domain = options.domain or _domain(marks, shown, options.chance)
    height = options.height or HEIGHT
    caption = _caption(known, x, colour, shown, along, series)
    return Draft(
        keys=[x, colour],
        data=data,
        columns=[*key_columns([x, colour]), *value_columns(shown)],
        marks={"table": marks, "ends": _ends(marks, names, domain, height)},
        draw=lambda layout: _draw(
            layout, marks, names, x, colour, shown, along, numeric, domain, height, options.chance
        ),
        title=f"{shown.title} by {words.heading(x).lower()}",
        caption=caption,
        alt=[
            (
                f"Line chart of {shown.title.lower()} along {words.heading(x).lower()} "
                f"({words.listed([levels.text(v) for v in along])}), {several(len(series), 'line')} with interval bands: "
                f"{words.listed(list(names))}."
            ),
            *caption,
        ],
        notes=notes(summary),
    )


KIND = Kind(
    name="sweep",
    summary="One number along a factor, a line a model, with its interval as a band.",
    options=Sweep,
    make=make,
)


def _factor(samples: Samples) -> str:
    """The first factor with more than one level. Raises `ChartProblem` where none varies."""
    for name in samples.factors:
        if name != "model" and samples.frame[name].nunique() > 1:
            return name
    raise ChartProblem("chart-empty", "no factor varies in these samples", hint="name a column with `x`")


def _marks(data: pd.DataFrame, x: str, colour: str, shown: Metric, numeric: bool) -> pd.DataFrame:
    low, high = bounds(data, shown)
    return pd.DataFrame(
        {
            "x": data[x].astype("float64") if numeric else level_text(data[x]),
            "at": level_text(data[x]),
            "series": level_text(data[colour]),
            "value": data[shown.name].astype("float64") * shown.factor,
            "low": low * shown.factor,
            "high": high * shown.factor,
            "shown": [words.show(v, shown.form) for v in data[shown.name]],
            "interval": interval_text(data, shown),
            "answered": data["answered"],
            BEHIND: behind(data, [x, colour]),
        }
    )


def _ends(marks: pd.DataFrame, names: dict[str, str], domain: tuple[float, float], height: float) -> pd.DataFrame:
    """The name of each line beside its last point, moved apart where two would meet."""
    last = marks[marks["value"].notna()].groupby("series", sort=False).tail(1)
    scale = height / (domain[1] - domain[0])
    wanted = [(domain[1] - v) * scale for v in last["value"]]
    placed = spread(wanted, 17, 8, height - 4)
    short = words.labels(last["series"], LABEL - 26)
    return pd.DataFrame(
        {
            "x": last["x"],
            "series": last["series"],
            "value": last["value"],
            "place": [domain[1] - p / scale for p in placed],
            "label": [short[s] for s in last["series"]],
        }
    )


def _draw(
    layout: Layout,
    marks: pd.DataFrame,
    names: dict[str, str],
    x: str,
    colour: str,
    shown: Metric,
    along: list[Any],
    numeric: bool,
    domain: tuple[float, float],
    height: float,
    chance: float | None,
) -> dict[str, Any]:
    title = words.clean(words.heading(x))
    across: Any
    if numeric:
        values = [float(v) for v in along]
        span = (values[-1] - values[0]) or 1.0
        across = alt.X(
            "x:Q",
            scale=linear(values[0] - 0.02 * span, values[-1] + 0.02 * span),
            axis=alt.Axis(values=values, title=title, format=".6~r", labelOverlap="greedy", titleAnchor="start"),
        )
    else:
        ticks = [words.clean(levels.text(v)) for v in along]
        across = alt.X(
            "x:N",
            scale=alt.Scale(type="point", domain=ticks, padding=0.12),
            axis=alt.Axis(title=title, labelAngle=0, labelOverlap="greedy", titleAnchor="start"),
        )
    scale = linear(*domain)
    axis = alt.Axis(format=shown.axis_format, title=None, grid=True, tickCount=5)
    y = alt.Y("value:Q", scale=scale, axis=axis)
    tooltip = [
        alt.Tooltip("series:N", title=words.heading(colour)),
        alt.Tooltip("at:N", title=words.heading(x)),
        alt.Tooltip("shown:N", title=words.heading(shown.title)),
        *([alt.Tooltip("interval:N", title="Interval")] if shown.interval else []),
        alt.Tooltip("answered:Q", title="Answered", format=",d"),
    ]
    layers: list[alt.Chart] = []
    direct = not layout.narrow and len(names) > 1
    if chance is not None:
        at = alt.YDatum(chance)
        layers += [
            rule(once(), {"stroke": "var(--muted)", "strokeDash": [3, 3]}, y=at),
            text(
                once(),
                {"text": f"chance {words.show(chance, shown.form)}", "align": "left", "dy": -7, "fontSize": 11, "color": "var(--muted)"},
                x=4,
                y=at,
            ),
        ]  # fmt: skip
    for name, tint in names.items():
        base = only(table(), "series", name)
        if shown.interval:
            layers.append(
                base.mark_area(color=tint, opacity=0.14).encode(
                    x=across, y=alt.Y("low:Q", scale=scale, axis=axis), y2=alt.Y2("high")
                )
            )
        layers.append(base.mark_line(color=tint).encode(x=across, y=y))
    for name, tint in names.items():
        base = only(table(), "series", name)
        layers.append(
            point(
                base,
                {"color": tint, "size": 44, "stroke": "var(--paper)", "strokeWidth": 1.5},
                x=across,
                y=y,
                tooltip=tooltip,
            )
        )
        if direct:
            end = only(table("ends"), "series", name)
            layers += [
                rule(end, {"stroke": tint, "xOffset": 7, "x2Offset": 17}, x=across, x2="x", y=y, y2="place"),
                text(end, {"align": "left", "dx": 21}, x=across, y=alt.Y("place:Q", scale=scale), text="label:N"),
            ]
    layers.append(
        text(
            once(),
            {"text": shown.axis_title, "align": "left", "color": "var(--muted)", "dy": -14, "dx": -34},
            x=0,
            y=0,
        )
    )
    if len(names) > 1 and not direct:
        layers += legend(names, layout, left=-34, above=20)
    return stack(layers, height, room(right=10))


def _domain(marks: pd.DataFrame, shown: Metric, chance: float | None) -> tuple[float, float]:
    """Around the lines and their bands, on round numbers; a share stays inside 0 and 1."""
    ends = pd.concat([marks["value"], marks["low"], marks["high"]]).dropna()
    low, high = float(ends.min()), float(ends.max())
    if chance is not None:
        low, high = min(low, chance), max(high, chance)
    if shown.bounded:
        low, high = math.floor(low * 20) / 20, math.ceil(high * 20) / 20
        return max(0.0, low - (0.05 if low == high else 0)), min(1.0, high + (0.05 if low == high else 0))
    span = (high - low) or abs(high) or 1.0
    # Counts and times start at 0 where that leaves the lines most of the room.
    start = 0.0 if low >= 0 and low < 0.5 * high and not shown.signed else low - 0.08 * span
    return start, high + 0.08 * span


def _caption(data: pd.DataFrame, x: str, colour: str, shown: Metric, along: list[Any], series: list[Any]) -> list[str]:
    """Each line's way from its first to its last point; of many lines, the two that move most."""
    low, high = bounds(data, shown)
    rows = records(data.assign(_low=low, _high=high))
    said: list[tuple[float, str]] = []
    for level in series:
        own = [r for r in rows if r[colour] is level or r[colour] == level]
        if len(own) < 2:
            continue
        first, last = own[0], own[-1]
        number = [
            words.measured(r[shown.name], r["_low"], r["_high"], int(r["answered"]), shown.form) for r in (first, last)
        ]
        said.append(
            (
                abs(float(last[shown.name]) - float(first[shown.name])),
                (
                    f"{levels.named(colour, level)}: from {number[0]} at {levels.named(x, first[x])} to {number[1]} at "
                    f"{levels.named(x, last[x])}."
                ),
            )
        )
    if len(said) > 3:
        said = sorted(said, key=lambda pair: -pair[0])[:2]
        return ["The two lines that move most between their ends:", *(sentence for _, sentence in said)]
    return [sentence for _, sentence in said]
