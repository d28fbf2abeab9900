"""Zip archives from anybody, read with limits on size, count and ratio, and never unpacked to disk."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, cast

from llmxsite.base.diagnostics import Problem

MAX_BYTES = 1024 * 1024 * 1024
"""All members together, unpacked."""
MAX_MEMBERS = 100_000
MAX_RATIO = 400
"""Unpacked to packed size of one member; text rarely passes 100. Small members may pass it."""
_SMALL = 16 * 1024 * 1024
_ZSTD = 93
"""Zstandard's number among the ways to pack a member (PKWARE's APPNOTE 6.3.8); inspect_ai packs its logs so."""
_ENCRYPTED = 1
_LOCAL = struct.Struct("<26sHH")
"""A member's own header: its fixed part, and the lengths of the name and of the extra field that follow."""


def members(
    path: Path,
    wanted: Callable[[str], bool],
    data: IO[bytes] | None = None,
    broken: Callable[[str, str], None] | None = None,
) -> Iterator[tuple[str, bytes]]:
    """Name and bytes of each member whose name is wanted, in the order of their names.

    `data` is the archive where it is in memory; `path` then only says where it came from. `broken` is told the name of a member
    that cannot be unpacked, and why, and the others follow; without it such a member is the archive's fault.

    Raises `Problem` for what is no zip file, is broken or encrypted, or passes a limit.
    """
    try:
        with zipfile.ZipFile(data or path) as archive:
            chosen = sorted((i for i in archive.infolist() if not i.is_dir() and wanted(i.filename)), key=_name)
            _check(path, len(archive.infolist()), chosen)
            for info in chosen:
                try:
                    content = _content(archive, info)
                except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError) as error:
                    if broken is None:
                        raise
                    broken(info.filename, str(error))
                    continue
                # The sizes in the directory were checked; the bytes that really come must keep to them.
                if len(content) > info.file_size:
                    raise _refused(path, f"'{info.filename}' is larger than it says")
                yield info.filename, content
    except FileNotFoundError:
        raise Problem.at(path, "file-missing", "no such file") from None
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise Problem.at(
            path, "archive-broken", f"not a whole zip file: {error}", hint="download or copy it again"
        ) from None
    except (RuntimeError, NotImplementedError) as error:
        raise Problem.at(path, "archive-unreadable", f"cannot be unpacked: {error}") from None
    except OSError as error:
        raise Problem.at(path, "file-unreadable", f"cannot be read: {error.strerror or error}") from None


def _content(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    """A member, up to a byte more than it says."""
    if info.compress_type == _ZSTD:
        return _zstd(archive, info)
    with archive.open(info) as stream:
        return stream.read(info.file_size + 1)


def _zstd(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    """A member packed with Zstandard, up to a byte more than it says. Python's own zip files read it from 3.14 on."""
    import pyarrow

    if info.flag_bits & _ENCRYPTED:
        raise RuntimeError(f"'{info.filename}' is encrypted")
    file = cast("IO[bytes]", archive.fp)
    file.seek(info.header_offset)
    header = file.read(_LOCAL.size)
    if len(header) < _LOCAL.size or not header.startswith(b"PK\x03\x04"):
        raise zipfile.BadZipFile(f"'{info.filename}' is not where the directory says")
    _, name, extra = _LOCAL.unpack(header)
    file.seek(name + extra, io.SEEK_CUR)
    packed = pyarrow.BufferReader(file.read(info.compress_size))
    try:
        with pyarrow.CompressedInputStream(packed, "zstd") as stream:
            content: bytes = stream.read(info.file_size + 1)
    except (OSError, pyarrow.ArrowException) as error:
        raise zipfile.BadZipFile(f"'{info.filename}': {error}") from None
    if len(content) <= info.file_size and zlib.crc32(content) != info.CRC:
        raise zipfile.BadZipFile(f"bad CRC-32 for file '{info.filename}'")
    return content


def _check(path: Path, count: int, chosen: list[zipfile.ZipInfo]) -> None:
    if count > MAX_MEMBERS:
        raise _refused(path, f"{count:,} members; at most {MAX_MEMBERS:,} are read")
    total = sum(info.file_size for info in chosen)
    if total > MAX_BYTES:
        raise _refused(path, f"{total:,} bytes when unpacked; at most {MAX_BYTES:,} are read")
    for info in chosen:
        if info.file_size > max(_SMALL, MAX_RATIO * info.compress_size):
            raise _refused(
                path, f"'{info.filename}' grows {info.file_size // max(info.compress_size, 1):,} times when unpacked"
            )


def _name(info: zipfile.ZipInfo) -> str:
    return info.filename


def _refused(path: Path, why: str) -> Problem:
    return Problem.at(path, "archive-limit", f"refused: {why}", hint="unpack it yourself if you trust it")
