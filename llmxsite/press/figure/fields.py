"""Which fields a spec names, and whether the data sets have them: Vega draws an empty chart and says nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

_READ = re.compile(r"\bdatum\.(\w+)")
"""A field in an expression of ours, such as an offset that each row has."""


def used(spec: Mapping[str, Any]) -> dict[str, set[str]]:
    """Names of the fields a spec reads, by the name of the data set."""
    found: dict[str, set[str]] = {}
    for source, field in _walk(spec, ""):
        found.setdefault(source, set()).add(field)
    return found


def check(spec: Mapping[str, Any], columns: Mapping[str, Sequence[str]]) -> None:
    """Raise KeyError where a spec names a data set or a field that does not exist: a fault of the kind's module."""
    for source, fields in used(spec).items():
        if source not in columns:
            raise KeyError(f"the spec draws data set '{source}', which the figure does not have")
        missing = sorted(fields - set(columns[source]))
        if missing:
            raise KeyError(f"the spec reads {', '.join(missing)}, which data set '{source}' does not have")


def _walk(node: Any, source: str) -> Iterator[tuple[str, str]]:
    """(data set, field) pairs under `node`; a nested `data` changes the data set for what is below it."""
    if isinstance(node, list):
        for child in node:
            yield from _walk(child, source)
        return
    if not isinstance(node, Mapping):
        return
    data = node.get("data")
    if isinstance(data, Mapping) and isinstance(data.get("name"), str):
        source = data["name"]
    for key, value in node.items():
        if key == "field" and isinstance(value, str):
            yield source, value
        elif key == "expr" and isinstance(value, str):
            yield from ((source, field) for field in _READ.findall(value))
        elif key != "data":
            yield from _walk(value, source)
