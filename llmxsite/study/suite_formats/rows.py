"""The rows of a published file, whatever it is packed in: CSV, JSON, JSON Lines, Parquet, or a zip of one of them.

Reading stops at limits on size, count and compression, so that a file from the network cannot fill memory or disk.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from llmxsite.base.diagnostics import Issues, Problem, display_path
from llmxsite.base.foreign_text import Table, json_value, text, utf8
from llmxsite.base.regular import content, opened

MAX_BYTES = 1024 * 1024 * 1024
MAX_ROWS = 500_000
MAX_MEMBERS = 10_000
MAX_RATIO = 200
"""Largest compression of a member of a zip; JSON packs to a tenth, and a bomb to a thousandth."""
SUFFIXES = (".csv", ".tsv", ".json", ".jsonl", ".parquet")


class Row(NamedTuple):
    """One row: its place, and its value in plain Python types."""

    path: str
    """The file; inside a zip `archive.zip/member`."""
    number: int
    """From 1, the header not counted."""
    line: int | None
    """Line of the file where it starts; None where a file has no lines (Parquet, a JSON list)."""
    value: Any
    fault: str | None = None
    """Why the row has no value: it is counted, and left out."""


def read(path: Path, issues: Issues, member: str | None = None) -> Iterator[Row]:
    """Every row of a file; one that cannot be read has a fault. Raises `Problem` for a file that cannot be used.

    `member` picks files inside a zip by name or pattern; a zip with one data file needs none.
    """
    if path.suffix.lower() == ".zip":
        yield from _zip(path, issues, member)
        return
    yield from _rows(display_path(path), path.suffix.lower(), content(path, limit=MAX_BYTES), issues)


def _zip(path: Path, issues: Issues, member: str | None) -> Iterator[Row]:
    try:
        with opened(path) as file, zipfile.ZipFile(file) as archive:
            for info in _chosen(path, archive, member):
                with archive.open(info) as stream:
                    data = stream.read(MAX_BYTES + 1)
                if len(data) > MAX_BYTES:
                    raise Problem.at(path, "archive-limit", f"'{info.filename}' is larger than it says")
                place = f"{display_path(path)}/{info.filename}"
                yield from _rows(place, Path(info.filename).suffix.lower(), data, issues)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise Problem.at(path, "archive-broken", f"not a zip that can be read: {error}") from None


def _chosen(path: Path, archive: zipfile.ZipFile, member: str | None) -> list[zipfile.ZipInfo]:
    """The data files of a zip that are meant, within the limits."""
    infos = archive.infolist()
    if len(infos) > MAX_MEMBERS:
        raise Problem.at(path, "archive-limit", f"{len(infos):,} files; at most {MAX_MEMBERS:,} are looked at")
    data = [
        i for i in infos if Path(i.filename).suffix.lower() in SUFFIXES and not Path(i.filename).name.startswith(".")
    ]
    data = [i for i in data if not i.filename.startswith("__MACOSX/")]
    chosen = [i for i in data if member is None or fnmatch(i.filename, member) or Path(i.filename).name == member]
    names = ", ".join(i.filename for i in data[:8]) + (", ..." if len(data) > 8 else "")
    if not chosen:
        what = f"no file '{member}' in the zip" if member else f"no {', '.join(SUFFIXES)} in the zip"
        raise Problem.at(path, "archive-member", what, hint=f"it holds {names}" if names else None)
    if member is None and len(chosen) > 1:
        raise Problem.at(
            path, "archive-member", f"{len(chosen)} data files in the zip", hint=f"choose with --member: {names}"
        )
    for info in chosen:
        if info.file_size > MAX_BYTES or info.file_size > MAX_RATIO * max(info.compress_size, 1024):
            raise Problem.at(path, "archive-limit", f"refused: '{info.filename}' unpacks to {info.file_size:,} bytes")
    return chosen


def _rows(place: str, suffix: str, data: bytes, issues: Issues) -> Iterator[Row]:
    readers = {".csv": _csv, ".tsv": _csv, ".jsonl": _json_lines, ".json": _json, ".parquet": _parquet}
    if suffix not in readers:
        hint = f"known: {', '.join((*SUFFIXES, '.zip'))}"
        if suffix in (".xlsx", ".xls", ".ods"):
            hint = "save the sheet as 'CSV UTF-8'"
        raise Problem.at(
            place, "file-kind", f"cannot read a '{suffix}' file" if suffix else "a file without an ending", hint=hint
        )
    count = 0
    for count, row in enumerate(readers[suffix](place, data if suffix == ".parquet" else utf8(data)), 1):
        if count > MAX_ROWS:
            raise Problem.at(place, "file-too-large", f"more than {MAX_ROWS:,} rows")
        yield row
    if not count:
        issues.add(place, "import-empty", "no rows in the file", severity="error")


def _csv(place: str, data: bytes) -> Iterator[Row]:
    for number, row in enumerate(Table(data, place).rows(), 1):
        yield Row(place, number, row.line, row.cells, row.fault)


def _json_lines(place: str, data: bytes) -> Iterator[Row]:
    number = 0
    for line, raw in enumerate(data.split(b"\n"), 1):
        if not raw.strip():
            continue
        number += 1
        try:
            yield Row(place, number, line, json_value(raw))
        except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
            yield Row(place, number, line, None, f"not valid JSON: {error}")


def _json(place: str, data: bytes) -> Iterator[Row]:
    """A list of rows; or JSON Lines under the wrong name, which publishers do."""
    try:
        value = json_value(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        if data.lstrip()[:1] == b"{" and b"\n" in data.strip():
            yield from _json_lines(place, data)
            return
        text(data, place)  # what is no text has its own mend
        raise Problem.at(place, "json-syntax", f"not valid JSON: {error}") from None
    rows = value if isinstance(value, list) else [value]
    for number, row in enumerate(rows, 1):
        yield Row(place, number, None, row)


def _parquet(place: str, data: bytes) -> Iterator[Row]:
    import pyarrow as arrow
    from pyarrow import parquet

    try:
        file = parquet.ParquetFile(io.BytesIO(data))
        size = sum(file.metadata.row_group(i).total_byte_size for i in range(file.metadata.num_row_groups))
        if file.metadata.num_rows > MAX_ROWS or size > MAX_BYTES:
            raise Problem.at(place, "file-too-large", f"{file.metadata.num_rows:,} rows, {size:,} bytes unpacked")
        number = 0
        for batch in file.iter_batches(batch_size=2000):
            for value in batch.to_pylist():
                number += 1
                yield Row(place, number, None, value)
    except (arrow.ArrowException, OSError) as error:
        raise Problem.at(place, "parquet-broken", f"not a Parquet file that can be read: {error}") from None
