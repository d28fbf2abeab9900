"""The output folder: files written where they are not already as they must be, and deleted with the folders they leave."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from llmxsite.base.memory import Seen


def write(path: Path, content: bytes) -> bool:
    """Write a file unless it holds these bytes already; whether it was written."""
    try:
        if path.stat().st_size == len(content) and path.read_bytes() == content:
            return False
    except OSError:
        path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return True


def seen(path: Path, digest: str) -> Seen:
    """A file as it stands now."""
    stat = path.stat()
    return Seen(stat.st_size, stat.st_mtime_ns, digest)


def stands(path: Path, before: Seen) -> bool:
    """Whether a file has been left alone since."""
    try:
        stat = path.stat()
    except OSError:
        return False
    return stat.st_size == before.size and stat.st_mtime_ns == before.mtime


def delete(files: Iterable[Path], root: Path) -> int:
    """Delete files, and folders that are empty then; how many files there were."""
    count = 0
    for path in files:
        if path.is_file():
            path.unlink()
            count += 1
        for folder in path.parents:
            if folder == root or not folder.is_dir() or any(folder.iterdir()):
                break
            folder.rmdir()
    return count
