"""A grid of shares: rows by columns, each cell tinted from 0 to 100 %, its number in it, a link to what is behind it.

A table, so that it is read, copied and linearised as one. The scale is the whole of 0 to 100 %: a grid of noise looks like one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from markupsafe import Markup

from llmxsite.press.site.sketch.steps import deep

FEW = 10
"""Answers below which a share is drawn as one of few: outlined, and put in no order."""


class Cell(NamedTuple):
    """One share of the grid."""

    share: float
    low: float | None
    high: float | None
    n: int
    link: str | None = None
    """To the samples behind it."""


class Band(NamedTuple):
    """Rows that belong together: of one suite."""

    title: str | None
    rows: Sequence[tuple[str, Sequence[Cell | None]]]


def grid(corner: str, columns: Sequence[str], bands: Sequence[Band], label: str) -> Markup:
    """The grid as a table. `corner` names what the rows are, `label` the whole for those who hear it."""
    head = Markup("").join(Markup('<th scope="col" class="num">{}</th>').format(name) for name in columns)
    body = Markup("")
    for band in bands:
        if band.title is not None:
            body += Markup('<tr class="band"><th scope="rowgroup" colspan="{}">{}</th></tr>').format(
                len(columns) + 1, band.title
            )
        for name, cells in band.rows:
            body += Markup('<tr><th scope="row">{}</th>{}</tr>\n').format(name, Markup("").join(map(_cell, cells)))
    return Markup(
        '<div class="table-scroll" tabindex="0" role="group" aria-label="{}">'
        '<table class="heat plain"><thead><tr><th scope="col">{}</th>{}</tr></thead><tbody>{}</tbody></table></div>'
    ).format(label, corner, head, body)


def ordered(rows: Sequence[tuple[str, Sequence[Cell | None]]]) -> list[tuple[str, Sequence[Cell | None]]]:
    """Rows by the mean of their shares, highest first; those with a cell of few answers follow as they came, in no order."""

    def place(row: tuple[str, Sequence[Cell | None]]) -> tuple[bool, float]:
        known = [cell for cell in row[1] if cell is not None]
        if not known or any(cell.n < FEW for cell in known):
            return True, 0.0
        return False, -sum(cell.share for cell in known) / len(known)

    return sorted(rows, key=place)


def _cell(cell: Cell | None) -> Markup:
    if cell is None:
        return Markup('<td class="num missing">–</td>')
    ends = (
        "" if cell.low is None or cell.high is None else f", 95% interval {100 * cell.low:.1f} to {100 * cell.high:.1f}"
    )
    words = f"{100 * cell.share:.1f}%{ends}, n = {cell.n:,}"
    shown: str | Markup = Markup('{:.0f}<span class="visually-hidden"> percent{}, n = {}</span>').format(
        100 * cell.share, ends, f"{cell.n:,}"
    )
    if cell.link is not None:
        shown = Markup('<a href="{}">{}</a>').format(cell.link, shown)
    return Markup('<td class="num {}{}" title="{}">{}</td>').format(
        deep(cell.share), " few" if cell.n < FEW else "", words, shown
    )
