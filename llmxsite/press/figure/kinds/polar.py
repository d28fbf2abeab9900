"""Where everything of a radar stands, and the layers drawn there."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from llmxsite.press.figure import levels, naming, words
from llmxsite.press.figure.draft import Layout
from llmxsite.press.figure.late import alt, pd
from llmxsite.press.figure.marks import haloed, only, pixels, point, rule, stack, table, text
from llmxsite.press.figure.metrics import Metric
from llmxsite.press.figure.series import flow
from llmxsite.press.figure.summary import bounds, interval_text, level_text, records


class PolarLayout:
    """Where everything is in one layout, in pixels with y downwards: the radar, the dot plot beside or below it, the legend."""

    def __init__(self, layout: Layout, spokes: Sequence[str], names: Sequence[str]) -> None:
        self.layout, self.spokes = layout, len(spokes)
        self.suffix = "_narrow" if layout.narrow else ""
        self.width = layout.width - 8
        self.legend = flow(names, self.width - 10)
        self.top = 30 + 18 * self.legend[-1][2]
        self.row = 22
        zone = self.width if layout.narrow else self.width * 0.56
        left, right = self._sides(spokes)
        self.radius = max(64.0, min(96.0 if layout.narrow else 118.0, (zone - left - right) / 2 - 12))
        slack = max(0.0, zone - left - right - 2 * self.radius - 24)
        middle = left + 12 + self.radius + slack / 2
        self.room_right = zone - middle - self.radius - 12
        rows = self.row * self.spokes
        if layout.narrow:
            self.centre = (middle, self.top + 44 + self.radius)
            self.dots_left, self.dots_right = 128.0, self.width - 12.0
            self.dots_top = self.centre[1] + self.radius + 62
            self.height = self.dots_top + rows + 26
        else:
            self.height = self.top + max(2 * self.radius + 96, rows + 60)
            self.centre = (middle, self.top + (self.height - self.top) / 2)
            self.dots_left, self.dots_right = self.width * 0.735, self.width - 12.0
            self.dots_top = self.top + (self.height - self.top - rows) / 2 - 10

    def _sides(self, spokes: Sequence[str]) -> tuple[float, float]:
        """Room in pixels that the labels left and right of the rim need, the long ones in two lines."""
        need = {-1: 20.0, 1: 20.0}
        for i, name in enumerate(spokes):
            side = math.sin(2 * math.pi * i / self.spokes)
            if abs(side) > 0.1:
                # A label off the horizontal starts further in, and has that much more room.
                inset = (1 - abs(side)) * 100
                need[1 if side > 0 else -1] = max(need[1 if side > 0 else -1], folded(name) - inset)
        return min(need[-1], 120.0), min(need[1], 120.0)

    def angle(self, spoke: int) -> float:
        return 2 * math.pi * spoke / self.spokes

    def polar(self, spoke: float, share: float) -> tuple[float, float]:
        """A point on a spoke (the first points up, then clockwise) at a share of the radius."""
        angle = self.angle(spoke) if isinstance(spoke, int) else 2 * math.pi * spoke / self.spokes
        return self.centre[0] + self.radius * share * math.sin(angle), self.centre[1] - self.radius * share * math.cos(
            angle
        )

    def frames(
        self,
        data: pd.DataFrame,
        axes: str,
        colour: str,
        shown: Metric,
        spokes: list[Any],
        names: dict[str, str],
        low: float,
        high: float,
    ) -> dict[str, pd.DataFrame]:
        """The data sets: `grid` (rings and spokes), `words`, `table` (a row a point)."""
        rings = [0.25, 0.5, 0.75, 1.0]
        lines: list[dict[str, Any]] = []
        said: list[dict[str, Any]] = []
        for ring in rings:
            corners = [self.polar(i, ring) for i in range(self.spokes)]
            for (x, y), (x2, y2) in zip(corners, [*corners[1:], corners[0]], strict=True):
                lines.append({"x": x, "y": y, "x2": x2, "y2": y2})
        label = words.labels(level_text(pd.Series(spokes, dtype=object)), 104)
        spoke_names = level_text(pd.Series(spokes, dtype=object))
        for i, name in enumerate(spoke_names):
            x, y = self.polar(i, 1)
            lines.append({"x": self.centre[0], "y": self.centre[1], "x2": x, "y2": y})
            lx, ly = self.polar(i, 1 + 11 / self.radius)
            side = math.sin(self.angle(i))
            align = "left" if side > 0.1 else "right" if side < -0.1 else "center"
            lift = -6 * math.cos(self.angle(i)) if align == "center" else 0
            said += self._label(name, lx, ly + lift, align)
            row = self.dots_top + self.row * (i + 0.5)
            lines.append({"x": self.dots_left, "y": row, "x2": self.dots_right, "y2": row})
            said.append({"x": self.dots_left - 10, "y": row, "text": label[name], "role": "right"})
        for ring in (0.5, 1.0):
            value = words.brief(low + ring * (high - low), shown.form) + ("%" if shown.form == "percent" else "")
            x, y = self.polar(0.5, ring * math.cos(math.pi / self.spokes))
            said.append({"x": x, "y": y, "text": value, "role": "ring"})
        bottom = self.dots_top + self.row * self.spokes
        for share in (0.0, 0.5, 1.0):
            value = words.brief(low + share * (high - low), shown.form) + ("%" if shown.form == "percent" else "")
            at = self.dots_left + share * (self.dots_right - self.dots_left)
            said.append({"x": at, "y": bottom + 12, "text": value, "role": "tick"})
        for (short, x, line), name in zip(self.legend, names, strict=True):
            y = 8.0 + 18 * line
            said.append({"x": x + 16, "y": y, "text": short, "role": "legend"})
            said.append({"x": x + 5, "y": y, "text": name, "role": "key"})
        return {
            "grid": pd.DataFrame(lines),
            "words": pd.DataFrame(said),
            "table": self._points(data, axes, colour, shown, spokes, low, high),
        }

    def _label(self, name: str, x: float, y: float, align: str) -> list[dict[str, Any]]:
        """An axis label in the room between the rim and the edge: in two lines where one is too long."""
        if align == "left":
            space = self.centre[0] + self.radius + 12 + self.room_right - x
        elif align == "right":
            space = x
        else:
            space = 200.0
        lines = words.wrap(name, space, 12) if words.width(name) > space else [name]
        if any(words.width(line) > space for line in lines) or len(lines) > 2:
            lines = [words.shorten(name, space)]
        first = y - 7 * (len(lines) - 1)
        return [{"x": x, "y": first + 14 * k, "text": line, "role": align} for k, line in enumerate(lines)]

    def _points(
        self, data: pd.DataFrame, axes: str, colour: str, shown: Metric, spokes: list[Any], low: float, high: float
    ) -> pd.DataFrame:
        """A row a point, the first of each profile again at its end, so that the line closes."""
        ends_low, ends_high = bounds(data, shown)
        data = data.assign(_interval=interval_text(data, shown), _low=ends_low, _high=ends_high)
        rank = {level: i for i, level in enumerate(spokes)}
        rows: list[dict[str, Any]] = []

        def across(value: float) -> float:
            return self.dots_left + min(1.0, max(0.0, (value - low) / (high - low))) * (
                self.dots_right - self.dots_left
            )

        for name, part in data.groupby(pd.Series(level_text(data[colour]), index=data.index), sort=False):
            own = records(part)
            for order, row in enumerate([*own, own[0]]):
                spoke, value = rank[row[axes]], float(row[shown.name])
                known = not math.isnan(value)
                x, y = (
                    self.polar(spoke, min(1.0, max(0.0, (value - low) / (high - low))))
                    if known
                    else (math.nan, math.nan)
                )
                interval = known and not math.isnan(row["_low"])
                rows.append(
                    {
                        "series": name,
                        "axis": words.clean(levels.text(row[axes])),
                        "order": order,
                        "last": order == len(own),
                        "x": x,
                        "y": y,
                        "dot": across(value) if known else math.nan,
                        "dot_low": across(row["_low"]) if interval else math.nan,
                        "dot_high": across(row["_high"]) if interval else math.nan,
                        "row": self.dots_top + self.row * (spoke + 0.5),
                        "shown": words.show(value, shown.form),
                        "interval": row["_interval"],
                        "answered": row["answered"],
                    }
                )
        return pd.DataFrame(rows)

    def draw(self, names: dict[str, str], axes: str, colour: str, shown: Metric) -> dict[str, Any]:
        """The chart. Its scales count pixels, centred in whatever width the page gives, so that circles stay round."""
        sx, sy = pixels(self.width, self.height)

        def x(field: str) -> alt.X:
            return alt.X(f"{field}:Q", scale=sx, axis=None)

        def y(field: str) -> alt.Y:
            return alt.Y(f"{field}:Q", scale=sy, axis=None)

        grid, said, rows = table(f"grid{self.suffix}"), table(f"words{self.suffix}"), table(f"table{self.suffix}")
        tooltip = [
            alt.Tooltip("series:N", title=naming.column(colour)),
            alt.Tooltip("axis:N", title=naming.column(axes)),
            alt.Tooltip("shown:N", title=words.heading(shown.title)),
            *([alt.Tooltip("interval:N", title="Interval")] if shown.interval else []),
            alt.Tooltip("answered:Q", title="Answered", format=",d"),
        ]
        layers = [rule(grid, {"stroke": "var(--line)"}, x=x("x"), y=y("y"), x2="x2", y2="y2")]
        middle = {"baseline": "middle", "color": "var(--ink)"}
        for role in ("left", "right", "center"):
            layers.append(text(only(said, "role", role), {**middle, "align": role}, x=x("x"), y=y("y"), text="text:N"))
        small = {"fontSize": 11, "color": "var(--muted)", "baseline": "middle"}
        layers.append(text(only(said, "role", "tick"), {**small, "align": "center"}, x=x("x"), y=y("y"), text="text:N"))
        for name, tint in names.items():
            own = only(rows, "series", name)
            line = own.mark_line(color=tint, strokeWidth=2, strokeJoin="round", invalid="break-paths-show-path-domains")
            layers.append(line.encode(x=x("x"), y=y("y"), order=alt.Order("order:Q")))
        for name, tint in names.items():
            own = only(only(rows, "series", name), "last", False)
            layers += [
                point(own, {"color": tint, "size": 30}, x=x("x"), y=y("y"), tooltip=tooltip),
                rule(own, {"stroke": tint, "opacity": 0.45}, x=x("dot_low"), x2="dot_high", y=y("row")),
                point(
                    own,
                    {"color": tint, "size": 46, "stroke": "var(--paper)", "strokeWidth": 1},
                    x=x("dot"),
                    y=y("row"),
                    tooltip=tooltip,
                ),
                point(
                    only(only(said, "role", "key"), "text", name),
                    {"shape": "square", "size": 90, "color": tint},
                    x=x("x"),
                    y=y("y"),
                ),
            ]
        layers += haloed(only(said, "role", "ring"), {**small, "align": "center"}, x=x("x"), y=y("y"), text="text:N")
        layers.append(
            text(only(said, "role", "legend"), {**middle, "align": "left"}, x=x("x"), y=y("y"), text="text:N")
        )
        return stack(layers, self.height, {"left": 4, "right": 4, "top": 4, "bottom": 4})  # fmt: skip


def folded(name: str) -> float:
    """Width of a name in its best two lines."""
    parts = name.split(" ")
    folds = [" ".join(parts[:k]) + "\n" + " ".join(parts[k:]) for k in range(1, len(parts))]
    return min([words.width(name), *(max(words.width(line) for line in fold.split("\n")) for fold in folds)]) + 2
