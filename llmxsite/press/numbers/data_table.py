"""What a `{table}` shows: a table of any kind, its columns with their heads, and its rows in order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from llmxsite.analysis.measure import Measure
from llmxsite.analysis.results.tables import Asked, Row, TableKind
from llmxsite.base.diagnostics import did_you_mean

if TYPE_CHECKING:
    from llmxsite.press.catalogue.entries import RunEntry
    from llmxsite.press.numbers.remembered import Numbers


def asked(kind: TableKind, by: Sequence[str], shown: Sequence[str], options: Mapping[str, Any]) -> Asked:
    """What the options of a `{table}` ask of its kind: intervals, and what is slow, are made for the measures that are shown."""
    heads = kind.heads(shown)
    return Asked(
        by=tuple(by),
        factor=str(options.get("factor") or kind.factor),
        measure=str(options.get("measure") or "accuracy"),
        intervals=tuple(m.name for m in heads if m.resampled),
        slow=tuple(m.name for m in (*heads, *kind.heads([_sorting(options)])) if m.slow),
    )


def rows(
    numbers: Numbers, kind: TableKind, runs: Sequence[RunEntry], asked: Asked, options: Mapping[str, Any]
) -> list[Row]:
    """The numbers of a `{table}`, sorted as its options ask. KeyError for a column the samples do not have."""
    found = numbers.table(kind.name, runs, asked, where=options.get("where") or {})
    name = _sorting(options)
    if found and name and name not in found[0]:
        raise KeyError(f"no column '{name}' to sort by; {did_you_mean(name, columns(kind, found[0]))}")
    known = [r for r in found if name and r[name] is not None]
    ordered = sorted(known, key=lambda r: r[name], reverse=str(options.get("sort")).startswith("-"))
    return [*ordered, *(r for r in found if r not in known)]


def columns(kind: TableKind, row: Row) -> list[str]:
    """What a `{table}` can show: the columns of a row, and those that are slow to make, which it may have left out."""
    return [*row, *(m.name for m in kind.measures if m.slow)]


def _sorting(options: Mapping[str, Any]) -> str:
    """The column to sort by; empty for none."""
    return str(options.get("sort") or "").lstrip("-")


class TableHead(NamedTuple):
    """A column of a table on a page."""

    measure: Measure
    marked: bool
    """Whether its numbers are drawn on a track with their interval: shares whose table has both ends by itself."""

    @property
    def name(self) -> str:
        return self.measure.name

    @property
    def title(self) -> str:
        return f"{self.measure.heading}, 95% interval" if self.marked else self.measure.heading

    @property
    def aligned(self) -> bool:
        """Whether its numbers stand below each other."""
        return self.measure.form != "text" and not self.marked


def heads(kind: TableKind, shown: Sequence[str]) -> list[TableHead]:
    """The columns of a table."""
    return [TableHead(m, m.form == "percent" and m.interval is not None and not m.resampled) for m in kind.heads(shown)]
