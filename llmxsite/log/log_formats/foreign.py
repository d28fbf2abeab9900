"""Files of other tools: found under the paths a person names, unpacked where zipped, and cut into rows."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import msgspec

from llmxsite.base.diagnostics import Issues, Problem, display_path
from llmxsite.base.foreign_text import ENCODING_HINT, json_value, text, utf8
from llmxsite.base.regular import content, there, walk
from llmxsite.log.log_formats import archive

MOST_TOLD = 5
"""Rows named one by one for each kind of oddity; the rest are counted."""
_decode_list = msgspec.json.Decoder(list[msgspec.Raw]).decode


class ImportOptions(msgspec.Struct, kw_only=True, frozen=True):
    """What a person can say that a file does not."""

    model: str | None = None
    """The model's name."""
    mapping: Path | None = None
    """Mapping file, for formats that need one."""


def finite(value: object) -> float | None:
    """A number or truth value as a float; None for anything else, what no float holds among it."""
    try:
        number = float(value) if isinstance(value, int | float) else math.nan
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


class Foreign:
    """One file in memory: `name` is its own, without folders; `shown` says where it lies."""

    def __init__(self, path: Path, data: bytes, member: str | None = None) -> None:
        self.path, self.data = path, utf8(data)
        self._inner = PurePosixPath(member) if member else None
        self.name = self._inner.name if self._inner is not None else path.name
        alone = member is None or PurePosixPath(member).stem == path.stem
        self.shown = display_path(path) if alone else f"{display_path(path)}!{member}"
        self.sha256 = hashlib.sha256(data).hexdigest()
        self.decimal_comma = False
        """Whether 0,91 is a number in it."""
        self.by_line = False
        """Whether rows are lines, and their numbers line numbers."""

    @property
    def folder(self) -> str:
        """Name of the folder it lies in, in the archive or on the disk; empty when there is none."""
        return self._inner.parent.name if self._inner is not None else self.path.resolve().parent.name

    @property
    def stem(self) -> str:
        """`name` without its suffix."""
        return PurePosixPath(self.name).stem

    def beside(self, name: str) -> bytes | None:
        """The bytes of another file in the same folder, of the archive or of the disk; None where there is none."""
        if self._inner is not None:
            wanted = str(self._inner.with_name(name))
            return next((data for _, data in archive.members(self.path, lambda member: member == wanted)), None)
        path = self.path.with_name(name)
        return _bytes(path) if there(path) else None

    def problem(self, message: str, *, row: int | None = None, hint: str | None = None) -> Problem:
        """What makes the file unusable, at a row of it."""
        line = row if self.by_line else None
        hint = ENCODING_HINT if "utf-8" in message.lower() else hint
        where = f"row {row}: " if row is not None and not self.by_line else ""
        return Problem.at(self.shown, "import-mismatch", f"{where}{message}", line=line, hint=hint)

    def rows(self) -> Iterator[tuple[int, bytes]]:
        """`(number from 1, JSON text)` of each element of a list, or of each line that is not blank.

        Raises `Problem` for what is neither.
        """
        start = self.data.lstrip()[:1]
        if start == b"[":
            try:
                rows = self._list()
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
                text(self.data, self.shown)  # what is no text has its own mend
                raise self.problem(f"not whole JSON: {error}", hint="download or copy it again") from None
            yield from enumerate(rows, 1)
            return
        if start != b"{":
            what = "an Excel workbook or another archive" if start == b"P" and self.data.startswith(b"PK") else None
            hint = f"it is {what}: save the sheet as 'CSV UTF-8', or name the file in it" if what else None
            raise self.problem("expected JSON: a list of rows, or one row a line", hint=hint)
        self.by_line = True
        for number, line in enumerate(self.data.split(b"\n"), 1):
            if line.strip():
                yield number, line

    def values(self, odd: Oddities) -> Iterator[tuple[int, Any]]:
        """`(number, value)` of each row that is JSON; the others are left out."""
        for number, raw in self.rows():
            try:
                yield number, json_value(raw)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
                odd.leave_out("unreadable_rows", number, f"not JSON: {error}")

    def _list(self) -> Iterator[bytes]:
        """The JSON text of each element."""
        try:
            return map(bytes, _decode_list(self.data))
        except msgspec.DecodeError:
            return map(msgspec.json.encode, json_value(self.data))

    def value(self) -> Any:
        """The whole file as one JSON value. Raises `Problem` when it is none."""
        try:
            return json_value(self.data)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            text(self.data, self.shown)
            raise self.problem(f"not valid JSON: {error}") from None


