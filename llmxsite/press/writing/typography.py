"""Dashes and ellipses as a typesetter sets them; quotation marks by language."""

from __future__ import annotations

import re

from markdown_it.rules_core import StateCore

_NARROW = "\u202f"
QUOTES: dict[str, str | list[str]] = {
    "en": "“”‘’",
    "de": "„“‚‘",
    "fr": [f"«{_NARROW}", f"{_NARROW}»", f"‹{_NARROW}", f"{_NARROW}›"],
    "es": "«»“”",
    "it": "«»“”",
    "pt": "«»“”",
    "pl": "„”‚’",
    "cs": "„“‚‘",
    "nl": "“”‘’",
    "sv": "””’’",
    "fi": "””’’",
    "da": "»«›‹",
    "ru": "«»„“",
    "uk": "«»„“",
}
"""Opening and closing double, then single quotation marks."""
_EM = re.compile(r"(?<=\w)---(?=\w)|(?<= )---(?= )")
_EN = re.compile(r"(?<=\w)--(?=\w)|(?<= )--(?= )")


def quotes(language: str) -> str | list[str]:
    """The marks of a language such as `fr` or `de-CH`; English ones where it is not known."""
    return QUOTES.get(language.split("-")[0].lower(), QUOTES["en"])


def dashes(state: StateCore) -> None:
    """Core rule. `--` is a dash between words or spaces, not in `--option`; `(c)` in a list of letters stays as it is."""
    for token in state.tokens:
        if token.type != "inline":
            continue
        for child in token.children or []:
            if child.type != "text" or ("--" not in child.content and "..." not in child.content):
                continue
            text = _EM.sub("—", child.content)
            text = _EN.sub("–", text)
            child.content = re.sub(r"(?<!\.)\.\.\.(?!\.)", "…", text)
