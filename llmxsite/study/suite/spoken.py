"""Whether replies to a suite can be read: in a language without a table of words few statements of an answer are known."""

from __future__ import annotations

from llmxsite.base.words.vocabulary import has_words, languages
from llmxsite.study.suite.model import Suite

CODE = "suite-language-words"
HINT = "replies that are a letter alone are read all the same; a table is a file of llmxsite/base/words, and is welcome"


def unread(suite: Suite) -> str | None:
    """In words, the languages of multiple-choice items that have no table of words; None where every one has.

    A suite that names no language is read with the words of all.
    """
    asked = {item.language or suite.language for item in suite.items if item.choices}
    found = sorted({tag for tag in asked if tag and not has_words(primary(tag))})
    if not found:
        return None
    named = ", ".join(f"'{tag}'" for tag in found)
    return f"answers in {named} are announced by words that are not known (known: {', '.join(languages())})"


def primary(tag: str) -> str:
    """The primary subtag of a language tag, in small letters.

    >>> primary("pt-BR")
    'pt'
    """
    return tag.replace("_", "-").partition("-")[0].lower()
