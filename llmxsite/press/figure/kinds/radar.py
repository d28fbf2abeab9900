"""Radar: profiles over a few axes, and beside them the same numbers as a dot plot, which can be read more exactly.

The area of a radar means nothing, and its shape depends on the order of its axes: the order is fixed, the number of profiles
small, and a spoke that was not measured is a gap in the line.
"""

from __future__ import annotations

import math
from typing import Any

from llmxsite.analysis import results
from llmxsite.base.diagnostics import several
from llmxsite.press.figure import levels, naming, ranking, words
from llmxsite.press.figure.draft import NARROW, Draft, Layout, Samples
from llmxsite.press.figure.kinds.polar import PolarLayout, Scale
from llmxsite.press.figure.kinds.polar_draw import draw
from llmxsite.press.figure.late import pd
from llmxsite.press.figure.metrics import Metric, metric
from llmxsite.press.figure.options import Alpha, ChartProblem, Domain, Kind, Name, Options, Sort, Value
from llmxsite.press.figure.series import colours, heading
from llmxsite.press.figure.summary import (
    COUNTS,
    apart,
    key_column,
    key_columns,
    notes,
    order_of,
    records,
    summarise,
    value_columns,
)

MOST = 6
"""Profiles."""
AXES = (3, 16)
"""Fewest and most spokes."""


class Radar(Options):
    """Options of `radar`."""

    axes: Name | None = None
    """Column whose values are the spokes."""
    colour: Name | None = None
    """Column that tells one series from another."""
    value: Value = "accuracy"
    sort: Sort = None
    domain: Domain = None
    alpha: Alpha = 0.05


def make(samples: Samples, options: Radar) -> Draft:
    """Spokes are the levels of `axes` (categories unless said otherwise), profiles those of `colour` (models)."""
    samples = apart(samples)
    shown = metric(options.value)
    if shown.signed:
        raise ChartProblem(
            "chart-value", f"a radar cannot show {shown.title.lower()}, which may be negative", option="value"
        )
    axes = key_column(samples, options.axes or "category", "axes")
    colour = key_column(samples, options.colour or "model", "colour")
    if axes == colour:
        raise ChartProblem("chart-value", f"axes and colour are both '{axes}'", option="colour")
    summary = summarise(samples, [colour, axes], options.alpha, shown)
    summary = summary[summary[axes].map(levels.text) != levels.NOT_STATED]
    # A fixed order: by name, or the order the levels have by themselves. Never by value, which would make every shape smooth.
    spokes = levels.order(
        summary[axes],
        options.sort if options.sort == "given" else None if levels.ordinal(summary[axes]) else "name",
        {},
    )
    margin = summarise(samples, [colour], options.alpha, shown)
    profiles = levels.order(
        summary[colour],
        None,
        dict(zip(margin[colour], margin[shown.name], strict=True)),
        descending=shown.better != "lower",
    )
    _limits(len(spokes), len(profiles), axes, colour)
    full = pd.MultiIndex.from_product([profiles, spokes], names=[colour, axes]).to_frame(index=False)
    data = full.merge(summary, on=[colour, axes], how="left")
    data[list(COUNTS)] = data[list(COUNTS)].fillna(0)
    known = data[data[shown.name].notna()]
    if known.empty:
        raise ChartProblem("chart-empty", f"no sample has a {shown.title.lower()}", option="value")
    names = colours([levels.label(colour, v) for v in profiles])
    scale = Scale(*(options.domain or _domain(known, shown)))
    spoke_names = [levels.label(axes, v) for v in spokes]
    of = heading(colour, profiles)
    plans = {
        layout.size: PolarLayout(layout, spoke_names, list(names), of)
        for layout in (Layout("wide", options.width), Layout("narrow", NARROW))
    }
    marks = {
        f"{name}{plan.suffix}": frame
        for plan in plans.values()
        for name, frame in plan.frames(data, axes, colour, shown, spokes, scale).items()
    }
    order = order_of(samples, [colour, axes], shown)
    said = _caption(known, axes, colour, shown, profiles, len(data) - len(known), order)
    return Draft(
        keys=[colour, axes],
        data=data,
        columns=[*key_columns([colour, axes]), *value_columns(shown)],
        marks=marks,
        draw=lambda layout: draw(plans[layout.size], names, axes, colour, shown),
        title=f"{shown.title} profile by {naming.noun(axes)}",
        caption=said,
        alt=[
            (f"Radar chart of {shown.title.lower()} over {several(len(spokes), 'axis', 'axes')} "
            f"({words.listed(spoke_names, 16)}) with {several(len(profiles), 'profile')}, and the same numbers as a dot plot."),
            *said,
        ],
        notes=notes(summary),
        order=order,
    )  # fmt: skip


