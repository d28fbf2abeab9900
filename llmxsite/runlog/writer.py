"""Appending to a run log so that nothing is lost: whole lines, written and synced by a thread of their own.

`append` only queues, so the collector's loop never waits for the disk. The thread writes what has gathered within
`GATHER` seconds in one call and syncs at least every `SYNC` seconds: a killed process loses some milliseconds of work, a
power cut at most a second. fsync after every line would cost more than a small model's reply.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

import msgspec

from llmxsite.diagnostics import Issues, Problem
from llmxsite.record import End, Line, Resume, Run, Sample, decode_line, encode_line
from llmxsite.runlog.lock import Lock
from llmxsite.runlog.reader import raw_lines

GATHER = 0.02
SYNC = 0.5
MOST_WAITING = 2048
"""Lines that may wait for the disk; with more, `append` blocks, so that a stalled disk cannot eat the memory."""
_FLAGS = os.O_RDWR | os.O_APPEND | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
Reason = Literal["complete", "interrupted", "stopped"]
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class RunLogWriter:
    """One open, locked log. Use as a context manager: leaving it writes and syncs what was appended.

    Leaving without `end` leaves a log that can be resumed. Every method may raise the `Problem` that stopped the writing
    thread (`log-disk-full`, `log-gone`, `log-changed`, `log-unwritable`); the file then holds whole lines only.
    """

    def __init__(self, path: Path, fd: int, lock: Lock, state: _State, resume: Resume | None = None) -> None:
        self.path = path
        self._fd, self._lock, self._state, self._resume = fd, lock, state, resume
        self._condition = threading.Condition()
        self._waiting: list[Line] = []
        self._appended = self._synced = 0
        self._urgent = self._closing = False
        self._failure: Problem | None = None
        self._told = False
        self._thread = threading.Thread(target=self._work, name="run log", daemon=True)
        self._thread.start()

    @classmethod
    def create(cls, path: Path, run: Run) -> Self:
        """A new log that holds its header. Raises `Problem` when there is a file already or none can be made."""
        header = encode_line(run)
        part = path.with_name(path.name + ".part")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            fd = os.open(part, _FLAGS | os.O_CREAT | os.O_TRUNC, 0o644)
            try:
                lock = Lock(fd, path)
                _write_all(fd, header, 0)
                os.fsync(fd)
                # The name appears with the header in place: no moment leaves a log without one.
                _name(part, path)
                _sync_folder(path.parent)
            except BaseException:
                os.close(fd)
                part.unlink(missing_ok=True)
                raise
        except FileExistsError:
            raise Problem.at(path, "log-exists", "there is a run log of this name already") from None
        except OSError as error:
            raise _unwritable(path, error) from None
        state = _State()
        state.take(header)
        return cls(path, fd, lock, state)

    @classmethod
    def resume(cls, path: Path, resume: Resume, issues: Issues | None = None) -> tuple[Self, set[str]]:
        """An existing log and the keys of its samples that need not be asked again (all but errors).

        Cuts off a torn last line and notes its length in `resume`, which is written before the first new line: a log
        to which nothing is added stays as it is. Raises `Problem` when the log is locked or has no header.
        """
        try:
            fd = os.open(path, _FLAGS)
        except OSError as error:
            raise _unwritable(path, error) from None
        try:
            lock = Lock(fd, path)
            if not lock.still_ours():
                raise _gone(path, "while it was being opened", None)
            state, done, torn = _scan(path, issues or Issues())
            if torn:
                os.ftruncate(fd, state.size)
                os.fsync(fd)
        except OSError as error:
            os.close(fd)
            raise _unwritable(path, error) from None
        except BaseException:
            os.close(fd)
            raise
        resume.torn_bytes = torn
        return cls(path, fd, lock, state, resume), done

    @property
    def counts(self) -> dict[str, int]:
        """Samples by outcome, the last line of each key counted, as far as they are written."""
        return dict(self._state.counts)

    @property
    def sealed(self) -> bool:
        """Whether the log ends in an `end` line, as far as it is written."""
        return self._state.sealed

    def append(self, sample: Sample) -> None:
        """Queue one sample; it must not be changed afterwards."""
        if self._resume is not None:
            self._queue(self._resume)
            self._resume = None
        self._queue(sample)

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
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
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
                    os.fsync(self._fd)
                    synced_at = time.monotonic()
                    with self._condition:
                        self._synced = written
                        self._condition.notify_all()
            except (OSError, Problem) as error:
                with self._condition:
                    self._waiting = lines + self._waiting
                    self._failure = error if isinstance(error, Problem) else self._problem(error)
                    self._condition.notify_all()
                return
            if closing and not self._waiting:
                return

    # What the writing thread does with the file.

    def _write(self, lines: list[Line]) -> None:
        data = b"".join(map(encode_line, lines))
        if not self._lock.still_ours():
            _write_all(self._fd, data, self._state.size)
            raise self._rescue()
        if (size := os.fstat(self._fd).st_size) != self._state.size:
            raise Problem.at(
                self.path,
                "log-changed",
                f"another program changed the log while it was being written ({self._state.size:,} bytes, now {size:,})",
                hint="see what else writes there; `llmxsite verify` says what the log still holds, `run` goes on with it",
            )
        _write_all(self._fd, data, self._state.size)
        self._state.take(data)
        self._state.sealed = isinstance(lines[-1], End)
        for line in lines:
            if isinstance(line, Sample):
                self._state.count(line.key, line.outcome)

    def _rescue(self) -> Problem:
        """The log's name was taken from us: save all of it under that name, or beside what stands there now."""
        place = self.path if not self.path.exists() else self.path.with_name(self.path.name + ".rescued")
        part = place.with_name(place.name + ".part")
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            with part.open("wb") as copy:
                offset = 0
                os.lseek(self._fd, 0, os.SEEK_SET)
                while chunk := os.read(self._fd, 1 << 20):
                    copy.write(chunk)
                    offset += len(chunk)
                copy.flush()
                os.fsync(copy.fileno())
            part.replace(place)
        except OSError:
            return _gone(self.path, "while it was being written", None)
        return _gone(self.path, "while it was being written", place)

    def _problem(self, error: OSError) -> Problem:
        return _unwritable(self.path, error)


