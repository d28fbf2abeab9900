"""A file written inside a folder, and never outside of it: the one way to leave something on disk.

A folder that a stranger filled may hold links where files are to be written. A `Place` writes below its root alone: it makes
folders, goes through none that is a link, and puts each file in place under a temporary name first, so that what stood under the name,
link or second name of a file elsewhere, is replaced and never written into.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterable
from io import BufferedWriter
from pathlib import Path

from llmxsite.base.diagnostics import Problem
from llmxsite.base.regular import linked

_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)


class Place:
    """A folder to write into; it is made when the first file is written. `root` itself may be a link: who names it means it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._known: set[Path] = set()
        """Folders that were looked at: folders, and no links."""

    def write(self, path: Path, content: bytes, *, mode: int = 0o644) -> bool:
        """Write a file below the root, unless it holds these bytes already; whether it was written.

        Raises `Problem` (`write-outside`, `write-link`, `write-failed`).
        """
        try:
            self._folder(path.parent)
            if _holds(path, content):
                return False
            part = path.with_name(f".{path.name[:80]}.{os.getpid()}.part")
            try:
                with fresh(part, mode=mode) as stream:
                    stream.write(content)
                part.replace(path)
            finally:
                with contextlib.suppress(OSError):
                    part.unlink(missing_ok=True)
        except (OSError, ValueError) as error:
            why = error.strerror if isinstance(error, OSError) and error.strerror else error
            raise Problem.at(path, "write-failed", f"cannot be written: {why}") from None
        return True

    def create(self, path: Path, content: bytes) -> bool:
        """Write a file that is not there yet; False, and nothing done, where anything of that name is. Raises as `write` does."""
        if os.path.lexists(path):
            return False
        return self.write(path, content)

    def delete(self, files: Iterable[Path]) -> int:
        """Delete files below the root, and folders that are empty then; how many files there were. What is no regular file stays."""
        count = 0
        for path in files:
            if not self._within(path) or linked(path, self.root) is not None:
                continue
            with contextlib.suppress(OSError, ValueError):
                if stat.S_ISREG(path.lstat().st_mode):
                    path.unlink()
                    count += 1
            for folder in path.parents:
                if folder == self.root or not folder.is_dir() or any(folder.iterdir()):
                    break
                folder.rmdir()
                self._known.discard(folder)
        return count

    def _within(self, path: Path) -> bool:
        return path != self.root and path.is_relative_to(self.root) and ".." not in path.parts

    def _folder(self, folder: Path) -> None:
        """Make a folder below the root and look at every one on the way."""
        if folder in self._known:
            return
        if folder != self.root:
            if not self._within(folder):
                raise Problem.at(folder, "write-outside", f"lies outside of {self.root}; nothing is written there")
            self._folder(folder.parent)
            with contextlib.suppress(FileExistsError):
                folder.mkdir()
            if not stat.S_ISDIR(folder.lstat().st_mode):
                hint = "delete it, or name another folder with --out"
                raise Problem.at(folder, "write-link", "a link or a file, where a folder was expected", hint=hint)
        else:
            folder.mkdir(parents=True, exist_ok=True)
        self._known.add(folder)


def _holds(path: Path, content: bytes) -> bool:
    """Whether a regular file has these very bytes. A folder in its place is said by the attempt to write."""
    try:
        found = path.lstat()
        if not stat.S_ISREG(found.st_mode) or found.st_size != len(content):
            return False
        with path.open("rb") as stream:
            return stream.read() == content
    except OSError:
        return False


def write(path: Path, content: bytes, *, inside: Path, mode: int = 0o644) -> bool:
    """One file, below `inside`. See `Place.write`."""
    return Place(inside).write(path, content, mode=mode)


def fresh(path: Path, *, mode: int = 0o644) -> BufferedWriter:
    """A new file, open for writing, in place of whatever has its name. Raises OSError."""
    path.unlink(missing_ok=True)
    return os.fdopen(os.open(path, _FLAGS, mode), "wb")


def away(*paths: Path) -> None:
    """Files, or links to some, deleted where they are there."""
    for path in paths:
        path.unlink(missing_ok=True)
