"""Other pages of text (`content/pages/*.md`), and the page for addresses that lead nowhere."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from markupsafe import Markup

from llmxsite.base.diagnostics import Issues
from llmxsite.press.catalogue import addresses
from llmxsite.press.catalogue.entries import PageEntry
from llmxsite.press.site.edition import Edition, Made
from llmxsite.press.site.pages import Page
from llmxsite.press.site.search import SearchEntry
from llmxsite.press.site.text import article_key, render_article


def pages(edition: Edition) -> Iterator[Page]:
    """Each page of text, and 404.html."""
    for entry in edition.catalogue.pages:
        yield Page(
            addresses.page(entry.slug),
            "page",
            entry.title,
            partial(_page, edition, entry),
            [article_key(edition, entry.article)],
            updated=entry.article.meta.updated or entry.article.meta.date or "",
            summary=entry.article.meta.summary,
        )
    yield Page(addresses.NOT_FOUND, "not_found", "Not found", lambda _: _not_found(edition), [edition.assets.style])


def _page(edition: Edition, entry: PageEntry, issues: Issues) -> Made:
    address = addresses.page(entry.slug)
    text = render_article(edition, entry.article, address, issues, prefix=entry.slug)
    html = edition.html(
        "page.html",
        address,
        title=entry.title,
        lead=entry.article.meta.subtitle,
        text=Markup(text.html),  # cleaned by the Markdown room
        headings=text.headings,
        charts=bool(text.figures),
        description=entry.article.meta.summary,
    )
    found = SearchEntry(
        address=address,
        title=entry.title,
        kind="Page",
        headings=[words for _, _, words in text.headings],
        text=text.words_for_search,
    )
    return Made(html, text.files, text.figures, [found], text.wanted, text.tests)


def _not_found(edition: Edition) -> Made:
    """Served under any address, at any depth: its links start at the site's own root where that is known, and it holds
    its style in itself so that it can be read even where it is not."""
    html = edition.html(
        "not_found.html", addresses.NOT_FOUND, title="Not found", inline_style=Markup(edition.assets.inline)
    )
    if edition.base_url:
        from urllib.parse import urlsplit

        root = urlsplit(edition.base_url).path.rstrip("/")
        html = rooted(html, root)
    return Made(html)


def rooted(html: str, root: str) -> str:
    """`href="reports/index.html"` -> `href="/repo/reports/index.html"`, for every relative link of a page at the root."""
    import re

    return re.sub(r'(\s(?:href|src|action|data-search)=")(?![a-z]+:|/|#)', lambda m: f"{m[1]}{root}/", html)
