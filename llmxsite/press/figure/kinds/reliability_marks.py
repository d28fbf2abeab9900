"""What a reliability diagram draws: curves in one panel with their sentences beside it, or a panel each with its own over it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from llmxsite.press.figure import words
from llmxsite.press.figure.draft import FEW, Layout
from llmxsite.press.figure.kinds.calibration_words import error, says, span
from llmxsite.press.figure.late import alt, np, pd
from llmxsite.press.figure.marks import key, only, point, rect, room, rule, stack, table, text
from llmxsite.press.figure.panels import LINE, Panels, columns_for, draw_panel_grid, folded, panel_grid, share
from llmxsite.press.figure.summary import records
from llmxsite.press.figure.theme import series

STRIP, APART = 18.0, 5.0
"""Pixels of a strip of confidences, and between two."""
SLICES = 40
SMALL = 170.0
"""Pixels of a panel under which its marks and words are fewer and smaller."""
GHOSTS = 9
"""Panels up to which each has all other curves faintly behind its own."""


@dataclass(frozen=True)
class Curves:
    """What is drawn, a curve a title."""

    titles: list[str]
    rows: list[dict[str, Any]]
    """The numbers of each curve."""
    bins: pd.DataFrame
    """A row a bin, `panel` saying of which curve."""
    answers: pd.DataFrame
    """`panel` and `confidence` of each answer."""
    across: tuple[float, float]
    up: tuple[float, float]
    shared: bool
    """Whether all are in one panel."""
    heading: str
    """What the titles are levels of, where they do not say it."""

    @property
    def panels(self) -> int:
        return 1 if self.shared else len(self.titles)

    def panel(self, curve: int) -> int:
        return 0 if self.shared else curve

    def colour(self, curve: int) -> str:
        return series(curve if self.shared else 0)


def panels_of(curves: Curves, layout: Layout) -> Panels:
    """The grid of panels, with room below each for the strips and over it for its words."""
    columns = columns_for(curves.panels, layout)
    unit = (layout.width - 62) / (2.16 if curves.shared and not layout.narrow else columns + (columns - 1) * Panels.gap)
    strips = (STRIP + APART) * (len(curves.titles) if curves.shared else 1)
    heads = 0
    if not curves.shared:
        heads = max(len(folded(title, unit)) for title in curves.titles) + max(
            len(_below(row, unit)) for row in curves.rows
        )
    elif layout.narrow:
        heads = len(_sentences(curves, unit))
    floor = -(strips + 6) / unit
    return Panels(curves.panels, columns, layout, floor, heads, curves.across, curves.up, tallest=unit)


def marks_of(curves: Curves, layout: Layout) -> dict[str, pd.DataFrame]:
    """The data sets of a layout."""
    panels = panels_of(curves, layout)
    titles: list[list[str]] = [[]] if curves.shared else [folded(title, panels.unit) for title in curves.titles]
    below = [[]] if curves.shared else [_below(row, panels.unit) for row in curves.rows]
    grid = panel_grid(panels, titles, below, ("mean confidence", "accuracy"))
    found = {
        "lines": grid.lines,
        "texts": grid.texts,
        "table": _bins(curves, panels),
        "segments": _segments(curves, panels),
        "strips": _strips(curves, panels),
    }
    if curves.shared:
        found["said"] = _said(curves, panels)
    return found


def _below(row: dict[str, Any], pixels: float) -> list[str]:
    """Under the title of a panel of its own; in a small one only what fits."""
    n = f"n = {int(row['n']):,}"
    if pixels < SMALL:
        return [says(row).replace(", is right", ", right"), f"ECE {words.percent(row['ece'])}, {n}"]
    return [says(row), error(row), n]


def _sentences(curves: Curves, pixels: float) -> list[tuple[str, str, int]]:
    """Beside or over the shared panel: text, role and curve of every line."""
    out: list[tuple[str, str, int]] = []
    for i, (title, row) in enumerate(zip(curves.titles, curves.rows, strict=True)):
        out += [(line, "name" if k == 0 else "more-name", i) for k, line in enumerate(folded(title, pixels - 18))]
        ends = span(row["ece_low"], row["ece_high"])
        said = [says(row), f"{error(row)}, n = {int(row['n']):,}"]
        if len(curves.titles) == 1 and ends != words.MISSING:
            said.append(f"95% interval of its error {ends}")
        out += [
            (line, "says" if k == 0 else "more", i)
            for k, s in enumerate(said)
            for line in words.wrap(s, pixels - 18, 12.5)
        ]
        out.append(("", "space", i))
    return out[:-1]


def _said(curves: Curves, panels: Panels) -> pd.DataFrame:
    """Where those lines stand: beside the panel from its top, or over it."""
    pixel = 1 / panels.unit
    lines = _sentences(curves, panels.unit)
    beside = not panels.layout.narrow
    left = 1 + panels.gap if beside else 0.0
    top = panels.level(0, 1) + (-8 if beside else 8 + LINE * (len(lines) - 1)) * pixel
    return pd.DataFrame(
        [
            {"x": left, "y": top - LINE * 1.08 * i * pixel if beside else top - LINE * i * pixel, "text": line, "role": role, "curve": curve}
            for i, (line, role, curve) in enumerate(lines)
            if role != "space"
        ]
    )  # fmt: skip


def _bins(curves: Curves, panels: Panels) -> pd.DataFrame:
    """A row a bin, in the coordinates of the grid of panels."""
    bins = curves.bins
    where = [curves.panel(curve) for curve in bins["panel"]]

    def ys(name: str) -> list[float]:
        return [panels.y(p, v) for p, v in zip(where, bins[name], strict=True)]

    return pd.DataFrame(
        {
            "curve": bins["panel"],
            "x": [panels.x(p, v) for p, v in zip(where, bins["confidence"], strict=True)],
            "y": ys("accuracy"),
            "low": ys("ci_low"),
            "high": ys("ci_high"),
            "band_low": ys("band_low"),
            "band_high": ys("band_high"),
            "few": bins["units"] < FEW,
            "alone": bins.groupby("panel")["bin"].transform("size") == 1,
            "name": [curves.titles[curve] for curve in bins["panel"]],
            "bin": [
                f"{words.percent(a)} to {words.percent(b)}"
                for a, b in zip(bins["bin_low"], bins["bin_high"], strict=True)
            ],
            "n": bins["n"],
            "confidence": [words.percent(v) for v in bins["confidence"]],
            "accuracy": [words.percent(v) for v in bins["accuracy"]],
            "interval": [span(a, b) for a, b in zip(bins["ci_low"], bins["ci_high"], strict=True)],
        }
    )


def _segments(curves: Curves, panels: Panels) -> pd.DataFrame:
    """The lines from bin to bin; faint where an end rests on few; in panels of their own also those of the others, behind."""
    rows: list[dict[str, Any]] = []
    paths: list[list[tuple[float, float, bool]]] = [[] for _ in curves.titles]
    for row in records(curves.bins):
        paths[row["panel"]].append((row["confidence"], row["accuracy"], bool(row["units"] < FEW)))
    for curve, path in enumerate(paths):
        shown = range(curves.panels) if not curves.shared and curves.panels <= GHOSTS else (curves.panel(curve),)
        for panel in shown:
            for (x, y, few), (x2, y2, few2) in pairwise(path):
                kind = "ghost" if panel != curves.panel(curve) else "faint" if few or few2 else "full"
                a, b = (panels.x(panel, v) for v in (x, x2))
                c, d = (panels.y(panel, v) for v in (y, y2))
                rows.append({"curve": curve, "kind": kind, "x": a, "x2": b, "y": c, "y2": d})
    return pd.DataFrame(rows, columns=["curve", "kind", "x", "x2", "y", "y2"])


def _strips(curves: Curves, panels: Panels) -> pd.DataFrame:
    """How often each confidence occurs, in slices of the axis; what lies beyond its ends is in the outermost."""
    pixel, slices = 1 / panels.unit, SLICES if panels.unit >= SMALL else SLICES // 2
    rows: list[dict[str, Any]] = []
    for curve in range(len(curves.titles)):
        panel = curves.panel(curve)
        places = [share(v, panels.across) for v in curves.answers["confidence"][curves.answers["panel"] == curve]]
        counts = np.bincount(np.clip((np.array(places) * slices).astype(int), 0, slices - 1), minlength=slices)
        foot = panels.level(panel, -(6 + STRIP + (STRIP + APART) * (curve if curves.shared else 0)) * pixel)
        step = (panels.across[1] - panels.across[0]) / slices
        for i in np.flatnonzero(counts):
            low = panels.across[0] + step * i
            rows.append(
                {
                    "curve": curve,
                    "x": panels.x(panel, low + 0.08 * step),
                    "x2": panels.x(panel, low + 0.92 * step),
                    "y": foot,
                    "y2": foot + STRIP * pixel * counts[i] / counts.max(),
                }
            )
    return pd.DataFrame(rows)


def draw(curves: Curves, layout: Layout, column: str) -> dict[str, Any]:
    """The layers, the band at the back."""
    panels, suffix = panels_of(curves, layout), "_narrow" if layout.narrow else ""
    columns = 2 + panels.gap if curves.shared and not layout.narrow else None
    sx, sy = panels.scales(columns)
    x, y = alt.X("x:Q", scale=sx, axis=None), alt.Y("y:Q", scale=sy, axis=None)
    base, segments = table(f"table{suffix}"), table(f"segments{suffix}")
    tooltip = [
        alt.Tooltip("name:N", title=column),
        alt.Tooltip("bin:N", title="Confidence"),
        alt.Tooltip("confidence:N", title="Mean confidence"),
        alt.Tooltip("accuracy:N", title="Accuracy"),
        alt.Tooltip("interval:N", title="Interval"),
        alt.Tooltip("n:Q", title="Answers", format=",d"),
    ]
    low = alt.Y("band_low:Q", scale=sy, axis=None)
    band = only(base, "alone", False).mark_area(color="var(--line-strong)", opacity=0.28)
    layers = [band.encode(x=x, y=low, y2=alt.Y2("band_high"), detail=alt.Detail("curve:N"))]
    if curves.bins["panel"].value_counts().min() == 1:
        look = {"stroke": "var(--line-strong)", "opacity": 0.28, "strokeWidth": 14}
        layers.append(rule(only(base, "alone", True), look, x=x, y=low, y2="band_high"))
    layers += draw_panel_grid(panels, suffix, columns)
    if not curves.shared and curves.panels <= GHOSTS:
        look = {"stroke": "var(--line-strong)", "strokeWidth": 1, "opacity": 0.7}
        layers.append(rule(only(segments, "kind", "ghost"), look, x=x, y=y, x2="x2", y2="y2"))
    few = bool((curves.bins["units"] < FEW).any())
    for curve in range(len(curves.titles)) if curves.shared else (None,):
        tint = curves.colour(curve or 0)
        own = [
            each if curve is None else only(each, "curve", curve) for each in (table(f"strips{suffix}"), base, segments)
        ]
        layers += _curve(
            *own, tint=tint, size=64 if panels.unit >= SMALL else 26, few=few, sx=sx, sy=sy, tooltip=tooltip
        )
        if curve is not None:
            place = only(only(table(f"said{suffix}"), "curve", curve), "role", "name")
            layers.append(key(point(place, {"color": tint, "size": 80, "xOffset": 6, "yOffset": -4}, x=x, y=y), curve))
    if curves.shared:
        looks: dict[str, dict[str, Any]] = {
            "name": {"fontWeight": 600, "fontSize": 12.5},
            "more-name": {"fontWeight": 600, "fontSize": 12.5},
            "says": {"fontSize": 12.5},
            "more": {"fontSize": 11.5, "color": "var(--muted)"},
        }
        for role, look in looks.items():
            layers.append(text(only(table(f"said{suffix}"), "role", role), {"align": "left", "dx": 18, **look}, x=x, y=y, text="text:N"))  # fmt: skip
    return stack(layers, panels.height, room(right=4))


def _curve(
    strips: alt.Chart,
    bins: alt.Chart,
    segments: alt.Chart,
    *,
    tint: str,
    size: int,
    few: bool,
    sx: alt.Scale,
    sy: alt.Scale,
    tooltip: list[alt.Tooltip],
) -> list[alt.Chart]:
    """One curve, or all of one colour: its strip, its intervals, its line and its points."""
    x, y = alt.X("x:Q", scale=sx, axis=None), alt.Y("y:Q", scale=sy, axis=None)
    low = alt.Y("low:Q", scale=sy, axis=None)
    full = [
        rect(strips, {"fill": tint, "opacity": 0.6}, x=x, x2="x2", y=y, y2="y2"),
        rule(only(bins, "few", False), {"stroke": tint, "strokeWidth": 1.25, "opacity": 0.7}, x=x, y=low, y2="high"),
        rule(only(segments, "kind", "full"), {"stroke": tint, "strokeWidth": 2}, x=x, y=y, x2="x2", y2="y2"),
        point(only(bins, "few", False), {"fill": tint, "stroke": "var(--paper)", "strokeWidth": 1, "size": size}, x=x, y=y, tooltip=tooltip),
    ]  # fmt: skip
    if not few:
        return full
    dashed = {"stroke": tint, "strokeWidth": 1.5, "strokeDash": [3, 3], "opacity": 0.5}
    hollow = {"fill": "var(--paper)", "stroke": tint, "strokeWidth": 1.5, "size": 0.7 * size, "opacity": 0.6}
    return [
        *full,
        rule(only(bins, "few", True), {"stroke": tint, "strokeWidth": 1.25, "opacity": 0.35}, x=x, y=low, y2="high"),
        rule(only(segments, "kind", "faint"), dashed, x=x, y=y, x2="x2", y2="y2"),
        point(only(bins, "few", True), hollow, x=x, y=y, tooltip=tooltip),
    ]
