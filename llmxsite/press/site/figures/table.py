"""The table behind a figure as a person reads it: an interval stands in the cell of its number."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from llmxsite.analysis.measure import ends, show
from llmxsite.press.figure.figure import Column


class FigureHead(msgspec.Struct):
    """The head of a column of a figure's table."""

    title: str
    unit: str | None
    numeric: bool
    description: str


def heads(columns: Sequence[Column]) -> list[FigureHead]:
    return [
        FigureHead(f"{c.title}, interval" if span else c.title, c.unit, c.format != "text", c.description)
        for _, c, span in _placed(columns)
    ]


def cells(row: Sequence[Any], columns: Sequence[Column], titles: Mapping[str, str]) -> list[str]:
    """The cells of one row; `titles` are those of suites by id. The CSV file has every column by itself."""
    found = []
    for place, column, span in _placed(columns):
        text = _cell(row[place], column, titles)
        if span and row[place] is not None:
            low, high = row[place + 1 : place + 3]
            text = f"{text} {ends(low, high, column.format)}".rstrip()
        found.append(text)
    return found


def _placed(columns: Sequence[Column]) -> Iterator[tuple[int, Column, bool]]:
    """The columns of the table: where each stands among all, and whether the two after it are the ends of its interval."""
    place = 0
    while place < len(columns):
        column = columns[place]
        after = tuple(c.name for c in columns[place + 1 : place + 3])
        span = column.format != "text" and after in (
            ("ci_low", "ci_high"),
            (f"{column.name}_low", f"{column.name}_high"),
        )
        yield place, column, span
        place += 3 if span else 1


def _cell(value: Any, column: Column, titles: Mapping[str, str]) -> str:
    if value is None:
        return "–"
    form = column.format
    if column.name == "suite":
        return titles.get(str(value), str(value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(show(value, form)) if isinstance(value, int | float) and form != "text" else f"{value}"
