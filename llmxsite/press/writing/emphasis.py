"""Emphasis beside Chinese, Japanese and Korean text, where no space parts a mark from its neighbours.

CommonMark decides by spaces and punctuation whether `**` opens or closes, so that in `**加粗：**后文` it does neither. The rule
here is CommonMark's with the amendment that its CJK-friendly variants make: CJK punctuation counts as a letter, and a CJK
character beside a mark counts as a space does where other punctuation stands on the mark's other side.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

from markdown_it.common.utils import isMdAsciiPunct, isPunctChar, isWhiteSpace
from markdown_it.rules_inline import StateInline

Rule = Callable[[StateInline, bool], bool]


def beside_cjk(rule: Rule) -> Rule:
    """markdown-it's rule for emphasis or for deletion, which decides anew about marks with a CJK neighbour."""

    def decided(state: StateInline, silent: bool) -> bool:
        start, count = state.pos, len(state.delimiters)
        if not rule(state, silent):
            return False
        before = _before(state.src, start)
        after = state.src[state.pos] if state.pos < state.posMax else " "
        if is_cjk(before) or is_cjk(after):
            opens, closes = _flanks(before, after, splits=state.src[start] != "_")
            for delimiter in state.delimiters[count:]:
                delimiter.open, delimiter.close = opens, closes
        return True

    return decided


def is_cjk(char: str) -> bool:
    """Whether a character is of Chinese, Japanese or Korean writing, its punctuation included. Wide pictures are not."""
    if unicodedata.east_asian_width(char) not in "WFH":
        return False
    return unicodedata.category(char) != "So" or "\u2e80" <= char <= "\u33ff"


def _before(text: str, at: int) -> str:
    """The character before `at`; one that only says how another is drawn is passed over."""
    while at > 0 and "\ufe00" <= text[at - 1] <= "\ufe0f":
        at -= 1
    return text[at - 1] if at > 0 else " "


def _flanks(before: str, after: str, *, splits: bool) -> tuple[bool, bool]:
    """Whether a mark between two characters may open, and may close. `splits`: it may stand inside a word, as `*` and `~` may."""
    left = not isWhiteSpace(ord(after)) and (not _parts(after) or _apart(before))
    right = not isWhiteSpace(ord(before)) and (not _parts(before) or _apart(after))
    opens = left and (splits or not right or _punctuation(before))
    closes = right and (splits or not left or _punctuation(after))
    return opens, closes


def _punctuation(char: str) -> bool:
    return isMdAsciiPunct(ord(char)) or isPunctChar(char)


def _parts(char: str) -> bool:
    return _punctuation(char) and not is_cjk(char)


def _apart(char: str) -> bool:
    return isWhiteSpace(ord(char)) or _punctuation(char) or is_cjk(char)
