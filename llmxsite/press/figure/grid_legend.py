"""The scale of colours under a grid: a patch a class with its edges, and in words what dashes and hatching mean."""

from __future__ import annotations

from llmxsite.press.figure import words
from llmxsite.press.figure.classes import Classes
from llmxsite.press.figure.late import alt, pd
from llmxsite.press.figure.marks import key, once, rect, table, text
from llmxsite.press.figure.metrics import Metric

PATCH, WIDEST = 10.0, 34.0
"""Height of a patch in pixels, and its most width."""
LINE = 15
BESIDE = 240.0
"""Pixels of a plot under which the scale begins at the edge of the picture instead of the plot's."""
ABOVE = 20
"""Pixels between the plot and the scale."""


def scale(
    classes: Classes, shown: Metric, said: list[str], pixels: float, beside: float
) -> tuple[pd.DataFrame, list[str]]:
    """The patches, in pixels from the left end of the plot, and the lines over them.

    `said` are the parts of these, `pixels` how wide the plot is, `beside` what stands to the left of it.
    """
    left = 0.0 if pixels >= BESIDE else -beside
    room = pixels - left - 4
    width = min(WIDEST, (room - 16) / len(classes.colours))
    rows, end = [], -1e9
    for i in range(len(classes.colours)):
        label = written(classes.edges[i], shown) if i < len(classes.edges) else ""
        at, half = left + width * (i + 1), words.width(label, 11) / 2
        label = label if at - half > end + 5 else ""
        end = at + half if label else end
        inside = classes.edges[i - 1] if i else classes.edges[0] - 1
        rows.append({"x": left + width * i, "x2": at, "value": inside, "label": label})
    return pd.DataFrame(rows), words.wrap(" · ".join(said), room, 12)


def draw(suffix: str, lines: list[str], left: float, top: float, fill: alt.Fill) -> list[alt.Chart]:
    """The layers, on data set `scale<suffix>`; `top` is where the plot ends, `left` where the scale begins, `fill` the colour of
    a `value`."""
    patches = table(f"scale{suffix}")
    y = top + ABOVE + LINE * len(lines)
    # A scale that counts pixels would be another one of the chart; offsets count them anyway.
    first, last = alt.ExprRef(expr="datum.x"), alt.ExprRef(expr="datum.x2")
    title = {"text": lines, "align": "left", "baseline": "middle", "color": "var(--muted)", "lineHeight": LINE}
    look = {"align": "center", "baseline": "middle", "fontSize": 11, "color": "var(--muted)", "dx": last}
    outline = {"stroke": "var(--line)", "strokeWidth": 0.5, "xOffset": first, "x2Offset": last}
    return [
        text(once(), title, x=left, y=top + ABOVE),
        key(rect(patches, outline, x=0, x2=0, y=y, y2=y + PATCH, fill=fill), 0),
        text(patches, look, x=0, y=y + PATCH + 10, text="label:N"),
    ]


def written(edge: float, shown: Metric) -> str:
    """An edge of a class, which is a round number: signed shares are in points already."""
    if shown.form == "percent":
        return words.show(edge, "percent", digits=0)
    return f"{edge:+,.4g}".replace("-", "−") if shown.signed and edge else f"{edge:,.4g}"
