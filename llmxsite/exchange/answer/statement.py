"""Finding where a reply states its answer, and which of several statements counts.

A statement is a phrase that announces an answer: `Answer: C`, `\\boxed{18}`, `the correct option is (B)`, `la bonne réponse
est C`. What it announces is read by `choice`, `numeric` and `short`, which know what an answer looks like; by which words it
is announced stands in `words`.

The last statement counts, because reasoning comes before its conclusion. Two statements that differ count as none when
they stand side by side, with neither reasoning nor a word of correction between them, nor a label on a paragraph of its own:
such a reply gives two answers. One that calls itself the final answer, or is set in a box or a tag, needs no distance from
those that do not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Generic, NamedTuple, TypeVar

from llmxsite.base.words import Words, words
from llmxsite.exchange.answer.thinking import answer_span
from llmxsite.exchange.asking.question import Style

V = TypeVar("V")
LONGEST = 8_000
"""Characters of a reply that are read; of a longer one its end, or its beginning where it answers at once."""
NEAR = 40
"""Characters between two statements below which they count as side by side."""

_TAG = re.compile(r"(?i)<\s*(?:answer|final_answer|final-answer|réponse|antwort|respuesta|risposta|答案)\s*>")
_BOXED = re.compile(r"\\boxed\s*\{|\\fbox\s*\{")
_HASHES = re.compile(r"(?m)^\s*####(?!#)")
_LINE_OPENS = re.compile(r"(?:^|\n)[#> \t*_\d.]{0,12}(?:[^\W\d_]+[ \t]+){0,3}[*_]*$")
FIRM = frozenset({"final", "boxed", "tag"})


class Statement(NamedTuple):
    """A phrase that announces an answer."""

    start: int
    """Where the phrase starts in the text."""
    payload: int
    """Where what it announces starts."""
    rule: str


class Found(NamedTuple, Generic[V]):
    """An answer somewhere in the text; `value` is None where the place names several at once."""

    value: V | None
    start: int
    end: int
    rule: str
    at: int
    """Where the answer itself starts, which is what its token is looked for by."""


class Parsed(NamedTuple, Generic[V]):
    """What a reply answers, or the reason why that cannot be said."""

    value: V | None
    at: int | None = None
    """Offset of the answer in the reply's text."""
    rule: str | None = None
    reason: str | None = None
    """`empty`, `refusal`, `ambiguous`, `no-answer`, `unfinished`."""


def statements(text: str, language: str | None = None) -> list[Statement]:
    """Every phrase that announces an answer outright, in order; suppositions ("if the answer is A") left out.

    `language` is a primary subtag; None where it is not known, and the words of all languages count.
    """
    found = [
        Statement(match.start(), match.end(), rule)
        for rule, pattern in (("boxed", _BOXED), ("hashes", _HASHES), ("tag", _TAG))
        for match in pattern.finditer(text)
    ]
    found += _labelled(text, words(language))
    return sorted(found)


def _labelled(text: str, spoken: Words) -> Iterator[Statement]:
    """Statements that begin with what an answer is called: "Answer:", "the correct option is"."""
    for label in spoken.label.finditer(text):
        start, end = label.span()
        before = text[max(0, start - 48) : start]
        if after := spoken.after_label.match(text, end):
            rule = "marked" if after["mark"] else "spoken"
            if spoken.one_of_many.search(before) or spoken.supposed.search(before):
                continue
            yield Statement(start, after.end(), "final" if spoken.last_word.search(before) else rule)
        elif (after := spoken.heading.match(text, end)) and _LINE_OPENS.search(before):
            yield Statement(start, after.end(), "final" if spoken.last_word.search(before) else "heading")


def cues(text: str, language: str | None = None) -> Iterator[Statement]:
    """Weaker phrases, such as "I would say" and "therefore", that count when nothing is stated outright."""
    for match in words(language).cue.finditer(text):
        yield Statement(match.start(), match.end(), "cued")


def settle(text: str, found: Sequence[Found[V]], language: str | None = None) -> Parsed[V] | None:
    """The answer among statements in the order of the text; None when there is none at all."""
    places = sorted(found, key=lambda f: (f.at, f.start))
    if not places:
        return None
    last = places[-1]
    if last.value is None:
        return Parsed(None, last.at, last.rule, "ambiguous")
    for other in reversed(places[:-1]):
        if other.value == last.value or (last.rule in FIRM and other.rule not in FIRM):
            continue
        between = text[other.end : last.start]
        spoken = words(language)
        if len(between.strip()) < NEAR and not (spoken.retraction.search(between) or spoken.anew.search(between)):
            return Parsed(None, last.at, last.rule, "ambiguous")
        break
    first = next(f for f in reversed(places) if f.value == last.value)
    return Parsed(last.value, first.at, first.rule)


def answer_part(text: str, style: Style = "direct", language: str | None = None) -> tuple[int, int]:
    """Start and end of what counts as the reply: without thinking and control tokens, and without a next question made up.

    Of a reply longer than `LONGEST` characters it is the end where the style is to reason first, else the beginning.
    Base models go on with a question of their own after answering.
    """
    start, end, _ = answer_span(text)
    body = start + len(text[start:end]) - len(text[start:end].lstrip())
    match = words(language).next_question.search(text, body, end)
    if match and text[body : match.start()].strip():
        end = match.start()
    if end - start <= LONGEST:
        return start, end
    return (end - LONGEST, end) if style == "reasoned" else (start, start + LONGEST)


def reason_for(text: str, *, complete: bool, language: str | None = None) -> str:
    """Why a reply without an answer has none."""
    if not text.strip():
        return "empty"
    if words(language).refusal.search(text):
        return "refusal"
    return "no-answer" if complete else "unfinished"
