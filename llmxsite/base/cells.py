"""Cells of tables for other programs: a word that somebody wrote stays a word in a spreadsheet."""

from __future__ import annotations

import re
from typing import Any

_FORMULA = re.compile(r"\s*[=+\-@|%\uff1d\uff0b\uff0d\uff20]|[\t\r\n\0]")
_NUMBER = re.compile(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)([eE][+-]?\d+)?%?")


def inert(value: Any) -> Any:
    """A cell that no spreadsheet takes for a formula: text that begins like one has a `'` before it, as they write text themselves. Numbers
    stay numbers."""
    if not isinstance(value, str) or not _FORMULA.match(value) or _NUMBER.fullmatch(value):
        return value
    return f"'{value}"


def frame(data: Any) -> Any:
    """A table of pandas whose columns of words, and their names, are inert."""
    texts = [name for name in data.columns if data[name].dtype.kind not in "fiub"]
    return data.assign(**{name: data[name].map(inert) for name in texts}).rename(columns=inert)