class Oddities:
    """What is strange about rows: the first few told with their number, all counted, and what is left out listed."""

    def __init__(self, file: Foreign, issues: Issues) -> None:
        self.file, self.issues = file, issues
        self.counts: dict[str, int] = {}
        self.left_out: dict[str, dict[str, Any]] = {}

    def add(self, kind: str, number: int | None, message: str, *, hint: str | None = None) -> None:
        """Count one oddity of a kind (`key_disagreements`) and tell it, when it is among the first of its kind."""
        self.counts[kind] = self.counts.get(kind, 0) + 1
        if self.counts[kind] <= MOST_TOLD:
            self._tell(kind, message, number, hint)

    def leave_out(self, kind: str, number: int | None, why: str, *, hint: str | None = None, where: str = "") -> None:
        """Count a row that gives no sample, and keep why and the first places."""
        listed = self.left_out.setdefault(kind, {"rows": 0, "why": why, "first": []})
        listed["rows"] += 1
        if number is not None and len(listed["first"]) < MOST_TOLD:
            listed["first"].append(number)
        if hint is None and "utf-8" in why.lower():
            hint = ENCODING_HINT
        self.add(kind, number, f"{where}left out: {why}", hint=hint)

    @property
    def missing(self) -> int:
        """How many rows were left out."""
        return sum(int(listed["rows"]) for listed in self.left_out.values())

    def source(self, tool: str, rows: int, **more: Any) -> dict[str, Any]:
        """What a log's header says of the file: where it is from, how many rows it has, how many of them are odd or left out."""
        found = {"tool": tool, "file": self.file.name, "sha256": self.file.sha256, "rows": rows, **self.counts, **more}
        return found | ({"left_out": self.left_out} if self.left_out else {})

    def finish(self) -> None:
        """Tell how many were not told."""
        for kind, count in self.counts.items():
            if count > MOST_TOLD:
                more = count - MOST_TOLD
                self._tell(kind, f"and {more:,} more rows like the {MOST_TOLD} named, {count:,} in all", None, None)

    def _tell(self, kind: str, message: str, number: int | None, hint: str | None) -> None:
        by_line = self.file.by_line
        self.issues.add(
            self.file.shown,
            f"import-{kind.replace('_', '-')}",
            message if by_line or number is None else f"row {number}: {message}",
            line=number if by_line else None,
            hint=hint,
            severity="warning",
        )


def find(paths: Iterable[Path], suffixes: tuple[str, ...], issues: Issues) -> Iterator[Foreign]:
    """The files with one of `suffixes` that `paths` name: themselves, inside a zip file, or anywhere below a folder.

    A file that is named itself is read whatever its suffix. A path with nothing to read, or that cannot be read, is an issue,
    and the others follow.
    """
    for path in paths:
        try:
            yield from _within(path, suffixes, issues)
        except Problem as problem:
            issues.extend(problem.issues)


def _within(path: Path, suffixes: tuple[str, ...], issues: Issues) -> Iterator[Foreign]:
    """The files of one path. Raises `Problem` where there is none."""

    found = False

    def broken(member: str, why: str) -> None:
        nonlocal found
        found = True
        issues.add(path, "archive-broken", f"'{member}' in it cannot be unpacked: {why}", hint="copy it again")

    if path.is_dir():
        tree = walk(path, "")
        issues.extend(tree.odd)
        inner = [p for p in tree.files if p.suffix.lower() in (*suffixes, ".zip")]
        if not inner:
            raise Problem.at(path, "import-empty", f"no {' or '.join(suffixes)} file in this folder")
        yield from find(inner, suffixes, issues)
    elif path.suffix.lower() == ".zip":
        for member, data in archive.members(path, lambda name: _wanted(name, suffixes), broken=broken):
            found = True
            yield Foreign(path, data, member)
        if not found:
            raise Problem.at(path, "import-empty", f"no {' or '.join(suffixes)} file in this archive")
    else:
        yield Foreign(path, _bytes(path))


def _wanted(name: str, suffixes: tuple[str, ...]) -> bool:
    path = PurePosixPath(name)
    hidden = any(part.startswith((".", "__MACOSX")) for part in path.parts)
    return path.suffix.lower() in suffixes and not hidden


def _bytes(path: Path) -> bytes:
    return content(path, limit=archive.MAX_BYTES)
