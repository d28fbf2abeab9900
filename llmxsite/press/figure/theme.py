"""The one palette: every colour and font of charts and pages, for light and dark.

A colour is named, never written: specs say `var(--series-1)`, which a page resolves by CSS (so one SVG serves both themes, and
a live chart changes with the page) and `resolve` resolves to `#rrggbb` for files that stand alone. The tests hold text to
a contrast of 4.5, series to 3, and every pair of series apart for readers without red or green cones.
"""

from __future__ import annotations

import re
from typing import Any, Final, Literal

Theme = Literal["light", "dark"]
THEMES: Final[tuple[Theme, ...]] = ("light", "dark")
Tokens = dict[str, str | list[str]]

SANS: Final = '-apple-system, BlinkMacSystemFont, "Segoe UI", Roboto, "Noto Sans", "Helvetica Neue", Arial, sans-serif'
"""`system-ui` is left out: on Linux it is often a wide face that charts measured with Arial's widths would not fit."""
MONO: Final = 'ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, "Liberation Mono", monospace'

TOKENS: Final[dict[Theme, Tokens]] = {
    "light": {
        "paper": "#fdfdfb",
        "raised": "#ffffff",
        "sunken": "#f4f4f0",
        "hover": "#f6f6f2",
        "ink": "#1a1b1d",
        "inverse": "#ffffff",
        "muted": "#5b5e66",
        "line": "#e3e3dd",
        "line-strong": "#b4b5b0",
        "shade": "#0000001f",
        "accent": "#0b5c8f",
        "accent-ink": "#ffffff",
        "right": "#0b6fae",
        "wrong": "#b84817",
        "unparsed": "#686b73",
        "truncated": "#8a5b00",
        "error": "#8b3fa3",
        "good": "#17734a",
        "bad": "#b3261e",
        "warn": "#815300",
        "selection": "#cfe2f5",
        "code-background": "#f4f4f0",
        "series": ["#08418e", "#be3a02", "#217a74", "#7555cf", "#b28833", "#3a90ea", "#d963b3", "#483d28"],
        "sequential": [
            "#eff5fc",
            "#d4e5f7",
            "#b6d3f1",
            "#95bde8",
            "#71a6dd",
            "#3379bc",
            "#206ab1",
            "#125aa0",
            "#09488a",
            "#07336a",
        ],
        "diverging": [
            "#922f0a",
            "#b64c1b",
            "#d7885a",
            "#e9c2a5",
            "#f4f3f0",
            "#abcff0",
            "#67a4dd",
            "#216bb3",
            "#07468b",
        ],
        "font-sans": SANS,
        "font-mono": MONO,
    },
    "dark": {
        "paper": "#131518",
        "raised": "#181a1e",
        "sunken": "#1c1f23",
        "hover": "#1b1e22",
        "ink": "#e8e6e1",
        "inverse": "#0e1012",
        "muted": "#a5a8af",
        "line": "#2b2e34",
        "line-strong": "#555961",
        "shade": "#00000080",
        "accent": "#7db8ea",
        "accent-ink": "#0e1012",
        "right": "#5cb0ea",
        "wrong": "#f0895a",
        "unparsed": "#9a9da5",
        "truncated": "#deb040",
        "error": "#c791dc",
        "good": "#63c795",
        "bad": "#f58d80",
        "warn": "#deb040",
        "selection": "#26466b",
        "code-background": "#1c1f23",
        "series": ["#6379ea", "#f06d03", "#17ad86", "#aeacfe", "#d9c040", "#387688", "#f881bf", "#d5ddeb"],
        "sequential": [
            "#202730",
            "#253447",
            "#29415f",
            "#2c4f78",
            "#315d8f",
            "#4b99d7",
            "#5eade4",
            "#77c1f0",
            "#94d4f8",
            "#b6e6ff",
        ],
        "diverging": [
            "#f3b680",
            "#e6803a",
            "#924924",
            "#5d3727",
            "#27292c",
            "#2f445d",
            "#326091",
            "#58a5e4",
            "#91d0f7",
        ],
        "font-sans": SANS,
        "font-mono": MONO,
    },
}
"""Colour and font tokens by theme; lists are numbered from 1 as variables (`--series-1`).

`paper` is the page, `raised` and `sunken` what lies above and below it; `ink` and `muted` are text on all three, and `ink` on
the near half of a ramp (see `inverse_on`), `inverse` on the rest; `line` draws grids and rules, `line-strong` axes and outlines;
`accent-ink` is text on `accent`; `right`, `wrong`, `unparsed`, `truncated` and `error` are what became of an answer.
`shade` alone has an alpha channel.
"""