class _State:
    """What is known of the bytes in the file: how many, their hash, and the samples counted."""

    def __init__(self) -> None:
        self.sha = hashlib.sha256()
        self.size = 0
        self.counts: dict[str, int] = {}
        self.errors: set[str] = set()
        """Keys whose last line is an error: they alone may come again."""
        self.sealed = False
        """Whether the last line is an `end`."""

    def take(self, data: bytes) -> None:
        self.sha.update(data)
        self.size += len(data)

    def count(self, key: str, outcome: str) -> None:
        if key in self.errors:
            self.errors.discard(key)
            self.counts["error"] -= 1
        if outcome == "error":
            self.errors.add(key)
        self.counts[outcome] = self.counts.get(outcome, 0) + 1


def done_keys(path: Path) -> set[str]:
    """Keys of the samples in a log that need not be asked again. Raises `Problem` when it has no header."""
    try:
        return _scan(path, Issues())[1]
    except OSError as error:
        raise _unwritable(path, error) from None


def write(path: Path, run: Run, samples: Iterable[Sample], *, ended: str | None = None) -> dict[str, int]:
    """A whole, sealed log at once, for imports: it appears under its name complete or not at all.

    Replaces a log of that name. Returns the samples counted by outcome. `ended` goes into the last line; without it
    the bytes depend on nothing but the arguments.
    """
    part = path.with_name(path.name + ".part")
    outcomes: dict[str, str] = {}
    sha = hashlib.sha256()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as stream:
            header = encode_line(run)
            stream.write(header)
            sha.update(header)
            for sample in samples:
                data = encode_line(sample)
                stream.write(data)
                sha.update(data)
                outcomes[sample.key] = sample.outcome
            counts = dict(Counter(outcomes.values()))
            stream.write(encode_line(seal(sha.hexdigest(), counts, "complete", ended)))
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(path)
        _sync_folder(path.parent)
    except OSError as error:
        raise _unwritable(path, error) from None
    finally:
        part.unlink(missing_ok=True)
    return counts


def seal(sha256: str, counts: dict[str, int], reason: Reason, ended: str | None) -> End:
    """The `end` line: `sha256` covers all lines before it, `check` the rest of the line itself."""
    order = ("ok", "failure", "truncated", "error")
    known = {name: counts[name] for name in order if counts.get(name)}
    end = End(time=ended, counts=known, reason=reason, sha256=sha256)
    return msgspec.structs.replace(end, check=end_check(end))


