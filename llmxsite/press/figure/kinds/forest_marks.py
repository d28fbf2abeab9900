"""What a forest plot draws: a row a machine, the diamond of the mean machine, the hollow bar of a further one."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from llmxsite.analysis.measure import Form
from llmxsite.press.figure import levels, words
from llmxsite.press.figure.draft import Layout
from llmxsite.press.figure.late import alt, pd
from llmxsite.press.figure.marks import haloed, linear, only, point, rect, room, rule, sides, stack, table, text


@dataclass(frozen=True)
class Row:
    """One line of the plot."""

    kind: str
    """`machine`, `mean`, or `next`."""
    key: Mapping[str, Any]
    """Suite, model and the factors that vary."""
    name: str
    value: float
    """NaN for a further machine, which has none yet."""
    low: float
    high: float
    n: int
    apart: bool = False
    refused: str = ""
    machines: int = 0
    tau: float | None = None

    @property
    def said(self) -> str:
        if self.kind != "machine":
            return "mean machine" if self.kind == "mean" else "further machine"
        return "answers apart" if self.apart else f"not pooled: {self.refused}" if self.refused else ""


def marks_of(
    rows: Sequence[Row], varying: Sequence[str], layouts: dict[str, Layout], form: Form
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The rows, and the corners of the diamonds."""
    scale = 100 if form in ("percent", "points") else 1
    said = [_label(row, varying) for row in rows]
    wide, narrow = words.whole(said, layouts[""].width * 0.36, most=3), words.whole(said, 340)
    table_ = pd.DataFrame(
        {
            "label": [wide[name] for name in said],
            "label_narrow": [narrow[name] for name in said],
            "kind": [row.kind if not row.refused else "refused" for row in rows],
            "apart": [row.apart for row in rows],
            "value": [row.value * scale for row in rows],
            "low": [row.low * scale for row in rows],
            "high": [row.high * scale for row in rows],
            "shown": [words.show(row.value, form) if row.kind != "next" else _span(row, form) for row in rows],
            "interval": [words.MISSING if math.isnan(row.low) else _span(row, form) for row in rows],
            "n": [row.n for row in rows],
            "items": ["" if row.kind == "next" else f"n {row.n:,}" for row in rows],
            "said": [row.said or "–" for row in rows],
        }
    )
    corners = [
        {"label": wide[name], "label_narrow": narrow[name], "at": at * scale, "size": size}
        for row, name in zip(rows, said, strict=True)
        if row.kind == "mean" and not math.isnan(row.low)
        for at, size in ((row.low, 0.0), (row.value, 14.0), (row.high, 0.0))
    ]
    return table_, pd.DataFrame(corners, columns=["label", "label_narrow", "at", "size"])


def draw(
    layout: Layout, marks: pd.DataFrame, title: str, form: Form, domain: tuple[float, float] | None
) -> dict[str, Any]:
    label = "label_narrow" if layout.narrow else "label"
    lines = 1 + max(str(text).count("\n") for text in marks[label])
    step = 30 + 14 * lines if layout.narrow else max(26, 14 * lines + 8)
    offset = 2 + 7 * lines if layout.narrow else 0
    y = alt.Y(
        f"{label}:N",
        title=None,
        scale=alt.Scale(domain=list(dict.fromkeys(marks[label])), paddingInner=0, paddingOuter=0),
        axis=None,
    )
    scale = linear(*_domain(marks, form, domain))
    unit = {"percent": " (%)", "points": " (points)", "milliseconds": " (ms)"}.get(form, "")
    axis = alt.Axis(
        title=f"{title[0].upper()}{title[1:]}{unit}", titleAnchor="start", grid=True, tickCount=5, format=".3~r"
    )
    x, low = alt.X("value:Q", scale=scale, axis=axis), alt.X("low:Q", scale=scale, axis=axis)
    tooltip = [
        alt.Tooltip(f"{label}:N", title="Machine"),
        alt.Tooltip("shown:N", title=f"{title[0].upper()}{title[1:]}"),
        alt.Tooltip("interval:N", title="Interval"),
        alt.Tooltip("n:Q", title="Items", format=",d"),
        alt.Tooltip("said:N", title="Note"),
    ]
    base = table().encode(y=y)
    machine, refused = only(base, "kind", "machine"), only(base, "kind", "refused")
    faint = {"color": "var(--muted)", "fontSize": 11}
    corner = table("diamond").encode(y=y)
    layers = [
        rect(
            only(base, "kind", "next"),
            {"fill": "var(--paper)", "stroke": "var(--muted)", "strokeWidth": 1.5, "height": 8, "yOffset": offset},
            x=low,
            x2="high",
            tooltip=tooltip,
        ),
        *(
            rule(rows, {"stroke": colour, "strokeWidth": 2, "yOffset": offset}, x=low, x2="high")
            for rows, colour in ((machine, "var(--series-1)"), (refused, "var(--muted)"))
        ),
        corner.mark_trail(color="var(--ink)", yOffset=offset).encode(
            x=alt.X("at:Q", scale=scale, axis=axis),
            size=alt.Size("size:Q", scale=alt.Scale(domain=[0, 14], range=[0, 14]), legend=None),
            detail=alt.Detail(f"{label}:N"),
        ),
        *(
            point(
                rows,
                {"size": 60, "fill": fill, "stroke": stroke, "strokeWidth": 1.75, "yOffset": offset},
                x=x,
                tooltip=tooltip,
            )
            for rows, fill, stroke in (
                (only(machine, "apart", False), "var(--series-1)", "var(--series-1)"),
                (only(machine, "apart", True), "var(--series-2)", "var(--ink)"),
                (refused, "var(--paper)", "var(--muted)"),
                (only(base, "kind", "mean"), "var(--ink)", "var(--ink)"),
            )
        ),
        text(base, {"align": "left", "dx": 12, "dy": offset}, x="width", text="shown:N"),
        text(base, {"align": "right", "dx": 112, "dy": offset, **faint}, x="width", text="items:N"),
    ]
    if layout.narrow:
        look = {"align": "left", "dy": -6 - 7 * lines, "baseline": "middle", "lineBreak": "\n", "lineHeight": 14}
        layers += haloed(base, look, x=0, text=f"{label}:N")
    else:
        layers.append(sides(base, label))
    return stack(layers, step * marks[label].nunique(), room())


def _label(row: Row, varying: Sequence[str]) -> str:
    """A machine's name, and before it what tells its suite, model and setting from the others."""
    front = " · ".join(levels.label(key, row.key[key]) for key in varying)
    name = f"{row.name} (not pooled)" if row.refused else f"{row.name} (apart)" if row.apart else row.name
    return f"{front} · {name}" if front else name


def _span(row: Row, form: Form) -> str:
    low, high = (words.show(end, form) for end in (row.low, row.high))
    return f"{low} to {high}"


def _domain(marks: pd.DataFrame, form: Form, given: tuple[float, float] | None) -> tuple[float, float]:
    """Everything that is drawn with some room, or what the writer asks for, as it is written."""
    if given is not None:
        scale = 100 if form in ("percent", "points") else 1
        return given[0] * scale, given[1] * scale
    ends = pd.concat([marks["low"], marks["high"], marks["value"]]).dropna()
    low, high = float(ends.min()), float(ends.max())
    span = max(high - low, 4.0 if form in ("percent", "points") else 1e-6)
    return low - 0.06 * span, high + 0.06 * span
