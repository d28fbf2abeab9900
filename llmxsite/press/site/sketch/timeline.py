"""A run over its time: how many samples, how long each took, what failed, when a model was loaded, where the run stood still."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from markupsafe import Markup

WIDE, TALL, BASE = 1000, 96, 40
"""The drawing's own units: latency in the upper part, samples in the lower `BASE`."""


class Slice(NamedTuple):
    """What was written in one piece of a run's time."""

    at: float
    """Where it begins, 0 to 1 of the time the run was at work."""
    width: float
    n: int
    failed: int
    mean_ms: float | None
    longest_ms: float | None


def timeline(
    slices: Sequence[Slice], loads: Sequence[float], stops: Sequence[float], resumes: Sequence[float], words: str
) -> Markup:
    """Bars from left to right; `loads`, `stops` and `resumes` are places from 0 to 1. `words` say it all to those who hear it."""
    most = max((s.n for s in slices), default=0) or 1
    slowest = max((s.longest_ms or 0 for s in slices), default=0) or 1
    upper = TALL - BASE - 6
    bars, failed, mean, longest = [], [], [], []
    for s in slices:
        x, w = WIDE * s.at, max(1.0, WIDE * s.width - 0.6)
        bars.append(_bar(x, TALL, w, (BASE - 4) * s.n / most))
        if s.failed:
            failed.append(_bar(x, TALL, w, max(2.0, (BASE - 4) * s.failed / most)))
        if s.mean_ms is not None:
            mean.append(_bar(x, upper, w, max(0.8, (upper - 4) * s.mean_ms / slowest)))
        if s.longest_ms is not None:
            longest.append(f"M{x:.1f} {upper - (upper - 4) * s.longest_ms / slowest:.1f}h{w:.1f}")
    lines = "".join(f"M{WIDE * at:.1f} 0V{TALL}" for at in stops)
    again = "".join(f"M{WIDE * at:.1f} 0V{TALL}" for at in resumes)
    marks = "".join(f"M{WIDE * at:.1f} {upper + 1}v5" for at in loads)
    return Markup(  # the drawing is made of numbers alone
        f'<svg class="timeline" viewBox="0 0 {WIDE} {TALL}" preserveAspectRatio="none" role="img" aria-label="{{}}">'
        f'<path class="axis" d="M0 {upper}H{WIDE}M0 {TALL}H{WIDE}"/>'
        f'<path class="mean" d="{"".join(mean)}"/><path class="longest" d="{"".join(longest)}"/>'
        f'<path class="bars" d="{"".join(bars)}"/><path class="failed" d="{"".join(failed)}"/>'
        f'<path class="stop" d="{lines}"/><path class="again" d="{again}"/><path class="load" d="{marks}"/></svg>'
    ).format(words)


def _bar(x: float, floor: float, width: float, height: float) -> str:
    return f"M{x:.1f} {floor}v{-height:.1f}h{width:.1f}V{floor}z"
