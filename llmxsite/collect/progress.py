"""Showing a run in a terminal: a live picture, plain lines where there is no terminal, or the replies as they stream."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self

from msgspec import UNSET

from llmxsite.base.diagnostics import several
from llmxsite.collect.job import Job
from llmxsite.collect.tally import Count, Row, Tally, duration, label
from llmxsite.collect.workload import Workload
from llmxsite.exchange.engine.protocol import EngineError
from llmxsite.log.record import Sample, scores_of

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.table import Table

_MARKS = {"+": ("✓", "green"), "-": ("✗", "red"), "?": ("?", "yellow"), ".": ("·", "blue"), "!": ("!", "magenta")}
PLAIN_SECONDS = 10.0
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


class Display:
    """What the three ways of showing share: the tally, notes, and being a context manager."""

    wants_text = False

    def __init__(self, console: Console, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.console, self.clock = console, clock
        self.tally: Tally | None = None
        self.machines: Sequence[Working] = ()
        """Where several share the run; each has a line of its own."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def begin(self, workload: Workload, left: list[int]) -> None:
        self.tally = Tally(workload.conditions, workload.totals, left)
        self.tally.begin(self.clock())

    def start(self, job: Job) -> None: ...

    def text(self, job: Job, piece: str, thinking: bool) -> None: ...

    def retry(self, job: Job, error: EngineError, attempt: int, wait: float) -> None:
        self.note(f"{job.item.id}: {error}; attempt {attempt + 1} in {duration(wait)}")

    def sample(self, job: Job, sample: Sample) -> None:
        if self.tally is not None:
            self.tally.add(job.condition, sample, self.clock())

    def note(self, message: str) -> None:
        self.console.print(message, style="yellow", markup=False)

    def summary(self) -> None:
        """What the session made, by condition."""
        if self.tally is None or not self.tally.total.answered + self.tally.total.errors:
            return
        self.console.print(_conditions(self.tally, self.tally.rows, min(self.console.width, 120)))
        if self.machines:
            self.console.print(_machines(self.machines, min(self.console.width, 120), self.clock()))
        if before := sum(row.before for row in self.tally.rows):
            words = f"Right, wrong and accuracy are of this session; {several(before, 'sample')} came before."
            self.console.print(words, style="dim", markup=False)


