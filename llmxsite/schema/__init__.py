"""JSON Schemas, generated from the records: `python -m llmxsite.schema` writes them anew, and a test compares."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import msgspec

FOLDER = Path(__file__).parent


def schemas() -> dict[str, dict[str, Any]]:
    """Every schema by its file's name: a line of a run log, `experiment.yaml`, a suite, what `drift --format json` prints."""
    from llmxsite.analysis.drift import Drift
    from llmxsite.schema.experiment import experiment_schema
    from llmxsite.schema.runlog import json_schema
    from llmxsite.schema.suite import suite_schema

    return {
        "runlog.json": json_schema(),
        "experiment.json": experiment_schema(_schema),
        "drift.json": _schema("llmxsite drift", Drift),
        "suite.json": suite_schema(_schema),
    }


def write(folder: Path = FOLDER) -> None:
    """Write every schema into `folder`, indented and with sorted keys."""
    for name, schema in schemas().items():
        text = msgspec.json.format(msgspec.json.encode(_clean(schema), order="sorted"), indent=2).decode()
        (folder / name).write_text(text + "\n", encoding="utf-8", newline="\n")


def _clean(part: Any) -> Any:
    """A schema with the indents of docstrings taken out of its descriptions, as some versions of msgspec do and some do not."""
    if isinstance(part, dict):
        return {
            key: inspect.cleandoc(value) if key == "description" and isinstance(value, str) else _clean(value)
            for key, value in part.items()
        }
    return [_clean(value) for value in part] if isinstance(part, list) else part


def _schema(title: str, type_: Any) -> dict[str, Any]:
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": title}
    return head | msgspec.json.schema(type_)
