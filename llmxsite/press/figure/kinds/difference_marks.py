"""What a chart of paired differences draws: a row a difference, and over the plot whose side is which."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from llmxsite.analysis.measure import Form
from llmxsite.press.figure import levels, words
from llmxsite.press.figure.draft import Layout
from llmxsite.press.figure.kinds.difference_words import label, p_text
from llmxsite.press.figure.late import alt, pd
from llmxsite.press.figure.marks import haloed, linear, once, only, point, rect, room, rule, sides, stack, table, text
from llmxsite.press.figure.summary import records


def marks_of(data: pd.DataFrame, factor: str, by: list[str], layouts: dict[str, Layout], form: Form) -> pd.DataFrame:
    rows = records(data)
    scale = 100 if form == "points" else 1
    said = [label(row, data, factor, by) for row in rows]
    wide, narrow = words.whole(said, layouts[""].width * 0.36, most=3), words.whole(said, 340)
    labels = {"label": [wide[name] for name in said], "label_narrow": [narrow[name] for name in said]}
    return pd.DataFrame(
        {
            **labels,
            "name": [
                f"{levels.named(factor, r['a'])} minus {levels.named(factor, r['b'])}" + (f", {levels.named(by[0], r[by[0]])}" if by else "")
                for r in rows
            ],
            "difference": data["difference"] * scale,
            "low": data["ci_low"] * scale,
            "high": data["ci_high"] * scale,
            "mde": data["mde"] * scale,
            "less": data["mde"] * -scale,
            "different": (data["verdict"] == "different").to_numpy(dtype=bool),
            "shown": [words.signed_text(v, form) for v in data["difference"]],
            "interval": [
                words.MISSING if math.isnan(a) else f"{words.signed_text(a, form)} to {words.signed_text(b, form)}"
                for a, b in zip(data["ci_low"], data["ci_high"], strict=True)
            ],
            "p": [p_text(r) for r in rows],
            "n": data["n"],
            "verdict": data["verdict"].astype(str),
            "smallest": [words.size(v, form) for v in data["mde"]],
        }
    )  # fmt: skip


def draw(layout: Layout, marks: pd.DataFrame, title: str, form: Form, ends: tuple[str, str]) -> dict[str, Any]:
    label = "label_narrow" if layout.narrow else "label"
    lines = 1 + max(text.count("\n") for text in marks[label])
    step = 32 + 14 * lines if layout.narrow else max(30, 14 * lines + 8)
    offset = 2 + 7 * lines if layout.narrow else 0
    y = alt.Y(
        f"{label}:N",
        title=None,
        scale=alt.Scale(domain=list(marks[label]), paddingInner=0, paddingOuter=0),
        axis=None,
    )
    scale = linear(*_domain(marks, 4.0 if form == "points" else 1e-6))
    unit = {"points": " (points)", "milliseconds": " (ms)"}.get(form, "")
    axis = alt.Axis(title=f"Difference in {title}{unit}", titleAnchor="start", grid=True, tickCount=5, format=".3~r")
    x = alt.X("difference:Q", scale=scale, axis=axis)
    tooltip = [
        alt.Tooltip("name:N", title="Difference"),
        alt.Tooltip("shown:N", title="Points" if form == "points" else "A minus B"),
        alt.Tooltip("interval:N", title="Interval"),
        alt.Tooltip("p:N", title="Holm-adjusted"),
        alt.Tooltip("verdict:N", title="Verdict"),
        alt.Tooltip("smallest:N", title="Smallest it could show"),
        alt.Tooltip("n:Q", title="Items", format=",d"),
    ]
    base = table().encode(y=y)
    faint = {"align": "left", "dx": 54, "dy": offset, "color": "var(--muted)", "fontSize": 11}
    layers = [
        rect(
            base,
            {"fill": "var(--line)", "height": 12, "yOffset": offset, "clip": True},
            x=alt.X("less:Q", scale=scale, axis=axis),
            x2="mde",
        ),
        rule(once(), {"stroke": "var(--muted)"}, x=alt.XDatum(0, scale=scale)),
        rule(
            base,
            {"stroke": "var(--series-1)", "strokeWidth": 2, "yOffset": offset},
            x=alt.X("low:Q", scale=scale, axis=axis),
            x2="high",
        ),
        *(
            point(
                only(base, "different", different),
                {
                    "size": 70,
                    "fill": "var(--series-1)" if different else "var(--paper)",
                    "stroke": "var(--series-1)",
                    "strokeWidth": 1.75,
                    "yOffset": offset,
                },
                x=x,
                tooltip=tooltip,
            )
            for different in (False, True)
        ),
        text(base, {"align": "right", "dx": 44, "dy": offset}, x="width", text="shown:N"),
        text(base, faint, x="width", text="p:N"),
    ]
    if layout.narrow:
        layers += haloed(
            base,
            {"align": "left", "dy": -6 - 7 * lines, "baseline": "middle", "lineBreak": "\n", "lineHeight": 14},
            x=0,
            text=f"{label}:N",
        )
    else:
        layers.append(sides(base, label))
    return stack([*layers, *_sides(layout, marks[label], ends)], step * len(marks), room())


def _sides(layout: Layout, labels: Iterable[str], ends: tuple[str, str]) -> list[alt.Chart]:
    """Over the plot whose side is which: at its two ends, one over the other where they do not fit side by side."""
    beside = 0 if layout.narrow else 10 + max(words.widest(text) for text in labels)
    free = layout.width - beside - 130
    left, right = (words.shorten(end, free) for end in ends)
    above = words.width(left) + words.width(right) + 24 > free
    look = {"color": "var(--muted)", "baseline": "middle"}
    return [
        text(once(), {**look, "text": left, "align": "left"}, x=0, y=-30 if above else -12),
        text(once(), {**look, "text": right, "align": "right"}, x="width", y=-12),
    ]


def _domain(marks: pd.DataFrame, least: float) -> tuple[float, float]:
    """Everything that is drawn of the intervals, with 0 inside."""
    ends = pd.concat([marks["low"], marks["high"], marks["difference"], pd.Series([0.0])]).dropna()
    low, high = float(ends.min()), float(ends.max())
    span = max(high - low, least)
    return low - 0.05 * span, high + 0.05 * span
