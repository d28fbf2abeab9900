"""Where the cells and the labels of a grid stand in one layout: whole labels first, then cells as wide as what is left.

Columns that do not fit side by side change places with rows where there are fewer rows, and stand in several blocks, one below
the other, where that is not enough.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import ceil

from llmxsite.press.figure import words
from llmxsite.press.figure.draft import Layout

RIGHT = 6
"""Pixels kept free beside the last column."""
OBLIQUE, UPRIGHT = 24.0, 15.0
"""Least width of a cell under a label at 45°, and under one at 90°."""
ROOMY, NUMBERS = 38.0, 34.0
"""Width of a cell up to which labels beside the rows may take what they need, and of one that holds `100%`."""
LINE = 14
"""Pixels of a line of a label."""
HEAD = 260
"""Longest label over a column that is not upright."""
GAP = 12
"""Between two blocks."""


@dataclass(frozen=True)
class Place:
    """A cell in pixels from the top, and its column from the left."""

    slot: str
    top: float
    bottom: float


@dataclass(frozen=True)
class Plan:
    """A grid in one layout."""

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    slots: int
    """Columns of a block."""
    cell: float
    """About how wide a cell is."""
    tall: float
    """How tall a row is."""
    side: dict[str, str]
    """Labels of the rows, lines of one joined by newlines."""
    heads: dict[str, str]
    """The same of the columns."""
    angle: int
    """By which those are turned."""
    head: float
    """Pixels over each block for them."""

    @property
    def blocks(self) -> int:
        return ceil(len(self.columns) / self.slots)

    @property
    def height(self) -> float:
        return self.blocks * (self.head + self.tall * len(self.rows)) + (self.blocks - 1) * GAP

    def top(self, block: int) -> float:
        """Where the cells of a block begin."""
        return block * (self.head + self.tall * len(self.rows) + GAP) + self.head

    def place(self, row: str, column: str) -> Place:
        """Where a cell stands."""
        block, slot = divmod(self.columns.index(column), self.slots)
        top = self.top(block) + self.rows.index(row) * self.tall
        return Place(f"{slot:03}", top, top + self.tall)

    @property
    def overhang(self) -> float:
        """Pixels by which an oblique label leaves the last column."""
        if self.angle != -45:
            return 0.0
        reach = [
            words.widest(text) * 0.71 - (self.slots - self.columns.index(name) % self.slots - 0.5) * self.cell
            for name, text in self.heads.items()
        ]
        return max(0.0, *reach)


def flips(layout: Layout, rows: int, columns: int) -> bool:
    """Whether rows and columns change places: many columns do not fit beside their labels."""
    most = 7 if layout.narrow else int((layout.width - 160) / UPRIGHT)
    return columns > most and rows < columns


def plan(layout: Layout, rows: Sequence[str], columns: Sequence[str]) -> Plan:
    """The grid of these rows and columns, which are all different, already in the places that `flips` gives them.

    The more labels stand whole the better, then numbers in the cells, labels of columns that are upright, and low rows.
    """
    rooms = (
        layout.width - RIGHT - 10 - ROOMY * len(columns),
        *((150.0, 118.0) if layout.narrow else (300.0, 250.0, 215.0)),
    )
    return min((_plan(layout, rows, columns, room) for room in rooms), key=_faults)


def _faults(found: Plan) -> tuple[float, ...]:
    """What is wrong with a plan, worst first."""
    shortened = sum("…" in text for text in (*found.side.values(), *found.heads.values()))
    return (shortened, found.cell < NUMBERS, found.angle != 0, found.blocks, found.tall, -found.cell)


def _plan(layout: Layout, rows: Sequence[str], columns: Sequence[str], room: float) -> Plan:
    side = words.whole(rows, max(96.0, room))
    free = layout.width - RIGHT - 10 - max(words.widest(text) for text in side.values())
    blocks = ceil(len(columns) * UPRIGHT / free)
    slots = ceil(len(columns) / blocks)
    lines = max(text.count("\n") for text in side.values()) + 1
    tall = max(22.0 if len(rows) > 20 else 28.0, 4.0 + LINE * lines)
    for heads, angle, least in _heads(columns, free / slots):
        made = Plan(tuple(rows), tuple(columns), slots, free / slots, tall, side, heads, angle, _head(heads, angle))
        made = replace(made, cell=(free - made.overhang) / slots)
        if made.cell >= least:
            break
    return made


def _heads(columns: Sequence[str], cell: float) -> Iterator[tuple[dict[str, str], int, float]]:
    """Labels over the columns, their angle, and the least width of a cell under them: upright in up to three lines where all fit,
    then oblique, then on their side."""
    upright = {name: words.folded(words.clean(name), cell - 8, most=3) for name in columns}
    fitting = [text for text in upright.values() if text]
    if len(set(fitting)) == len(columns):
        yield {name: text for name, text in upright.items() if text}, 0, 0.0
    yield words.whole(columns, HEAD, most=1), -45, OBLIQUE
    yield words.whole(columns, HEAD, most=1), -90, 0.0


def _head(heads: dict[str, str], angle: int) -> float:
    if angle == 0:
        return 8.0 + LINE * (1 + max(text.count("\n") for text in heads.values()))
    longest = max(words.widest(text) for text in heads.values())
    return 12.0 + longest * (0.71 if angle == -45 else 1.0) + (8 if angle == -45 else 0)
