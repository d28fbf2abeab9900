"""Columns of logs already read, kept in the user's cache under the hash of the log's bytes.

Two questions are answered here. Is a log still the one that was read? By its size and times, as git does it, and by its
hash where those are new or too fresh to trust. Is a stored table whole? By a checksum at its end. Whatever is doubtful
counts as absent and is made again, so the folder can be deleted at any time.

A table is an Arrow stream with a field a column; what is no column is JSON in its metadata. The CRC-32 of all that
follows it, where readers of Arrow streams no longer look.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

import msgspec
import numpy as np
import pyarrow as pa

from llmxsite.analysis.tables.columns import LogColumns, More, Setting
from llmxsite.analysis.tables.slim import columns_of
from llmxsite.base import registry
from llmxsite.base.diagnostics import Issue, Problem, display_path
from llmxsite.base.regular import opened
from llmxsite.log.record import End, Run

VERSION = 5
"""Part of every name in the folder: raise it when `columns` or `reader`, or the columns of a scorer of ours, come to mean something
else."""
_FRESH_NS = 2_000_000_000
"""A file changed this shortly before it was looked at may change again without a new time stamp."""
_META = b"llmxsite"
_BATCH = 16384
"""Rows decompressed at a time."""


class _Known(msgspec.Struct, array_like=True):
    """A log as it was when it was last hashed."""

    size: int
    mtime_ns: int
    ctime_ns: int
    sha256: str
    task: str = ""


class _Frame(msgspec.Struct):
    """What of `LogColumns` is no column, and the issues met in reading."""

    run: Run
    end: End | None
    lacks: list[str]
    rows: int
    settings: list[Setting]
    words: dict[str, list[str]]
    more: More
    issues: list[Issue]


_decode_frame = msgspec.json.Decoder(_Frame).decode
_decode_index = msgspec.json.Decoder(dict[str, _Known]).decode


class Cache:
    """The stored tables of one study. Where nothing can be written, nothing is stored, and all else works."""

    def __init__(self, root: Path, folder: Path, *, clock: Callable[[], int] = time.time_ns) -> None:
        """`root` is the study's, `folder` holds the tables, `clock` gives nanoseconds since 1970."""
        self.root, self.folder, self._clock = root, folder, clock
        self._index_file = folder / f"index-{VERSION}.json"
        self._index: dict[str, _Known] = {}
        with contextlib.suppress(OSError, ValueError, RecursionError):
            self._index = _decode_index(self._index_file.read_bytes())
        self._saved = dict(self._index)

    def get(self, path: Path) -> tuple[LogColumns, list[Issue]] | None:
        """The columns of the log at `path` and the issues met in reading it, or None where it must be read."""
        try:
            stat = path.stat()
            sha256 = self._hash(path, stat)
            if sha256 is None:
                return None
            task = next((known.task for known in self._index.values() if known.sha256 == sha256), "")
            log, issues = _read(self._table(sha256, task))
        except (Problem, OSError, ValueError, KeyError, RecursionError, pa.ArrowException):
            return None
        self._remember(path, stat, sha256, log.run.task)
        shown = display_path(path)
        return log, [msgspec.structs.replace(issue, path=shown) for issue in issues]

    def put(self, path: Path, stat: os.stat_result, sha256: str, log: LogColumns, issues: list[Issue]) -> None:
        """Store what reading the log gave. `stat` is from before it was read, `sha256` of the bytes that were."""
        before = self._index.get(self._name(path))
        with contextlib.suppress(OSError):
            _write(self._table(sha256, log.run.task), log, issues)
            now = path.stat()
            unchanged = (now.st_size, now.st_mtime_ns) == (stat.st_size, stat.st_mtime_ns)
            if unchanged:
                self._remember(path, stat, sha256, log.run.task)
            if before is not None and all(known.sha256 != before.sha256 for known in self._index.values()):
                self._table(before.sha256, before.task).unlink(missing_ok=True)

    def save(self) -> None:
        """Write down which logs were seen."""
        if self._index == self._saved:
            return
        with contextlib.suppress(OSError):
            with _replacing(self._index_file) as stream:
                stream.write(msgspec.json.encode(self._index, order="sorted"))
            self._saved = dict(self._index)

    def _hash(self, path: Path, stat: os.stat_result) -> str | None:
        """The log's hash, when there may be a table for it."""
        known = self._index.get(self._name(path))
        if known is not None and (stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns) == (
            known.size,
            known.mtime_ns,
            known.ctime_ns,
        ):
            return known.sha256
        if all(other.size != stat.st_size for other in self._index.values()):
            return None  # never seen under any name
        with opened(path) as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()

    def _remember(self, path: Path, stat: os.stat_result, sha256: str, task: str) -> None:
        fresh = self._clock() - max(stat.st_mtime_ns, stat.st_ctime_ns) < _FRESH_NS
        times = (0, 0) if fresh else (stat.st_mtime_ns, stat.st_ctime_ns)
        self._index[self._name(path)] = _Known(stat.st_size, *times, sha256, task)

    def _name(self, path: Path) -> str:
        """Relative to the study, so that moving the study costs nothing."""
        with contextlib.suppress(ValueError):
            return path.relative_to(self.root).as_posix()
        return path.resolve().as_posix()

    def _table(self, sha256: str, task: str) -> Path:
        """The file of a log's table. Its name holds the columns that another distribution's task adds, which may be installed, taken
        away or changed; those of a task of ours are part of `VERSION`."""
        more = {} if task in registry.built_in() else columns_of(task)
        mark = f"-{hashlib.sha256(msgspec.json.encode(more, order='sorted')).hexdigest()[:12]}" if more else ""
        return self.folder / f"{sha256}-{VERSION}{mark}.arrow"


