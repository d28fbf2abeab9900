"""Series: a colour for each, and the legend that names them."""

from __future__ import annotations

from collections.abc import Sequence

from llmxsite.press.figure import naming, words
from llmxsite.press.figure.draft import Layout
from llmxsite.press.figure.late import alt
from llmxsite.press.figure.marks import key, once, point, text
from llmxsite.press.figure.options import ChartProblem
from llmxsite.press.figure.theme import series

MOST = 8


def colours(names: Sequence[str]) -> dict[str, str]:
    """A colour variable for each name, in order. Raises `ChartProblem` for more than eight: no palette tells those apart."""
    distinct = list(dict.fromkeys(names))
    if len(distinct) > MOST:
        raise ChartProblem(
            "chart-too-many-series",
            f"{len(distinct)} series are more than the {MOST} that can be told apart",
            option="colour",
            hint="narrow it down with `where`, or use a heatmap",
        )
    return {name: series(i) for i, name in enumerate(distinct)}


def flow(names: Sequence[str], limit: float, start: float = 0.0) -> list[tuple[str, float, int]]:
    """Names in rows of at most `limit` pixels, the first from `start`: for each its label, where its square starts, its row from 0."""
    out: list[tuple[str, float, int]] = []
    x, row = start, 0
    for name in names:
        label = words.shorten(name, limit - 20)
        need = words.width(label) + 34
        if x and x + need > limit:
            x, row = 0.0, row + 1
        out.append((label, x, row))
        x += need
    return out


def heading(by: str, levels: Sequence[object]) -> str:
    """What stands before the keys of a legend: the column, where its levels do not say by themselves what they are."""
    plain = all(isinstance(level, str) and len(level) > 1 for level in levels)
    return "" if plain else naming.column(by)


def legend(
    names: dict[str, str], layout: Layout, left: float = 0, above: float = 0, title: str = ""
) -> list[alt.Chart]:
    """A legend over the plot, left aligned. `left` is where it starts, `above` the room kept between it and the plot."""
    places = flow(list(names), layout.width - 30, words.width(title) + 14 if title else 0.0)
    rows = places[-1][2]
    top = -24 - above - 18 * rows
    marks: list[alt.Chart] = []
    if title:
        look = {"text": title, "align": "left", "baseline": "middle", "color": "var(--muted)"}
        marks.append(text(once(), look, x=left, y=top))
    for i, ((label, x, row), tint) in enumerate(zip(places, names.values(), strict=True)):
        y = top + 18 * row
        marks += [
            key(point(once(), {"shape": "square", "size": 90, "color": tint}, x=left + x + 5, y=y), i),
            text(once(), {"text": label, "align": "left", "baseline": "middle"}, x=left + x + 16, y=y),
        ]
    return marks
