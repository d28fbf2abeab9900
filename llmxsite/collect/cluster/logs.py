"""The logs of a run on several machines: one a machine, all of one run, each sample in one of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

import msgspec

from llmxsite.base.diagnostics import Problem
from llmxsite.collect.choose import differences, new_id, resumed
from llmxsite.log.record import Resume, Run, Share
from llmxsite.log.runlog import RunLogWriter, alone, done_keys, read_header
from llmxsite.log.runlog.seal import Reason


class Kept(NamedTuple):
    """A log of an earlier session."""

    path: Path
    header: Run


class Earlier(NamedTuple):
    """The run to go on in, by its logs; none and the reasons why not the newest one."""

    logs: dict[int, Kept]
    """By machine number."""
    reasons: tuple[str, ...] = ()

    def done(self) -> set[str]:
        """Keys of the samples that need not be asked again by any machine."""
        return set().union(*(done_keys(kept.path) for kept in self.logs.values()))


def earlier(paths: Iterable[Path], now: Run) -> Earlier:
    """The newest run on a cluster that can be gone on with, as `choose` does for one machine. Unreadable logs are passed over."""
    runs: dict[str, dict[int, Kept]] = {}
    for path in sorted(paths):
        try:
            found = read_header(path)
        except Problem:
            continue
        if found.cluster is not None and found.source is None:
            runs.setdefault(found.cluster.id, {})[found.cluster.machine] = Kept(path, found)
    reasons: tuple[str, ...] | None = None
    for _, logs in sorted(runs.items(), reverse=True):
        different = dict.fromkeys(word for kept in logs.values() for word in differences(kept.header, now))
        if not different:
            return Earlier(logs)
        reasons = reasons or tuple(different)
    return Earlier({}, reasons or ())


class Logs:
    """The run's logs, open and locked, those of machines that are not there too: two clients cannot go on with one run.

    A context manager; leaving it without `seal` leaves logs that can be gone on with.
    """

    def __init__(self, folder: Path, before: Earlier, clock: Callable[[], str]) -> None:
        self._folder, self._clock = folder, clock
        self._kept = dict(before.logs)
        first = next(iter(before.logs.values()), None)
        self.run = (
            first.header.cluster.id if first and first.header.cluster else new_id(folder.glob("*.jsonl"), clock())
        )
        self._stack = ExitStack()
        self._free: dict[int, RunLogWriter] = {}
        """Logs of earlier sessions that no machine has taken up."""
        self._writers: dict[int, RunLogWriter] = {}
        self._taken: set[int] = set()
        """Numbers that machines of this session have."""
        self._last = max(self._kept, default=0)
        self.done: set[str] = set()

    def __enter__(self) -> Self:
        with self._stack, alone(self._folder):
            for number, kept in self._kept.items():
                self._free[number] = self._resume(kept, Resume(time=self._clock()))
            self._stack = self._stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.__exit__(kind, error, trace)

    @property
    def paths(self) -> list[Path]:
        """All of them, in the order of the machines' numbers."""
        known = {number: kept.path for number, kept in self._kept.items()}
        known |= {number: writer.path for number, writer in self._writers.items()}
        return [known[number] for number in sorted(known)]

    def number(self, machines: Sequence[Run]) -> list[int]:
        """A number for each of the machines: that of a log that such a machine wrote, where there is one, else a new one.

        Machines are told by what a log says of them, host and engine. Two that are alike in all of it may change places,
        because nothing that was written becomes untrue by it.
        """
        found: dict[int, int] = {}
        free = [number for number in self._kept if number not in self._taken]
        for alike in (_same_machine, _same_host):
            for place, now in enumerate(machines):
                match = next((n for n in free if place not in found and alike(self._kept[n].header, now)), None)
                if match is not None:
                    found[place] = match
                    free.remove(match)
        for place in range(len(machines)):
            if place not in found:
                self._last += 1
                found[place] = self._last
        self._taken.update(found.values())
        return [found[place] for place in range(len(machines))]

    def writer(self, number: int, now: Run) -> RunLogWriter:
        """The log of a machine, opened when it begins."""
        if number not in self._writers:
            time = self._clock()
            if number in self._free:
                self._free.pop(number).close()
                kept = self._kept[number]
                self._writers[number] = self._resume(kept, resumed(kept.header, now, time))
            else:
                name, share = f"{self.run}-m{number}", Share(id=self.run, machine=number)
                run = msgspec.structs.replace(now, id=name, started=time, cluster=share)
                writer = RunLogWriter.create(self._folder / f"{name}.jsonl", run)
                self._writers[number] = self._stack.enter_context(writer)
        return self._writers[number]

    def sync(self) -> None:
        """Wait until every line is on the disk."""
        for writer in (*self._free.values(), *self._writers.values()):
            writer.sync()

    def seal(self, reason: Reason) -> None:
        """End every log. One that is sealed and got nothing in this session stays as it is."""
        for writer in (*self._free.values(), *self._writers.values()):
            writer.sync()
            if not writer.sealed:
                writer.end(reason, self._clock())

    def _resume(self, kept: Kept, line: Resume) -> RunLogWriter:
        writer, done = RunLogWriter.resume(kept.path, line)
        self._stack.enter_context(writer)
        self.done |= done
        return writer


def _same_machine(header: Run, now: Run) -> bool:
    return header.host == now.host and header.engine == now.engine


def _same_host(header: Run, now: Run) -> bool:
    return header.host == now.host
