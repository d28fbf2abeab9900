"""Where the names of a scatter of accuracy against time go: beside their points, and on no interval, no line and no other name."""

from __future__ import annotations

import math
from functools import partial
from typing import Literal

from llmxsite.press.figure import words
from llmxsite.press.figure.draft import Layout
from llmxsite.press.figure.late import pd
from llmxsite.press.figure.places import Box, beside, free_end
from llmxsite.press.figure.summary import records


def reach(marks: pd.DataFrame) -> tuple[float, float]:
    ends = pd.concat([marks["time"], marks["time_low"], marks["time_high"]]).dropna()
    return float(ends.min()), float(ends.max())


def domain(marks: pd.DataFrame, chance: float | None) -> tuple[float, float]:
    low = min([float(marks["low"].min()), *([chance] if chance is not None else [])])
    high = max([float(marks["high"].max()), *([chance] if chance is not None else [])])
    return max(0.0, math.floor(low * 10 - 0.2) / 10), min(1.0, math.ceil(high * 10 + 0.2) / 10)


def labels_of(marks: pd.DataFrame, layout: Layout, height: float, chance: float | None) -> pd.DataFrame:
    """The name of each point and the side it goes to, for a plot of about this size."""
    width = _plot_width(layout)
    points = _points(marks, layout, height, chance)
    short = words.labels(marks["name"], 190 if layout.narrow else 340)
    names = [short[n] for n in marks["name"]]
    lines = _lines(marks, layout, height, chance)
    return pd.DataFrame(
        {
            "time": marks["time"],
            "accuracy": marks["accuracy"],
            "label": names,
            "side": beside(points, names, width, height, first=_frontier(marks), lines=lines),
        }
    )


def _lines(marks: pd.DataFrame, layout: Layout, height: float, chance: float | None) -> list[Box]:
    """What a name must not lie on: the intervals of all points, and the line of guessing with its name."""
    place = partial(_place, marks, layout, height, chance)
    out = []
    for row in records(marks):
        x, y = place(row["time"], row["accuracy"])
        out.append(Box(x - 3, place(row["time"], row["high"])[1], x + 3, place(row["time"], row["low"])[1]))
        if not math.isnan(row["time_low"]):
            ends = [place(row[end], row["accuracy"])[0] for end in ("time_low", "time_high")]
            out.append(Box(ends[0], y - 3, ends[1], y + 3))
    if chance is not None:
        level = place(float(marks["time"].iloc[0]), chance)[1]
        out.append(Box(0, level - 1, _plot_width(layout), level + 1))
        wide = words.width(guessing(chance), 11)
        left = 0.0 if free(marks, layout, height, chance) == "left" else _plot_width(layout) - wide
        out.append(Box(left, level - 15, left + wide, level))
    return out


def guessing(chance: float) -> str:
    return f"chance {words.percent(chance)}"


def free(marks: pd.DataFrame, layout: Layout, height: float, chance: float | None) -> Literal["left", "right"]:
    """At which end of the line of guessing its name stands."""
    level = _place(marks, layout, height, chance, float(marks["time"].iloc[0]), chance or 0.0)[1]
    return free_end(_points(marks, layout, height, chance), level, _plot_width(layout))


def _plot_width(layout: Layout) -> float:
    return layout.width - 56


def _points(marks: pd.DataFrame, layout: Layout, height: float, chance: float | None) -> list[tuple[float, float]]:
    """About where each point lies, in pixels from the top left of the plot."""
    place = partial(_place, marks, layout, height, chance)
    return [place(t, a) for t, a in zip(marks["time"], marks["accuracy"], strict=True)]


def _place(
    marks: pd.DataFrame, layout: Layout, height: float, chance: float | None, time: float, accuracy: float
) -> tuple[float, float]:
    width = _plot_width(layout)
    low, high = reach(marks)
    bottom, top = domain(marks, chance)
    if low > 0 and high / low > 8:
        x = width * math.log(time * 1.15 / low) / math.log(high * 1.15**2 / low)
    else:
        x = width * time / (high * 1.06)
    return x, height * (top - accuracy) / (top - bottom)


def _frontier(marks: pd.DataFrame) -> list[int]:
    """Indexes of the points that nothing beats on both counts, the most accurate first: those a reader looks for."""
    out, fastest = [], math.inf
    for index, time in enumerate(marks["time"]):  # by accuracy, highest first
        if time < fastest:
            out.append(index)
            fastest = time
    return out
