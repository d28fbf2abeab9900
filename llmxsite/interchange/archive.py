"""Zip archives from anybody, read with limits on size, count and ratio, and never unpacked to disk."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

from llmxsite.diagnostics import Problem

MAX_BYTES = 1024 * 1024 * 1024
"""All members together, unpacked."""
MAX_MEMBERS = 100_000
MAX_RATIO = 400
"""Unpacked to packed size of one member; text rarely passes 100. Small members may pass it."""
_SMALL = 16 * 1024 * 1024


def members(path: Path, wanted: Callable[[str], bool], data: IO[bytes] | None = None) -> Iterator[tuple[str, bytes]]:
    """Name and bytes of each member whose name is wanted, in the order of their names.

    `data` is the archive where it is in memory; `path` then only says where it came from.

    Raises `Problem` for what is no zip file, is broken or encrypted, or passes a limit.
    """
    try:
        with zipfile.ZipFile(data or path) as archive:
            chosen = sorted((i for i in archive.infolist() if not i.is_dir() and wanted(i.filename)), key=_name)
            _check(path, len(archive.infolist()), chosen)
            for info in chosen:
                with archive.open(info) as stream:
                    # The sizes in the directory were checked; the bytes that really come must keep to them.
                    content = stream.read(info.file_size + 1)
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
