"""Where a person's `experiment.yaml` sets an option, for messages about it that come after the file was read."""

from __future__ import annotations

from typing import Any

from llmxsite.base.diagnostics import Issue, Problem
from llmxsite.base.document import Document, Key
from llmxsite.study.study import Study


def place_of(study: Study, report: str, name: str, value: Any) -> Issue:
    """An issue, still without its words, where a report's experiment sets `name` to `value`; at the file where it does not."""
    path = study.experiment(report)
    try:
        document = Document.load(path)
    except Problem:  # it was there a moment ago
        return Issue(path=str(path), code="experiment", message="")
    return document.issue(_keys(document.data, name, value), "experiment", "")


def _keys(data: Any, name: str, value: Any) -> tuple[Key, ...]:
    if not isinstance(data, dict):
        return ()
    levels = (data.get("sweep") or {}).get(name) or ()
    for index, level in enumerate(levels):
        if level == value:
            return "sweep", name, index
    if levels:
        return "sweep", name
    for index, condition in enumerate(data.get("conditions") or ()):
        if condition.get(name) == value and name in condition:
            return "conditions", index, name
    if name in (data.get("options") or {}):
        return "options", name
    return (name,) if name in data else ("preset",) if "preset" in data else ()