RAMPS: Final = {"sequential": 10, "diverging": 9}
"""Length of each ramp: of the first a colour for every tenth of a share, of the second one for the middle."""

_VARIABLE = re.compile(r"var\(--([a-z]+(?:-[a-z0-9]+)*)\)")


def css_variables(theme: Theme) -> dict[str, str]:
    """Custom properties of a theme, without their dashes: `paper`, `series-1` to `series-8`, `sequential-1`, ..., `font-sans`."""
    found: dict[str, str] = {}
    for name, value in TOKENS[theme].items():
        if isinstance(value, list):
            found.update({f"{name}-{i}": colour for i, colour in enumerate(value, 1)})
        else:
            found[name] = value
    return found


def series(index: int) -> str:
    """Colour of the series with this index, from 0. There are eight; asking for a ninth is a fault of the caller."""
    if not 0 <= index < len(TOKENS["light"]["series"]):
        raise IndexError(f"series {index}: the palette has eight")
    return f"var(--series-{index + 1})"


def ramp(name: Literal["sequential", "diverging"], steps: int) -> list[int]:
    """Which of the colours of a ramp `steps` classes take, spread over all of it. Indexes from 0."""
    last = RAMPS[name] - 1
    if steps == 1:
        return [last // 2]
    return [round(i * last / (steps - 1)) for i in range(steps)]


def inverse_on(name: Literal["sequential", "diverging"], index: int) -> bool:
    """Whether text on this colour of a ramp is `inverse` instead of `ink`: the same indexes in both themes."""
    return index >= 5 if name == "sequential" else abs(index - 4) >= 3


def resolve(text: str, theme: Theme) -> str:
    """`text` with every `var(--name)` replaced by the theme's value; an unknown name is left as it stands."""
    values = css_variables(theme)
    return _VARIABLE.sub(lambda match: values.get(match[1], match[0]), text)


def resolve_spec(spec: Any, theme: Theme) -> Any:
    """A spec, or any part of one, with its colours resolved. Only whole strings are touched, so text is safe."""
    if isinstance(spec, dict):
        return {key: resolve_spec(value, theme) for key, value in spec.items()}
    if isinstance(spec, list):
        return [resolve_spec(value, theme) for value in spec]
    if isinstance(spec, str) and _VARIABLE.fullmatch(spec):
        return resolve(spec, theme)
    return spec


def vega_config(theme: Theme | Literal["auto"] = "auto") -> dict[str, Any]:
    """Vega-Lite config shared by every chart. `auto` keeps the variables: for the SVG renderer inside a page of ours."""
    axis = {
        "domain": False,
        "ticks": False,
        "grid": False,
        "labelColor": "var(--muted)",
        "labelFontSize": 12,
        "labelFontWeight": "normal",
        "labelPadding": 6,
        "labelLimit": 0,
        "titleColor": "var(--muted)",
        "titleFontSize": 12,
        "titleFontWeight": "normal",
        "titlePadding": 10,
        "gridColor": "var(--line)",
        "domainColor": "var(--line-strong)",
        "tickColor": "var(--line-strong)",
    }
    config: dict[str, Any] = {
        "aria": False,
        "background": None,
        "font": SANS,
        "padding": 0,
        "view": {"stroke": None, "fill": None},
        "axis": axis,
        "legend": {
            "labelColor": "var(--ink)",
            "labelFontSize": 12,
            "labelLimit": 0,
            "titleColor": "var(--muted)",
            "titleFontSize": 12,
            "titleFontWeight": "normal",
            "symbolStrokeWidth": 2,
            "offset": 12,
            "padding": 0,
        },
        "title": {
            "anchor": "start",
            "frame": "group",
            "color": "var(--ink)",
            "subtitleColor": "var(--muted)",
            "fontSize": 17,
            "fontWeight": 600,
            "lineHeight": 22,
            "subtitleFontSize": 12.5,
            "subtitleLineHeight": 17,
            "offset": 16,
        },
        "text": {"color": "var(--ink)", "fontSize": 12},
        "rule": {"color": "var(--line-strong)"},
        "bar": {"color": "var(--series-1)"},
        "point": {"color": "var(--series-1)", "filled": True, "opacity": 1},
        "line": {"color": "var(--series-1)", "strokeWidth": 2},
        "range": {"category": [series(i) for i in range(8)]},
    }
    if theme == "auto":
        return config
    resolved: dict[str, Any] = resolve_spec(config, theme)
    return resolved
