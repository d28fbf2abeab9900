"""Bars with intervals: one number by one column, and by a second as colour. Beside each bar stand its number and its n."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from llmxsite.analysis import results
from llmxsite.base.diagnostics import several
from llmxsite.press.figure import levels, naming, ranking, words
from llmxsite.press.figure.draft import BEHIND, FEW, Draft, Layout, Samples
from llmxsite.press.figure.late import alt, np, pd
from llmxsite.press.figure.marks import haloed, once, only, room, rule, sides, stack, table, text
from llmxsite.press.figure.metrics import Metric, metric
from llmxsite.press.figure.options import Alpha, Chance, ChartProblem, Domain, Kind, Name, Options, Sort, Value, limit
from llmxsite.press.figure.series import colours, heading, legend
from llmxsite.press.figure.summary import (
    apart,
    behind,
    bounds,
    interval_text,
    key_column,
    key_columns,
    level_text,
    notes,
    order_of,
    records,
    summarise,
    value_columns,
)

MOST = 120
"""Bars: beyond it a heatmap or a table reads better."""


class Bars(Options):
    """Options of `bars`."""

    by: Name | None = None
    """Column that tells one bar, panel or point from another."""
    colour: Name | None = None
    """Column that tells one series from another."""
    value: Value = "accuracy"
    sort: Sort = None
    chance: Chance = None
    domain: Domain = None
    alpha: Alpha = 0.05


def make(samples: Samples, options: Bars) -> Draft:
    """A bar a level of `by` (models unless said otherwise); with `colour`, a group of bars."""
    samples = apart(samples)
    shown = metric(options.value)
    by = key_column(samples, options.by or "model", "by")
    colour = key_column(samples, options.colour, "colour") if options.colour else None
    if colour == by:
        raise ChartProblem("chart-value", f"by and colour are both '{by}'", option="colour")
    keys = [by, colour] if colour else [by]
    summary = summarise(samples, keys, options.alpha, shown)
    data = summary[summary[shown.name].notna()]
    if data.empty:
        raise ChartProblem("chart-empty", f"no sample has a {shown.title.lower()}", option="value")
    limit(len(data), MOST, "bars", "by")
    over = summarise(samples, [by], options.alpha) if colour else data
    order = levels.order(data[by], options.sort, ranking.values(over, by, shown), descending=shown.better != "lower")
    inner = levels.order(data[colour], options.sort, {}) if colour else []
    position = {level: i for i, level in enumerate(order)}
    second = {level: i for i, level in enumerate(inner)}
    data = data.iloc[
        np.lexsort(
            (
                data[colour].map(second).to_numpy(dtype=np.int64) if colour else np.zeros(len(data)),
                data[by].map(position).to_numpy(dtype=np.int64),
            )
        )
    ]
    names = colours([levels.label(colour, v) for v in inner]) if colour else {}
    marks = _marks(data, by, colour, shown, options.width)
    order_read = order_of(samples, keys, shown)
    said = _caption(data, by, colour, shown, options, order_read)
    return Draft(
        keys=keys,
        data=data,
        columns=[*key_columns(keys), *value_columns(shown)],
        marks={"table": marks},
        draw=lambda layout: _draw(layout, marks, by, colour, names, shown, options, heading(colour or by, inner)),
        title=f"{shown.title} by {naming.noun(by)}" + (f" and {naming.noun(colour)}" if colour else ""),
        caption=said,
        alt=[
            (
                f"Bar chart of {shown.title.lower()} by {naming.noun(by)}"
                f"{' and ' + naming.noun(colour) if colour else ''}, {several(len(data), 'bar')}."
            ),
            *said,
        ],
        notes=notes(summary),
        order=order_read,
    )


KIND = Kind(
    name="bars",
    summary="One number by one column (and a second as colour), with its interval, sorted.",
    options=Bars,
    make=make,
)


def _marks(data: pd.DataFrame, by: str, colour: str | None, shown: Metric, width: int) -> pd.DataFrame:
    """A row a bar."""
    names = [levels.named(by, v) for v in data[by]]
    wide = words.whole(names, min(300, width * 0.4))
    narrow = words.whole(names, 340, most=1)
    low, high = bounds(data, shown)
    series = level_text(data[colour]) if colour else [""] * len(data)
    return pd.DataFrame(
        {
            "name": names,
            "label": [wide[n] for n in names],
            "label_narrow": [narrow[n] for n in names],
            "series": series,
            "zero": 0.0,
            "value": data[shown.name].astype("float64") * shown.factor,
            "low": low * shown.factor,
            "high": high * shown.factor,
            "first": ~pd.Series(names, index=data.index).duplicated(),
            "text": [words.show(v, shown.form) for v in data[shown.name]],
            "count": [f"n = {n:,}" for n in data["answered"]],
            "interval": interval_text(data, shown),
            "answered": data["answered"],
            "few": data["answered"] < FEW,
            BEHIND: behind(data, [by, colour] if colour else [by]),
        }
    )


def _draw(
    layout: Layout,
    marks: pd.DataFrame,
    by: str,
    colour: str | None,
    names: dict[str, str],
    shown: Metric,
    options: Bars,
    title: str,
) -> dict[str, Any]:
    label = "label_narrow" if layout.narrow else "label"
    above = 12 if options.chance is not None else 0  # its name stands on top of the plot
    groups, each = marks[label].nunique(), max(1, len(names))
    bar = 12 if each == 1 else 10
    head = 20 if layout.narrow else 0
    lines = 1 + max(text.count("\n") for text in marks[label])
    step = max(head + each * (bar + 5) + (10 if each == 1 else 8), 14 * lines + 8)
    order = list(dict.fromkeys(marks[label]))
    y = alt.Y(
        f"{label}:N",
        title=None,
        scale=alt.Scale(domain=order, paddingInner=0, paddingOuter=0),
        axis=None,
    )
    domain = options.domain or _domain(marks, shown, options.chance)
    scale = alt.Scale(domain=list(domain), nice=False, zero=False, clamp=True)
    x = alt.X(
        "value:Q",
        title=shown.axis_title,
        scale=scale,
        axis=alt.Axis(
            format=shown.axis_format,
            tickCount=3 if layout.narrow else 5,
            grid=True,
            titleAnchor="start",
            labelFlush=True,
        ),
    )
    tooltip = [
        alt.Tooltip("name:N", title=naming.column(by)),
        *([alt.Tooltip("series:N", title=naming.column(colour))] if colour else []),
        alt.Tooltip("text:N", title=words.heading(shown.title)),
        *([alt.Tooltip("interval:N", title="Interval")] if shown.interval else []),
        alt.Tooltip("answered:Q", title="Answered", format=",d"),
    ]
    # Bars of a group stand one under another below the label, each at a fixed offset from the top of its band.
    layers: list[alt.Chart] = []
    for index, series in enumerate(names or {"": "var(--series-1)"}):
        base = table().encode(x=x, y=y)
        if names:
            base = only(base, "series", series)
        centre = head + (step - head) / 2 + (index - (each - 1) / 2) * (bar + 5)
        offset = centre - step / 2
        tint = names.get(series, "var(--series-1)")
        for few in sorted(set(marks["few"])):
            look = {"fill": "var(--paper)", "stroke": tint, "strokeDash": [2, 2]} if few else {"color": tint}
            drawn = only(base, "few", bool(few)).mark_bar(height=bar, yOffset=offset, y2Offset=offset, **look)
            layers.append(drawn.encode(x=x, x2="zero:Q", tooltip=tooltip))
        if shown.interval:
            ends = {"x": alt.X("low:Q", scale=scale, title=shown.axis_title), "x2": "high:Q"}
            # The line of paper around it keeps the interval apart from a dark bar.
            layers += [
                rule(base, {"stroke": stroke, "strokeWidth": wide, "yOffset": offset}, **ends)
                for stroke, wide in (("var(--paper)", 3.5), ("var(--ink)", 1.25))
            ]
        far = "width"
        layers += [
            text(base, {"align": "right", "dx": 48, "dy": offset}, x=far, text="text:N"),
            text(
                base,
                {
                    "align": "right",
                    "dx": 48 + _count_room(marks),
                    "dy": offset,
                    "color": "var(--muted)",
                    "fontSize": 11,
                },
                x=far,
                text="count:N",
            ),
        ]
    if options.chance is not None:
        layers += _chance(options.chance, shown)
    if layout.narrow:
        layers += haloed(
            only(table(), "first", True),
            {"align": "left", "baseline": "middle", "dy": -step / 2 + 9},
            x=0,
            y=y,
            text=f"{label}:N",
        )
    else:
        layers.append(sides(only(table(), "first", True).encode(y=y), label))
    if names:
        layers += legend(names, layout, above=above, title=title)
    return stack(layers, groups * step, room())


def _count_room(marks: pd.DataFrame) -> float:
    return max(words.width(t, 11) for t in marks["count"]) + 12


def _chance(chance: float, shown: Metric) -> list[alt.Chart]:
    """A dashed line at the accuracy of guessing, named on top."""
    at = alt.XDatum(chance)
    name = {"text": f"chance {words.show(chance, shown.form)}", "align": "left", "dx": -2, "dy": -8}
    return [
        rule(once(), {"stroke": "var(--muted)", "strokeDash": [3, 3], "strokeWidth": 1}, x=at),
        text(once(), {**name, "color": "var(--muted)", "fontSize": 11}, x=at, y=0),
    ]


def _domain(marks: pd.DataFrame, shown: Metric, chance: float | None) -> tuple[float, float]:
    """From 0, or the lowest negative, to a little above the highest end; a share ends at 100% at most."""
    ends = pd.concat([marks["value"], marks["high"], marks["low"]]).dropna()
    low, high = min(0.0, float(ends.min())), max(float(ends.max()), chance or 0.0, 0.0)
    if shown.bounded:
        return 0.0, min(1.0, max(0.1, -(-high * 20 // 1) / 20))
    span = (high - low) or 1.0
    return (low - 0.04 * span if low < 0 else 0.0, high + 0.04 * span if high > 0 else 0.0)


def _name(by: str, colour: str | None, row: Mapping[str, Any]) -> str:
    return levels.named(by, row[by]) + (f", {levels.named(colour, row[colour])}" if colour else "")


def _caption(
    data: pd.DataFrame, by: str, colour: str | None, shown: Metric, options: Bars, order: results.Order | None
) -> list[str]:
    rows = records(data)
    out = ranking.sentences(rows, shown, partial(_name, by, colour), order, "bar")
    chance = options.chance
    if chance is not None and shown.interval:
        above = sum(row[shown.interval[0]] > chance for row in rows)
        out.append(
            f"The interval lies above chance ({words.percent(chance)}) for {above} of {several(len(rows), 'bar')}."
        )
    return out