class Plain(Display):
    """A line every ten seconds, and one as each condition is done."""

    def __init__(self, console: Console, *, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(console, clock=clock)
        self._last = 0.0

    def begin(self, workload: Workload, left: list[int]) -> None:
        super().begin(workload, left)
        self._last = self.clock()

    def sample(self, job: Job, sample: Sample) -> None:
        super().sample(job, sample)
        if self.tally is None:
            return
        row = self.tally.rows[self.tally.current]
        if row.done == row.total:
            self._say(f"{row.label}: {_in_words(row.count)}")
        elif self.clock() - self._last >= PLAIN_SECONDS:
            self._last = self.clock()
            self._say(_headline(self.tally, self._last))
            for line in self._lines():
                self._say(f"  {line}")

    def summary(self) -> None:
        if self.tally is not None:
            self._say(f"{self.tally.done:,} of {several(self.tally.planned, 'sample')}; {_in_words(self.tally.total)}")
            for line in self._lines():
                self._say(f"  {line}")

    def _lines(self) -> Iterator[str]:
        """`machine 2: 120 samples, 4.1 a second, working`"""
        for machine in self.machines:
            rate = machine.rate(self.clock())
            words = [several(machine.made, "sample")]
            words += [pace(rate)] if rate else []
            words += [several(machine.errors, "error")] if machine.errors else []
            yield f"{machine.name}: {', '.join([*words, machine.state])}"

    def _say(self, line: str) -> None:
        self.console.print(line, markup=False, soft_wrap=True)


class Picture(Display):
    """Redraws itself in place four times a second."""

    def __enter__(self) -> Self:
        from rich.live import Live

        self._live = Live(
            console=self.console,
            get_renderable=self._picture,
            refresh_per_second=4,
            transient=True,
            redirect_stdout=False,
        )
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()

    def _picture(self) -> RenderableType:
        from rich.console import Group
        from rich.progress_bar import ProgressBar
        from rich.table import Table
        from rich.text import Text

        tally = self.tally
        if tally is None:
            return Text("")
        width = min(self.console.width, 120)
        height = max(12, self.console.height)
        share = tally.done / tally.planned if tally.planned else 1.0
        bar = Table.grid(padding=(0, 1), expand=False)
        bar.add_column(no_wrap=True)
        bar.add_column(width=max(10, width - 26))
        bar.add_row(
            f"[bold]{tally.done:,}[/]/{tally.planned:,}  {round(100 * share)}%",
            ProgressBar(total=max(1, tally.planned), completed=tally.done),
        )
        parts: list[RenderableType] = [
            bar,
            Text(_headline(tally, self.clock(), counted=False)),
            self._strip(tally, width),
        ]
        if self.machines:
            parts.append(_machines(self.machines, width, self.clock()))
        room = height - 9 - (min(len(self.machines), MOST_MACHINES) + 3 if self.machines else 0)
        categories = [name for name in tally.categories if name]
        shown = categories[-max(2, room // 2) :] if len(categories) > 1 else []
        rows = max(2, room - len(shown) - 2)
        start = max(0, min(tally.current - rows // 2, len(tally.rows) - rows))
        parts.append(_conditions(tally, tally.rows[start : start + rows], width, active=tally.current))
        if len(tally.rows) > rows:
            parts.append(Text(f"{len(tally.rows)} conditions in all", style="dim"))
        if shown:
            parts.append(_categories({name: tally.categories[name] for name in shown}, width, tally.total))
        return Group(*parts)

    def _strip(self, tally: Tally, width: int) -> RenderableType:
        from rich.text import Text

        strip = Text()
        for mark in list(tally.marks)[-width:]:
            strip.append(*_MARKS[mark])
        return strip


class Stream(Display):
    """Each question with its reply as it streams, thinking dimmed; for one request at a time."""

    wants_text = True

    def __init__(self, console: Console, *, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(console, clock=clock)
        self._thinking = False

    def start(self, job: Job) -> None:
        self._thinking = False
        self.console.print()
        self.console.rule(f"{job.item.id}  {label(job.condition, [])}", align="left", style="dim")
        words = _asked(job)
        self.console.print(words if len(words) <= 600 else words[:599] + "…", style="bold", markup=False)

    def text(self, job: Job, piece: str, thinking: bool) -> None:
        if self._thinking and not thinking:
            self.console.print("\n")
        self._thinking = thinking
        safe = "".join(c if c.isprintable() or c in "\n\t" else "\ufffd" for c in piece)
        self.console.print(
            safe, end="", style="dim" if thinking else None, markup=False, highlight=False, soft_wrap=True
        )

    def sample(self, job: Job, sample: Sample) -> None:
        super().sample(job, sample)
        assert self.tally is not None
        if isinstance(sample.of, str):
            return
        symbol, colour = _MARKS[self.tally.marks[-1]]
        words = sample.error.message if sample.error else _verdict(sample)
        self.console.print(f"\n{symbol} {words}", style=colour, markup=False)
        self.console.print(_headline(self.tally, self.clock()), style="dim", markup=False)


def _asked(job: Job) -> str:
    """The last words that open a sample."""
    if not job.plan.opening:
        return job.item.question
    first = job.plan.opening[0]
    return first.raw_prompt or (first.messages[-1].content if first.messages else "")


def _verdict(sample: Sample) -> str:
    scores = scores_of(sample)
    if scores.answer is UNSET:
        return "answered"
    wanted = "" if scores.expected is UNSET else f", expected {scores.expected}"
    return (
        f"no answer found ({scores.reason}){wanted}" if scores.answer is None else f"answered {scores.answer}{wanted}"
    )


def _headline(tally: Tally, clock: float, *, counted: bool = True) -> str:
    """`312/1,728 18% · 4.1 a second · 5 min 43 s left · accuracy 62.1% (n 290) · 12 unparsed`"""
    parts = [f"{tally.done:,}/{tally.planned:,} {tally.done / max(1, tally.planned):.0%}"] if counted else []
    rate, left = tally.rate(clock), tally.seconds_left(clock)
    if rate:
        parts.append(pace(rate))
    if left is not None:
        parts.append(f"{duration(left)} left")
    return " · ".join([*parts, _in_words(tally.total)])


def pace(rate: float) -> str:
    """Samples a second in words: `4.1 a second`, `2.5 s each`."""
    return f"{rate:.1f} a second" if rate >= 1 else f"{1 / rate:.1f} s each"


def _in_words(count: Count) -> str:
    accuracy = "no answers yet" if count.accuracy is None else f"accuracy {count.accuracy:.1%} (n {count.answered:,})"
    if count.unscored:
        accuracy = several(count.answered + count.unscored, "answer") if count.accuracy is None else accuracy
    more = [
        f"{number:,} {word}" for word, number in (("unparsed", count.unparsed), ("cut off", count.truncated)) if number
    ]
    more += [several(count.errors, "error")] if count.errors else []
    return ", ".join([accuracy, *more])


def _conditions(tally: Tally, rows: Sequence[Row], width: int, active: int | None = None) -> Table:
    now = tally.rows[active] if active is not None else None
    lines = [(row.label, f"{row.done:,}/{row.total:,}", row.count, row is now) for row in rows]
    return _table("condition", lines, width, tally.total)


def _categories(counts: dict[str, Count], width: int, total: Count) -> Table:
    lines = [(name, f"{count.answered + count.errors:,}", count, False) for name, count in counts.items()]
    return _table("category, of this condition", lines, width, total)


def _machines(machines: Sequence[Working], width: int, clock: float) -> RenderableType:
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
