"""Sweep: one number along a factor, a line a series, its interval as a band."""

from __future__ import annotations

import math
from typing import Any

from llmxsite.base.diagnostics import several
from llmxsite.press.figure import levels, naming, ranking, words
from llmxsite.press.figure.draft import BEHIND, Draft, Samples
from llmxsite.press.figure.kinds.sweep_lines import Line, lines_of
from llmxsite.press.figure.kinds.sweep_panels import panels_of
from llmxsite.press.figure.late import pd
from llmxsite.press.figure.metrics import Metric, metric
from llmxsite.press.figure.options import Alpha, Chance, ChartProblem, Domain, Height, Kind, Name, Options, Value, limit
from llmxsite.press.figure.panels import MOST as PANELS
from llmxsite.press.figure.series import MOST
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
    if len(series) > MOST:
        limit(len(series), PANELS, "lines", "colour")
    numeric = all(isinstance(v, int | float) and not isinstance(v, bool) for v in along)
    marks = _marks(data, x, colour, shown, numeric)
    domain = options.domain or _domain(marks, shown, options.chance)
    height = options.height or HEIGHT
    caption = _caption(known, x, colour, shown, along, series)
    line = Line(x, colour, shown, along, numeric, domain, height, options.chance)
    drawing = (
        panels_of(marks, line, options.width) if len(series) > MOST else lines_of(marks, line, series, options.width)
    )
    return Draft(
        keys=[x, colour],
        data=data,
        columns=[*key_columns([x, colour]), *value_columns(shown)],
        marks=drawing.marks,
        draw=drawing.draw,
        title=f"{shown.title} by {naming.noun(x)}",
        caption=caption,
        alt=[
            (
                f"Line chart of {shown.title.lower()} along {naming.noun(x)} "
                f"({words.listed([levels.label(x, v) for v in along])}), {several(len(series), 'line')} with interval bands: "
                f"{words.listed([levels.label(colour, v) for v in series])}."
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
        if len(series) > 3 and not (ranking.enough(first) and ranking.enough(last)):
            continue
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
