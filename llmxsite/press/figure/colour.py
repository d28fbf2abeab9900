"""Colour arithmetic: contrast between two colours, distance as the eye sees it, and colour blindness simulated.

Colours are `#rrggbb` strings throughout.
"""

from __future__ import annotations

import math

Triple = tuple[float, float, float]

# Machado, Oliveira and Fernandes 2009, severity 1, on linear RGB.
_BLINDNESS: dict[str, tuple[Triple, Triple, Triple]] = {
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
}


def linear(colour: str) -> Triple:
    """Linear-light red, green and blue, each 0 to 1."""
    r, g, b = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return _expand(r), _expand(g), _expand(b)


def luminance(colour: str) -> float:
    """Relative luminance, 0 to 1 (WCAG 2.2)."""
    r, g, b = linear(colour)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(a: str, b: str) -> float:
    """Contrast ratio, 1 to 21 (WCAG 2.2). Text needs 4.5, a mark that carries meaning 3."""
    low, high = sorted((luminance(a), luminance(b)))
    return (high + 0.05) / (low + 0.05)


def distance(a: str, b: str, blindness: str | None = None) -> float:
    """Euclidean distance in OKLab, 0 to about 1; below 0.02 two patches look alike side by side.

    `blindness` is None, `protanopia` or `deuteranopia`: the colours as a reader without that cone sees them.
    """
    first, second = linear(a), linear(b)
    if blindness is not None:
        first, second = _simulate(first, blindness), _simulate(second, blindness)
    return math.dist(_oklab(first), _oklab(second))


def _expand(v: float) -> float:
    return v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4


def _oklab(light: Triple) -> Triple:
    """Lightness and two opponent axes of OKLab (Ottosson 2020), where equal distances look about equally far."""
    r, g, b = light
    long = math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b)
    medium = math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b)
    short = math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b)
    return (
        0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short,
    )


def _simulate(light: Triple, blindness: str) -> Triple:
    rows = _BLINDNESS[blindness]
    r, g, b = (min(1.0, max(0.0, sum(w * v for w, v in zip(row, light, strict=True)))) for row in rows)
    return r, g, b
