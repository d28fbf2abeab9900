"""The locks that keep two collectors from writing one log, and from beginning one run twice.

The system's own advisory lock on the log, or on its folder, itself: it goes with the process, however that dies, so
there is never a stale one to clear away, and no second file to lose.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from llmxsite.base.diagnostics import Problem
from llmxsite.log.runlog.trouble import unwritable

if sys.platform == "win32":
    import msvcrt

    # Windows locks bytes, and a locked byte cannot be read by others: take one far beyond any log's end.
    _FAR = 2**31 - 2

    def _try_lock(fd: int) -> bool:
        at = os.lseek(fd, 0, os.SEEK_CUR)
        try:
            os.lseek(fd, _FAR, os.SEEK_SET)
            msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        finally:
            os.lseek(fd, at, os.SEEK_SET)
        return True

    def _wait(fd: int) -> None:
        """Windows opens no folder: two collectors begun at the very same moment are not kept apart there."""

else:
    import fcntl

    def _try_lock(fd: int) -> bool:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _wait(fd: int) -> None:
        with contextlib.suppress(OSError):  # without locks, the log's own will say so
            fcntl.flock(fd, fcntl.LOCK_EX)


@contextlib.contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Hold a folder, made where it is not there, while a log is chosen or begun in it; wait where another holds it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise unwritable(folder / "new.jsonl", error) from None
    try:
        fd = os.open(folder, os.O_RDONLY)
    except OSError:  # Windows
        yield
        return
    try:
        _wait(fd)
        yield
    finally:
        os.close(fd)


class Lock:
    """Holds the exclusive right to write to the open file `fd` until the file is closed."""

    def __init__(self, fd: int, path: Path) -> None:
        """Take the lock at once. Raises `Problem` (`log-locked`, `log-lock`) when it is not to be had."""
        try:
            taken = _try_lock(fd)
        except OSError as error:
            raise Problem.at(
                path,
                "log-lock",
                f"this file system gives no locks ({error.strerror or error}), so nothing keeps two collectors apart",
                hint="keep the study on a local disk",
            ) from None
        if not taken:
            raise Problem.at(
                path,
                "log-locked",
                "another collector is writing this log",
                hint="wait for it to finish, or start a run of its own with --new",
            )
        self.fd, self.path = fd, path

    def still_ours(self) -> bool:
        """Whether the path still leads to the file we hold."""
        try:
            there, here = self.path.stat(), os.fstat(self.fd)
        except OSError:
            return False
        return (there.st_dev, there.st_ino) == (here.st_dev, here.st_ino)
