"""Where everything of a radar stands, and the data sets of it: the radar, the same numbers as a dot plot, the legend."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from llmxsite.press.figure import levels, words
from llmxsite.press.figure.draft import BEHIND, FEW, Layout
from llmxsite.press.figure.late import pd
from llmxsite.press.figure.metrics import Metric
from llmxsite.press.figure.series import flow
from llmxsite.press.figure.summary import behind, bounds, interval_text, records

LARGEST, SMALLEST = 168, 92
"""Pixels of the radius."""
RIM = 11
"""From the rim to the labels of the spokes."""
LINE = 14
"""Pixels of a line of a label."""
SIDE, DOTS = 100.0, 126.0
"""Pixels of the labels of the dot plot and of its rows, where it stands beside the radar."""


@dataclass(frozen=True)
class Scale:
    """What is drawn along a spoke and along a row of the dot plot."""

    low: float
    high: float

    def share(self, value: float) -> float:
        return min(1.0, max(0.0, (value - self.low) / (self.high - self.low)))

    def at(self, share: float, shown: Metric) -> str:
        return words.brief(self.low + share * (self.high - self.low), shown.form)


class PolarLayout:
    """Where everything is in one layout, in pixels with y downwards: the radar, the dot plot beside or below it, the legend."""

    def __init__(self, layout: Layout, spokes: Sequence[str], names: Sequence[str], heading: str) -> None:
        self.few: set[bool] = {False}
        """Whether points rest on few answers: of some, of none, of all."""
        self.layout, self.spokes, self.names, self.heading = layout, list(spokes), list(names), heading
        self.suffix = "_narrow" if layout.narrow else ""
        self.width = layout.width - 8.0
        self.legend = flow(names, self.width - 10, words.width(heading) + 14 if heading else 0.0)
        self.top = 30.0 + 18 * self.legend[-1][2]
        self.step = 5.0 if len(names) > 3 else 8.0
        self.side = words.whole(spokes, 124.0 if layout.narrow else SIDE)
        lines = 1 + max(text.count("\n") for text in self.side.values())
        self.row = max(24.0, self.step * len(names) + 12, LINE * lines + 4)
        zone = self.width if layout.narrow else self.width - SIDE - DOTS - 34
        self.radius = self._radius(zone)
        self.labels = [self._label(i, name, zone, cut=True) or [] for i, name in enumerate(spokes)]
        over, under = self._overhang()
        rows = self.row * len(spokes)
        if layout.narrow:
            self.centre = (zone / 2, self.top + over + self.radius)
            self.dots_top = self.centre[1] + self.radius + under + 18
            self.dots_left, self.dots_right = 134.0, self.width - 14
            self.height = self.dots_top + rows + 26
        else:
            self.row = max(self.row, min(40.0, 1.7 * self.radius / len(spokes)))
            rows = self.row * len(spokes)
            inside = max(2 * self.radius + over + under, rows + 40)
            self.height = self.top + inside
            spare = inside - 2 * self.radius - over - under
            self.centre = (zone / 2, self.top + spare / 2 + over + self.radius)
            self.dots_left, self.dots_right = self.width - DOTS - 14, self.width - 14
            self.dots_top = self.top + (inside - rows - 20) / 2

    def angle(self, spoke: float) -> float:
        """The first points up, the others go on clockwise."""
        return 2 * math.pi * spoke / len(self.spokes)

    def polar(self, spoke: float, share: float) -> tuple[float, float]:
        """A point on a spoke at a share of the radius."""
        angle = self.angle(spoke)
        return (
            self.centre[0] + self.radius * share * math.sin(angle),
            self.centre[1] - self.radius * share * math.cos(angle),
        )

    def _radius(self, zone: float) -> float:
        """The largest with which every label stands whole between the rim and the edge."""
        most = LARGEST if not self.layout.narrow else 130
        for radius in range(most, SMALLEST, -4):
            self.radius = float(radius)
            if all(self._label(i, name, zone) for i, name in enumerate(self.spokes)):
                return self.radius
        return float(SMALLEST)

    def _label(self, spoke: int, name: str, zone: float, *, cut: bool = False) -> list[str] | None:
        """A spoke's label in the lines that fit beside its end; None where none do, unless it may be `cut`."""
        aside = abs(math.sin(self.angle(spoke)))
        free = zone - 8 if aside < 0.1 else zone / 2 - aside * (self.radius + RIM)
        lines = words.folded(words.clean(name), min(free, 150.0), most=3)
        if lines is None and not cut:
            return None
        return lines.split("\n") if lines else [words.shorten(words.clean(name), free)]

    def _overhang(self) -> tuple[float, float]:
        """Pixels above and below the rim that labels need."""
        over = under = 20.0
        for i, lines in enumerate(self.labels):
            down = -math.cos(self.angle(i))
            first, last = self._lines(i, lines)
            reach = down * (self.radius + RIM)
            over = max(over, -(reach + first) + 10 - self.radius)
            under = max(under, reach + last + 10 - self.radius)
        return over, under

    def _lines(self, spoke: int, lines: Sequence[str]) -> tuple[float, float]:
        """Where the first and the last line of a label stand, from its place: upwards from the top, downwards from the foot."""
        lift = -math.cos(self.angle(spoke))
        tall = LINE * (len(lines) - 1)
        first = -tall / 2 + lift * (tall / 2 + (4 if self._align(spoke) == "center" else 0))
        return first, first + tall

    def _align(self, spoke: int) -> str:
        side = math.sin(self.angle(spoke))
        return "left" if side > 0.1 else "right" if side < -0.1 else "center"

    def frames(
        self, data: pd.DataFrame, axes: str, colour: str, shown: Metric, levels_of: list[Any], scale: Scale
    ) -> dict[str, pd.DataFrame]:
        """The data sets: `grid` (rings and spokes), `words`, `table` (a row a point)."""
        return {
            "grid": pd.DataFrame(self._grid()),
            "words": pd.DataFrame(self._words(shown, scale)),
            "table": self._points(data, axes, colour, shown, levels_of, scale),
        }

    def _grid(self) -> list[dict[str, float]]:
        lines = []
        for ring in (0.25, 0.5, 0.75, 1.0):
            corners = [self.polar(i, ring) for i in range(len(self.spokes))]
            lines += [
                {"x": x, "y": y, "x2": x2, "y2": y2}
                for (x, y), (x2, y2) in zip(corners, [*corners[1:], corners[0]], strict=True)
            ]
        for i in range(len(self.spokes)):
            (x, y), row = self.polar(i, 1), self.dots_top + self.row * (i + 0.5)
            lines.append({"x": self.centre[0], "y": self.centre[1], "x2": x, "y2": y})
            lines.append({"x": self.dots_left, "y": row, "x2": self.dots_right, "y2": row})
        foot = self.dots_top + self.row * len(self.spokes)
        for share in (0.0, 0.5, 1.0):
            x = self.dots_left + share * (self.dots_right - self.dots_left)
            lines.append({"x": x, "y": self.dots_top, "x2": x, "y2": foot})
        return lines

    def _words(self, shown: Metric, scale: Scale) -> list[dict[str, Any]]:
        said: list[dict[str, Any]] = []
        for i, (name, lines) in enumerate(zip(self.spokes, self.labels, strict=True)):
            x, y = self.polar(i, 1 + RIM / self.radius)
            first, _ = self._lines(i, lines)
            said += [
                {"x": x, "y": y + first + LINE * k, "text": t, "role": self._align(i)} for k, t in enumerate(lines)
            ]
            row, own = self.dots_top + self.row * (i + 0.5), self.side[name].split("\n")
            middle = LINE * (len(own) - 1) / 2
            said += [
                {"x": self.dots_left - 10, "y": row - middle + LINE * k, "text": t, "role": "right"}
                for k, t in enumerate(own)
            ]
        for ring in (0.5, 1.0):
            x, y = self.polar(0.5, ring * math.cos(math.pi / len(self.spokes)))
            said.append({"x": x, "y": y, "text": scale.at(ring, shown), "role": "ring"})
        foot = self.dots_top + self.row * len(self.spokes) + 12
        for share in (0.0, 0.5, 1.0):
            x = self.dots_left + share * (self.dots_right - self.dots_left)
            said.append({"x": x, "y": foot, "text": scale.at(share, shown), "role": "tick"})
        if self.heading:
            said.append({"x": 0.0, "y": 8.0, "text": self.heading, "role": "heading"})
        for (short, x, line), name in zip(self.legend, self.names, strict=True):
            said.append({"x": x + 16, "y": 8.0 + 18 * line, "text": short, "role": "legend"})
            said.append({"x": x + 5, "y": 8.0 + 18 * line, "text": name, "role": "key"})
        return said

    def _points(
        self, data: pd.DataFrame, axes: str, colour: str, shown: Metric, levels_of: list[Any], scale: Scale
    ) -> pd.DataFrame:
        """A row a point, the first of each profile again at its end, so that the line closes."""
        self.few = set(data["answered"] < FEW)
        low, high = bounds(data, shown)
        data = data.assign(_interval=interval_text(data, shown), _low=low, _high=high)
        data["_behind"] = pd.Series(behind(data, [colour, axes]), index=data.index, dtype=object)
        rank = {level: i for i, level in enumerate(levels_of)}
        wide = self.dots_right - self.dots_left
        rows: list[dict[str, Any]] = []
        names = pd.Series([levels.label(colour, v) for v in data[colour]], index=data.index)
        for place, (name, part) in enumerate(data.groupby(names, sort=False)):
            own = records(part)
            aside = self.step * (place - (len(self.names) - 1) / 2)
            for order, row in enumerate([*own, own[0]]):
                spoke, value = rank[row[axes]], float(row[shown.name])
                known, spans = not math.isnan(value), not math.isnan(row["_low"])
                x, y = self.polar(spoke, scale.share(value)) if known else (math.nan, math.nan)
                dots = [
                    self.dots_left + scale.share(row[v]) * wide if known and spans else math.nan
                    for v in ("_low", "_high")
                ]
                rows.append(
                    {
                        "series": name,
                        "axis": levels.label(axes, row[axes]),
                        "order": order,
                        "last": order == len(own),
                        "few": bool(row["answered"] < FEW),
                        "x": x,
                        "y": y,
                        "dot": self.dots_left + scale.share(value) * wide if known else math.nan,
                        "dot_low": dots[0],
                        "dot_high": dots[1],
                        "row": self.dots_top + self.row * (spoke + 0.5) + aside,
                        "shown": words.show(value, shown.form),
                        "interval": row["_interval"],
                        "answered": row["answered"],
                        BEHIND: row["_behind"] if known else None,
                    }
                )
        return pd.DataFrame(rows)