KIND = Kind(
    name="radar",
    summary="Profiles of up to six models over a few axes, with the same numbers as a dot plot beside it.",
    options=Radar,
    make=make,
)


def _limits(spokes: int, profiles: int, axes: str, colour: str) -> None:
    if profiles > MOST:
        raise ChartProblem(
            "chart-too-many-series",
            f"{profiles} profiles are more than the {MOST} a radar can show",
            option="colour",
            hint="narrow it down with `where`, or use a heatmap",
        )
    if not AXES[0] <= spokes <= AXES[1]:
        raise ChartProblem(
            "chart-too-large",
            f"a radar takes {AXES[0]} to {AXES[1]} axes; {axes} has {spokes}",
            option="axes",
            hint="use a heatmap or bars",
        )


def _domain(known: pd.DataFrame, shown: Metric) -> tuple[float, float]:
    """From 0: a radar that starts elsewhere exaggerates. A share ends where its half is round too."""
    high = float(known[shown.name].max())
    if shown.bounded:
        return 0.0, min(1.0, max(0.2, math.ceil(round(high * 5, 6)) / 5))
    return 0.0, high or 1.0


def _profile(rows: list[dict[str, Any]], axes: str, shown: Metric, order: results.Order | None) -> str:
    """Where a profile is highest and lowest, of axes with enough answers."""
    ranked = [row for row in rows if ranking.enough(row)]
    if len({ranking.written(row, shown) for row in ranked}) < 2:
        found = ranking.sentences(rows, shown, lambda row: levels.named(axes, row[axes]), order, naming.noun(axes))[0]
        return f"{found[0].lower()}{found[1:].removesuffix('.')}"
    parts, unsure = [], []
    for what, ends in zip(("highest", "lowest"), ranking.both_ends(ranked, shown, order), strict=True):
        if not ends:
            unsure.append(what)
            continue
        n = f", n = {int(ends[0]['answered']):,}" if len(ends) == 1 else ""
        on = words.listed([levels.named(axes, row[axes]) for row in ends])
        parts.append(f"{what} on {on} ({ranking.written(ends[0], shown)}{n})")
    if unsure:
        parts.append(f"where it is {' and '.join(unsure)} depends on how replies are read")
    return ", ".join(parts)


def _caption(
    known: pd.DataFrame,
    axes: str,
    colour: str,
    shown: Metric,
    profiles: list[Any],
    missing: int,
    order: results.Order | None,
) -> list[str]:
    """Each profile's highest and lowest axis, for the first three; then what is missing."""
    rows, said = records(known), []
    for level in profiles[:3]:
        own = [row for row in rows if row[colour] == level]
        if len(own) < 2:
            continue
        said.append(f"{levels.named(colour, level)}: {_profile(own, axes, shown, order)}.")
    if missing:
        said.append(f"{several(missing, 'point')} {'was' if missing == 1 else 'were'} not measured: a gap in the line.")
    said.append("The area inside a profile has no meaning; read the dots, with their intervals, beside it.")
    return said
