"""A log as an open, locked file to which only whole lines are added."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Self

from llmxsite.base.diagnostics import Problem
from llmxsite.base.written import fresh
from llmxsite.log.runlog.lock import Lock
from llmxsite.log.runlog.trouble import changed, gone, unwritable

_FLAGS = (
    os.O_RDWR | os.O_APPEND | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOFOLLOW", 0)
)
_MOST_SAVED = 100
"""Saved copies beside one log."""


class LogFile:
    """The open file and the right to write it. Every method may raise a `Problem` that says how to go on."""

    def __init__(self, path: Path, fd: int, lock: Lock) -> None:
        self.path, self._fd, self._lock = path, fd, lock

    @classmethod
    def create(cls, path: Path, header: bytes) -> Self:
        """A new file that holds `header`. Raises `Problem` when there is a file already or none can be made."""
        part = path.with_name(path.name + ".part")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            fd = os.open(part, _FLAGS | os.O_CREAT | os.O_TRUNC, 0o644)
        except OSError as error:
            raise unwritable(path, error) from None
        try:
            lock = Lock(fd, path)
            _write_all(fd, header, 0)
            os.fsync(fd)
            # The name appears with the header in place: no moment leaves a log without one.
            _name(part, path)
            sync_folder(path.parent)
        except BaseException as error:
            os.close(fd)
            part.unlink(missing_ok=True)
            if isinstance(error, FileExistsError):
                raise Problem.at(path, "log-exists", "there is a run log of this name already") from None
            if isinstance(error, OSError):
                raise unwritable(path, error) from None
            raise
        return cls(path, fd, lock)

    @classmethod
    def open(cls, path: Path) -> Self:
        """An existing file. Raises `Problem` when it is locked, or was replaced while it was being opened."""
        try:
            fd = os.open(path, _FLAGS)
        except OSError as error:
            raise unwritable(path, error) from None
        try:
            lock = Lock(fd, path)
            if not lock.still_ours():
                raise gone(path, "while it was being opened", None)
        except BaseException:
            os.close(fd)
            raise
        return cls(path, fd, lock)

    def cut(self, size: int) -> None:
        """Keep the first `size` bytes."""
        with self._trouble():
            os.ftruncate(self._fd, size)
            os.fsync(self._fd)

    def add(self, data: bytes, size: int) -> None:
        """Put `data` after the `size` bytes that the file has; where that fails, as many whole lines of it as fit.

        A file whose name leads elsewhere by now is saved with `data` in it, and one that another program changed is left
        alone; both raise.
        """
        with self._trouble():
            ours = self._lock.still_ours()
            if ours and (found := os.fstat(self._fd).st_size) != size:
                raise changed(self.path, size, found)
            _write_all(self._fd, data, size)
            if not ours:
                raise gone(self.path, "while it was being written", self._saved())

    def sync(self) -> None:
        """Return when the disk has it all."""
        with self._trouble():
            os.fsync(self._fd)

    def close(self) -> None:
        """Give the file and the lock back."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    @contextlib.contextmanager
    def _trouble(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise unwritable(self.path, error) from None

    def _saved(self) -> Path | None:
        """Where a copy of the whole file stands now: under its own name if that is free, else beside it, else in the
        system's folder for temporary files."""
        names = [self.path.name, *(f"{self.path.name}.rescued{'' if n == 1 else n}" for n in range(1, _MOST_SAVED))]
        for folder in (self.path.parent, Path(tempfile.gettempdir())):
            for name in names:
                try:
                    folder.mkdir(parents=True, exist_ok=True)
                    self._copy(folder / name)
                except FileExistsError:
                    continue
                except OSError:
                    break
                return folder / name
        return None

    def _copy(self, place: Path) -> None:
        """The whole file under another name. Raises FileExistsError where that is taken."""
        if place.exists():
            raise FileExistsError(place)
        part = place.with_name(place.name + ".part")
        try:
            with fresh(part) as copy:
                os.lseek(self._fd, 0, os.SEEK_SET)
                while chunk := os.read(self._fd, 1 << 20):
                    copy.write(chunk)
                copy.flush()
                os.fsync(copy.fileno())
            _name(part, place)
        finally:
            part.unlink(missing_ok=True)


def tidy(folder: Path) -> None:
    """Take away the beginnings of logs whose collector was killed before they had a header and a name.

    To be called while the folder is held (`lock.alone`), so that nobody is at work on one.
    """
    for part in folder.glob("*.jsonl.part"):
        with contextlib.suppress(OSError):
            if part.read_bytes().count(b"\n") <= 1:  # an import on its way has more
                part.unlink()


def sync_folder(folder: Path) -> None:
    """Make a new name in a folder last through a power cut, where the system can (not on Windows)."""
    with contextlib.suppress(OSError):
        fd = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)


def _write_all(fd: int, data: bytes, size: int) -> None:
    """All of `data` at the end of the file, or, where that fails, as many whole lines of it as could be written."""
    view = memoryview(data)
    try:
        while view:
            view = view[os.write(fd, view) :]
    except OSError:
        whole = data.rfind(b"\n", 0, len(data) - len(view)) + 1
        with contextlib.suppress(OSError):
            os.ftruncate(fd, size + whole)
        raise


def _name(part: Path, path: Path) -> None:
    """Give a finished file its name, unless that is taken (FileExistsError)."""
    try:
        path.hardlink_to(part)
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links
        if path.exists():
            raise FileExistsError(path) from None
        part.rename(path)
    else:
        part.unlink()
