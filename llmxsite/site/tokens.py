"""Colours and fonts of the pages as custom properties: the charts' own tokens, and tints that only pages use."""

from __future__ import annotations

from llmxsite.figure.theme import Theme, css_variables
from llmxsite.site.colour import mix, readable


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
