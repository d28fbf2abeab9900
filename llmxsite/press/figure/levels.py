"""Levels of a column: their text, and the order in which a chart shows them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Literal

from llmxsite.press.catalogue.addresses import level
from llmxsite.press.figure import naming, words
from llmxsite.press.figure.late import pd

_SCALES: tuple[tuple[str, ...], ...] = (
    ("trivial", "very easy", "easy", "medium", "moderate", "hard", "very hard", "expert"),
    ("low", "medium", "high"),
    ("false", "true"),
)
"""Words that have an order of their own."""


NOT_STATED = "not stated"
_NUMBER = re.compile(r"-?[\d.]+(e[-+]?\d+)?")


def text(value: Any) -> str:
    """A level as a reader sees it: `0.7`, `1` rather than `1.0`, `not stated` for a missing one."""
    if value is None or value is pd.NA or value is pd.NaT:
        return NOT_STATED
    if isinstance(value, float) and value != value:
        return NOT_STATED
    return level(value)


def label(column: str, value: Any) -> str:
    """A level on one line, as an axis under its column's name has it: `0.7`, a suite's title."""
    return words.clean(naming.level(column, text(value)))


def named(column: str, value: Any) -> str:
    """A level in a sentence, where a number, a letter or a truth value is nothing without its column: `temperature 0.7`."""
    shown = label(column, value)
    return shown if isinstance(value, str) and len(shown) > 1 else f"{naming.noun(column)} {shown}"


def spoken(column: str, shown: str) -> str:
    """The same of a level that is a text already: `0.7` -> `temperature 0.7`."""
    plain = len(shown) > 1 and shown.lower() not in ("true", "false") and not _NUMBER.fullmatch(shown)
    return label(column, shown) if plain else f"{naming.noun(column)} {shown}"


def ordinal(levels: Iterable[Any]) -> list[Any] | None:
    """The levels in the order they have by themselves (numbers, letters of options, easy to hard), or None for names."""
    known = list(dict.fromkeys(levels))
    given = [v for v in known if text(v) != NOT_STATED]
    missing = [v for v in known if text(v) == NOT_STATED]
    if given and all(isinstance(v, int | float) and not isinstance(v, bool) for v in given):
        return [*sorted(given), *missing]
    if len(given) > 1 and all(len(text(v)) == 1 and text(v).isupper() for v in given):
        return [*sorted(given, key=text), *missing]
    words = {text(v).lower() for v in given}
    for scale in _SCALES:
        if len(words) > 1 and words <= set(scale):
            return [*sorted(given, key=lambda v: scale.index(text(v).lower())), *missing]
    return None


def order(
    levels: Iterable[Any],
    sort: Literal["value", "name", "given"] | None,
    values: Mapping[Any, float],
    *,
    descending: bool = True,
) -> list[Any]:
    """Levels as a chart shows them: by their own order if they have one, else by value, best first; missing values last.

    `sort` overrules: `value`, `name`, or `given` (the order of `levels`).
    """
    known = list(dict.fromkeys(levels))
    if sort == "given":
        return known
    if sort == "name":
        return sorted(known, key=lambda v: text(v).lower())
    natural = ordinal(known) if sort is None else None
    if natural is not None:
        return natural

    def rank(level: Any) -> tuple[bool, float, str]:
        value = values.get(level, float("nan"))
        return (
            (value != value, -value if descending else value, text(level).lower())
            if value == value
            else (True, 0.0, text(level).lower())
        )

    return sorted(known, key=rank)
