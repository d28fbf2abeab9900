"""The scale of colours under a grid: a patch a class with its edges, and in words what dashes and hatching mean."""

from __future__ import annotations

from typing import Any

from llmxsite.press.figure import words
from llmxsite.press.figure.classes import Classes
from llmxsite.press.figure.late import alt
from llmxsite.press.figure.marks import key, once, rect, text
from llmxsite.press.figure.metrics import Metric

PATCH, WIDEST = 10.0, 34.0
"""Height of a patch in pixels, and its most width."""
LINE = 15
BESIDE = 240.0
"""Pixels of a plot under which the scale begins at the edge of the picture instead of the plot's."""


def draw(classes: Classes, shown: Metric, said: list[str], pixels: float, beside: float, top: float) -> list[alt.Chart]:
    """The layers. `said` are the parts of its title, `pixels` how wide the plot is, `beside` what stands to the left of it, and
    `top` where the plot ends."""
    left = 0.0 if pixels >= BESIDE else -beside
    room = pixels - left - 4
    lines = words.wrap(" · ".join(said), room, 12)
    layers: list[alt.Chart] = []
    y = top + 20
    for line in lines:
        look: dict[str, Any] = {"text": line, "align": "left", "baseline": "middle", "color": "var(--muted)"}
        layers.append(text(once(), look, x=left, y=y))
        y += LINE
    width = min(WIDEST, (room - 16) / len(classes.colours))
    for i, colour in enumerate(classes.colours):
        fill: dict[str, Any] = {
            "fill": f"var(--{classes.name}-{colour + 1})",
            "stroke": "var(--line)",
            "strokeWidth": 0.5,
        }
        ends = {"x2": left + width * (i + 1), "y2": y + PATCH}
        layers.append(key(rect(once(), fill, x=left + width * i, y=y, **ends), i))
    end = -1e9
    for i, edge in enumerate(classes.edges, 1):
        label, at = written(edge, shown), left + width * i
        half = words.width(label, 11) / 2
        if at - half < end + 5:
            continue
        end = at + half
        look = {"text": label, "align": "center", "baseline": "middle", "fontSize": 11, "color": "var(--muted)"}
        layers.append(text(once(), look, x=at, y=y + PATCH + 10))
    return layers


def written(edge: float, shown: Metric) -> str:
    """An edge of a class, which is a round number: signed shares are in points already."""
    if shown.form == "percent":
        return words.show(edge, "percent", digits=0)
    return f"{edge:+,.4g}".replace("-", "−") if shown.signed and edge else f"{edge:,.4g}"
