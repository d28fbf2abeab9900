"""Values inside values, named with dots: `response.output`, `choices.0.text`. A name that is there as it stands goes first."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

_DEEPEST = 4
"""Levels below a row in which values are looked for to name the nearest."""


def lists(value: Any, path: tuple[str, ...] = ()) -> list[str]:
    """Where in a value lists of objects lie, with dots."""
    if isinstance(value, list):
        return [".".join(path)] if path and any(isinstance(row, dict) for row in value) else []
    if not isinstance(value, dict) or len(path) >= _DEEPEST:
        return []
    return [found for name, inner in value.items() for found in lists(inner, (*path, str(name)))]


def paths(row: dict[str, Any], before: str = "", depth: int = 0) -> Iterator[str]:
    """The names of a row's values, with dots where they lie inside others."""
    for name, value in row.items():
        yield f"{before}{name}"
        if isinstance(value, dict) and depth < _DEEPEST:
            yield from paths(value, f"{before}{name}.", depth + 1)


def walk(value: Any, path: str) -> Any:
    """The value at a path with dots; None where there is none."""
    for name in path.split("."):
        if isinstance(value, dict):
            value = value.get(name)
        elif isinstance(value, list) and name.isdigit() and int(name) < len(value):
            value = value[int(name)]
        else:
            return None
    return value


def get(row: dict[str, Any], name: str | None) -> Any:
    if name is None:
        return None
    return row.get(name) if name in row or "." not in name else walk(row, name)


def has(row: dict[str, Any], name: str) -> bool:
    """Whether a row has a column, be it empty."""
    if name in row:
        return True
    outer, _, last = name.rpartition(".")
    inside = walk(row, outer) if outer else None
    return last in inside if isinstance(inside, dict) else walk(row, name) is not None
