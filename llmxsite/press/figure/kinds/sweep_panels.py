"""A sweep of many lines as small multiples: a panel each, over the span of all of them."""

from __future__ import annotations

from typing import Any

from llmxsite.press.figure import levels, naming, words
from llmxsite.press.figure.draft import BEHIND, Layout
from llmxsite.press.figure.kinds.sweep_lines import Drawing, Line, layouts
from llmxsite.press.figure.late import alt, pd
from llmxsite.press.figure.marks import point, room, rule, stack, table
from llmxsite.press.figure.panels import Panels, Ticks, columns_for, draw_panel_grid, folded, panel_grid


def panels_of(marks: pd.DataFrame, line: Line, width: int) -> Drawing:
    """The data sets of both layouts."""
    titles = list(dict.fromkeys(marks["series"]))
    data: dict[str, pd.DataFrame] = {}
    for suffix, layout in layouts(width).items():
        panels = _panels(titles, layout)
        heads = [folded(title, panels.unit) for title in titles]
        grid = panel_grid(
            panels, heads, [[] for _ in heads], (naming.column(line.x), line.shown.axis_title), _ticks(line, panels)
        )
        data |= {f"lines{suffix}": grid.lines, f"texts{suffix}": grid.texts}
        data |= {f"{name}{suffix}": frame for name, frame in _placed(marks, titles, line, panels).items()}
    return Drawing(data, lambda layout: _draw(layout, line, _panels(titles, layout)))


def _panels(titles: list[str], layout: Layout) -> Panels:
    columns = columns_for(len(titles), layout)
    unit = (layout.width - 62) / (columns + (columns - 1) * Panels.gap)
    return Panels(len(titles), columns, layout, heads=max(len(folded(title, unit)) for title in titles), tallest=unit)


def _share(line: Line, value: float) -> float:
    return (value - line.domain[0]) / (line.domain[1] - line.domain[0])


def _across(line: Line) -> list[float]:
    """Where the levels of x stand in a panel, 0 to 1."""
    if not line.numeric:
        return [(i + 0.5) / len(line.along) for i in range(len(line.along))]
    low, high = float(line.along[0]), float(line.along[-1])
    return [0.04 + 0.92 * (float(v) - low) / ((high - low) or 1.0) for v in line.along]


def _ticks(line: Line, panels: Panels) -> tuple[Ticks, Ticks]:
    """The levels of x, as many as fit, and the two ends and the middle of y."""
    low, high = line.domain
    up = [
        (
            s,
            words.show(
                (low + s * (high - low)) / line.shown.factor, line.shown.form, digits=0 if line.shown.bounded else None
            ),
        )
        for s in (0.0, 0.5, 1.0)
    ]
    across: list[tuple[float, str]] = []
    end = -1e9
    for place, level in zip(_across(line), line.along, strict=True):
        label = levels.label(line.x, level)
        half = words.width(label, 11) / 2
        if place * panels.unit - half > end + 4:
            across.append((place, label))
            end = place * panels.unit + half
    return across, up  # fmt: skip


def _placed(marks: pd.DataFrame, titles: list[str], line: Line, panels: Panels) -> dict[str, pd.DataFrame]:
    """The lines in their panels, and in each the span of all."""
    places = dict(zip([levels.label(line.x, v) for v in line.along], _across(line), strict=True))
    panel = marks["series"].map({title: i for i, title in enumerate(titles)}).tolist()

    def up(name: str) -> list[float]:
        return [panels.y(p, _share(line, v)) for p, v in zip(panel, marks[name], strict=True)]

    own = marks.assign(
        panel=panel,
        px=[panels.x(p, places[at]) for p, at in zip(panel, marks["at"], strict=True)],
        py=up("value"),
        plow=up("low"),
        phigh=up("high"),
    )
    kept = ["panel", "px", "py", "plow", "phigh", "series", "at", "shown", "interval", "answered", BEHIND]
    ends = marks.groupby("at", sort=False)["value"].agg(["min", "max"])
    span = [
        {
            "panel": p,
            "px": panels.x(p, places[str(at)]),
            "plow": panels.y(p, _share(line, row["min"])),
            "phigh": panels.y(p, _share(line, row["max"])),
        }
        for p in range(len(titles))
        for at, row in ends.iterrows()
    ]
    found = {"table": own[kept], "span": pd.DataFrame(span)}
    if line.chance is not None:
        level = _share(line, line.chance)
        found["chance"] = pd.DataFrame(
            [{"x": panels.x(p, 0), "x2": panels.x(p, 1), "y": panels.y(p, level)} for p in range(len(titles))]
        )
    return found


def _draw(layout: Layout, line: Line, panels: Panels) -> dict[str, Any]:
    suffix = "_narrow" if layout.narrow else ""
    sx, sy = panels.scales()
    x, y = alt.X("px:Q", scale=sx, axis=None), alt.Y("py:Q", scale=sy, axis=None)
    low, each = alt.Y("plow:Q", scale=sy, axis=None), alt.Detail("panel:N")
    base, span = table(f"table{suffix}"), table(f"span{suffix}")
    tint = "var(--series-1)"
    layers = [
        *draw_panel_grid(panels, suffix, up=_ticks(line, panels)[1]),
        span.mark_area(color="var(--line-strong)", opacity=0.25).encode(x=x, y=low, y2=alt.Y2("phigh"), detail=each),
    ]
    if line.chance is not None:
        ends = alt.X("x:Q", scale=sx, axis=None)
        look = {"stroke": "var(--muted)", "strokeDash": [3, 3]}
        layers.append(rule(table(f"chance{suffix}"), look, x=ends, x2="x2", y=alt.Y("y:Q", scale=sy, axis=None)))
    if line.shown.interval:
        layers.append(base.mark_area(color=tint, opacity=0.2).encode(x=x, y=low, y2=alt.Y2("phigh"), detail=each))
    dot = {"color": tint, "size": 30, "stroke": "var(--paper)", "strokeWidth": 1}
    layers += [
        base.mark_line(color=tint).encode(x=x, y=y, detail=each),
        point(base, dot, x=x, y=y, tooltip=line.tooltip()),
    ]
    return stack(layers, panels.height, room(right=4))
