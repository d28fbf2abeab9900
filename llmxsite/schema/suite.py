"""The schema of a suite: a branch for each kind of items of this package; those of other packages hold what every item has."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llmxsite.base import registry
from llmxsite.study.suite import QuestionItem, Suite


def suite_schema(make: Callable[[str, Any], dict[str, Any]]) -> dict[str, Any]:
    """What of an item depends on the suite's `kind` stands in conditions beside the suite's own keys."""
    schema = make("llmxsite suite", Suite)
    brought = [k for task in registry.built_in() for k in getattr(registry.part(task, "suite"), "ITEMS", ())]
    branches = []
    for kind in (QuestionItem, *brought):
        schema["$defs"] |= make("", kind)["$defs"]
        each = {"items": {"$ref": f"#/$defs/{kind.__name__}"}}
        named: dict[str, Any] = {"properties": {"kind": {"const": kind.kind}}}
        if kind is not QuestionItem:
            named["required"] = ["kind"]
        branches.append({"if": named, "then": {"properties": {"items": each, "examples": each}}})
    schema["$defs"]["Suite"]["allOf"] = branches
    return schema
