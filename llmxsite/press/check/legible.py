"""What can be read in a file, whatever it is: text in any encoding, what pictures and documents say of themselves, texts in an archive."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

from llmxsite.base.diagnostics import Problem
from llmxsite.base.foreign_text import utf8
from llmxsite.base.regular import content, opened
from llmxsite.press.files import PICTURES

HEAD = 8192
MAX_WHOLE = 64 * 1024 * 1024
MAX_MEMBER, MAX_MEMBERS = 16 * 1024 * 1024, 1_000
_PARTS = frozenset([".zip", ".docx", ".xlsx", ".pptx", ".odt", ".ods", ".epub", ".whl"])


def texts(path: Path, block: int) -> Iterator[tuple[int, str]]:
    """What a file says, in pieces: each with the line of the file on which it starts, or 0 where the file has no lines.

    A file that cannot be opened says nothing: that it cannot is said elsewhere.
    """
    suffix = path.suffix.lower()
    try:
        if suffix in PICTURES or suffix == ".pdf":
            yield from ((0, f"{name}: {value}") for name, value in told(path, suffix).items())
        elif suffix in _PARTS:
            yield from _archive(content(path, limit=MAX_WHOLE))
        else:
            yield from _lines(path, block)
    except (Problem, OSError):
        return


def told(path: Path, suffix: str) -> dict[str, str]:
    """What a picture or document says of itself, by name."""
    data = content(path, limit=MAX_WHOLE)
    if suffix == ".pdf":
        from llmxsite.press.files import pdf

        return pdf.told(data)
    from llmxsite.press.files import picture

    return picture.told(data, suffix)


def decoded(data: bytes) -> str | None:
    """Bytes as text: UTF-8, UTF-16, UTF-32, or an old code page; None for what is no text."""
    plain = utf8(data)
    if b"\0" in plain[:HEAD]:
        return None
    try:
        return plain.decode()
    except UnicodeDecodeError as error:
        # Half a character at the end of a block is no other encoding.
        return plain.decode("utf-8" if error.start > len(plain) - 4 else "cp1252", "replace")


def _lines(path: Path, block: int) -> Iterator[tuple[int, str]]:
    with opened(path) as stream:
        head = stream.peek(HEAD)[:HEAD]
        if b"\0" in head:
            text = decoded(content(path, limit=MAX_WHOLE))
            if text is not None:
                yield 1, text
            return
        line = 1
        while lines := stream.readlines(block):
            # A line without end is read in pieces that lap over, so that nothing is lost between two.
            yield line, decoded(b"".join(lines)) or b"".join(lines).decode("latin-1")
            line += len(lines)


def _archive(data: bytes) -> Iterator[tuple[int, str]]:
    """The texts of an archive, within limits."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for info in archive.infolist()[:MAX_MEMBERS]:
                if info.is_dir() or info.flag_bits & 1:
                    continue
                with archive.open(info) as member:
                    text = decoded(member.read(MAX_MEMBER))
                if text is not None:
                    yield 0, f"{info.filename}\n{text}"
    except (zipfile.BadZipFile, OSError, RuntimeError, ValueError, NotImplementedError, EOFError):
        return
