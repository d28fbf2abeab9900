"""GSM8K as released: JSON Lines with a worked solution whose last line is `#### 42` (Cobbe et al., 2021)."""

from __future__ import annotations

import re
from typing import Any

from llmxsite.study.suite.model import QuestionItem, Suite
from llmxsite.study.suite_formats.convert import BadRow, SuiteFormat, text
from llmxsite.study.suite_formats.rows import Row

_MARKS = re.compile(r"<<[^<>]*>>")
_NUMBER = re.compile(r"-?\$?-?[0-9][0-9,]*(\.[0-9]+)?")


def recognises(row: dict[str, Any]) -> bool:
    return {"question", "answer"} <= row.keys() and isinstance(row["answer"], str) and "####" in row["answer"]


def item(row: dict[str, Any], place: Row, seed: int) -> QuestionItem:
    """The number after `####` is the answer; the solution, without the calculator's marks, the explanation."""
    solution, mark, final = text(row, "answer").rpartition("####")
    number = final.strip().rstrip(".")
    if not mark or not _NUMBER.fullmatch(number):
        raise BadRow("without a number after ####")
    value = float(number.replace(",", "").replace("$", ""))
    return QuestionItem(
        id=f"gsm8k-{place.number:04d}",
        category="word problems",
        question=text(row, "question"),
        answer=int(value) if value.is_integer() else value,
        explanation=_MARKS.sub("", solution).strip() or None,
    )


FORMAT = SuiteFormat(
    "gsm8k",
    Suite(
        id="gsm8k",
        title="GSM8K",
        description="Grade-school word problems that take two to eight steps; the answer is one number.",
        licence="MIT",
        source="https://github.com/openai/grade-school-math",
        language="en",
        datasheet={
            "motivation": {
                "purpose": "To measure multi-step mathematical reasoning in words.",
                "creators": "Karl Cobbe and others, OpenAI.",
            },
            "preprocessing": {
                "steps": "The number after #### is the answer; the solution is kept as the explanation, without the marks of "
                "the calculator."
            },
        },
    ),
    recognises,
    item,
)
