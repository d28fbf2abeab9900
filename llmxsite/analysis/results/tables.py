"""Every kind of table there is, by its name and by its word in prose.

A task adds its own in its module `results`, as `TABLES: tuple[TableKind, ...]`; those of the core come before them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from llmxsite.analysis.results.core import TABLES
from llmxsite.analysis.results.kind import Asked, Row, TableKind, Test, rows
from llmxsite.base import registry
from llmxsite.base.diagnostics import did_you_mean

if TYPE_CHECKING:
    from llmxsite.analysis.tables import Samples

__all__ = ["Asked", "Row", "TableKind", "Test", "fitting", "kinds", "rows", "table", "words"]


def kinds() -> Iterator[TableKind]:
    """Every kind there is: the core's, then the tasks' in the order of their names."""
    yield from TABLES
    for _, kind in registry.declared("results", "TABLES"):
        if not any(kind.name == core.name for core in TABLES):
            yield kind


@registry.remembered
def table(name: str) -> TableKind:
    """The kind of that name. KeyError with the nearest. Raises `Problem` where two tasks have one."""
    found = next((kind for kind in TABLES if kind.name == name), None) or registry.find("results", "TABLES", name)
    if found is None:
        names = [kind.name for kind in kinds()]
        raise KeyError(f"no table is called '{name}'; {did_you_mean(name, names) or 'known: ' + ', '.join(names)}")
    kind: TableKind = found
    return kind


@registry.remembered
def words() -> dict[str, TableKind]:
    """The words of `{value}` that mean a measure of some table, with it."""
    found: dict[str, TableKind] = {}
    for kind in kinds():
        if kind.value is not None:
            found.setdefault(kind.value, kind)
    return found


def fitting(samples: Samples, kind: TableKind) -> Samples:
    """The samples that a table can be of: those of its task."""
    return samples if kind.task is None or not len(samples) else samples.where(task=kind.task)
