"""The words that a new report leaves for a person to replace, and where they still stand.

Only unchanged words count: they are compared with the scaffolds' own texts, which is the one place that has them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from llmxsite.base import registry
from llmxsite.base.diagnostics import Issue, Problem, Severity
from llmxsite.base.document import Document, Key
from llmxsite.base.reading import read_text
from llmxsite.study.study import Study

CODE = "template-words"
QUESTION = "What do you want to know?"
"""The question of a report whose name asks none."""
_EXPERIMENT = ("question", "hypothesis", "predictions")
_FRONT = ("summary",)
_FENCE = re.compile(r"^---[ \t]*$", re.MULTILINE)
_MEND = {
    "question": "ask what this experiment is to answer",
    "hypothesis": "say what you expect, and what would show that you were wrong",
    "predictions": "name a measure, two levels and a margin, or delete the line: accuracy of temperature=0 minus temperature=1 > 5 points",
    "summary": "say in a sentence or two what this report is about",
}


def is_template(field: str, text: str | None) -> bool:
    """Whether a field of `experiment.yaml` or of a report's front matter has the words of the template, and nothing else."""
    return text is not None and _squeezed(text) in _templates()[field]


def find(study: Study, report: str, severity: Severity = "warning") -> list[Issue]:
    """Each place of a report where the template's words still stand. A file that cannot be read has none."""
    found: list[Issue] = []
    for path, fields in ((study.experiment(report), _EXPERIMENT), (study.report(report) / "index.md", _FRONT)):
        try:
            document = _front(path) if path.suffix == ".md" else Document.load(path)
        except Problem:
            continue
        if document is not None and isinstance(document.data, dict):
            found += [
                document.issue(
                    keys,
                    CODE,
                    f"'{keys[0]}' still has the words of the template",
                    hint=_MEND[keys[0]],
                    severity=severity,
                )
                for keys in _places(document.data, fields)
            ]
    return found


def _places(data: dict[str, Any], fields: tuple[str, ...]) -> Iterator[tuple[Any, ...]]:
    for field in fields:
        value = data.get(field)
        several = value if isinstance(value, list) else [value]
        for index, text in enumerate(several):
            if isinstance(text, str) and is_template(field, text):
                key: tuple[Key, ...] = (field, index) if isinstance(value, list) else (field,)
                yield key


def _front(path: Path) -> Document | None:
    """The front matter of a write-up, with the lines it has there."""
    parts = _FENCE.split(read_text(path), 2)
    return Document.parse(parts[1].removeprefix("\n"), path, first_line=2) if len(parts) == 3 and not parts[0] else None


@registry.remembered
def _templates() -> dict[str, set[str]]:
    """Field to the words it has in the texts of the tasks."""
    found: dict[str, set[str]] = {field: set() for field in (*_EXPERIMENT, *_FRONT)}
    found["question"].add(QUESTION)
    for task, text in registry.written("scaffold", "experiment.yaml"):
        data = _read(text, task)
        found["hypothesis"].add(_squeezed(data.get("hypothesis", "")))
        found["predictions"].update(_squeezed(stated) for stated in data.get("predictions", ()))
    for task, text in registry.written("scaffold", "index.md"):
        found["summary"].add(_squeezed(_read(_FENCE.split(text, 2)[1], task).get("summary", "")))
    return {field: words - {""} for field, words in found.items()}


def _read(text: str, task: str) -> dict[str, Any]:
    data = Document.parse(re.sub(r"@@\w+@@", "x", text), task).data
    return data if isinstance(data, dict) else {}


def _squeezed(text: str) -> str:
    return " ".join(text.split())
