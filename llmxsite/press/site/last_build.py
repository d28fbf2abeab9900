"""The last build of a site: what each page was made from and gave, so that an unchanged page is neither rendered nor read again."""

from __future__ import annotations

from pathlib import Path

import msgspec
from msgspec import field

from llmxsite.base import memory, regular
from llmxsite.base.diagnostics import Issue
from llmxsite.base.memory import Cache, Past, Seen, package_fingerprint
from llmxsite.press.site.ledger import LedgerEntry
from llmxsite.press.site.search import SearchEntry
from llmxsite.study.study import FOLDERS, Study


class PageRecord(msgspec.Struct):
    """What one page was made from and what making it gave."""

    key: str
    files: dict[str, str] = {}
    """Address to sha256 of what was written."""
    figures: list[str] = []
    """Keys of the drawn figures on it."""
    issues: list[Issue] = []
    search: list[SearchEntry] = []
    wanted: list[tuple[str, Issue]] = []
    tests: list[LedgerEntry] = []


class LastBuild(Past):
    """The last build."""

    inputs: str = ""
    """Fingerprint of everything it read, and of its options."""
    written: dict[str, Seen] = field(default_factory=dict)
    """Output files as they stood when the build ended, by address."""
    pages: dict[str, PageRecord] = field(default_factory=dict)
    page_count: int = 0
    issues: list[Issue] = field(default_factory=list)


def fingerprint(study: Study, cache: Cache, base_url: str | None) -> str:
    """Everything a build depends on, in one hash: every input file, the options, and the package itself."""
    marks = [package_fingerprint(), str(base_url)]
    tree = regular.walk(study.root, *FOLDERS)
    marks += [f"{path.relative_to(study.root).as_posix()}:{cache.hash(path)}" for path in tree.files]
    marks += [f"{issue.path}:{issue.code}" for issue in tree.odd]
    return memory.digest("\n".join(marks))


def whole(out: Path, last: LastBuild) -> bool:
    """Whether every file of the last build still stands as it was written."""
    for address, seen in last.written.items():
        try:
            stat = (out / address).lstat()
        except OSError:
            return False
        if stat.st_size != seen.size or stat.st_mtime_ns != seen.mtime:
            return False
    return bool(last.written)