def _write(path: Path, log: LogColumns, issues: list[Issue]) -> None:
    frame = _Frame(log.run, log.end, log.lacks, log.rows, log.settings, log.words, log.more, issues)
    table = pa.table({name: pa.array(column) for name, column in log.columns.items()}).replace_schema_metadata(
        {_META: msgspec.json.encode(frame)}
    )
    with _replacing(path) as stream:
        options = pa.ipc.IpcWriteOptions(compression="lz4")
        with pa.ipc.new_stream(pa.PythonFile(stream, "w"), table.schema, options=options) as writer:
            writer.write_table(table, max_chunksize=_BATCH)
        stream.flush()
        stream.seek(0)
        stream.write(_crc(stream, None).to_bytes(4, "little"))


def _read(path: Path) -> tuple[LogColumns, list[Issue]]:
    """Raises OSError, ValueError, KeyError or ArrowException for anything but a whole table."""
    with path.open("rb") as stream:
        size = stream.seek(-4, os.SEEK_END)
        checksum = int.from_bytes(stream.read(4), "little")
        stream.seek(0)
        if _crc(stream, size) != checksum:
            raise ValueError("the checksum does not fit")
    with pa.OSFile(str(path)) as source, pa.ipc.open_stream(source) as reader:
        frame = _decode_frame(reader.schema.metadata[_META])
        log = LogColumns(
            run=frame.run,
            end=frame.end,
            lacks=frame.lacks,
            rows=frame.rows,
            settings=frame.settings,
            words=frame.words,
            more=frame.more,
        )
        arrays = [np.empty(frame.rows, field.type.to_pandas_dtype()) for field in reader.schema]
        at = 0
        for batch in reader:
            for array, column in zip(arrays, batch.columns, strict=True):
                array[at : at + len(column)] = column.to_numpy()
            at += batch.num_rows
        if at != frame.rows:
            raise ValueError("rows are missing")
        log.columns = dict(zip(reader.schema.names, arrays, strict=True))
    return log, frame.issues


def _crc(stream: IO[bytes], size: int | None) -> int:
    """CRC-32 of the next `size` bytes, or of all that follow."""
    crc, left = 0, size
    while chunk := stream.read(1 << 20 if left is None else min(1 << 20, left)):
        crc = zlib.crc32(chunk, crc)
        left = None if left is None else left - len(chunk)
    return crc


@contextlib.contextmanager
def _replacing(path: Path) -> Iterator[IO[bytes]]:
    """A file that takes its name only when it is complete."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        with part.open("wb+") as stream:
            yield stream
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
