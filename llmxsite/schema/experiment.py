"""The JSON Schema of `experiment.yaml`: the record, the tasks of this package, and what each can vary."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llmxsite.base import registry
from llmxsite.study.experiment import Experiment, factors_of, terms_of


def experiment_schema(make: Callable[[str, type], dict[str, Any]]) -> dict[str, Any]:
    """Tasks and factors that other packages add are let through: `llmxsite check` knows them."""
    schema = make("llmxsite experiment.yaml", Experiment)
    properties = schema["$defs"]["Experiment"]["properties"]
    tasks = registry.built_in()
    properties["task"] |= {
        "default": registry.default(),
        "anyOf": [
            *({"const": task, "title": terms_of(task).title, "description": terms_of(task).summary} for task in tasks),
            {"type": "string", "description": "A task of another package."},
        ],
    }
    meant = {factor.name: factor.meaning for task in tasks for factor in factors_of(task).values()}
    for key, name in (("sweep", "Levels"), ("conditions", "Level")):
        where = properties[key].get("items", properties[key])
        schema["$defs"][name] = where["additionalProperties"]
        of_each = {"$ref": f"#/$defs/{name}"}
        where["additionalProperties"] = of_each
        where["properties"] = {factor: of_each | {"description": words} for factor, words in meant.items()}
    return schema
