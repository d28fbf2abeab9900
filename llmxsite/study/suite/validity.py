"""What makes a suite unusable: faults that would give a wrong score. Found whenever a suite is loaded."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

from llmxsite.base.diagnostics import Issue, several
from llmxsite.study.study import SLUG
from llmxsite.study.suite.model import LETTERS, Item, QuestionItem, Suite
from llmxsite.study.suite.origin import Origin, Place

MAX_TEXT = 200_000
"""Characters of one question or option: more than any context window of a local model."""
MAX_ID = 120
_LABELS = ("category", "subcategory", "difficulty", "language", "cluster")
_BREAKS_LABEL = re.compile(r"[|\x00-\x1f\x7f-\x9f\u2028\u2029]")
_SURROGATE = re.compile(r"[\x00\ud800-\udfff]")


def validate(suite: Suite, origin: Origin) -> Iterator[Issue]:
    """Every fault that would give a wrong score, a broken log line or a broken table."""
    if not SLUG.fullmatch(suite.id) or len(suite.id) > MAX_ID:
        message = f"'{suite.id}' cannot be a suite's id"
        hint = "small letters, digits, '-', '_' and '.', starting and ending with a letter or digit"
        yield origin.suite.issue("suite-id-invalid", message, "id", hint=hint)
    if not suite.items:
        yield origin.suite.issue("suite-empty", "the suite has no items", "items")
    seen: dict[str, int] = {}
    for index, item in enumerate(suite.items):
        if item.id in seen:
            first = origin.item(seen[item.id]).issue("", "").line
            message = f"id '{item.id}' is used twice; first on line {first}"
            yield origin.item(index).issue("suite-duplicate-id", message, "id")
        seen.setdefault(item.id, index)
        yield from _item(item, origin.item(index))
    for index, example in enumerate(suite.examples):
        yield from _item(example, origin.example(index))


def _item(item: Item, place: Place) -> Iterator[Issue]:
    if not item.id.strip() or len(item.id) > MAX_ID or _BREAKS_LABEL.search(item.id):
        message = f"an item's id is one line of 1 to {MAX_ID} characters without '|'"
        yield place.issue("suite-item-id", message, "id")
    if isinstance(item, QuestionItem) and not item.question:
        yield place.issue("suite-question-empty", "the question is empty", "question")
    for label in _LABELS:
        value = getattr(item, label)
        if value is not None and _BREAKS_LABEL.search(value):
            message = f"{label} holds a character that breaks a table or a log: {_name(value)}"
            yield place.issue("suite-label-text", message, label)
    for field, text in item.texts():
        if len(text) > MAX_TEXT:
            yield place.issue("suite-text-long", f"{len(text):,} characters; at most {MAX_TEXT:,}", field)
        if match := _SURROGATE.search(text):
            message = f"U+{ord(match[0]):04X} cannot be sent or logged"
            yield place.issue("suite-text-broken", message, field)
    for field, message in item.faults():
        yield place.issue("suite-item", message, field)
    if isinstance(item, QuestionItem):
        yield from _answer(item, place)


def _answer(item: QuestionItem, place: Place) -> Iterator[Issue]:
    answer, choices = item.answer, item.choices
    if choices is None:
        if isinstance(answer, float) and not math.isfinite(answer):
            yield place.issue("suite-answer-empty", "a numeric answer must be finite", "answer")
        texts = answer if isinstance(answer, list) else [answer]
        if not texts or any(isinstance(text, str) and not text for text in texts):
            yield place.issue("suite-answer-empty", "the answer is empty", "answer")
        return
    if not 2 <= len(choices) <= len(LETTERS):
        message = f"{several(len(choices), 'option')}; 2 to {len(LETTERS)} can be asked"
        yield place.issue("suite-choices-count", message, "choices")
        return
    for index, choice in enumerate(choices):
        if not choice:
            message = f"option {LETTERS[index]} is empty"
            yield place.issue("suite-choice-empty", message, "choices", index)
    if item.right is None:
        message = f"the answer {answer!r} is not one of the letters A to {LETTERS[len(choices) - 1]}"
        yield place.issue("suite-answer-outside", message, "answer", hint=_letter_hint(item))
    elif choices.count(choices[item.right]) > 1:
        twin = next(i for i, c in enumerate(choices) if c == choices[item.right] and i != item.right)
        message = f"options {LETTERS[min(item.right, twin)]} and {LETTERS[max(item.right, twin)]} are the same, and one of them is the answer"
        yield place.issue("suite-choices-equal", message, "choices", twin)


def _letter_hint(item: QuestionItem) -> str | None:
    """The letter the author must have meant, where that is plain."""
    answer, choices = item.answer, item.choices or []
    if isinstance(answer, str):
        if len(answer) == 1 and LETTERS.find(answer.upper()) in range(len(choices)):
            return f"write it as '{answer.upper()}'"
        same = [LETTERS[i] for i, c in enumerate(choices) if c.casefold() == answer.casefold()]
        return f"write the option's letter: {same[0]}" if len(same) == 1 else "write the letter of the right option"
    return "write the letter of the right option, A for the first"


def _name(text: str) -> str:
    match = _BREAKS_LABEL.search(text)
    return "'|'" if match and match[0] == "|" else f"U+{ord(match[0]):04X}" if match else ""
