"""A regular file inside a folder: the one way to a file that somebody else may have put there.

A study may be a stranger's. What stands under a name in it can be a link out of it, a device that never ends, a pipe that waits
for ever, or a folder; its name may be one that another system takes for a different file's. Whatever reads a study reads through here:
`opened` and `content` open a regular file or say what is wrong with it, `there` asks whether there is one, and `walk` lists all
of them, with an issue for each thing that is none.
"""

from __future__ import annotations

import os
import re
import stat
import unicodedata
from collections.abc import Iterator
from io import BufferedReader
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from llmxsite.base.diagnostics import Issue, Problem, display_path

MAX_BYTES = 64 * 1024 * 1024
MAX_NAME = 255
"""Bytes of one name: what file systems take."""
MAX_DEPTH = 32
MAX_FILES = 200_000
_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)  # a pipe that nobody writes to is opened at once, and refused
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_NOCTTY", 0)
    | getattr(os, "O_BINARY", 0)
)
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])( *\..*)?", re.I)
"""Names that Windows keeps for devices, whatever follows a dot."""
_FILES = frozenset(
    [
        ".md",
        ".yaml",
        ".yml",
        ".json",
        ".jsonl",
        ".bib",
        ".txt",
        ".csv",
        ".png",
        ".jpg",
        ".jpeg",
        ".gif",
        ".webp",
        ".avif",
        ".svg",
        ".pdf",
        ".zip",
        ".css",
        ".html",
        ".js",
    ]
)
"""Endings by which a folder passes itself off as a file."""


class Tree(NamedTuple):
    """The files below some folders, in the order of their paths, and an issue for each thing there that is none."""

    files: list[Path]
    odd: list[Issue]


def opened(path: Path, *, inside: Path | None = None) -> BufferedReader:
    """A regular file, open for reading. Raises `Problem` for anything else under that name: `file-missing`, `file-link`,
    `file-odd`, `file-is-folder`, `file-name`, `file-unreadable`.

    With `inside`, the file must lie below that folder, and no folder on the way may be a link.
    """
    fault = None if inside is None else _way(path, inside)
    if fault is not None:
        raise fault
    try:
        fd = os.open(path, _FLAGS)
    except (OSError, ValueError) as error:
        raise _said(path, error) from None
    found = os.fstat(fd)
    if not stat.S_ISREG(found.st_mode) or (not hasattr(os, "O_NOFOLLOW") and path.is_symlink()):
        os.close(fd)
        raise _no_file(path, found.st_mode)
    return os.fdopen(fd, "rb")


def content(path: Path, *, inside: Path | None = None, limit: int = MAX_BYTES) -> bytes:
    """All bytes of a regular file. Raises `Problem` as `opened` does, and `file-too-large`."""
    try:
        with opened(path, inside=inside) as stream:
            size = os.fstat(stream.fileno()).st_size
            data = b"" if size > limit else stream.read(limit + 1)
            size = max(size, len(data))
    except OSError as error:
        raise _said(path, error) from None
    if size > limit:
        raise Problem.at(path, "file-too-large", f"{size:,} bytes; at most {limit:,} are read")
    return data


def there(path: Path, inside: Path | None = None) -> bool:
    """Whether there is a regular file of this name. Never raises, whatever the name."""
    try:
        mode = path.lstat().st_mode
    except (OSError, ValueError):
        return False
    return stat.S_ISREG(mode) and (inside is None or _way(path, inside) is None)


def folder_there(path: Path, inside: Path) -> bool:
    """Whether there is a folder of this name, itself and all above it no links. Never raises, whatever the name."""
    try:
        mode = path.lstat().st_mode
    except (OSError, ValueError):
        return False
    return stat.S_ISDIR(mode) and _way(path, inside) is None


def linked(path: Path, inside: Path) -> Path | None:
    """The first folder or file on the way from `inside` down to `path` that is a link; None where there is none."""
    if path == inside:
        return None
    for part in [*reversed(path.parents[: len(path.parts) - len(inside.parts) - 1]), path]:
        try:
            if stat.S_ISLNK(part.lstat().st_mode):
                return part
        except (OSError, ValueError):
            return None
    return None


def name_fault(name: str) -> str | None:
    """Why a name cannot be one of a file on every system; None where it can."""
    try:
        size = len(name.encode())
    except UnicodeEncodeError:
        return "it is not UTF-8"
    if size > MAX_NAME:
        return f"it has {size:,} bytes; at most {MAX_NAME} fit into a file system"
    if not name.isprintable():
        return "it has characters that do not show"
    if _RESERVED.fullmatch(name):
        return "Windows keeps this name for a device"
    if name != name.rstrip(". ") and name.strip("."):
        return "Windows drops the dot or blank at its end"
    if found := re.search(r'[<>:"|?*\\]', name):
        return f"Windows allows no {found[0]} in a name"
    return None


