"""What a table of words has: a field a kind of words, each as a list in the language's file."""

from __future__ import annotations

import msgspec


class Table(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
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
