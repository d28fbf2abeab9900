"""The output folder: files written where they are not already as they must be, and deleted with the folders they leave."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from llmxsite.base import memory
from llmxsite.base.memory import Seen
from llmxsite.press.catalogue import addresses


class Folder:
    """The folder at `out`: what the last build left there (`before`), and what this one has put or found as it must be (`now`)."""

    def __init__(self, out: Path, before: Mapping[str, Seen]) -> None:
        self.out, self.before = out, before
        self.now: dict[str, Seen] = {}
        self.written = 0

    def keep(self, files: Mapping[str, str | None]) -> bool:
        """Whether all these files, by address with their sha256 where it is known, stand as they were left; then they count as put."""
        known = {address: self.before.get(address) for address in files}
        kept = {
            a: s for a, s in known.items() if s is not None and files[a] in (None, s.hash) and stands(self.out / a, s)
        }
        if len(kept) < len(files):
            return False
        self.now.update(kept)
        return True

    def put(self, address: str, content: bytes) -> str:
        """Write a file where it is not already as it must be. Gives the content's sha256."""
        digest = memory.digest(content)
        known = self.now.get(address)
        if (known is None or known.hash != digest) and not self.keep({address: digest}):
            path = addresses.output(self.out, address)
            self.written += write(path, content)
            self.now[address] = seen(path, digest)
        return digest


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
