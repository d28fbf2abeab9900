"""Small multiples inside one view: each panel a unit square (and what hangs below it) at its place in a grid.

Facets of Vega-Lite cannot grow with the page; one view can. So panels are placed here, in numbers: x runs over all columns of
panels, y downwards from 0 over the rows, and axes are data like the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from msgspec import Meta

from llmxsite.press.figure import words
from llmxsite.press.figure.draft import Layout
from llmxsite.press.figure.late import alt, pd
from llmxsite.press.figure.marks import linear, only, rule, table, text
from llmxsite.press.figure.options import Alpha, Name, Options


class Binned(Options):
    """Options of a kind that puts confidence into bins."""

    by: Name | None = None
    """Column that tells one panel from another."""
    bins: Annotated[int, Meta(ge=2, le=50)] = 10
    """Number of equal bins of confidence."""
    alpha: Alpha = 0.05


@dataclass(frozen=True)
class Panels:
    """A grid of panels in one layout. Coordinates inside a panel are x in 0 to 1 and y in `floor` to 1."""

    count: int
    columns: int
    floor: float
    """Lowest y inside a panel; below 0 there is room for a histogram and the tick labels."""
    layout: Layout

    head_pixels: int = 52
    """Room over a panel for its title."""
    tallest: float = 330.0
    """Most pixels of a panel's unit."""

    gap = 0.16

    @property
    def head(self) -> float:
        """Room over a panel, in units of it."""
        return self.head_pixels / self.unit

    @property
    def rows(self) -> int:
        return -(-self.count // self.columns)

    @property
    def pitch(self) -> float:
        """From the top of one panel to the top of the next."""
        return 1 - self.floor + self.head

    @property
    def unit(self) -> float:
        """Pixels of a unit, so that panels are about square."""
        return min(self.tallest, (self.layout.width - 56) / (self.columns + (self.columns - 1) * self.gap))

    @property
    def height(self) -> int:
        return round(self.unit * self.rows * self.pitch)

    def x(self, panel: int, value: float) -> float:
        return (panel % self.columns) * (1 + self.gap) + value

    def y(self, panel: int, value: float) -> float:
        return -(panel // self.columns) * self.pitch - self.head - 1 + value

    def scales(self) -> tuple[alt.Scale, alt.Scale]:
        """The two scales every layer shares."""
        across = self.columns + (self.columns - 1) * self.gap
        return (
            linear(0, across),
            linear(-self.rows * self.pitch, 0),
        )


def columns_for(count: int, layout: Layout) -> int:
    """How many panels stand side by side."""
    if layout.narrow:
        return 1 if count == 1 else 2
    return min(count, 3 if count != 4 else 2) if count > 1 else 1


@dataclass
class PanelGrid:
    """Lines and words of the grid, as data sets of a figure."""

    lines: pd.DataFrame
    """`x`, `y`, `x2`, `y2`, `diagonal` (bool)."""
    texts: pd.DataFrame
    """`x`, `y`, `text`, `role` (`title`, `subtitle`, `x`, `x-last`, `y`, `y-title`)."""


def panel_grid(
    panels: Panels,
    titles: Sequence[str],
    subtitles: Sequence[Sequence[str]],
    ticks: Sequence[tuple[float, str]],
    axes: tuple[str, str],
    foot: float,
) -> PanelGrid:
    """Grid, diagonal, tick labels and titles of every panel; `subtitles` are lines. `foot` is the y under which x is labelled.

    The axis y is labelled beside the first column, and both are named at the first column and the last row only.
    """
    lines: list[tuple[float, float, float, float, bool]] = []
    texts: list[tuple[float, float, str, str]] = []
    room = panels.unit - 4
    pixel = 1 / panels.unit
    for p, (title, lines_below) in enumerate(zip(titles, subtitles, strict=True)):
        first, last = p % panels.columns == 0, p + panels.columns >= panels.count
        for value, label in ticks:
            lines.append((panels.x(p, 0), panels.y(p, value), panels.x(p, 1), panels.y(p, value), False))
            role = "x-last" if value == 1 else "x"
            texts.append((panels.x(p, value), panels.y(p, foot) - 11 * pixel, label, role))
            if first:
                texts.append((panels.x(p, 0), panels.y(p, value), label, "y"))
        lines.append((panels.x(p, 0), panels.y(p, 0), panels.x(p, 1), panels.y(p, 1), True))
        if last:
            texts.append((panels.x(p, 0.5), panels.y(p, foot) - 28 * pixel, axes[0], "x"))
        if first:
            texts.append((panels.x(p, 0), panels.y(p, 0.5), axes[1], "y-title"))
        top = panels.y(p, 1) + (14 + 15 * len(lines_below)) * pixel
        texts.append((panels.x(p, 0), top, words.shorten(title, room, 13), "title"))
        for i, words_below in enumerate(lines_below):
            texts.append(
                (panels.x(p, 0), top - (16 + 15 * i) * pixel, words.shorten(words_below, room, 11.5), "subtitle")
            )
    return PanelGrid(
        pd.DataFrame(lines, columns=["x", "y", "x2", "y2", "diagonal"]),
        pd.DataFrame(texts, columns=["x", "y", "text", "role"]),
    )


def draw_panel_grid(panels: Panels, suffix: str) -> list[alt.Chart]:
    """The layers behind the marks, on data sets `lines<suffix>` and `texts<suffix>`."""
    sx, sy = panels.scales()
    x, y = alt.X("x:Q", scale=sx, axis=None), alt.Y("y:Q", scale=sy, axis=None)
    lines, texts = table(f"lines{suffix}"), table(f"texts{suffix}")

    def said(role: str, **look: Any) -> alt.Chart:
        return text(only(texts, "role", role), look, x=x, y=y, text="text:N")

    def ruled(diagonal: bool, **look: Any) -> alt.Chart:
        return rule(only(lines, "diagonal", diagonal), look, x=x, y=y, x2="x2:Q", y2="y2:Q")

    return [
        ruled(False, stroke="var(--line)"),
        ruled(True, stroke="var(--line-strong)", strokeDash=[4, 3]),
        said("title", align="left", fontSize=13, fontWeight=600, color="var(--ink)"),
        said("subtitle", align="left", fontSize=11.5, color="var(--muted)"),
        said("x-last", fontSize=11, color="var(--muted)", baseline="middle", align="right", dx=4),
        said("y-title", fontSize=11, color="var(--muted)", baseline="bottom", angle=270, dx=0, dy=-38),
        said("x", fontSize=11, color="var(--muted)", baseline="middle"),
        said("y", fontSize=11, color="var(--muted)", align="right", dx=-6, baseline="middle"),
    ]
