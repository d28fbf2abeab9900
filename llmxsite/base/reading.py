"""Files of text that anybody may have written, read within limits: what is wrong with one is said with its line, never a traceback."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from llmxsite.base.diagnostics import Issues, Problem

MAX_BYTES = 64 * 1024 * 1024


def read_text(path: Path, *, limit: int = MAX_BYTES) -> str:
    """The file as text (UTF-8, a byte order mark allowed). Raises `Problem` with the mend when it cannot be."""
    try:
        size = path.stat().st_size
        if size > limit:
            raise Problem.at(path, "file-too-large", f"{size:,} bytes; at most {limit:,} are read")
        return path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise Problem.at(path, "file-missing", "no such file") from None
    except IsADirectoryError:
        raise Problem.at(path, "file-is-folder", "a folder, where a file was expected") from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise Problem.at(
            path, "file-encoding", f"not UTF-8 at byte {error.start}", line=line, hint="save it as UTF-8"
        ) from None
    except OSError as error:
        raise Problem.at(path, "file-unreadable", f"cannot be read: {error.strerror or error}") from None


def json_lines(path: Path, issues: Issues, *, code: str = "jsonl") -> Iterator[tuple[int, Any]]:
    """`(line, value)` for every line that holds JSON; blank lines are passed over, broken ones become issues."""
    try:
        with path.open("rb") as stream:
            for number, raw in enumerate(stream, 1):
                if number == 1:
                    raw = raw.removeprefix(codecs.BOM_UTF8)
                if not raw.strip():
                    continue
                try:
                    yield number, msgspec.json.decode(raw)
                except (msgspec.DecodeError, UnicodeDecodeError) as error:
                    issues.add(
                        path,
                        f"{code}-line",
                        f"not valid JSON: {error}",
                        line=number,
                        excerpt=raw[:400].decode("utf-8", "replace"),
                    )
    except OSError as error:
        raise Problem.at(path, "file-unreadable", f"cannot be read: {error.strerror or error}") from None
