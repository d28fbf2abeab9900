"""ARC as released: AI2's JSON Lines (`question.stem`), and the Parquet layout of the Hugging Face Hub (Clark et al., 2018)."""

from __future__ import annotations

from typing import Any

from llmxsite.study.suite.model import LETTERS, QuestionItem, Suite
from llmxsite.study.suite_formats.convert import BadRow, SuiteFormat, letter, name, options, text
from llmxsite.study.suite_formats.rows import Row


def recognises(row: dict[str, Any]) -> bool:
    return "answerKey" in row and "question" in row


def item(row: dict[str, Any], place: Row, seed: int) -> QuestionItem:
    """Options keep their order; labels are letters or the digits 1 to 5, and the key is one of them."""
    question = row.get("question")
    stem = text(question, "stem") if isinstance(question, dict) else text(row, "question")
    texts, labels = _choices(question.get("choices") if isinstance(question, dict) else row.get("choices"))
    choices = options(texts, "choices")
    key = name(row, "answerKey")
    if key not in labels:
        # A few releases label options with letters and write the key as a digit, or the other way round.
        swapped = LETTERS[int(key) - 1] if key.isdigit() and key != "0" else str(LETTERS.find(key) + 1)
        key = swapped if swapped in labels else key
    index = labels.index(key) if key in labels else -1
    return QuestionItem(
        id=name(row, "id"),
        category="science",
        question=stem,
        choices=choices,
        answer=letter(index, choices),
    )


def _choices(value: Any) -> tuple[list[Any], list[Any]]:
    """Texts and labels, from a list of objects or from two lists."""
    if isinstance(value, dict):
        texts, labels = value.get("text"), value.get("label")
    elif isinstance(value, list) and all(isinstance(choice, dict) for choice in value):
        texts, labels = [choice.get("text") for choice in value], [choice.get("label") for choice in value]
    else:
        raise BadRow("without a list of choices")
    if not isinstance(texts, list) or not isinstance(labels, list) or len(texts) != len(labels):
        raise BadRow("without as many labels as choices")
    if len(set(map(str, labels))) != len(labels):
        raise BadRow("with a label twice")
    return texts, [str(label) for label in labels]


def _format(format: str, title: str, which: str) -> SuiteFormat:  # noqa: A002
    about = Suite(
        id=format,
        title=title,
        description=f"Science questions from tests for the third to the ninth grade{which}.",
        licence="CC-BY-SA-4.0",
        source="https://allenai.org/data/arc",
        language="en",
        datasheet={
            "motivation": {
                "purpose": "To measure knowledge and reasoning in school science.",
                "creators": "Peter Clark and others, Allen Institute for AI.",
            }
        },
    )
    return SuiteFormat(format, about, recognises, item)


FORMAT = _format("arc", "ARC", "")
CHALLENGE = _format("arc-challenge", "ARC Challenge", " that two simple programs got wrong")
EASY = _format("arc-easy", "ARC Easy", " that simple programs could answer")
