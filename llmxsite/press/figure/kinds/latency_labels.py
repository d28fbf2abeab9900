"""Where the names of a scatter of accuracy against time go: beside their points, and on no interval, no line and no other name."""

from __future__ import annotations

import math
from dataclasses import dataclass
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


@dataclass(frozen=True)
class Plot:
    """About how a layout places a time and an accuracy, in pixels from the top left of the plot."""

    width: float
    height: float
    times: tuple[float, float]
    shares: tuple[float, float]

    @classmethod
    def of(cls, marks: pd.DataFrame, layout: Layout, height: float, chance: float | None) -> Plot:
        return cls(layout.width - 56, height, reach(marks), domain(marks, chance))

    def place(self, time: float, accuracy: float) -> tuple[float, float]:
        (low, high), (bottom, top) = self.times, self.shares
        if low > 0 and high / low > 8:
            x = self.width * math.log(time * 1.15 / low) / math.log(high * 1.15**2 / low)
        else:
            x = self.width * time / (high * 1.06)
        return x, self.height * (top - accuracy) / (top - bottom)

    def points(self, marks: pd.DataFrame) -> list[tuple[float, float]]:
        return [self.place(t, a) for t, a in zip(marks["time"], marks["accuracy"], strict=True)]


def labels_of(marks: pd.DataFrame, layout: Layout, height: float, chance: float | None) -> pd.DataFrame:
    """The name of each point and the side it goes to, for a plot of about this size."""
    plot = Plot.of(marks, layout, height, chance)
    short = words.labels(marks["name"], 190 if layout.narrow else 340)
    names = [short[n] for n in marks["name"]]
    lines = _lines(plot, marks, chance)
    return pd.DataFrame(
        {
            "time": marks["time"],
            "accuracy": marks["accuracy"],
            "label": names,
            "side": beside(plot.points(marks), names, plot.width, height, first=_frontier(marks), lines=lines),
        }
    )


def _lines(plot: Plot, marks: pd.DataFrame, chance: float | None) -> list[Box]:
    """What a name must not lie on: the intervals of all points, and the line of guessing with its name."""
    out = []
    for row in records(marks):
        x, y = plot.place(row["time"], row["accuracy"])
        out.append(Box(x - 3, plot.place(row["time"], row["high"])[1], x + 3, plot.place(row["time"], row["low"])[1]))
        if not math.isnan(row["time_low"]):
            ends = [plot.place(row[end], row["accuracy"])[0] for end in ("time_low", "time_high")]
            out.append(Box(ends[0], y - 3, ends[1], y + 3))
    if chance is not None:
        level = plot.place(plot.times[1], chance)[1]
        out.append(Box(0, level - 1, plot.width, level + 1))
        wide = words.width(guessing(chance), 11)
        left = 0.0 if _free(plot, marks, chance) == "left" else plot.width - wide
        out.append(Box(left, level - 15, left + wide, level))
    return out


def guessing(chance: float) -> str:
    return f"chance {words.percent(chance)}"


def free(marks: pd.DataFrame, layout: Layout, height: float, chance: float) -> Literal["left", "right"]:
    """At which end of the line of guessing its name stands."""
    return _free(Plot.of(marks, layout, height, chance), marks, chance)


def _free(plot: Plot, marks: pd.DataFrame, chance: float) -> Literal["left", "right"]:
    return free_end(plot.points(marks), plot.place(plot.times[1], chance)[1], plot.width)


def _frontier(marks: pd.DataFrame) -> list[int]:
    """Indexes of the points that nothing beats on both counts, the most accurate first: those a reader looks for."""
    out, fastest = [], math.inf
    for index, time in enumerate(marks["time"]):  # by accuracy, highest first
        if time < fastest:
            out.append(index)
            fastest = time
    return out
