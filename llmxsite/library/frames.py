"""Frames that a notebook shows as a person reads them: numbers with their intervals, and below them what to know before believing.

A `Frame` is a pandas DataFrame in every way; what is made from one is a plain DataFrame again, without its notes.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any, ClassVar

import pandas as pd

from llmxsite.analysis.measure import Measure
from llmxsite.analysis.results import shown
from llmxsite.analysis.results.tables import rows

ROWS = 100
"""Rows that a notebook shows; the frame has all."""
_NUMBER = 'style="text-align:right;white-space:nowrap"'
_TEXT = 'style="text-align:left"'


class Frame(pd.DataFrame):
    """A table of the study."""

    _internal_names: ClassVar[list[str]] = [*pd.DataFrame._internal_names, "notes", "heads"]  # type: ignore[attr-defined]
    _internal_names_set: ClassVar[set[str]] = set(_internal_names)
    notes: Sequence[str] = ()
    """What a reader should know before believing it, in sentences; problems of logs that were read among them."""
    heads: Sequence[Measure] = ()
    """The columns that a notebook shows, with titles and intervals; none where all are shown as they are."""

    @classmethod
    def of(cls, frame: pd.DataFrame, *, notes: Sequence[str] = (), heads: Sequence[Measure] = ()) -> Frame:
        """A copy of `frame` with words of its own."""
        made = cls(frame.copy())
        made.notes, made.heads = tuple(notes), tuple(heads)
        return made

    def _repr_html_(self) -> str:
        """The table for a notebook, all text escaped."""
        heads = [head for head in self.heads if head.name in self.columns]
        table = _table(self, heads) if heads else str(self.to_html(max_rows=20, max_cols=20, show_dimensions=True))
        return table + notes_html(self.notes)


def notes_html(notes: Sequence[str]) -> str:
    """Notes as a list; nothing where there is none."""
    return f"<ul>{''.join(f'<li>{escape(note)}</li>' for note in notes)}</ul>" if notes else ""


def _table(frame: pd.DataFrame, heads: Sequence[Measure]) -> str:
    found = rows(frame.head(ROWS))
    numeric = {head.name: head.form != "text" or _numbers(found, head.name) for head in heads}
    looks = [_NUMBER if numeric[head.name] else _TEXT for head in heads]
    top = "".join(f"<th {look}>{escape(shown.head(head))}</th>" for look, head in zip(looks, heads, strict=True))
    body = "".join(
        f"<tr>{''.join(f'<td {look}>{escape(shown.cell(row, head))}</td>' for look, head in zip(looks, heads, strict=True))}</tr>"
        for row in found
    )
    more = f"<p>{len(frame) - ROWS:,} more rows</p>" if len(frame) > ROWS else ""
    return f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>{more}"


def _numbers(rows: Sequence[dict[str, Any]], name: str) -> bool:
    return all(isinstance(row[name], int | float | None) and not isinstance(row[name], bool) for row in rows)
