"""MMLU-Pro as released: JSON, JSON Lines or Parquet with up to ten options (Wang et al., 2024).

The published outputs of models hold the same columns beside the replies, so they can be read as the suite too.
"""

from __future__ import annotations

from typing import Any

from llmxsite.study.suite.model import LETTERS, QuestionItem, Suite
from llmxsite.study.suite_formats.convert import (
    BadRow,
    SuiteFormat,
    label,
    letter,
    name,
    optional,
    options,
    text,
    whole,
)
from llmxsite.study.suite_formats.rows import Row


def recognises(row: dict[str, Any]) -> bool:
    return {"question_id", "options", "answer"} <= row.keys()


def item(row: dict[str, Any], place: Row, seed: int) -> QuestionItem:
    """Letter and index of the answer must name the same option; `N/A`, which fills up early files, is no option."""
    value = row.get("options")
    if isinstance(value, list):
        while value and value[-1] == "N/A":
            value = value[:-1]
    choices = options(value)
    return QuestionItem(
        id=f"mmlu-pro-{name(row, 'question_id')}",
        category=label(optional(row, "category")),
        question=text(row, "question"),
        choices=choices,
        answer=letter(_right(row), choices),
        source=optional(row, "src"),
    )


def _right(row: dict[str, Any]) -> int:
    given = text(row, "answer")
    index = LETTERS.find(given) if len(given) == 1 else -1
    if index < 0:
        raise BadRow("with an answer that is no letter", f"answer {given!r} is no letter")
    stated = whole(row.get("answer_index"))
    if stated is not None and stated != index:
        raise BadRow("with an answer and an answer_index that disagree", f"answer {given}, but answer_index {stated}")
    return index


FORMAT = SuiteFormat(
    "mmlu-pro",
    Suite(
        id="mmlu-pro",
        title="MMLU-Pro",
        description="Questions in fourteen fields from school to university, with up to ten options.",
        licence="MIT",
        source="https://huggingface.co/datasets/TIGER-Lab/MMLU-Pro",
        language="en",
        datasheet={
            "motivation": {
                "purpose": "To measure knowledge and reasoning with more options and harder questions than MMLU.",
                "creators": "Yubo Wang and others, TIGER-Lab.",
            }
        },
    ),
    recognises,
    item,
)
