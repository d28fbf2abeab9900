"""Colours of the pages: tints, and an accent made readable on any paper by changing its lightness alone."""

from __future__ import annotations

import colorsys

from llmxsite.figure.colour import contrast, luminance

TEXT_CONTRAST = 4.5
"""WCAG 2.2, 1.4.3: the least contrast of text of ordinary size."""


def readable(colour: str, paper: str, least: float = TEXT_CONTRAST) -> str:
    """`colour`, or the nearest lightness of its hue that reaches `least` on `paper`."""
    if contrast(colour, paper) >= least:
        return colour.lower()
    hue, lightness, saturation = colorsys.rgb_to_hls(*_channels(colour))
    towards = 1.0 if luminance(paper) < 0.18 else 0.0
    for step in range(1, 101):
        moved = lightness + (towards - lightness) * step / 100
        candidate = _hex(colorsys.hls_to_rgb(hue, moved, saturation))
        if contrast(candidate, paper) >= least:
            return candidate
    return _hex((towards, towards, towards))


def mix(first: str, second: str, share: float) -> str:
    """`share` of `first` in `second`, in sRGB."""
    pairs = zip(_channels(first), _channels(second), strict=True)
    red, green, blue = (a * share + b * (1 - share) for a, b in pairs)
    return _hex((red, green, blue))


def _channels(colour: str) -> tuple[float, float, float]:
    digits = colour.lstrip("#")
    return int(digits[0:2], 16) / 255, int(digits[2:4], 16) / 255, int(digits[4:6], 16) / 255


def _hex(channels: tuple[float, float, float]) -> str:
    return "#" + "".join(f"{round(min(max(c, 0.0), 1.0) * 255):02x}" for c in channels)
