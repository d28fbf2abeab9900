"""Small multiples inside one view: each panel a square (and what hangs below it) at its place in a grid.

Facets of Vega-Lite cannot grow with the page; one view can. So panels are placed here, in numbers: x runs over all columns of
panels, y downwards from 0 over the rows, and axes are data like the rest.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from msgspec import Meta

from llmxsite.press.figure import words
from llmxsite.press.figure.draft import Layout
from llmxsite.press.figure.late import alt, pd
from llmxsite.press.figure.marks import linear, only, rule, table, text
from llmxsite.press.figure.options import Alpha, Name, Options

TITLE, SUBTITLE = 12.5, 11.5
"""Sizes of letters over a panel."""
LINE = 15
"""Pixels of a line there."""
FOOT = 40
"""Pixels under a panel for the labels of its x axis and the axis' name."""
MOST = 36
"""Panels."""
Ticks = Sequence[tuple[float, str]]
"""Values along an axis, and what is written there."""


class Binned(Options):
    """Options of a kind that puts confidence into bins."""

    by: Name | None = None
    """Column that tells one panel from another."""
    bins: Annotated[int, Meta(ge=2, le=50)] = 10
    """Most bins of confidence, of equal count."""
    alpha: Alpha = 0.05


@dataclass(frozen=True)
class Panels:
    """A grid of panels in one layout; what hangs below a panel is in units of its height."""

    count: int
    columns: int
    layout: Layout
    floor: float = 0.0
    """Lowest place that is drawn, in units of a panel; below 0 there is room for more than the panel."""
    heads: int = 2
    """Lines over each panel."""
    across: tuple[float, float] = (0.0, 1.0)
    """First and last value of the axis x."""
    up: tuple[float, float] = (0.0, 1.0)
    """The same of the axis y."""
    tallest: float = 330.0
    """Most pixels of a panel's unit."""

    gap = 0.16

    @property
    def rows(self) -> int:
        return -(-self.count // self.columns)

    @property
    def unit(self) -> float:
        """Pixels of a unit, so that panels are about square."""
        return min(self.tallest, (self.layout.width - 62) / (self.columns + (self.columns - 1) * self.gap))

    @property
    def head(self) -> float:
        """Room over a panel, in units of it."""
        return (18 + LINE * self.heads) / self.unit if self.heads else 8 / self.unit

    @property
    def pitch(self) -> float:
        """From the top of one panel to the top of the next."""
        return 1 - self.floor + FOOT / self.unit + self.head

    @property
    def height(self) -> int:
        return round(self.unit * self.rows * self.pitch)

    def x(self, panel: int, value: float) -> float:
        return (panel % self.columns) * (1 + self.gap) + share(value, self.across)

    def y(self, panel: int, value: float) -> float:
        return self.level(panel, share(value, self.up))

    def level(self, panel: int, units: float) -> float:
        """A height in units of the panel, from its foot."""
        return -(panel // self.columns) * self.pitch - self.head - 1 + units

    def scales(self, columns: float | None = None) -> tuple[alt.Scale, alt.Scale]:
        """The two scales every layer shares, over so many columns of panels."""
        across = self.columns + (self.columns - 1) * self.gap if columns is None else columns
        return linear(0, across), linear(-self.rows * self.pitch, 0)

    def ticks(self, ends: tuple[float, float]) -> Ticks:
        """Round values along an axis, and what is written there."""
        (low, high), most = ends, 5 if self.unit > 170 else 3
        step = next(s for s in (0.05, 0.1, 0.2, 0.25, 0.5) if (high - low) / s <= most - 1 + 1e-9 or s == 0.5)
        first = math.ceil(low / step - 1e-9)
        values = [round(step * k, 10) for k in range(first, math.floor(high / step + 1e-9) + 1)]
        return [(value, words.percent(value, 0)) for value in values]


def share(value: float, ends: tuple[float, float]) -> float:
    """Where a value stands between the ends of an axis, 0 to 1."""
    return (value - ends[0]) / (ends[1] - ends[0])


def columns_for(count: int, layout: Layout) -> int:
    """How many panels stand side by side."""
    if layout.narrow:
        return min(count, 2)
    if count <= 4:
        return 2 if count == 4 else count
    return 3 if count <= 9 else 4 if count <= 16 else 5


def folded(title: str, pixels: float, most: int = 3) -> list[str]:
    """A panel's title in lines that fit, cut only where that is not enough."""
    lines = words.folded(title, pixels, TITLE * 1.06, most)
    return lines.split("\n") if lines else [words.shorten(title, pixels, TITLE * 1.06)]


@dataclass
class PanelGrid:
    """Lines and words of the grid, as data sets of a figure."""

    lines: pd.DataFrame
    """`x`, `y`, `x2`, `y2`, `diagonal` (bool)."""
    texts: pd.DataFrame
    """`x`, `y`, `text`, `role` (`title`, `subtitle`, `x`, `x-last`, `y`, `y-title`)."""


def panel_grid(
    panels: Panels,
    titles: Sequence[Sequence[str]],
    subtitles: Sequence[Sequence[str]],
    axes: tuple[str, str],
    ticks: tuple[Ticks, Ticks] | None = None,
) -> PanelGrid:
    """Grid, diagonal, tick labels and titles of every panel; titles and subtitles are lines, which stand on the panel.

    Both axes have round `ticks`, and a line where both are equal, unless x and y have ticks of their own. The axis y is labelled beside the first column, and the axes are named at the first column and the last row only.
    """
    lines: list[tuple[float, float, float, float, bool]] = []
    texts: list[tuple[float, float, str, str]] = []
    pixel = 1 / panels.unit
    for p, (title, below) in enumerate(zip(titles, subtitles, strict=True)):
        first, last = p % panels.columns == 0, p + panels.columns >= panels.count
        left, right = (panels.x(p, end) for end in panels.across)
        bottom, top = panels.level(p, 0), panels.level(p, 1)
        across, up = ticks or (panels.ticks(panels.across), panels.ticks(panels.up))
        foot = panels.level(p, panels.floor) - 11 * pixel
        for value, label in up:
            y = panels.y(p, value)
            lines.append((left, y, right, y, False))
            if first:
                texts.append((left, y, label, "y"))
        texts += [
            (panels.x(p, value), foot, label, "x-last" if value == panels.across[1] else "x") for value, label in across
        ]
        if ticks is None:
            low, high = (pick(a, b) for pick, a, b in zip((max, min), panels.across, panels.up, strict=True))
            lines.append((panels.x(p, low), panels.y(p, low), panels.x(p, high), panels.y(p, high), True))
        if last:
            texts.append(((left + right) / 2, foot - 16 * pixel, axes[0], "x"))
        if first:
            texts.append((left, (bottom + top) / 2, axes[1], "y-title"))
        written = [*((line, "title") for line in title), *((line, "subtitle") for line in below)]
        for i, (line, role) in enumerate(reversed(written)):
            texts.append((left, top + (10 + LINE * i) * pixel, line, role))
    return PanelGrid(
        pd.DataFrame(lines, columns=["x", "y", "x2", "y2", "diagonal"]),
        pd.DataFrame(texts, columns=["x", "y", "text", "role"]),
    )


def draw_panel_grid(
    panels: Panels, suffix: str, columns: float | None = None, up: Ticks | None = None
) -> list[alt.Chart]:
    """The layers behind the marks, on data sets `lines<suffix>` and `texts<suffix>`; `up` are the ticks of y, where it has its own."""
    sx, sy = panels.scales(columns)
    x, y = alt.X("x:Q", scale=sx, axis=None), alt.Y("y:Q", scale=sy, axis=None)
    lines, texts = table(f"lines{suffix}"), table(f"texts{suffix}")
    widest = max(words.width(label, 11) for _, label in up or panels.ticks(panels.up))

    def said(role: str, **look: Any) -> alt.Chart:
        return text(only(texts, "role", role), look, x=x, y=y, text="text:N")

    def ruled(diagonal: bool, **look: Any) -> alt.Chart:
        return rule(only(lines, "diagonal", diagonal), look, x=x, y=y, x2="x2:Q", y2="y2:Q")

    return [
        ruled(False, stroke="var(--line)"),
        ruled(True, stroke="var(--line-strong)", strokeDash=[4, 3]),
        said("title", align="left", fontSize=TITLE, fontWeight=600, color="var(--ink)"),
        said("subtitle", align="left", fontSize=SUBTITLE, color="var(--muted)"),
        said("x-last", fontSize=11, color="var(--muted)", baseline="middle", align="right", dx=4),
        said("y-title", fontSize=11, color="var(--muted)", baseline="bottom", angle=270, dx=0, dy=-12 - widest),
        said("x", fontSize=11, color="var(--muted)", baseline="middle"),
        said("y", fontSize=11, color="var(--muted)", align="right", dx=-6, baseline="middle"),
    ]
