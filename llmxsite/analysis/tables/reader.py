"""Reads a run log into columns, line by line, at little more than the cost of parsing the JSON.

Only what a table needs is decoded: prompts, replies and tokens are skipped by the parser and never become objects. In
memory there are never more than a block of lines, a few thousand slim records and the arrays.
"""

from __future__ import annotations

import gc
import hashlib
import io
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from itertools import chain
from pathlib import Path
from types import NoneType
from typing import IO, Any

import msgspec
import numpy as np
import pyarrow as pa

from llmxsite.analysis.tables.columns import (
    ALL,
    OF,
    TEXTS,
    Array,
    LogColumns,
    Setting,
    dtype,
    last_of_each,
    missing_value,
)
from llmxsite.analysis.tables.growing import Growing, Words
from llmxsite.analysis.tables.shares import check_shares
from llmxsite.analysis.tables.slim import SlimSample, decode_condition, slim, unpack
from llmxsite.base.diagnostics import Issues, Problem
from llmxsite.base.lines import MAX_LINE
from llmxsite.base.regular import opened
from llmxsite.log import runlog
from llmxsite.log.record import End, Host, Lack, MaterialLine, Resume, Run

_BLOCK = 1 << 20
MAX_SETTINGS = 10_000
"""Different conditions of one log: what one run takes."""
_ROWS = 1024
"""Records gathered before they move into arrays: enough to make the move cheap, few enough for the processor's cache."""
_NEWLINE = ord("\n")


def read(path: Path, issues: Issues) -> tuple[LogColumns, str]:
    """The log at `path` as columns, and the sha256 of exactly the bytes that were read.

    A line that cannot be read becomes an issue, as in `runlog.iterate`. Raises `Problem` where the file cannot be read
    or does not start with a header.
    """
    header = next((line for _, line in runlog.iterate(path, issues)), None)
    if not isinstance(header, Run):
        raise Problem.at(path, "log-header", "not a run log: it does not start with a header", line=1)
    sha = hashlib.sha256()
    try:
        with opened(path) as buffered, ThreadPoolExecutor(1) as pool, _no_collection():
            stream = io.BufferedReader(_Hashing(buffered.raw, sha, pool), _BLOCK)
            return _Reader(path, header, issues).read(stream), sha.hexdigest()
    except OSError as error:
        raise Problem.at(path, "file-unreadable", f"cannot be read: {error.strerror or error}") from None


@contextmanager
def _no_collection() -> Iterator[None]:
    """Keep Python from searching for cycles among the many short-lived tuples of a large log: there are none."""
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


class _Hashing(io.RawIOBase):
    """A file that is hashed as it is read, by a second thread: hashing needs no lock of the interpreter."""

    def __init__(self, file: Any, sha: Any, pool: Executor) -> None:
        self.file, self.sha, self.pool = file, sha, pool
        self.last: Future[None] | None = None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        size = self.file.readinto(buffer) or 0
        if self.last is not None:
            self.last.result()  # at most one block waits
        self.last = self.pool.submit(self.sha.update, bytes(memoryview(buffer)[:size])) if size else None
        return size


