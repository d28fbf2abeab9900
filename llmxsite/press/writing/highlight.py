"""Code with its syntax coloured: Pygments' classes, and one small palette for each theme.

Every colour has a contrast of at least 4.5 against the theme's code background; a test computes it.
"""

from __future__ import annotations

from functools import cache, lru_cache
from html import escape
from itertools import groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pygments.token import _TokenType

PALETTE: dict[str, dict[str, str]] = {
    "light": {
        "comment": "#5b6673",
        "keyword": "#8a2d8f",
        "string": "#1d6b37",
        "number": "#8f4a00",
        "name": "#1a56a8",
        "type": "#0b6470",
        "deleted": "#b3261e",
    },
    "dark": {
        "comment": "#98a4b3",
        "keyword": "#d79bea",
        "string": "#8fd19e",
        "number": "#f0b072",
        "name": "#8bbcf7",
        "type": "#74d0d8",
        "deleted": "#ff9d94",
    },
}
_CLASSES = {
    "comment": "c ch cm cp cpf c1 cs gp",
    "keyword": "k kd kn kp kr ow nb bp nt",
    "string": "s sa sb sc dl sd s2 se sh si sx sr s1 ss gi",
    "number": "m mb mf mh mi mo il l ld kc",
    "name": "nf fm nc nd ne na nl",
    "type": "kt nn nv vc vg vi vm no",
    "deleted": "gd gr err",
}


def css(theme: str, scope: str = "") -> str:
    """Rules for one theme, `light` or `dark`, each selector below `scope` (such as `[data-theme=dark] `)."""
    rules = []
    for name, colour in PALETTE[theme].items():
        selectors = ",".join(f"{scope}.code .{c}" for c in _CLASSES[name].split())
        rules.append(f"{selectors}{{color:{colour}}}")
    rules.append(f"{scope}.code .c,{scope}.code .c1,{scope}.code .cm{{font-style:italic}}")
    rules.append(f"{scope}.code .ge{{font-style:italic}}{scope}.code .gs,{scope}.code .gh{{font-weight:600}}")
    return "\n".join(rules) + "\n"


@cache
def languages() -> frozenset[str]:
    """Every name by which a language is known."""
    from pygments.lexers import get_all_lexers

    return frozenset(alias for _, aliases, _, _ in get_all_lexers() for alias in aliases)


@lru_cache(maxsize=512)
def code(source: str, language: str) -> str | None:
    """Coloured HTML of `source` (no wrapper), or None when the language is not known."""
    from pygments import lex
    from pygments.lexers import get_lexer_by_name
    from pygments.util import ClassNotFound

    try:
        lexer = get_lexer_by_name(language, stripnl=False, ensurenl=False)
    except ClassNotFound:
        return None
    parts: list[str] = []
    for name, run in groupby(lex(source, lexer), key=lambda token: _css_class(token[0])):
        text = escape("".join(piece for _, piece in run), quote=False)
        parts.append(f'<span class="{name}">{text}</span>' if name else text)
    return "".join(parts)


def _css_class(kind: _TokenType) -> str:
    """Pygments' short class of a token, or "" where it has no colour of ours."""
    from pygments.token import STANDARD_TYPES

    while kind not in STANDARD_TYPES and kind.parent is not None:
        kind = kind.parent
    name = STANDARD_TYPES.get(kind, "")
    return name if name in _COLOURED else ""


_COLOURED = {c for names in _CLASSES.values() for c in names.split()} | {"ge", "gs", "gh"}
