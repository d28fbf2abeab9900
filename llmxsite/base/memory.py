"""What a build remembers in the user's cache, so that the next one costs what changed. Always safe to delete.

Nothing of it lies in the study: whoever gives a study away gives no pages with it that were never made of its logs.

Two kinds of memory. `memo` keeps a computed value under a hash of everything it was computed from. `Past` keeps what the last
build read and used; a build of the site adds to it (`site.last_build`) what each page was made from and gave. Every key also
holds the fingerprint of the installed package and of the tasks beside it: another version starts afresh.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from llmxsite import __version__
from llmxsite.base import registry, regular, written
from llmxsite.base.diagnostics import Problem

T = TypeVar("T")
P = TypeVar("P", bound="Past")
PACKAGE = Path(__file__).parents[1]
UNREADABLE = (OSError, msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What reading a memory may raise that is broken: it counts as none."""


class Seen(msgspec.Struct, array_like=True):
    """A file as it was when its hash was taken."""

    size: int
    mtime: int
    hash: str


class Past(msgspec.Struct):
    """What was there when a build ended."""

    files: dict[str, Seen] = {}
    """Input files with their hashes, by absolute path."""
    memos: list[str] = []
    """Keys of the values it used."""


class Cache:
    """Memory between builds. Memos are shared by all; the past is that of builds into `out`. Nothing is kept without a folder.

    `past` is given where more of it was loaded than a cache needs.
    """

    def __init__(self, folder: Path | None, out: Path | None = None, past: Past | None = None) -> None:
        self.folder, self.out = folder, out
        self.past = recall(folder, out, Past) if past is None else past
        self._used: set[str] = set()
        self._now: dict[str, Seen] = {}
        self._values: dict[str, Any] = {}

    def hash(self, path: Path) -> str:
        """sha256 of a file, taken again only when its size or time of change is another; empty where there is no regular file."""
        name = str(path)
        try:
            stat = path.lstat()
        except (OSError, ValueError):
            return ""
        known = self._now.get(name) or self.past.files.get(name)
        if known is None or known.size != stat.st_size or known.mtime != stat.st_mtime_ns:
            known = Seen(stat.st_size, stat.st_mtime_ns, _hash_file(path))
            if not known.hash:
                return ""
        self._now[name] = known
        return known.hash

    def memo(self, kind: str, parts: Iterable[Any], type_: type[T], make: Callable[[], T]) -> T:
        """The value that `make` gave for these parts before, or gives now. `parts` must name all it depends on."""
        name = self.name(kind, parts)
        self._used.add(name)
        if name in self._values:
            value: T = self._values[name]
            return value
        value = self._read(name, type_, make)
        self._values[name] = value
        return value

    def name(self, kind: str, parts: Iterable[Any]) -> str:
        """The key under which `memo` keeps a value."""
        made_from = msgspec.json.encode([package_fingerprint(), list(parts)], order="sorted")
        return f"{kind}-{digest(made_from)[:40]}"

    def recall(self, name: str, type_: type[T]) -> T | None:
        """A value by its key, when it is still remembered; it stays remembered then."""
        if name not in self._values and self.folder is not None:
            try:
                self._values[name] = msgspec.msgpack.decode((self.folder / "memo" / name).read_bytes(), type=type_)
            except UNREADABLE:
                return None
        self._used.add(name)
        value: T | None = self._values.get(name)
        return value

    def keep(self, name: str, value: Any) -> None:
        """Remember a value under its key, as `memo` would have."""
        self._used.add(name)
        self._values[name] = value
        if self.folder is not None:
            put(self.folder / "memo" / name, msgspec.msgpack.encode(value))

    def _read(self, name: str, type_: type[T], make: Callable[[], T]) -> T:
        if self.folder is None:
            return make()
        path = self.folder / "memo" / name
        try:
            return msgspec.msgpack.decode(path.read_bytes(), type=type_)
        except UNREADABLE:
            pass
        made = msgspec.msgpack.encode(make())
        put(path, made)
        # Decoded, so that a first build and a cached one see the very same types and bytes.
        return msgspec.msgpack.decode(made, type=type_)

    def save(self, past: Past) -> None:
        """Remember this build; forget the values that neither it, the one before it, nor a build elsewhere used."""
        if self.folder is None:
            return
        keep = self._used | set(self.past.memos)
        for other in self.folder.glob("state-*.msgpack"):
            if other != _path(self.folder, self.out):
                keep |= set(_load(other, Past).memos)
        memos = self.folder / "memo"
        for old in memos.iterdir() if memos.is_dir() else []:
            if old.name not in keep:
                old.unlink(missing_ok=True)
        past.files, past.memos = self._now, sorted(self._used)
        put(_path(self.folder, self.out), msgspec.msgpack.encode(past))


@registry.remembered
def package_fingerprint() -> str:
    """Version and, for a checkout that is being worked on, size and time of each module, template and style sheet; also of the
    tasks of other distributions."""
    marks = [__version__]
    for package in (PACKAGE, *registry.folders()):
        for folder, folders, names in os.walk(package):
            folders[:] = sorted(f for f in folders if f != "__pycache__")
            for name in sorted(names):
                stat = os.stat(os.path.join(folder, name))  # noqa: PTH116, PTH118 - a thousand Path objects are slower
                marks.append(f"{name}:{stat.st_size}:{stat.st_mtime_ns}")
    return digest("\n".join(marks))[:16]


def digest(content: bytes | str) -> str:
    """sha256 in hex."""
    return hashlib.sha256(content.encode() if isinstance(content, str) else content).hexdigest()


def recall(folder: Path | None, out: Path | None, type_: type[P]) -> P:
    """What the last build into `out` left; nothing where there was none, or none that can be read."""
    return type_() if folder is None else _load(_path(folder, out), type_)


def _path(folder: Path, out: Path | None) -> Path:
    return folder / f"state-{digest(str(out))[:12]}.msgpack"


def _load(path: Path, type_: type[P]) -> P:
    try:
        return msgspec.msgpack.decode(path.read_bytes(), type=type_)
    except UNREADABLE:
        return type_()


def _hash_file(path: Path) -> str:
    try:
        with regular.opened(path) as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except (Problem, OSError):
        return ""


def put(path: Path, content: bytes) -> None:
    """Write through a temporary file, so that whoever is broken off never leaves half a memory; folders are made."""
    with contextlib.suppress(Problem):  # where nothing can be written, nothing is remembered
        written.write(path, content, inside=path.parent, mode=0o600)
