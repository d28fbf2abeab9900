"""Every table of a page, laid out so that its label, its number with interval and n are in sight before all else.

Templates write plain tables; `ruled` puts the columns in one order, says in a sentence what is the same in every row, keeps a label
that repeats out of sight, and names each cell's column for narrow screens, where a row has two lines. What the table says stays.

    >>> lay("<table><thead><tr><th>Run</th><th>Suite</th><th class='num'>Unparsed</th></tr></thead><tbody>...")
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from html import unescape

from markupsafe import Markup, escape

_TABLE = re.compile(
    r"\s*<table([^>]*)>\s*<thead>\s*<tr>(.*?)</tr>\s*</thead>\s*<tbody>(.*?)</tbody>\s*</table>\s*", re.DOTALL
)
_ROW = re.compile(r"<tr([^>]*)>(.*?)</tr>", re.DOTALL)
_CELL = re.compile(r"<(t[hd])([^>]*)>(.*?)</\1>", re.DOTALL)
_TAG = re.compile(r"<svg.*?</svg>|<[^>]+>", re.DOTALL)
_COUNTS = ("samples", "items", "pairs", "requests", "n", "answered by", "items in both")
"""Heads of what a number rests on."""
_ORDINARY = {
    "unparsed": "unparsed",
    "truncated": "cut off",
    "errors": "failed",
    "cut off": "cut off",
    "failed": "failed",
}
"""Counts of mishaps, as the sentence says that there were none."""
_NOTHING = {"", "–", "-"}


@dataclass(frozen=True)
class Cell:
    tag: str
    attributes: str
    html: str

    @property
    def text(self) -> str:
        return " ".join(unescape(_TAG.sub(" ", self.html)).split())

    @property
    def numeric(self) -> bool:
        return bool(re.search(r'class="[^"]*\bnum\b', self.attributes))

    @property
    def marked(self) -> bool:
        """Whether it holds a number drawn with its interval."""
        return 'class="mark"' in self.html

    @property
    def key(self) -> bool:
        return 'scope="row' in self.attributes


@dataclass(frozen=True)
class Column:
    head: Cell
    cells: tuple[Cell, ...]

    @property
    def name(self) -> str:
        return self.head.text

    @property
    def same(self) -> str | None:
        """What every row says, where all say the same."""
        texts = {cell.text for cell in self.cells}
        return texts.pop() if len(texts) == 1 else None

    @property
    def main(self) -> bool:
        return any(cell.marked for cell in self.cells) or "interval" in self.name.lower()

    @property
    def counts(self) -> bool:
        return self.name.lower() in _COUNTS

    @property
    def label(self) -> bool:
        """Whether it says what a row is, and is no number about it."""
        return not (self.main or self.head.numeric or any(cell.numeric for cell in self.cells))


def ruled(html: str, label: str) -> Markup:
    """A table as its template wrote it, laid out, in a container that scrolls where nothing else helps. One of another shape stays."""
    found = _TABLE.fullmatch(html)
    heads = [Cell(*match) for match in _CELL.findall(found[2])] if found else []
    rows = [[Cell(*match) for match in _CELL.findall(row)] for _, row in _ROW.findall(found[3])] if found else []
    plain = found is not None and "plain" not in found[1] and "span=" not in found[2] + found[3]
    if found is None or not plain or not rows or any(len(row) != len(heads) for row in rows):
        return _scrolling(html, label)
    columns = [Column(head, tuple(row[i] for row in rows)) for i, head in enumerate(heads)]
    columns = [column for column in columns if not column.counts or not _repeated(column, columns)]
    kept, said = _folded(columns)
    ordered = _ordered(kept)
    tr = [attributes for attributes, _ in _ROW.findall(found[3])]
    table = _written(found[1], ordered, tr)
    note = Markup(f'<p class="hint said">{said}</p>' if said else "")  # made of cells as the template wrote them
    return _scrolling(table, label, columns=len(ordered)) + note


def _repeated(column: Column, columns: Sequence[Column]) -> bool:
    """Whether another count before it says the same in each row: as many items as samples."""
    before = columns[: columns.index(column)]
    return column.name == "Items" and any(
        other.name == "Samples" and [c.text for c in other.cells] == [c.text for c in column.cells] for other in before
    )


def _folded(columns: Sequence[Column]) -> tuple[list[Column], str]:
    """The columns that tell rows apart or count, and a sentence of what is the same in all rows. Of one row all is shown."""
    if not columns or len(columns[0].cells) < 2:
        return list(columns), ""
    kept, nothing, unknown, same = [], [], [], []
    for column in columns:
        text = column.same
        if text is None or column.main or column.counts or any(cell.key for cell in column.cells):
            kept.append(column)
        elif text in ("0", "0.0%") and column.name.lower() in _ORDINARY:
            nothing.append(_ORDINARY[column.name.lower()])
        elif text in _NOTHING or all('class="missing"' in cell.html for cell in column.cells):
            unknown.append(column)
        elif column.label:
            same.append(column)
        else:
            kept.append(column)  # a number that happens to be the same is still each row's
    if not any(column.label for column in kept) and same:
        kept.insert(0, same.pop(0))  # every row is named by something
    parts = []
    if nothing:
        parts.append(f"Nothing {_joined(nothing, 'or')}.")
    if unknown:
        parts.append(f"{_joined([str(escape(c.name)) for c in unknown], 'and')}: not there in any row.")
    if same:
        parts.append("In every row: " + "; ".join(f"{escape(c.name)} {c.cells[0].html}" for c in same) + ".")
    return kept, " ".join(parts)


def _ordered(columns: Sequence[Column]) -> list[Column]:
    """First what names a row, no more of it than tells rows apart, then the number with its interval, what it rests on, and the rest."""
    labels = [column for column in columns if column.label]
    mains = [column for column in columns if column.main]
    counts = [column for column in columns if column.counts and not column.main]
    if not mains:
        mains = [column for column in columns if column.head.numeric and column not in counts][:1]
    named: list[Column] = []
    for column in sorted(labels, key=lambda c: not any(cell.key for cell in c.cells)):
        if named and _apart(named):
            break
        named.append(column)
    named.sort(key=labels.index)
    front = [*named, *mains[:1], *counts[:1]]
    return [*front, *(column for column in columns if column not in front)]


def _apart(columns: Sequence[Column]) -> bool:
    rows = list(zip(*([cell.text for cell in column.cells] for column in columns), strict=True))
    return len(set(rows)) == len(rows)


def _written(attributes: str, columns: Sequence[Column], rows: Sequence[str]) -> str:
    front = next((i for i, column in enumerate(columns) if not column.label), len(columns))
    lines = []
    before: list[str] = []
    for number, row in enumerate(rows):
        texts = [column.cells[number].text for column in columns[:front]]
        # Of the labels all but the last may repeat, from the left: as a reader of an index expects.
        repeats = next(
            (i for i, (a, b) in enumerate(zip(texts, before, strict=False)) if a != b), front - 1 if before else 0
        )
        before = texts
        cells = [
            _cell(column.cells[number], column, _role(place, front), place < min(repeats, front - 1))
            for place, column in enumerate(columns)
        ]
        lines.append(f"<tr{row}>{''.join(cells)}</tr>\n")
    heads = "".join(f"<{c.head.tag}{_scoped(c.head.attributes)}>{c.head.html}</{c.head.tag}>" for c in columns)
    return f"<table{attributes} data-ruled><thead><tr>{heads}</tr></thead>\n<tbody>\n{''.join(lines)}</tbody></table>"


def _role(place: int, front: int) -> str:
    return "name" if place < front else "main" if place == front else "more"


def _cell(cell: Cell, column: Column, role: str, again: bool) -> str:
    made = replace(cell, html=f'<span class="again">{cell.html}</span>') if again else cell
    name = f' data-head="{escape(column.name)}"' if role == "more" else ""
    return f'<{made.tag}{made.attributes} data-role="{role}"{name}>{made.html}</{made.tag}>'


def _scoped(attributes: str) -> str:
    return attributes if "scope=" in attributes else f' scope="col"{attributes}'


MANY = 4
"""Columns beyond which a sheet of paper has no room for them side by side."""


def _scrolling(table: str, label: str, *, columns: int = 0) -> Markup:
    kind = f"table-scroll{' stacked' if columns > 2 else ''}{' many' if columns > MANY else ''}"
    return Markup('<div class="{}" tabindex="0" role="group" aria-label="{}">{}</div>').format(
        kind, label, Markup(table)
    )


def _joined(words: Sequence[str], last: str) -> str:
    return " ".join(words) if len(words) < 2 else f"{', '.join(words[:-1])} {last} {words[-1]}"
