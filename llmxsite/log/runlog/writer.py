"""Appending to a run log so that nothing is lost: whole lines, written and synced by a thread of their own.

`append` only queues, so the collector's loop never waits for the disk. The thread writes what has gathered within
`GATHER` seconds in one call and syncs at least every `SYNC` seconds: a killed process loses some milliseconds of work, a
power cut at most a second. fsync after every line would cost more than a small model's reply.
"""

from __future__ import annotations

import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from llmxsite.base.diagnostics import Issues, Problem
from llmxsite.base.in_use import hidden_bytes
from llmxsite.log.record import End, Lack, Line, MaterialLine, Resume, Run, Sample, encode_line
from llmxsite.log.runlog.file import LogFile
from llmxsite.log.runlog.seal import Reason, seal
from llmxsite.log.runlog.state import LogState, material_mark, scan
from llmxsite.log.runlog.trouble import unwritable

GATHER = 0.02
SYNC = 0.5
MOST_WAITING = 2048
"""Lines that may wait for the disk; with more, `append` blocks, so that a stalled disk cannot eat the memory."""


class RunLogWriter:
    """One open, locked log. Use as a context manager: leaving it writes and syncs what was appended.

    Leaving without `end` leaves a log that can be resumed. Every method may raise the `Problem` that stopped the writing
    thread (`trouble` has them); the file then holds whole lines only.
    """

    def __init__(self, file: LogFile, state: LogState, resume: Resume | None = None) -> None:
        self._file, self._state, self._resume = file, state, resume
        self._condition = threading.Condition()
        self._waiting: list[Line] = []
        self._appended = self._synced = 0
        self._urgent = self._closing = False
        self._failure: Exception | None = None
        self._told = False
        self._thread = threading.Thread(target=self._work, name="run log", daemon=True)
        self._thread.start()

    @classmethod
    def create(cls, path: Path, run: Run) -> Self:
        """A new log that holds its header. Raises `Problem` when there is a file already or none can be made."""
        header = hidden_bytes(encode_line(run))
        file = LogFile.create(path, header)
        state = LogState()
        state.take(header)
        return cls(file, state)

    @classmethod
    def resume(cls, path: Path, resume: Resume, issues: Issues | None = None) -> tuple[Self, set[str]]:
        """An existing log and the keys of its samples that need not be asked again (all but errors).

        Cuts off a torn last line and notes its length in `resume`, which is written before the first new line: a log
        to which nothing is added stays as it is. Raises `Problem` when the log is locked or has no header.
        """
        file = LogFile.open(path)
        try:
            state, done, torn = scan(path, issues or Issues())
            if torn:
                file.cut(state.size)
        except OSError as error:
            file.close()
            raise unwritable(path, error) from None
        except BaseException:
            file.close()
            raise
        resume.torn_bytes = torn
        return cls(file, state, resume), done

    @classmethod
    def score(cls, path: Path, resume: Resume, issues: Issues) -> Self:
        """An existing log that lines of samples are added to which are there already, scored again; see `again`."""
        writer, _ = cls.resume(path, resume, issues)
        writer._state.follow(path)
        return writer

    @property
    def path(self) -> Path:
        return self._file.path

    @property
    def counts(self) -> dict[str, int]:
        """Samples by outcome, the last line of each key counted, as far as they are written."""
        return dict(self._state.counts)

    @property
    def sealed(self) -> bool:
        """Whether the log ends in an `end` line, as far as it is written."""
        return self._state.sealed

    def note(self, line: MaterialLine) -> None:
        """Queue what is said of vectors, unless the log says the very same already."""
        mark = material_mark(line)
        if mark not in self._state.materials:
            self._state.materials.add(mark)
            self.append(line)

    def append(self, line: Sample | Lack | MaterialLine) -> None:
        """Queue one line; it must not be changed afterwards."""
        if self._resume is not None:
            self._queue(self._resume)
            self._resume = None
        self._queue(line)

    def sync(self) -> None:
        """Wait until everything appended is on the disk."""
        with self._condition:
            wanted, self._urgent = self._appended, True
            self._condition.notify_all()
            self._condition.wait_for(lambda: self._synced >= wanted or self._failure is not None)
            self._raise()

    def end(self, reason: Reason = "complete", ended: str | None = None) -> None:
        """Seal the log with the samples counted by outcome and the hash of all bytes so far."""
        if self._resume is not None and self._resume.torn_bytes:
            self._queue(self._resume)
        self._resume = None
        self.sync()
        self._queue(seal(self._state.sha.hexdigest(), self.counts, reason, ended))
        self.sync()

    def close(self) -> None:
        """Write and sync what is queued and give the file back. Raises a `Problem` that no other call raised yet."""
        with self._condition:
            self._closing = True
            self._condition.notify_all()
        self._thread.join()
        self._file.close()
        if not self._told:
            self._raise()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.close()
        except Problem:
            if error is None:
                raise

    # The queue, shared by the caller's thread and the writing one; `_condition` guards it.

    def _queue(self, line: Line) -> None:
        with self._condition:
            if len(self._waiting) >= MOST_WAITING:
                self._urgent = True
                self._condition.notify_all()
                self._condition.wait_for(lambda: len(self._waiting) < MOST_WAITING or self._failure is not None)
            self._raise()
            self._waiting.append(line)
            self._appended += 1
            if len(self._waiting) == 1:
                self._condition.notify_all()

    def _raise(self) -> None:
        if self._failure is not None:
            self._told = True
            raise self._failure

    def _work(self) -> None:
        """The writing thread: gather, write, now and then sync, until closed or failed."""
        written, synced_at = 0, time.monotonic()
        while True:
            with self._condition:
                unsynced = written > self._synced
                self._condition.wait_for(
                    lambda: bool(self._waiting) or self._urgent or self._closing,
                    timeout=max(0.0, synced_at + SYNC - time.monotonic()) if unsynced else None,
                )
                if self._waiting and not (self._urgent or self._closing):
                    self._condition.wait_for(lambda: self._urgent or self._closing, timeout=GATHER)
                lines, urgent, closing = self._waiting, self._urgent, self._closing
                self._waiting, self._urgent = [], False
                self._condition.notify_all()
            try:
                if lines:
                    self._write(lines)
                    written += len(lines)
                if urgent or closing or time.monotonic() - synced_at >= SYNC:
                    self._file.sync()
                    synced_at = time.monotonic()
                    with self._condition:
                        self._synced = written
                        self._condition.notify_all()
            except Exception as error:  # whatever it is, the callers that wait must hear of it
                with self._condition:
                    self._failure = error
                    self._condition.notify_all()
                return
            if closing and not self._waiting:
                return

    def _write(self, lines: list[Line]) -> None:
        data = hidden_bytes(b"".join(map(encode_line, lines)))
        self._file.add(data, self._state.size)
        self._state.take(data)
        self._state.sealed = isinstance(lines[-1], End)
        for line in lines:
            if isinstance(line, Sample):
                self._state.count(line.key, line.outcome)