def alike(name: str) -> str:
    """What a name is to systems that tell neither case nor Unicode's forms apart: two names of one folder must not share it."""
    return (
        name.lower() if name.isascii() else unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())
    )


def walk(root: Path, *folders: str, depth: int = MAX_DEPTH) -> Tree:
    """The regular files below `folders` of `root`, as deep as `depth` folders. No link is followed."""
    tree = Tree([], [])
    for name in folders:
        start = root / name
        if (link := linked(start, root)) is not None:
            tree.odd.append(_link(link).issues[0])
        elif start.is_dir():
            tree.files.extend(islice(_below(start, depth, tree.odd, told=depth == MAX_DEPTH), MAX_FILES + 1))
            if len(tree.files) > MAX_FILES:
                raise Problem.at(start, "files-limit", f"refused: more than {MAX_FILES:,} files")
    tree.files.sort()
    return tree


def _below(folder: Path, depth: int, odd: list[Issue], *, told: bool) -> Iterator[Path]:
    """The files of one folder and of those in it. `told`: folders that are too deep are said."""
    try:
        with os.scandir(folder) as found:
            entries = sorted(found, key=lambda entry: entry.name)
    except OSError as error:
        odd += _said(folder, error).issues
        return
    seen: dict[str, str] = {}
    for entry in entries:
        path = folder / entry.name
        if (fault := name_fault(entry.name)) is not None:
            odd.append(_issue(path, "file-name", f"refused: {fault}", "give it a name of letters, digits and '-'"))
        elif (first := seen.setdefault(alike(entry.name), entry.name)) != entry.name:
            words = f"'{entry.name}' and '{first}' are one name on other systems; this one is left out"
            odd.append(_issue(path, "name-collision", words, "rename one of them"))
        elif entry.is_symlink():
            odd += _link(path).issues
        elif entry.is_dir(follow_symlinks=False):
            if path.suffix.lower() in _FILES:
                odd.append(_issue(path, "file-is-folder", "a folder, where a file was expected", None))
            if depth > 1:
                yield from _below(path, depth - 1, odd, told=told)
            elif told:
                odd.append(_issue(path, "file-name", f"refused: folders are nested more than {MAX_DEPTH} deep", None))
        elif entry.is_file(follow_symlinks=False):
            yield path
        else:
            odd += _no_file(path, entry.stat(follow_symlinks=False).st_mode).issues


def _way(path: Path, inside: Path) -> Problem | None:
    """What is wrong with the way down from `inside`."""
    if ".." in path.parts or not path.is_relative_to(inside):
        return Problem.at(path, "file-outside", "lies outside of the study's folder", hint="copy it into the folder")
    if any(fault := name_fault(part) for part in path.relative_to(inside).parts):
        return Problem.at(_short(path), "file-name", f"refused: {fault}")
    link = linked(path, inside)
    return None if link is None else _link(link)


def _link(path: Path) -> Problem:
    hint = "put the file itself in its place"
    return Problem.at(path, "file-link", "a link; links are not followed inside a study", hint=hint)


def _no_file(path: Path, mode: int) -> Problem:
    if stat.S_ISDIR(mode):
        return Problem.at(path, "file-is-folder", "a folder, where a file was expected")
    kinds = {stat.S_IFIFO: "a pipe", stat.S_IFSOCK: "a socket", stat.S_IFLNK: "a link"}
    return Problem.at(
        path, "file-odd", f"{kinds.get(stat.S_IFMT(mode), 'a device')}, where a regular file was expected"
    )


def _said(path: Path, error: OSError | ValueError) -> Problem:
    """Why a file cannot be opened, in words."""
    if isinstance(error, ValueError):
        return Problem.at(_short(path), "file-name", "refused: no file can have this name")
    if isinstance(error, FileNotFoundError):
        return Problem.at(path, "file-missing", "no such file")
    if isinstance(error, IsADirectoryError) or path.is_dir():
        return Problem.at(path, "file-is-folder", "a folder, where a file was expected")
    try:
        if path.is_symlink():
            return _link(path)
    except OSError:
        return Problem.at(_short(path), "file-name", "refused: its name is too long")
    return Problem.at(path, "file-unreadable", f"cannot be read: {error.strerror or error}")


def _short(path: Path) -> str:
    """A path whose name may be endless, for a message."""
    text = display_path(path)
    return text if len(text) <= 200 else f"{text[:160]}…"


def _issue(path: Path, code: str, message: str, hint: str | None) -> Issue:
    return Issue(path=_short(path), code=code, message=message, hint=hint)
