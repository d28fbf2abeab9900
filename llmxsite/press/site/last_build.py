"""The last build of a site: what each page was made from and gave, so that an unchanged page is neither rendered nor read again."""

from __future__ import annotations

import msgspec
from msgspec import field

from llmxsite.base.diagnostics import Issue
from llmxsite.base.memory import Past, Seen
from llmxsite.press.site.ledger import LedgerEntry
from llmxsite.press.site.search import SearchEntry


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
