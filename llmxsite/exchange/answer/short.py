"""Reading a short answer in words, and comparing it with the accepted ones.

Words are compared in small letters without punctuation, markup and leading articles. An accepted text inside a short
sentence counts ("It is the Nile."), unless the sentence denies it or the answer runs on: naming many things is no answer.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from llmxsite.exchange.answer.options_text import OptionTexts
from llmxsite.exchange.answer.statement import Parsed, reason_for, statements

_ARTICLES = frozenset(
    [
        "the",
        "a",
        "an",
        "le",
        "la",
        "les",
        "l",
        "un",
        "une",
        "des",
        "du",
        "der",
        "die",
        "das",
        "ein",
        "eine",
        "el",
        "los",
        "las",
        "un",
        "una",
    ]
)
_MARKUP = "*_`\"'“”«» \t"
MOST_WORDS = 12
"""Words beyond an accepted text's own that an answer may have around it."""


def parse_text(text: str, language: str | None = None) -> Parsed[str]:
    """The answer in words: what the last statement announces, else the reply's first line that says anything."""
    if not text.strip():
        return Parsed(None, reason="empty")
    stated = [s for s in statements(text, language) if s.rule in ("marked", "tag", "boxed", "hashes", "heading")]
    for place in [s.payload for s in reversed(stated)] + [0]:
        at = place + len(text[place:]) - len(text[place:].lstrip(_MARKUP + "\r\n:"))
        line = text[at:].split("\n", 1)[0]
        if stated and place and stated[-1].rule in ("boxed", "tag"):
            line = re.split(r"[}<]", line, maxsplit=1)[0]
        line = line.rstrip(_MARKUP + "\r")
        if words_of(line):
            if reason_for(line, complete=True, language=language) == "refusal":
                return Parsed(None, at, reason="refusal")
            return Parsed(line, at, "stated" if place else "first-line")
    return Parsed(None, reason="no-answer")


def matches(answer: str, accepted: Sequence[str]) -> bool:
    """Whether the answer is one of the accepted texts, or a short sentence that says one."""
    words = words_of(answer)
    if any(words == words_of(text) for text in accepted):
        return True
    return any(
        len(words) <= len(words_of(text)) + MOST_WORDS and bool(OptionTexts([text]).named(answer)) for text in accepted
    )


def words_of(text: str) -> list[str]:
    """The words that are compared: small letters, accents kept, no punctuation, no leading article."""
    plain = unicodedata.normalize("NFC", text).casefold()
    words = re.findall(r"[^\W_]+(?:[.,][^\W_]+)*", plain)
    while len(words) > 1 and words[0] in _ARTICLES:
        words = words[1:]
    return words
