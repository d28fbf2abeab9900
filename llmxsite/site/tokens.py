"""Colour tokens of the pages, light and dark, as custom properties of the style sheet."""

from __future__ import annotations

from llmxsite.site.colour import mix, readable

LIGHT = {
    "paper": "#fdfdfb",
    "raised": "#ffffff",
    "sunken": "#f4f4f0",
    "hover": "#f6f6f2",
    "ink": "#1a1b1d",
    "muted": "#5b5e66",
    "line": "#e3e3dd",
    "line-strong": "#b4b5b0",
    "shade": "#0000001f",
    "accent": "#0b5c8f",
    "right": "#0b6fae",
    "wrong": "#c4511d",
    "unparsed": "#74777f",
    "truncated": "#a36c00",
    "error": "#8b3fa3",
}
DARK = {
    "paper": "#131518",
    "raised": "#181a1e",
    "sunken": "#1c1f23",
    "hover": "#1b1e22",
    "ink": "#e8e6e1",
    "muted": "#a5a8af",
    "line": "#2b2e34",
    "line-strong": "#555961",
    "shade": "#00000080",
    "accent": "#7db8ea",
    "right": "#5cb0ea",
    "wrong": "#f0895a",
    "unparsed": "#9a9da5",
    "truncated": "#deb040",
    "error": "#c791dc",
}


def palette(tokens: dict[str, str], accent: str | None) -> dict[str, str]:
    """Every custom property of one theme; `accent` is made readable on the theme's paper."""
    paper = tokens["paper"]
    strong = readable(accent or tokens["accent"], paper)
    return {
        **tokens,
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
    """The rules that define every token: by the reader's system, and by the page's own switch over it."""
    light, dark = (
        "".join(f"--{name}:{value};" for name, value in sorted(palette(tokens, accent).items()))
        for tokens in (LIGHT, DARK)
    )
    return (
        f":root{{color-scheme:light;{light}}}\n"
        f"@media screen and (prefers-color-scheme:dark){{:root:not([data-theme=light]){{color-scheme:dark;{dark}}}}}\n"
        f"@media screen{{:root[data-theme=dark]{{color-scheme:dark;{dark}}}}}\n"
    )
