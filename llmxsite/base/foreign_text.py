"""Text that other programs wrote, opened the same way by every reader: its encoding, its JSON, its tables.

Excel and Windows write a byte order mark, UTF-16, `;` or tabs between columns and commas in numbers; Python writes `NaN` where JSON has
no such thing; JavaScript writes half a character. All that is read. What cannot be told for certain, an old code page above
all, is refused with the mend: a wrong guess would change the questions in silence.
"""

from __future__ import annotations

import codecs
import csv
import io
import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from llmxsite.base.diagnostics import Problem

MAX_CELL = 1024 * 1024 * 1024
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
"""Byte order marks; those of UTF-32 first, because one begins with UTF-16's."""
_DELIMITERS = ",;\t|"
_BLANK = frozenset(["", "nan", "<na>", "#n/a", "#na"])
"""Cells of a table in which pandas and Excel have nothing."""
_CONSTANTS = {"NaN": None, "Infinity": math.inf, "-Infinity": -math.inf}


def utf8(data: bytes) -> bytes:
    """The bytes of a text file as UTF-8 without a byte order mark; unchanged where they are neither UTF-16 nor UTF-32.

    Without a mark, UTF-16 is known by the zero bytes beside its first two characters, which no text in UTF-8 has.
    """
    data = data.removeprefix(codecs.BOM_UTF8)
    encoding = next((name for mark, name in _MARKS if data.startswith(mark)), None)
    if encoding is None and len(data) >= 4:
        zeros = [i for i in range(4) if not data[i]]
        encoding = "utf-16-le" if zeros == [1, 3] else "utf-16-be" if zeros == [0, 2] else None
    if encoding is None:
        return data
    try:
        return data.decode(encoding).removeprefix("\ufeff").encode("utf-8", "replace")
    except UnicodeDecodeError:
        return data


def text(data: bytes, path: str | Path) -> str:
    """A whole file as text. Raises `Problem` with the line and the mend where it is in an old code page."""
    data = utf8(data)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _not_utf8(data, path, error) from None


def _not_utf8(data: bytes, path: str | Path, error: UnicodeDecodeError) -> Problem:
    """The problem of a file that is in an old code page, with the mend."""
    line = data[: error.start].count(b"\n") + 1
    start, end = max(data.rfind(b"\n", 0, error.start), error.start - 12) + 1, error.start + 12
    seen = data[start:end].decode("cp1252", "replace").split("\n")[0].strip()
    message = f"not UTF-8 at byte {error.start}; as Windows-1252 it would be '{seen}'"
    return Problem.at(path, "file-encoding", message, line=line, hint=ENCODING_HINT)


ENCODING_HINT = "save it as UTF-8 (Excel: 'CSV UTF-8'), or `iconv -f WINDOWS-1252 -t UTF-8 OLD > NEW`"


def json_value(data: bytes) -> Any:
    """JSON as other tools write it, and as they ought not to.

    Python's `NaN`, which is not JSON, is null, and its infinities are numbers; half a surrogate pair, which JavaScript leaves
    where a reply was cut in the middle of a character, is a replacement character. Raises `msgspec.DecodeError` or
    `UnicodeDecodeError` for what is no JSON even so, and RecursionError for what is nested without end.
    """
    try:
        return msgspec.json.decode(data)
    except msgspec.DecodeError:
        try:
            found = json.loads(data, parse_constant=_CONSTANTS.__getitem__)
        except ValueError:
            found = None
        if found is None:
            raise  # msgspec's message names the byte
        return _whole(found)


def _whole(value: Any) -> Any:
    """A value whose texts are all UTF-8."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [_whole(part) for part in value]
    return {_whole(k): _whole(v) for k, v in value.items()} if isinstance(value, dict) else value


class TableRow(NamedTuple):
    """A row of a table: the line it starts on, its cells by the header's names, or why it has none."""

    line: int
    cells: dict[str, str]
    fault: str | None = None


class Table:
    """A CSV file with a header, whatever parts its columns. Raises `Problem` where it is no text in UTF-8 or UTF-16."""

    def __init__(self, data: bytes, path: str | Path) -> None:
        content = text(data, path)
        first = content.split("\n", 1)[0].strip("\r").lower()
        self._skipped = 0
        self.delimiter = _delimiter(content)
        if first.startswith("sep=") and len(first) == 5:  # Excel's own line before the header
            self.delimiter, self._skipped = first[4], 1
            content = content.split("\n", 1)[1] if "\n" in content else ""
        self.decimal_comma = self.delimiter in ";\t" and "," in content
        """Whether 0,91 may be a number in it: where commas part columns it cannot be."""
        self._content = content

    def rows(self) -> Iterator[TableRow]:
        """Every row that is not empty; one with more cells than the header, or broken quotes, has a fault."""
        csv.field_size_limit(MAX_CELL)
        reader = csv.reader(io.StringIO(self._content, newline=""), delimiter=self.delimiter, strict=True)
        head: list[str] | None = None
        while True:
            line = reader.line_num + 1 + self._skipped
            try:
                cells = next(reader, None)
            except csv.Error as error:
                yield TableRow(line, {}, f"not valid CSV: {error}")
                continue
            if cells is None:
                return
            if not any(cells):
                continue
            if head is None:
                head = [name.strip() for name in cells]
                continue
            if len(cells) > len(head) and any(cells[len(head) :]):
                yield TableRow(line, {}, f"{len(cells)} cells, but the header has {len(head)}")
                continue
            yield TableRow(line, dict(zip(head, cells, strict=False)))


def _delimiter(content: str) -> str:
    """What parts the columns: the sign that stands in the header most often outside of quotes; a comma on a tie."""
    counts, quoted = dict.fromkeys(_DELIMITERS, 0), False
    for char in content[:65536]:
        if char == '"':
            quoted = not quoted
        elif char in "\r\n" and not quoted and any(counts.values()):
            break
        elif char in counts and not quoted:
            counts[char] += 1
    return max(_DELIMITERS, key=counts.__getitem__)


def blank(value: object) -> bool:
    """Whether a cell of a table holds nothing, as people, Excel and pandas write it; never so for a value of JSON but null and ''."""
    return value is None or (isinstance(value, str) and value.strip().lower() in _BLANK)


def number(value: object, *, decimal_comma: bool = False) -> float | None:
    """A finite number, from a number or its text; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    if isinstance(value, str):
        value = value.strip().replace("\u2212", "-")
        value = value.replace(",", ".") if decimal_comma and value.count(",") == 1 and "." not in value else value
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) and "_" not in str(value) else None


def same(answer: object, expected: object, *, decimal_comma: bool = False) -> bool:
    """Whether an answer is the expected one, as text or as numbers: blanks around it, and 4.0 against 4, make no difference."""
    one, other = (number(v, decimal_comma=decimal_comma) for v in (answer, expected))
    if one is not None and other is not None:
        return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-12)
    return str(answer).strip() == str(expected).strip()
