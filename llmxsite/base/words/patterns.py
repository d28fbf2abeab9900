"""Words as regular expressions, each with the boundary that its script has."""

from __future__ import annotations

import re
from collections.abc import Iterable

_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
"""Scripts whose words run into each other, or into the letter they speak of: "答案是C", "정답은 C입니다"."""
_ENDS_UNSPACED = re.compile(f"[{_UNSPACED}]$")
_STARTS_UNSPACED = re.compile(f"^[{_UNSPACED}]")
_NOTHING = r"(?!)"


def spaceless(char: str) -> bool:
    """Whether a character is of a script that writes no spaces between words, so that it may touch a letter."""
    return bool(_STARTS_UNSPACED.match(char))


def alternatives(words: Iterable[str]) -> str:
    """Words as one regular expression without a group, the longest first, each with the boundary that its script has."""
    found = sorted({w for w in words if w}, key=lambda w: (-len(w), w))
    return "(?:" + "|".join(map(_escaped, found)) + ")" if found else _NOTHING


def _escaped(word: str) -> str:
    plain = r"\s+".join(re.sub("['’]", "['’]", re.escape(part)) for part in word.split())
    return plain if _ENDS_UNSPACED.search(word) or not word[-1].isalnum() else plain + r"(?!\w)"


def anywhere(found: Iterable[str]) -> re.Pattern[str]:
    """Words anywhere in a text, from a boundary on where their script has one."""
    listed = list(found)
    spaced = alternatives(w for w in listed if w and not _STARTS_UNSPACED.match(w))
    unspaced = alternatives(w for w in listed if w and _STARTS_UNSPACED.match(w))
    parts = [rf"(?<!\w){spaced}"] if spaced != _NOTHING else []
    return re.compile("(?:" + "|".join([*parts, *([unspaced] if unspaced != _NOTHING else [])]) + ")", re.IGNORECASE)
