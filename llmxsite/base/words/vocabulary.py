"""The words of a language as its file has them, and which languages have one."""

from __future__ import annotations

import tomllib
from functools import lru_cache
from pathlib import Path

import msgspec

_FOLDER = Path(__file__).parent


class Vocabulary(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The words of one language, or of several together."""

    answer: list[str]
    """What an answer is called: "answer", "option"."""
    right: list[str]
    """What makes it the right one: "correct", "best"."""
    final: list[str]
    """What makes it the last one: "final"."""
    wrong: list[str]
    """What makes an option a wrong one: "incorrect", "not the answer"."""
    is_: list[str] = msgspec.field(name="is")
    """What stands between a name and a letter: "is", "must be"."""
    adverbs: list[str]
    """What may stand beside that: "therefore", "to this question"."""
    the: list[str]
    """What may stand before a letter: articles, "option", "letter"."""
    choose: list[str]
    """Weaker announcements that say who chooses: "I would say"."""
    so: list[str]
    """Weaker announcements that draw a conclusion: "therefore"."""
    not_: list[str] = msgspec.field(name="not")
    """What denies what follows: "not", "except"."""
    every: list[str]
    """What makes a name one of many options: "each option: ..."."""
    or_: list[str] = msgspec.field(name="or")
    """What stands between two letters."""
    because: list[str]
    """What may follow a letter and give a reason for it."""
    if_: list[str] = msgspec.field(name="if")
    """What makes a statement a supposition."""
    wait: list[str]
    """What takes back what was said before: "no,", "sorry"."""
    refuse: list[str]
    """How an answer is refused."""
    question: list[str]
    """What a next question, made up by the model, begins with."""
    but: list[str]
    """What stands between what is denied and what is meant: "not B but C"."""
    that: list[str]
    """What may stand before a letter that the sentence is about: "think that", "only"."""
    part: list[str]
    """What stands between a letter and the part of the question that it answers: "(A) for the first and (C) for the second"."""
    letters: str
    """Single letters that are words of the language, as A and I are in English."""


def languages() -> tuple[str, ...]:
    """Primary subtags of the languages that have a table, in alphabetical order."""
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.toml")))


def has_words(language: str) -> bool:
    """Whether a primary language subtag has a table."""
    return (_FOLDER / f"{language}.toml").is_file() if language.isalpha() else False


@lru_cache(maxsize=64)
def table(language: str) -> Vocabulary:
    """The table of a language that has one."""
    data = tomllib.loads((_FOLDER / f"{language}.toml").read_text(encoding="utf-8"))
    return msgspec.convert(data, Vocabulary)
