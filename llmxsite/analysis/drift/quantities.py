"""Quantities of a comparison as text, the same in the terminal and on the page."""

from __future__ import annotations

from llmxsite.analysis.measure import show


def percent(share: float | None, digits: int = 1) -> str:
    """A bound of 0.00004 is not 0.0%: as many digits as it takes."""
    while share is not None and 0 < share < 0.5 * 10 ** -(digits + 2) and digits < 6:
        digits += 1
    return show(share, "percent", digits=digits)


def points(share: float | None) -> str:
    """A difference in points: `−0.8`."""
    return show(share, "points", sign=True)


def p_value(p: float | None) -> str:
    return "–" if p is None else "below 0.001" if p < 0.001 else f"{p:.3f}"


def nats(value: float | None) -> str:
    """A distance of log-probabilities: `0.0004`, `3.1e-07`."""
    return "–" if value is None else "0" if value == 0 else f"{value:.1e}" if value < 1e-4 else f"{value:.2g}"


def span(low: float | None, high: float | None) -> str:
    return f"{percent(low)} to {percent(high)}"
