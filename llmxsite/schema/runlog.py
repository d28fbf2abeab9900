"""The JSON Schema of a line of a run log: the core, and for each scorer of this package the types of its scores and its rubric."""

from __future__ import annotations

from typing import Any

import msgspec

from llmxsite.base import registry
from llmxsite.exchange.answer.scorer import Scorer
from llmxsite.log.record import Line

_REF = "#/$defs/{name}"


def json_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of one line of a run log."""
    (schema,), parts = msgspec.json.schema_components([Line], ref_template=_REF)
    scorers = [scorer for task in registry.built_in() for scorer in _scorers(task)]
    kinds = {kind for scorer in scorers for kind in (scorer.scores, scorer.rubric)}
    (*_,), more = msgspec.json.schema_components(sorted(kinds, key=lambda kind: kind.__name__), ref_template=_REF)
    parts |= more
    parts["Sample"]["allOf"] = [_of(scorer) for scorer in scorers]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "llmxsite run log line",
        **schema,
        "$defs": parts,
    }


def _scorers(task: str) -> tuple[Scorer[Any, Any], ...]:
    found: tuple[Scorer[Any, Any], ...] = getattr(registry.part(task, "answer"), "SCORERS", ())
    return found


def _of(scorer: Scorer[Any, Any]) -> dict[str, Any]:
    """What holds for the lines of one scorer."""
    return {
        "if": {"properties": {"scorer": {"type": "string", "pattern": f"^{scorer.name}/"}}, "required": ["scorer"]},
        "then": {
            "properties": {
                "scores": {"$ref": _REF.format(name=scorer.scores.__name__)},
                "rubric": {"$ref": _REF.format(name=scorer.rubric.__name__)},
            }
        },
    }