class _Reader:
    def __init__(self, path: Path, header: Run, issues: Issues) -> None:
        self.path, self.issues = path, issues
        self.slim = slim(header.task)
        more = self.slim.more
        self.log = LogColumns(run=header, more=more)
        self.models = {model.name: model for model in header.models}
        self.engine, self.host = header.engine, header.host or Host()
        self.known: dict[bytes, int] = {}
        """Index in `log.settings` of each condition met since models, server or machine last changed, by its bytes; -1 is unreadable."""
        self.samples: list[SlimSample] = []
        self.settings: list[int] = []
        self.numbers: list[int] = []
        self.judged: list[tuple[int, str]] = []
        """Rows that judge another, with its key."""
        self.words = {name: Words() for name in (*TEXTS, *(name for name in more if more[name] == "text"))}
        self.columns = {
            name: Growing(
                self.words[name].codes if name in self.words else _CONVERT[dtype(name, more)], missing_value(name, more)
            )
            for name in (*ALL, *more)
        }
        self.keys: list[Any] = []
        self.hashes = Growing(_hashes, 0)

    def read(self, stream: IO[bytes]) -> LogColumns:
        decode, kind, known, samples = self.slim.decode, self.slim.sample, self.known, self.samples
        lines = iter(partial(stream.readline, MAX_LINE + 1), b"")
        for number, raw in enumerate(lines, 1):
            if raw[-1] != _NEWLINE:
                self._not_whole(number, raw, lines)
                continue
            try:
                line = decode(raw)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
                if raw.strip():
                    self._bad(number, raw, error)
                continue
            if type(line) is kind:
                condition = bytes(line.condition)
                setting = known.get(condition)
                if setting is None:
                    setting = self._setting(condition)
                if setting < 0:
                    self._bad(number, raw, f"`condition` must hold plain values, and a log {MAX_SETTINGS:,} at most")
                    continue
                if line.of is not None:
                    self.judged.append((self.log.rows + len(samples), line.of))
                samples.append(line)
                self.settings.append(setting)
                self.numbers.append(number)
                if len(samples) == _ROWS:
                    self._move()
            elif number > 1:
                self._move()
                self._other(number, line)
        self._move()
        return self._finish()

    def _move(self) -> None:
        """Move the samples decoded so far into arrays."""
        rows = self.samples
        if not rows:
            return
        self.log.end = None
        self.log.rows += len(rows)
        fields: dict[str, Any] = dict(zip(self.slim.names, zip(*unpack(rows), strict=True), strict=True))
        fields |= {"setting": self.settings, "line": self.numbers}
        self.keys.append(pa.array(fields["key"], pa.string()))
        self.hashes.add(fields["key"])
        for name in ("answer", "expected"):
            if not set(map(type, fields[name])) <= {str, NoneType}:
                fields[name] = list(map(_text, fields[name]))
        for name, form in self.slim.more.items():
            fields[name] = list(map(_number if form == "number" else _text, fields[name]))
        for name, column in self.columns.items():
            column.add(fields[name])
        for gathered in (self.samples, self.settings, self.numbers):
            gathered.clear()

    def _setting(self, raw: bytes) -> int:
        """Take up a condition that is met for the first time."""
        try:
            condition = decode_condition(raw)
            msgspec.msgpack.encode(condition)  # OverflowError for a number of more than 64 bits
            if len(self.log.settings) >= MAX_SETTINGS:
                raise OverflowError
        except (msgspec.DecodeError, UnicodeDecodeError, OverflowError):
            self.known[raw] = -1
            return -1
        model = condition.get("model")
        if model is None and len(self.models) == 1:
            model = next(iter(self.models))
        info = self.models.get(model) if isinstance(model, str) else None
        self.log.settings.append(Setting.told(condition | {"model": model}, info, self.engine, self.host))
        index = self.known[raw] = len(self.log.settings) - 1
        return index

    def _other(self, number: int, line: Run | Resume | MaterialLine | Lack | End) -> None:
        if isinstance(line, Run):
            self.issues.add(self.path, "log-line", "a second header; passed over", line=number)
        elif isinstance(line, Resume):
            self.log.end = None
            if line.models or line.engine or line.host:  # from here on a condition may be answered by another
                self.models |= {model.name: model for model in line.models or ()}
                self.engine, self.host = line.engine or self.engine, line.host or self.host
                self.known.clear()
        elif isinstance(line, Lack):
            self.log.end = None
            self.log.lacks += [lack for lack in line.lacks if lack not in self.log.lacks]
        elif isinstance(line, MaterialLine):
            self.log.end = None
        else:
            self.log.end = line

    def _bad(self, number: int, raw: bytes, why: object) -> None:
        excerpt = raw[:400].decode("utf-8", "replace")
        self.issues.add(self.path, "log-line", f"not a line of a run log: {why}", line=number, excerpt=excerpt)

    def _not_whole(self, number: int, raw: bytes, lines: Iterator[bytes]) -> None:
        if len(raw) > MAX_LINE:
            while raw and raw[-1] != _NEWLINE:
                raw = next(lines, b"")
            self.issues.add(self.path, "log-line", f"longer than {MAX_LINE:,} bytes; passed over", line=number)
            return
        self.issues.add(
            self.path,
            "log-torn",
            f"the last line is not whole ({len(raw):,} bytes): the collector was stopped while writing it",
            line=number,
            hint="`llmxsite run` cuts it off and asks that sample again",
            severity="warning",
        )

    def _finish(self) -> LogColumns:
        log = self.log
        log.words = {name: words.texts() for name, words in self.words.items()}
        hashes = self.hashes.take()
        if hashes is None:
            return log
        keep = last_of_each(hashes, lambda rows: pa.chunked_array(self.keys).take(rows).to_pylist())
        if self.judged:
            log.columns[OF] = self._of(keep)
        for name, column in self.columns.items():
            if (array := column.take()) is not None:
                log.columns[name] = array if keep is None else array[keep]
        if keep is not None:
            log.rows = len(keep)
        check_shares(self.path, log, self.issues)
        return log

    def _of(self, keep: Array | None) -> Array:
        """For each row that counts, the line of the sample that it judges; -1 where it judges none."""
        wanted = {key for _, key in self.judged}
        keys = chain.from_iterable(chunk.to_pylist() for chunk in self.keys)
        lines = self.columns["line"].take()
        assert lines is not None
        at = {key: int(lines[row]) for row, key in enumerate(keys) if key in wanted}
        of = np.full(self.log.rows, -1, np.int32)
        for row, key in self.judged:
            of[row] = at.get(key, 0)
        return of if keep is None else of[keep]


def _number(value: Any) -> float | None:
    """What a scorer says is a number, where its line has one."""
    return value if isinstance(value, int | float) else None


def _hashes(keys: Sequence[str]) -> Array:
    return np.fromiter(map(hash, keys), np.int64, len(keys))


def _floats(values: Sequence[Any]) -> Array:
    return np.array(values, np.float64)  # which takes None for NaN


def _counts(values: Sequence[Any]) -> Array:
    return np.array(values, np.int32)


def _flags(values: Sequence[Any]) -> Array:
    return np.array([-1 if value is None else value for value in values], np.int8)


_CONVERT = {np.dtype(np.float64): _floats, np.dtype(np.int32): _counts, np.dtype(np.int8): _flags}


def _text(value: Any) -> str | None:
    """An answer as a word: a letter as it is, a number without a needless `.0`, anything else as JSON."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        value = int(value)
    try:
        return msgspec.json.encode(value).decode()
    except (OverflowError, RecursionError):
        return "(no value that can be shown)"
