"""A write-up as part of a page: its Markdown rendered with this site's figures, numbers and links in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from llmxsite.base.diagnostics import Issue, Issues
from llmxsite.base.regular import there
from llmxsite.press.catalogue.entries import ReportEntry
from llmxsite.press.site.directives.kinds import directives
from llmxsite.press.site.edition import Edition
from llmxsite.press.site.ledger import LedgerEntry
from llmxsite.press.site.page_host import PageHost
from llmxsite.press.writing.citations import Bibliography
from llmxsite.press.writing.frontmatter import Article
from llmxsite.press.writing.markdown import render

RESERVED = ("main", "limits", "runs", "reproduce", "cite", "search-field", "search-results")
"""Anchors that templates use around a text."""


@dataclass
class Text:
    """A rendered write-up."""

    html: str
    title: str | None
    headings: list[tuple[int, str, str]]
    words: int
    files: dict[str, bytes] = field(default_factory=dict)
    figures: list[str] = field(default_factory=list)
    words_for_search: str = ""
    directives: set[str] = field(default_factory=set)
    wanted: list[tuple[str, Issue]] = field(default_factory=list)
    tests: list[LedgerEntry] = field(default_factory=list)


def render_article(
    edition: Edition,
    article: Article[Any],
    address: str,
    issues: Issues,
    *,
    report: ReportEntry | None = None,
    prefix: str = "",
    body: str | None = None,
    first_line: int | None = None,
) -> Text:
    """A write-up's body as HTML for the page at `address`. `body` and `first_line` give a part of it."""
    host = PageHost(edition, issues, address, article.path, directives(), report=report, prefix=prefix)
    books = Bibliography.load(article.path.parent, article.meta.bibliography, issues)
    rendered = render(
        article.body if body is None else body,
        article.path,
        host,
        first_line=first_line or article.first_line,
        bibliography=books,
        language=article.meta.language or edition.config.language,
        reserved=RESERVED,
    )
    return Text(
        rendered.html,
        rendered.title,
        rendered.headings,
        rendered.words,
        host.files,
        host.figures,
        rendered.text,
        host.drawn,
        host.wanted,
        host.tests,
    )


def article_key(edition: Edition, article: Article[Any] | None) -> list[Any]:
    """What a write-up's HTML depends on: its text, its references, every number, and where links may lead."""
    if article is None:
        return []
    names = article.meta.bibliography
    books = [article.path.parent / n for n in ([names] if isinstance(names, str) else names)]
    return [
        edition.cache.hash(article.path),
        [edition.cache.hash(b) if there(b, edition.study.root) else "" for b in books],
        edition.numbers.fingerprint,
        edition.names,
        edition.beside(article.path.parent),
    ]
