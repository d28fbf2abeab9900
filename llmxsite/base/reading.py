"""Files of text that anybody may have written, read within limits: what is wrong with one is said with its line, never a traceback."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from llmxsite.base.diagnostics import Issues, Problem
from llmxsite.base.lines import MAX_LINE, raw_lines
from llmxsite.base.regular import MAX_BYTES, content, opened


def read_text(path: Path, *, limit: int = MAX_BYTES, inside: Path | None = None) -> str:
    """The file as text (UTF-8, a byte order mark allowed). Raises `Problem` with the mend when it cannot be."""
    try:
        return content(path, inside=inside, limit=limit).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise Problem.at(
            path, "file-encoding", f"not UTF-8 at byte {error.start}", line=line, hint="save it as UTF-8"
        ) from None


def own(path: Path) -> bytes:
    """A file of this package: a template, a script, a text. Nobody else puts anything there."""
    return path.read_bytes()


def own_text(path: Path) -> str:
    """A text of this package."""
    return path.read_text(encoding="utf-8")


def json_lines(path: Path, issues: Issues, *, code: str = "jsonl") -> Iterator[tuple[int, Any]]:
    """`(line, value)` for every line that holds JSON; blank lines are passed over, broken ones become issues."""
    try:
        with opened(path) as stream:
            for number, raw in raw_lines(stream):
                if len(raw) > MAX_LINE:
                    raise Problem.at(path, f"{code}-line", f"refused: longer than {MAX_LINE:,} bytes", line=number)
                if number == 1:
                    raw = raw.removeprefix(codecs.BOM_UTF8)
                if not raw.strip():
                    continue
                try:
                    yield number, msgspec.json.decode(raw)
                except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
                    issues.add(
                        path,
                        f"{code}-line",
                        f"not valid JSON: {error}",
                        line=number,
                        excerpt=raw[:400].decode("utf-8", "replace"),
                    )
    except OSError as error:
        raise Problem.at(path, "file-unreadable", f"cannot be read: {error.strerror or error}") from None
