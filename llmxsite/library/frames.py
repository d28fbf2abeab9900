"""Frames that a notebook shows as a person reads them: numbers with their intervals, and below them what to know before believing.

A `Frame` is a pandas DataFrame in every way; what is made from one is a plain DataFrame again, without its notes.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any, ClassVar

import pandas as pd

from llmxsite.library.tables import Head
from llmxsite.press.figure.words import MISSING, show
from llmxsite.press.numbers.remembered import plain

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
    heads: Sequence[Head] = ()
    """The columns that a notebook shows, with titles and intervals; none where all are shown as they are."""

    @classmethod
    def of(cls, frame: pd.DataFrame, *, notes: Sequence[str] = (), heads: Sequence[Head] = ()) -> Frame:
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


def _table(frame: pd.DataFrame, heads: Sequence[Head]) -> str:
    names = [str(name) for name in frame.columns]
    rows = [
        dict(zip(names, map(plain, values), strict=True))
        for values in frame.head(ROWS).itertuples(index=False, name=None)
    ]
    numeric = {head.name: head.form != "text" or _numbers(rows, head.name) for head in heads}
    looks = [_NUMBER if numeric[head.name] else _TEXT for head in heads]
    top = "".join(f"<th {look}>{escape(head.title)}</th>" for look, head in zip(looks, heads, strict=True))
    body = "".join(
        f"<tr>{''.join(f'<td {look}>{escape(cell(row, head))}</td>' for look, head in zip(looks, heads, strict=True))}</tr>"
        for row in rows
    )
    more = f"<p>{len(frame) - ROWS:,} more rows</p>" if len(frame) > ROWS else ""
    return f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>{more}"


def cell(row: dict[str, Any], head: Head) -> str:
    """A number and its interval in one form: `62.0% [55.1, 68.7]`; `–` for what was not measured."""
    value = row[head.name]
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None or not isinstance(value, int | float):
        return MISSING if value is None else str(value)
    text = _number(value, head.form)
    low, high = (row[end] for end in head.ends) if head.ends else (None, None)
    if low is None or high is None:
        return text
    shares = head.form in ("percent", "points", "width")
    ends = [f"{100 * end:.1f}".replace("-", "−") if shares else _number(end, head.form) for end in (low, high)]
    return f"{text} [{', '.join(ends)}]"


def _number(value: float, form: str) -> str:
    if form == "width":
        return f"{100 * value:.1f}"
    return f"{value:g}" if form == "text" else show(value, form)  # type: ignore[arg-type]


def _numbers(rows: Sequence[dict[str, Any]], name: str) -> bool:
    return all(isinstance(row[name], int | float | None) and not isinstance(row[name], bool) for row in rows)
