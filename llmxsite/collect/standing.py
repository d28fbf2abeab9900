"""How a run stands, in a line and in tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from llmxsite.base.diagnostics import several
from llmxsite.collect.tally import Count, Row, Tally, duration

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

MOST_MACHINES = 12
"""Lines for machines; a larger class is counted."""


class Working(Protocol):
    """A machine among several, as it is shown."""

    @property
    def name(self) -> str: ...
    @property
    def state(self) -> str: ...
    @property
    def made(self) -> int: ...
    @property
    def errors(self) -> int: ...
    def rate(self, clock: float) -> float | None: ...


def headline(tally: Tally, clock: float, *, counted: bool = True) -> str:
    """`312/1,728 18% · 4.1 a second · 5 min 43 s left · accuracy 62.1% (n 290) · 12 unparsed`"""
    parts = [f"{tally.done:,}/{tally.planned:,} {tally.done / max(1, tally.planned):.0%}"] if counted else []
    rate, left = tally.rate(clock), tally.seconds_left(clock)
    if rate:
        parts.append(pace(rate))
    if left is not None:
        parts.append(f"{duration(left)} left")
    return " · ".join([*parts, in_words(tally.total)])


def pace(rate: float) -> str:
    """Samples a second in words: `4.1 a second`, `2.5 s each`."""
    return f"{rate:.1f} a second" if rate >= 1 else f"{1 / rate:.1f} s each"


def in_words(count: Count) -> str:
    accuracy = "no answers yet" if count.accuracy is None else f"accuracy {count.accuracy:.1%} (n {count.answered:,})"
    if count.unscored:
        accuracy = several(count.answered + count.unscored, "answer") if count.accuracy is None else accuracy
    more = [
        f"{number:,} {word}" for word, number in (("unparsed", count.unparsed), ("cut off", count.truncated)) if number
    ]
    more += [several(count.errors, "error")] if count.errors else []
    return ", ".join([accuracy, *more])


def conditions(tally: Tally, rows: Sequence[Row], width: int, active: int | None = None) -> Table:
    now = tally.rows[active] if active is not None else None
    lines = [(row.label, f"{row.done:,}/{row.total:,}", row.count, row is now) for row in rows]
    return _table("condition", lines, width, tally.total)


def categories(counts: dict[str, Count], width: int, total: Count) -> Table:
    lines = [(name, f"{count.answered + count.errors:,}", count, False) for name, count in counts.items()]
    return _table("category, of this condition", lines, width, total)


def machines(machines: Sequence[Working], width: int, clock: float) -> RenderableType:
    """A line a machine; of many, those that work or have stopped first."""
    from rich import box
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, width=width, pad_edge=False, padding=(0, 0, 0, 2), header_style="dim")
    table.add_column("machine", ratio=1, no_wrap=True)
    failed = any(machine.errors for machine in machines)
    for name in ("samples", *(["errors"] if failed else []), "rate", "state"):
        table.add_column(name, justify="left" if name == "state" else "right", no_wrap=True)
    order = {"gone": 0, "stopped": 0, "working": 1}
    shown = sorted(machines, key=lambda machine: order.get(machine.state, 2))[:MOST_MACHINES]
    for machine in sorted(shown, key=machines.index):
        rate = machine.rate(clock)
        cells = [f"{machine.made:,}", *([f"{machine.errors:,}"] if failed else []), pace(rate) if rate else ""]
        style = "red" if machine.state in ("gone", "stopped") else None
        table.add_row(machine.name, *cells, machine.state, style=style)
    more = len(machines) - len(shown)
    return Group(table, Text(f"and {several(more, 'more machine')}", style="dim")) if more else table


def _table(first: str, lines: Sequence[tuple[str, str, Count, bool]], width: int, total: Count) -> Table:
    """Counts by row. What has not happened in the whole run has no column, nor has what a narrow terminal has no room for."""
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, width=width, pad_edge=False, padding=(0, 0, 0, 2), header_style="dim")
    table.add_column(first, ratio=1, overflow="ellipsis", no_wrap=True)
    rare = {"unparsed": total.unparsed, "cut off": total.truncated, "errors": total.errors}
    names = ["done", "right", "wrong", *(name for name, count in rare.items() if count), "accuracy"]
    longest = max((len(words) for words, *_ in lines), default=0)
    for spare in ("right", "wrong", "cut off", "unparsed"):
        if longest + sum(max(len(name), 7) + 2 for name in names) > width and spare in names:
            names.remove(spare)
    for name in names:
        table.add_column(name, justify="right", no_wrap=True)
    for words, done, count, active in lines:
        numbers = {"right": count.right, "wrong": count.wrong}
        numbers |= {"unparsed": count.unparsed, "cut off": count.truncated, "errors": count.errors}
        cells = {name: f"{number:,}" if number else "·" for name, number in numbers.items()}
        cells |= {"done": done, "accuracy": "" if count.accuracy is None else f"{count.accuracy:.1%}"}
        table.add_row(words, *(cells[name] for name in names), style="bold" if active else None)
    return table
