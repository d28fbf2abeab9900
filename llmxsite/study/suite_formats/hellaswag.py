"""HellaSwag as released: JSON Lines, or Parquet with the same columns (Zellers et al., ACL 2019)."""

from __future__ import annotations

import re
from typing import Any

from llmxsite.study.suite.model import QuestionItem, Suite
from llmxsite.study.suite_formats.convert import BadRow, SuiteFormat, label, letter, optional, options, text, whole
from llmxsite.study.suite_formats.rows import Row

_TAG = re.compile(r"\[(header|title|step|substeps)\]")
_SPACES = re.compile(r" {2,}")


def recognises(row: dict[str, Any]) -> bool:
    return {"ctx", "endings"} <= row.keys()


def item(row: dict[str, Any], place: Row, seed: int) -> QuestionItem:
    """The context with the question how it goes on; WikiHow's markup is taken out of context and endings."""
    given = row.get("label")
    if given is None or (isinstance(given, str) and not given.strip()):
        raise BadRow("without a label, as in the test split")
    right = whole(int(given) if isinstance(given, str) and given.strip().isdecimal() and len(given) < 10 else given)
    if right is None:
        raise BadRow("with a label that is no number")
    endings = row.get("endings")
    choices = options(
        [_clean(e) for e in endings]
        if isinstance(endings, list) and all(isinstance(e, str) for e in endings)
        else endings,
        "endings",
    )
    source = optional(row, "source_id")
    return QuestionItem(
        id=f"hellaswag-{row['ind']}" if isinstance(row.get("ind"), int | str) else f"hellaswag-row-{place.number:05d}",
        category=label(source.split("~")[0]) if source else None,
        subcategory=label(optional(row, "activity_label")),
        question=f"How does this text go on?\n{_clean(text(row, 'ctx'))}",
        choices=choices,
        answer=letter(right, choices),
        source=source,
    )


def _clean(value: str) -> str:
    """`[header] How to sew [title] Thread the needle. [step] Cut` -> `How to sew. Thread the needle. Cut`."""
    plain = value.strip().replace(" [title]", ". ")
    return _SPACES.sub(" ", _TAG.sub("", plain)).replace("..", ".").strip()


FORMAT = SuiteFormat(
    "hellaswag",
    Suite(
        id="hellaswag",
        title="HellaSwag",
        description="Beginnings of everyday scenes and guides, each with four endings of which one is real.",
        licence="MIT",
        source="https://rowanzellers.com/hellaswag/",
        language="en",
        datasheet={
            "motivation": {
                "purpose": "To measure common sense about how a scene goes on.",
                "creators": "Rowan Zellers and others, University of Washington and Allen Institute for AI.",
            },
            "preprocessing": {
                "steps": "The question 'How does this text go on?' was put before each context, and WikiHow's marks "
                "([header], [title], [step], [substeps]) were taken out."
            },
        },
    ),
    recognises,
    item,
)
