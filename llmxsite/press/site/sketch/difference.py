"""A paired difference on a track: zero in the middle, the interval as a bar, the estimate as a point."""

from __future__ import annotations

from markupsafe import Markup

REACH = 0.5
"""Difference at the ends of the track: 50 points; what lies further out is drawn at the end."""


def difference(value: float | None, low: float | None, high: float | None) -> Markup:
    """The drawing alone: the numbers stand beside it. Empty without a value."""
    if value is None:
        return Markup("")
    at = [50 + 50 * max(-1.0, min(1.0, x / REACH)) for x in (value, low if low is not None else value, high or 0.0)]
    bar = ""
    if low is not None and high is not None:
        bar = f'<line class="span" x1="{at[1]:.1f}" x2="{at[2]:.1f}" y1="8" y2="8"/>'
    return Markup(  # made of numbers alone
        '<svg class="difference" viewBox="0 0 100 16" preserveAspectRatio="none" aria-hidden="true">'
        '<line class="track" x1="0" x2="100" y1="8" y2="8"/><line class="chance" x1="50" x2="50" y1="0" y2="16"/>'
        f'{bar}<ellipse class="dot" cx="{at[0]:.1f}" cy="8" rx="3.3" ry="3.6"/></svg>'
    )
