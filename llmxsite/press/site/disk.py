"""The output folder: files written where they are not already as they must be."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from llmxsite.base import memory
from llmxsite.base.memory import Seen
from llmxsite.base.written import Place
from llmxsite.press.catalogue import addresses


class Folder:
    """The folder at `out`: what the last build left there (`before`), and what this one has put or found as it must be (`now`)."""

    def __init__(self, out: Path, before: Mapping[str, Seen]) -> None:
        self.out, self.before = out, before
        self.place = Place(out)
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
            self.written += self.place.write(path, content)
            self.now[address] = seen(path, digest)
        return digest


def seen(path: Path, digest: str) -> Seen:
    """A file as it stands now."""
    stat = path.lstat()
    return Seen(stat.st_size, stat.st_mtime_ns, digest)


def stands(path: Path, before: Seen) -> bool:
    """Whether a file has been left alone since."""
    try:
        stat = path.lstat()
    except (OSError, ValueError):
        return False
    return stat.st_size == before.size and stat.st_mtime_ns == before.mtime
