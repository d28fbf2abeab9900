"""The items of a suite as points: how hard each is, and whether those who are good at the rest get it right."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from markupsafe import Markup

STEPS = 20
"""Columns of the strip: of five points each."""


class Point(NamedTuple):
    """One item."""

    item: str
    difficulty: float
    """Share right."""
    discrimination: float
    link: str


def scatter(points: Sequence[Point], words: str) -> Markup:
    """Share right across, item-rest correlation up from −1 to 1; below the line the key may be wrong. A point leads to its item."""
    dots = Markup("").join(
        Markup(
            '<a href="{}"><circle class="dot{}" cx="{:.1f}" cy="{:.1f}" r="2"><title>{}: {:.0f}% right, {:+.2f}</title></circle></a>'
        ).format(
            p.link,
            " other" if p.discrimination < 0 else "",
            150 * p.difficulty,
            50 - 50 * p.discrimination,
            p.item,
            100 * p.difficulty,
            p.discrimination,
        )
        for p in points
    )
    return Markup(
        '<svg class="sketch items-plot" viewBox="-2 -2 154 104" role="group" aria-label="{}">'
        '<path class="grid" d="M0 0V100M0 50H150M75 0V100"/>{}</svg>'
    ).format(words, dots)


def strip(shares: Sequence[float], words: str) -> Markup:
    """How many items were got right how often, from never to always, in columns of five points."""
    counts = Counter(min(STEPS - 1, int(share * STEPS)) for share in shares)
    most = max(counts.values(), default=0) or 1
    step = 100 / STEPS
    bars = "".join(f"M{i * step:.2f} 40v{-38 * n / most:.2f}h{step * 0.86:.2f}V40z" for i, n in sorted(counts.items()))
    return Markup(  # the drawing is made of numbers alone
        '<svg class="sketch" viewBox="0 0 100 41" preserveAspectRatio="none" role="img" aria-label="{}">'
        f'<path class="grid" d="M0 40H100"/><path class="bars" d="{bars}"/></svg>'
    ).format(words)
