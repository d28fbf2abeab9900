"""Accuracy against the time of an answer, both with their intervals: what a right answer costs."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from llmxsite.analysis import results
from llmxsite.base.diagnostics import several
from llmxsite.press.figure import levels, naming, ranking, words
from llmxsite.press.figure.draft import BEHIND, FEW, NARROW, Draft, Layout, Samples
from llmxsite.press.figure.figure import Column
from llmxsite.press.figure.kinds.latency_labels import domain, free, guessing, labels_of, reach
from llmxsite.press.figure.late import alt, pd
from llmxsite.press.figure.marks import haloed, linear, once, only, point, room, rule, stack, table, text
from llmxsite.press.figure.metrics import METRICS
from llmxsite.press.figure.options import Alpha, Chance, ChartProblem, Height, Kind, Name, Options, limit
from llmxsite.press.figure.summary import (
    apart,
    behind,
    key_column,
    key_columns,
    notes,
    order_of,
    records,
    summarise,
    value_columns,
)
from llmxsite.press.figure.times import axis, scale, times
from llmxsite.press.figure.times import notes as time_notes

HEIGHT = 320
MOST = 60
_TIMES = (
    METRICS["latency_ms"].column(),
    Column(name="latency_ms_low", title="Low end", format="milliseconds", description="Of the median's 95% interval, of resampled items."),
    Column(name="latency_ms_high", title="High end", format="milliseconds", description="Of the median's 95% interval, of resampled items."),
)  # fmt: skip


class Latency(Options):
    """Options of `latency`."""

    by: Name | None = None
    """Column that tells one bar, panel or point from another."""
    chance: Chance = None
    height: Height = None
    alpha: Alpha = 0.05


def make(samples: Samples, options: Latency) -> Draft:
    """A point a level of `by` (models unless said otherwise)."""
    samples = apart(samples)
    by = key_column(samples, options.by or "model", "by")
    measured = times(samples, by)
    summary = summarise(samples, [by], options.alpha, METRICS["latency_ms"])
    data = summary[summary["accuracy"].notna() & summary[by].isin(list(measured))].copy()
    if data.empty:
        raise ChartProblem("chart-empty", "no level has both an accuracy and a time")
    limit(len(data), MOST, "points", "by")
    data = data.sort_values("accuracy", ascending=False, kind="stable").reset_index(drop=True)
    height = float(options.height or HEIGHT)
    marks = _marks(data, by)
    labels = {
        f"labels{suffix}": labels_of(marks, layout, height, options.chance)
        for suffix, layout in (("", Layout("wide", options.width)), ("_narrow", Layout("narrow", NARROW)))
    }
    order = order_of(samples, [by], METRICS["accuracy"])
    said = _caption(data, by, order)
    unnamed = int((labels["labels"]["side"] == "none").sum())
    return Draft(
        keys=[by],
        data=data,
        columns=[*key_columns([by]), *value_columns(METRICS["accuracy"]), *_TIMES],
        marks={"table": marks, **labels},
        draw=lambda layout: _draw(layout, marks, by, height, options),
        title="Accuracy against time of an answer",
        caption=said,
        alt=[f"Scatter of accuracy against median time of an answer, {several(len(data), 'point')} with intervals both ways.", *said],
        notes=[
            *([f"{several(unnamed, 'point')} too close to others to be named; hover, or see the table."] if unnamed else []),
            *notes(summary),
            *time_notes(samples),
        ],
        order=order,
    )  # fmt: skip


KIND = Kind(
    name="latency",
    summary="Accuracy against the median time of an answer, both with their intervals.",
    options=Latency,
    make=make,
)


def _marks(data: pd.DataFrame, by: str) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "name": [levels.named(by, v) for v in data[by]],
            "time": data["latency_ms"],
            "time_low": data["latency_ms_low"],
            "time_high": data["latency_ms_high"],
            "accuracy": data["accuracy"],
            "low": data["ci_low"],
            "high": data["ci_high"],
            "shown": [words.percent(v) for v in data["accuracy"]],
            "interval": [f"{words.percent(a)} to {words.percent(b)}" for a, b in zip(data["ci_low"], data["ci_high"], strict=True)],
            "median": [f"{words.show(v, 'milliseconds')} ms" for v in data["latency_ms"]],
            "between": [
                words.MISSING if math.isnan(a) else f"{words.show(a, 'milliseconds')} to {words.show(b, 'milliseconds')} ms"
                for a, b in zip(data["latency_ms_low"], data["latency_ms_high"], strict=True)
            ],
            "answered": data["answered"],
            BEHIND: behind(data, [by]),
        }
    )  # fmt: skip


def _draw(layout: Layout, marks: pd.DataFrame, by: str, height: float, options: Latency) -> dict[str, Any]:
    low, high = reach(marks)
    across, how = scale(low, high)
    time_axis = axis(low, high, f"Median time of an answer (ms{how})", layout.narrow)
    x = alt.X("time:Q", scale=across, axis=time_axis)
    up = linear(*domain(marks, options.chance))
    accuracy_axis = alt.Axis(format=".0%", title=None, grid=True, tickCount=5)
    y = alt.Y("accuracy:Q", scale=up, axis=accuracy_axis)
    tooltip = [
        alt.Tooltip("name:N", title=naming.column(by)),
        alt.Tooltip("shown:N", title="Accuracy"),
        alt.Tooltip("interval:N", title="Interval"),
        alt.Tooltip("median:N", title="Median time"),
        alt.Tooltip("between:N", title="Its interval"),
        alt.Tooltip("answered:Q", title="Answered", format=",d"),
    ]
    look = {"stroke": "var(--series-1)", "strokeWidth": 1.5, "opacity": 0.55}
    layers = [
        rule(table(), look, x=x, y=alt.Y("low:Q", scale=up, axis=accuracy_axis), y2="high"),
        rule(table(), look, y=y, x=alt.X("time_low:Q", scale=across, axis=time_axis), x2="time_high"),
        point(
            table(),
            {"size": 80, "color": "var(--series-1)", "stroke": "var(--paper)", "strokeWidth": 1.5},
            x=x,
            y=y,
            tooltip=tooltip,
        ),
    ]
    if options.chance is not None:
        at = alt.YDatum(options.chance)
        end = free(marks, layout, height, options.chance)
        layers[:0] = [
            rule(once(), {"stroke": "var(--muted)", "strokeDash": [3, 3]}, y=at),
            text(
                once(),
                {
                    "text": guessing(options.chance),
                    "align": end,
                    "dy": -7,
                    "fontSize": 11,
                    "color": "var(--muted)",
                },
                x="width" if end == "right" else 0,
                y=at,
            ),
        ]
    names = table("labels_narrow" if layout.narrow else "labels")
    for side, place in (
        ("right", {"align": "left", "dx": 9}),
        ("left", {"align": "right", "dx": -9}),
        ("above", {"align": "center", "dy": -16}),
        ("below", {"align": "center", "dy": 17}),
        ("above right", {"align": "left", "dx": 6, "dy": -11}),
        ("below right", {"align": "left", "dx": 6, "dy": 12}),
        ("above left", {"align": "right", "dx": -6, "dy": -11}),
        ("below left", {"align": "right", "dx": -6, "dy": 12}),
    ):
        layers += haloed(only(names, "side", side), {**place, "baseline": "middle"}, x=x, y=y, text="label:N")
    layers.append(
        text(
            once(),
            {"text": "Accuracy", "align": "left", "color": "var(--muted)", "dy": -14, "dx": -34},
            x=0,
            y=0,
        )
    )
    return stack(layers, height, room(right=8))  # fmt: skip


def _caption(data: pd.DataFrame, by: str, order: results.Order | None) -> list[str]:
    rows = records(data)

    def name(row: Mapping[str, Any]) -> str:
        return levels.named(by, row[by])

    def time(row: Mapping[str, Any]) -> str:
        low, high = (words.show(row[end], "milliseconds") for end in ("latency_ms_low", "latency_ms_high"))
        between = "" if words.MISSING in (low, high) else f", interval {low} to {high} ms"
        return f"{words.show(row['latency_ms'], 'milliseconds')} ms{between}"

    if len(rows) == 1:
        return [f"{ranking.said(rows[0], METRICS['accuracy'], name)}, in {time(rows[0])}."]
    ranked = [row for row in rows if ranking.enough(row)]
    if len(ranked) < 2:
        return [
            f"Fewer than two points rest on {FEW} answers or more, so none is called the most accurate or the fastest."
        ]
    shown = METRICS["accuracy"]
    fastest = min(ranked, key=lambda row: float(row["latency_ms"]))
    quick = f"Fastest: {name(fastest)}, {time(fastest)}."
    if len({ranking.written(row, shown) for row in ranked}) == 1:
        return [ranking.equal(ranked, shown, name, "point", len(rows)), quick]
    best, _ = ranking.both_ends(ranked, shown, order)
    if not best:
        return ["Which is the most accurate depends on how replies are read.", quick]
    if len(best) > 1:
        return [
            f"Most accurate, {ranking.written(best[0], shown)}: {ranking.named(best, name)}.",
            quick,
        ]
    if best[0] is fastest:
        return [f"Most accurate and fastest: {ranking.said(fastest, shown, name)}, in {time(fastest)}."]
    return [f"Most accurate: {ranking.said(best[0], shown, name)}, in {time(best[0])}.", quick]
