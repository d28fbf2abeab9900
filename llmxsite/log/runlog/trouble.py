"""What a person reads when a log cannot be written: what happened, what is kept, and how to go on."""

from __future__ import annotations

import errno
from pathlib import Path

from llmxsite.base.diagnostics import Problem, display_path

AGAIN = "run the same command again: it goes on where it stopped"
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_CLOSED = {
    errno.EROFS: "the file system is read-only",
    errno.EACCES: "this account may not write there",
    errno.EPERM: "this account may not write there",
}


def unwritable(path: Path, error: OSError) -> Problem:
    """A log that the system does not let us write. What is in the file stays as it is, whole lines only."""
    if error.errno in _FULL:
        return Problem.at(
            path,
            "log-disk-full",
            f"the disk is full ({error.strerror}); every line before this moment is kept",
            hint=f"make room, then {AGAIN}",
        )
    if isinstance(error, FileNotFoundError):
        return Problem.at(path, "file-missing", "no such file")
    if isinstance(error, NotADirectoryError | FileExistsError):
        return Problem.at(
            path,
            "log-folder",
            f"no log can be made here: {display_path(_in_the_way(path))} is not a folder",
            hint="move it away, then run the same command again",
        )
    if error.errno in _CLOSED:
        return Problem.at(
            path,
            "log-unwritable",
            f"cannot be written: {_CLOSED[error.errno]}; every line before this moment is kept",
            hint=f"make {display_path(path.parent)} writable, then {AGAIN}",
        )
    return Problem.at(
        path,
        "log-unwritable",
        f"cannot be written: {error.strerror or error}; lines of the last second may be missing",
        hint=f"see that the disk is well, then {AGAIN}",
    )


def gone(path: Path, when: str, saved: Path | None) -> Problem:
    """A log that was deleted or replaced; `saved` is where all of it could be put."""
    if saved is None:
        where, hint = "; no place could be found to save it", "run the same command again to start anew"
    elif saved == path:
        where, hint = "; all of it stands there again", AGAIN
    else:
        place = saved.name if saved.parent == path.parent else str(saved)
        where = f"; all of it is saved as {place}"
        hint = f"see what stands there now; to go on, move {place} back to {path.name} and run again"
    return Problem.at(path, "log-gone", f"the log was deleted or replaced {when}{where}", hint=hint)


def changed(path: Path, known: int, found: int) -> Problem:
    """A log that another program wrote to or cut."""
    return Problem.at(
        path,
        "log-changed",
        f"another program changed the log while it was being written ({known:,} bytes, now {found:,}); "
        "nothing more was written to it",
        hint="see what else writes there; `llmxsite verify` says what the log still holds, `run` goes on with it",
    )


def _in_the_way(path: Path) -> Path:
    """The first part of a path that exists and is no folder."""
    return next((p for p in reversed([path, *path.parents]) if p.exists() and not p.is_dir()), path.parent)
