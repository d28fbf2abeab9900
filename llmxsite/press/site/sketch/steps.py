"""Shares as classes: a width or a shade of its own, in a `style`, is what pages' policy forbids."""

from __future__ import annotations


def wide(share: float) -> str:
    """The class of a bar that is this share of its track wide, to two hundredths: `wide(0.632)` -> `w-64`. What is not 0 is seen."""
    return f"w-{2 * max(_fiftieths(share), 1 if share > 0 else 0)}"


def deep(share: float) -> str:
    """The class of a cell that is shaded by this share, to two hundredths: `deep(0.632)` -> `deep-64`."""
    return f"deep-{2 * _fiftieths(share)}"


def widths() -> str:
    """The rules of the first."""
    return "".join(f".w-{n}{{width:{n}%}}" for n in range(0, 101, 2))


def depths() -> str:
    """The rules of the second."""
    return "".join(f".deep-{n}{{--share:{n / 100:g}}}" for n in range(0, 101, 2))


def _fiftieths(share: float) -> int:
    return round(50 * min(max(share, 0), 1))
