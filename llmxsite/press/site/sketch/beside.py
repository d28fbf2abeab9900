"""Small pictures beside a table of what changed between two runs: shares before and after, and where replies part."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

BARS = 32
"""Most bars of a histogram."""


def before_after(points: Sequence[tuple[float, float, bool]], words: str) -> Markup:
    """Shares before (across) and after (up) as dots, on the diagonal where they are the same; hollow where marked False."""
    same, other = (
        "".join(f"M{100 * x:.1f} {100 - 100 * y:.1f}h0" for x, y, ok in points if ok is kind) for kind in (True, False)
    )
    return Markup(  # the drawing is made of numbers alone
        '<svg class="sketch square" viewBox="-2 -2 104 104" role="img" aria-label="{}">'
        '<path class="grid" d="M0 0V100H100M0 100L100 0M0 50H100M50 0V100"/>'
        f'<path class="dots" d="{same}"/><path class="dots other" d="{other}"/></svg>'
    ).format(words)


def histogram(at: Sequence[tuple[int, int]], words: str) -> Markup:
    """Counts by a whole number from 0 on, in at most `BARS` bars of equal width."""
    last = max((place for place, _ in at), default=0)
    width = -(-(last + 1) // BARS)
    bars = [0] * (last // width + 1)
    for place, n in at:
        bars[place // width] += n
    step, highest = 100 / len(bars), max(bars, default=1) or 1
    drawn = "".join(
        f"M{i * step:.2f} 40v{-38 * n / highest:.2f}h{step * 0.86:.2f}V40z" for i, n in enumerate(bars) if n
    )
    return Markup(  # the drawing is made of numbers alone
        '<svg class="sketch" viewBox="0 0 100 41" preserveAspectRatio="none" role="img" aria-label="{}">'
        f'<path class="grid" d="M0 40H100"/><path class="bars" d="{drawn}"/></svg>'
    ).format(words)
