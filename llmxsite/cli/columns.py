"""Tables in a terminal of any width: what a row is about is never cut, what does not fit beside it is counted.

A table that a terminal squeezes says less than nothing: rows that cannot be told apart, numbers without their end. So columns
are left out whole, from the right, and the last line says how many. Where even those that must stay do not fit, every row
becomes a heading with its numbers below it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING, Literal

from llmxsite.cli.terminal import out

if TYPE_CHECKING:
    from rich.text import Text

GAP = "  "
MORE = "--wide"
"""The option that shows every column, where a command has one."""


@dataclass(frozen=True)
class TerminalColumn:
    """One column: its head and the text of its cells, top to bottom."""

    head: str
    cells: Sequence[str]
    role: Literal["key", "kept", "more"] = "more"
    """`key`: says which row it is. `kept`: what the table is for. `more`: left out where there is no room."""
    right: bool = False

    def width(self, *, folded: bool = False) -> int:
        """Characters it takes; `folded` with its head on several lines."""
        heads = self.head.split() if folded else [self.head]
        return max(map(_length, (*heads, *self.cells, "")))


def print_columns(
    columns: Sequence[TerminalColumn],
    *,
    title: str | None = None,
    above: Sequence[str] | None = None,
    wide: bool = False,
    more: str = MORE,
) -> None:
    """Print a table. `above`: a heading for each row, printed where it changes. `wide`: every column, however narrow the terminal.

    Into a file or a pipe, which have no right edge, everything goes.
    """
    if title:
        _print(title, style="bold italic")
    width = 10_000 if wide or not out().is_terminal else out().width
    indent = "  " if above is not None else ""
    shown, folded = fitting(columns, width - len(indent))
    if shown is None:
        _stacked(columns, above)
    else:
        _lines(shown, folded, above, indent)
    left = len(columns) - len(shown if shown is not None else [c for c in columns if c.role != "more"])
    if left:
        _print(f"{left} more {'column' if left == 1 else 'columns'}: {more}", style="dim")


def aligned(cells: Sequence[str]) -> list[str]:
    """Shares with their intervals, percent signs below each other: `9.0% [4.1, 17.2]` under `62.0% [55.1, 68.7]`."""
    first = max((_length(cell.partition(" ")[0]) for cell in cells), default=0)
    return [" " * (first - _length(cell.partition(" ")[0])) + cell for cell in cells]


def fitting(columns: Sequence[TerminalColumn], width: int) -> tuple[list[TerminalColumn] | None, bool]:
    """The columns for which there is room, and whether their heads are folded; None where the needed ones have none."""
    shown = list(columns)
    while True:
        for folded in (False, True):
            if sum(c.width(folded=folded) for c in shown) + len(GAP) * (len(shown) - 1) <= width:
                return shown, folded
        spare = [index for index, column in enumerate(shown) if column.role == "more"]
        if not spare:
            return None, False
        del shown[spare[-1]]


def _lines(columns: Sequence[TerminalColumn], folded: bool, above: Sequence[str] | None, indent: str) -> None:
    widths = [column.width(folded=folded) for column in columns]
    heads = [_folded(c.head, w) if folded else [c.head] for c, w in zip(columns, widths, strict=True)]
    tallest = max(map(len, heads), default=1)
    heads = [[""] * (tallest - len(lines)) + lines for lines in heads]
    for line in zip(*heads, strict=True):
        _print(indent + _joined(columns, widths, line), style="bold")
    last: str | None = None
    for number, cells in enumerate(zip(*(column.cells for column in columns), strict=True)):
        if above is not None and above[number] != last:
            last = above[number]
            _print(last, style="bold")
        _print(indent + _joined(columns, widths, cells))


def _stacked(columns: Sequence[TerminalColumn], above: Sequence[str] | None) -> None:
    """Every row as a heading and, below it, what must not be missing."""
    for number in range(len(columns[0].cells)):
        names = [above[number]] if above is not None else []
        names += [f"{c.head} {c.cells[number]}" for c in columns if c.role == "key"]
        for line in _filled(names, ", "):
            _print(line, style="bold")
        for line in _filled([f"{c.head} {c.cells[number].strip()}" for c in columns if c.role == "kept"], GAP):
            _print(f"  {line}")


def _filled(pieces: Sequence[str], between: str) -> Iterator[str]:
    """The pieces on as few lines as they take, each whole."""
    line = ""
    for piece in pieces:
        if line and _length(line + between + piece) > out().width - len(GAP):
            yield line
            line = piece
        else:
            line = line + between + piece if line else piece
    yield line


def _joined(columns: Sequence[TerminalColumn], widths: Sequence[int], cells: Sequence[str]) -> str:
    padded = []
    for column, width, cell in zip_longest(columns, widths, cells):
        space = " " * (width - _length(cell))
        padded.append(space + cell if column.right else cell + space)
    return GAP.join(padded).rstrip()


def _folded(head: str, width: int) -> list[str]:
    lines = [""]
    for word in head.split():
        if lines[-1] and _length(f"{lines[-1]} {word}") > width:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


def _length(text: str) -> int:
    """Cells of a terminal that a text takes: Chinese characters take two."""
    from rich.cells import cell_len

    return cell_len(text)


def _print(text: str, style: str = "") -> None:
    """One line, never broken or cut by us: the terminal goes on below where a single name is wider than itself."""
    from rich.text import Text

    line: Text = Text(text, style=style)
    out().print(line, no_wrap=True, overflow="ignore", crop=False)
