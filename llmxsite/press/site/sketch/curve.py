"""A calibration curve: how often a model was right against how sure it was, bins of about equal count, each with its interval."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from markupsafe import Markup

from llmxsite.press.site.sketch.grid import FEW


class Point(NamedTuple):
    """One bin."""

    confidence: float
    accuracy: float
    low: float | None
    high: float | None
    n: int


def curve(points: Sequence[Point], words: str) -> Markup:
    """Confidence across, accuracy up, both from 0 to 100 %; the diagonal is perfect calibration. Bins of few answers are hollow."""
    at = [(100 * p.confidence, 100 - 100 * p.accuracy) for p in points]
    joined = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in at) if len(at) > 1 else ""
    spans = "".join(
        f"M{100 * p.confidence:.1f} {100 - 100 * p.low:.1f}V{100 - 100 * p.high:.1f}"
        for p in points
        if p.low is not None and p.high is not None
    )
    dots = "".join(
        f'<circle class="dot{" few" if p.n < FEW else ""}" cx="{x:.1f}" cy="{y:.1f}" r="2.4"/>'
        for p, (x, y) in zip(points, at, strict=True)
    )
    return Markup(  # the drawing is made of numbers alone
        '<svg class="sketch square curve" viewBox="-2 -2 104 104" role="img" aria-label="{}">'
        '<path class="grid" d="M0 0V100H100M0 50H100M50 0V100"/><path class="even" d="M0 100L100 0"/>'
        f'<path class="spans" d="{spans}"/><path class="line" d="{joined}"/>{dots}</svg>'
    ).format(words)
