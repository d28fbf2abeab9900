"""Showing a run in a terminal: a live picture, plain lines where there is no terminal, or the replies as they stream."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Self

from msgspec import UNSET

from llmxsite.base.diagnostics import several
from llmxsite.collect.job import Job
from llmxsite.collect.standing import MOST_MACHINES, Working, categories, conditions, headline, in_words, machines, pace
from llmxsite.collect.tally import Tally, duration, label
from llmxsite.collect.workload import Workload
from llmxsite.exchange.engine.protocol import EngineError
from llmxsite.exchange.engine.vectors import EmbedRequest
from llmxsite.log.record import Sample, scores_of

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

_MARKS = {"+": ("✓", "green"), "-": ("✗", "red"), "?": ("?", "yellow"), ".": ("·", "blue"), "!": ("!", "magenta")}
PLAIN_SECONDS = 10.0


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
        self.console.print(conditions(self.tally, self.tally.rows, min(self.console.width, 120)))
        if self.machines:
            self.console.print(machines(self.machines, min(self.console.width, 120), self.clock()))
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
        if self.tally is None or sample.judges:
            return
        row = self.tally.rows[self.tally.current]
        if row.done == row.total:
            self._say(f"{row.label}: {in_words(row.count)}")
        elif self.clock() - self._last >= PLAIN_SECONDS:
            self._last = self.clock()
            self._say(headline(self.tally, self._last))
            for line in self._lines():
                self._say(f"  {line}")

    def summary(self) -> None:
        if self.tally is not None:
            self._say(f"{self.tally.done:,} of {several(self.tally.planned, 'sample')}; {in_words(self.tally.total)}")
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
            Text(headline(tally, self.clock(), counted=False)),
            self._strip(tally, width),
        ]
        if self.machines:
            parts.append(machines(self.machines, width, self.clock()))
        room = height - 9 - (min(len(self.machines), MOST_MACHINES) + 3 if self.machines else 0)
        names = [name for name in tally.categories if name]
        shown = names[-max(2, room // 2) :] if len(names) > 1 else []
        rows = max(2, room - len(shown) - 2)
        start = max(0, min(tally.current - rows // 2, len(tally.rows) - rows))
        parts.append(conditions(tally, tally.rows[start : start + rows], width, active=tally.current))
        if len(tally.rows) > rows:
            parts.append(Text(f"{len(tally.rows)} conditions in all", style="dim"))
        if shown:
            parts.append(categories({name: tally.categories[name] for name in shown}, width, tally.total))
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
        if sample.judges:
            return
        symbol, colour = _MARKS[self.tally.marks[-1]]
        words = sample.error.message if sample.error else _verdict(sample)
        self.console.print(f"\n{symbol} {words}", style=colour, markup=False)
        self.console.print(headline(self.tally, self.clock()), style="dim", markup=False)


def _asked(job: Job) -> str:
    """The last words that open a sample."""
    if not job.plan.opening:
        return job.item.shown()
    first = job.plan.opening[0]
    if isinstance(first, EmbedRequest):
        return "\n".join(first.texts)
    return first.raw_prompt or (first.messages[-1].content if first.messages else "")


def _verdict(sample: Sample) -> str:
    scores = scores_of(sample)
    if scores.answer is UNSET:
        return "answered"
    wanted = "" if scores.expected is UNSET else f", expected {scores.expected}"
    return (
        f"no answer found ({scores.reason}){wanted}" if scores.answer is None else f"answered {scores.answer}{wanted}"
    )
