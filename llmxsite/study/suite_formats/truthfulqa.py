"""TruthfulQA as released: a CSV with one best answer and several incorrect ones (Lin, Hilton and Evans, ACL 2022)."""

from __future__ import annotations

from typing import Any

from llmxsite.study.suite.model import LETTERS, QuestionItem, Suite
from llmxsite.study.suite_formats.convert import BadRow, SuiteFormat, label, letter, optional, order_key, text
from llmxsite.study.suite_formats.rows import Row


def recognises(row: dict[str, Any]) -> bool:
    return {"Question", "Best Answer", "Incorrect Answers"} <= row.keys()


def item(row: dict[str, Any], place: Row, seed: int) -> QuestionItem:
    """Best answer and all incorrect ones as options, in an order of the item's own."""
    best = text(row, "Best Answer")
    return _item(row, place, seed, [best, *_split(text(row, "Incorrect Answers"))])


def binary_item(row: dict[str, Any], place: Row, seed: int) -> QuestionItem:
    """Best answer against the best incorrect one: the form its authors recommend since 2025."""
    return _item(row, place, seed, [text(row, "Best Answer"), text(row, "Best Incorrect Answer")])


def _item(row: dict[str, Any], place: Row, seed: int, answers: list[str]) -> QuestionItem:
    question, best = text(row, "Question"), answers[0]
    choices = sorted(dict.fromkeys(answers), key=lambda choice: order_key(seed, question, choice))
    if not 2 <= len(choices) <= len(LETTERS):
        raise BadRow(f"with {len(choices)} different options")
    return QuestionItem(
        id=f"truthfulqa-{place.number:04d}",
        category=label(optional(row, "Category")),
        subcategory=label(optional(row, "Type")),
        question=question,
        choices=choices,
        answer=letter(choices.index(best), choices),
        source=optional(row, "Source"),
    )


def _split(answers: str) -> list[str]:
    return [answer.strip() for answer in answers.split(";") if answer.strip()]


_ABOUT: dict[str, Any] = {
    "licence": "Apache-2.0",
    "source": "https://github.com/sylinrl/TruthfulQA",
    "language": "en",
}
_MOTIVATION = {
    "purpose": "To measure whether a language model repeats falsehoods that people often say.",
    "creators": "Stephanie Lin, Jacob Hilton and Owain Evans.",
}
FORMAT = SuiteFormat(
    "truthfulqa",
    Suite(
        id="truthfulqa",
        title="TruthfulQA",
        description="Questions that some people would answer falsely; the best answer against all incorrect ones.",
        datasheet={
            "motivation": _MOTIVATION,
            "preprocessing": {
                "steps": "Options are the best answer and every incorrect answer, in an order drawn for each question with "
                "seed {seed}; the other correct answers are not offered."
            },
        },
        **_ABOUT,
    ),
    recognises,
    item,
)
BINARY = SuiteFormat(
    "truthfulqa-binary",
    Suite(
        id="truthfulqa-binary",
        title="TruthfulQA, two options",
        description="Questions that some people would answer falsely; the best answer against the best incorrect one.",
        datasheet={
            "motivation": _MOTIVATION,
            "preprocessing": {
                "steps": "Options are the best answer and the best incorrect answer, in an order drawn for each question with "
                "seed {seed}."
            },
        },
        **_ABOUT,
    ),
    lambda row: False,
    binary_item,
)