def end_check(end: End) -> str:
    """What `check` must be: 16 hex digits of sha256 over the line without it."""
    return hashlib.sha256(encode_line(msgspec.structs.replace(end, check=None))).hexdigest()[:16]


def now() -> str:
    """UTC to the millisecond, ISO 8601 with `Z`."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class _Mark(msgspec.Struct, tag_field="type", tag="sample"):
    """The two fields of a sample line that resuming needs; the rest is skipped over, not built."""

    key: str
    outcome: str


class _Other(msgspec.Struct, tag_field="type", tag="resume"):
    pass


class _Closing(msgspec.Struct, tag_field="type", tag="end"):
    pass


_decode_mark = msgspec.json.Decoder(_Mark | _Other | _Closing).decode


def _scan(path: Path, issues: Issues) -> tuple[_State, set[str], int]:
    """The state of an existing file, the keys done, and the length of the torn tail after its last whole line."""
    state = _State()
    outcomes: dict[str, str] = {}
    held = b""  # lines that cannot be read: torn when nothing readable follows, a fault of the file otherwise
    with path.open("rb") as stream:
        for number, raw in raw_lines(stream):
            whole = raw.endswith(b"\n")
            try:
                if not whole:
                    raise msgspec.DecodeError("not whole")
                if number == 1:
                    if not isinstance(decode_line(raw), Run):
                        raise Problem.at(path, "log-header", "not a run log: it starts with another line", line=1)
                    mark = None
                else:
                    mark = _decode_mark(raw)
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                if number == 1:
                    raise Problem.at(path, "log-header", f"not a run log: {error}", line=1) from None
                held += raw
                continue
            if held:
                issues.add(path, "log-line", "lines before this one cannot be read; left as they are", line=number)
                state.take(held)
                held = b""
            state.take(raw)
            state.sealed = isinstance(mark, _Closing)
            if isinstance(mark, _Mark):
                outcomes[mark.key] = sys.intern(mark.outcome)
    if not state.size:
        raise Problem.at(path, "log-header", "not a run log: the file is empty", line=1)
    state.counts = dict(Counter(outcomes.values()))
    state.errors = {key for key, outcome in outcomes.items() if outcome == "error"}
    return state, outcomes.keys() - state.errors, len(held)


def _write_all(fd: int, data: bytes, size: int) -> None:
    """All of `data` at the end of the file, or, where that fails, none of it."""
    view = memoryview(data)
    try:
        while view:
            view = view[os.write(fd, view) :]
    except OSError:
        with contextlib.suppress(OSError):
            os.ftruncate(fd, size)
        raise


def _name(part: Path, path: Path) -> None:
    """Give a finished file its name, unless that is taken (FileExistsError)."""
    try:
        path.hardlink_to(part)
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links
        if path.exists():
            raise FileExistsError(path) from None
        part.rename(path)
    else:
        part.unlink()


def _sync_folder(folder: Path) -> None:
    """Make a new name in a folder last through a power cut, where the system can (not on Windows)."""
    with contextlib.suppress(OSError):
        fd = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)


def _unwritable(path: Path, error: OSError) -> Problem:
    if error.errno in _FULL:
        return Problem.at(
            path,
            "log-disk-full",
            f"the disk is full ({error.strerror}); everything before this moment is kept",
            hint="make room, then run the same command again: it goes on where it stopped",
        )
    if isinstance(error, FileNotFoundError):
        return Problem.at(path, "file-missing", "no such file")
    return Problem.at(path, "log-unwritable", f"cannot be written: {error.strerror or error}")


def _gone(path: Path, when: str, saved: Path | None) -> Problem:
    where = ""
    if saved is not None:
        where = "; all of it stands there again" if saved == path else f"; all of it is saved as {saved.name}"
    hint = "run the same command again: it goes on where it stopped"
    if saved is None:
        hint = "run the same command again to start anew"
    elif saved.name != path.name:
        hint = f"see what stands there now; to go on, move {saved.name} back to {path.name} and run again"
    return Problem.at(path, "log-gone", f"the log was deleted or replaced {when}{where}", hint=hint)
