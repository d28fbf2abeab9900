"""The palette: colours and fonts of the pages as custom properties, the charts' own and tints that only pages use.

An accent is made readable on any paper by changing its lightness alone.
"""

from __future__ import annotations

import colorsys

from llmxsite.press.figure.colour import contrast, luminance
from llmxsite.press.figure.theme import Theme, css_variables

TEXT_CONTRAST = 4.5
"""WCAG 2.2, 1.4.3: the least contrast of text of ordinary size."""


def palette(theme: Theme, accent: str | None) -> dict[str, str]:
    """Every custom property of one theme; a study's own `accent` is made readable on the theme's paper."""
    tokens = css_variables(theme)
    paper = tokens["paper"]
    strong = readable(accent or tokens["accent"], paper)
    return {
        **{name: value for name, value in tokens.items() if not name.startswith("font-")},
        "accent": strong,
        "accent-mid": mix(strong, paper, 0.42),
        "accent-soft": mix(strong, paper, 0.2),
        "link": strong,
        "link-line": mix(strong, paper, 0.4),
        # Token tints: from the colour of wrong answers (unsure) to that of right ones (sure).
        "conf-0": mix(tokens["wrong"], paper, 0.36),
        "conf-1": mix(tokens["wrong"], paper, 0.18),
        "conf-2": tokens["sunken"],
        "conf-3": mix(tokens["right"], paper, 0.1),
        "conf-4": mix(tokens["right"], paper, 0.2),
        "ins": mix(tokens["right"], paper, 0.22),
        "del": mix(tokens["wrong"], paper, 0.22),
    }


def style_tokens(accent: str | None) -> str:
    """The rules that define every token: by the reader's system, and by the page's own switch over it.

    Dark is for screens alone: paper is light.
    """
    tokens = {name: css_variables("light")[f"font-{name}"] for name in ("sans", "mono")}
    fonts = "".join(f"--{name}:{value};" for name, value in tokens.items())
    light, dark = (
        "".join(f"--{name}:{value};" for name, value in sorted(palette(theme, accent).items()))
        for theme in ("light", "dark")
    )
    return (
        f":root{{color-scheme:light;{fonts}{light}}}\n"
        f"@media screen and (prefers-color-scheme:dark){{:root:not([data-theme=light]){{color-scheme:dark;{dark}}}}}\n"
        f"@media screen{{:root[data-theme=dark]{{color-scheme:dark;{dark}}}}}\n"
    )


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
