"""The glossary: every word that pages explain, on one page."""

from __future__ import annotations

from collections.abc import Iterator

from llmxsite.press.site import glossary
from llmxsite.press.site.edition import Edition, Made
from llmxsite.press.site.pages import Page
from llmxsite.press.site.search import SearchEntry


def pages(edition: Edition) -> Iterator[Page]:
    terms = glossary.terms()
    yield Page(glossary.ADDRESS, "glossary", "Glossary", lambda _: _glossary(edition), [terms])


def _glossary(edition: Edition) -> Made:
    terms = glossary.terms()
    html = edition.html(
        "glossary.html",
        glossary.ADDRESS,
        title="Glossary",
        section="methods",
        terms=terms,
        glossed=False,
        description="Words of the field as this site uses them.",
    )
    words = " ".join(f"{term.term}: {term.says}" for term in terms.values())
    return Made(html, search=[SearchEntry(address=glossary.ADDRESS, title="Glossary", kind="Page", text=words)])
