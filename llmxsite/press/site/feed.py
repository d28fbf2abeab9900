"""Files for other programs that only make sense at a known address: Atom feed, sitemap, robots.txt.

Times come from the write-ups, never from the clock: two builds of one study give the same bytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from xml.etree import ElementTree

import msgspec

from llmxsite.press.catalogue import addresses
from llmxsite.study.study import SiteConfig

ATOM = "http://www.w3.org/2005/Atom"
SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"
FEED_ADDRESS, SITEMAP_ADDRESS, ROBOTS_ADDRESS = "feed.xml", "sitemap.xml", "robots.txt"
MAX_ENTRIES = 50
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class FeedEntry(msgspec.Struct, kw_only=True):
    """One report in the feed."""

    address: str
    title: str
    date: str
    """`YYYY-MM-DD`."""
    updated: str | None = None
    summary: str | None = None
    authors: list[str] = []
    tags: list[str] = []
    draft: bool = False


def atom(config: SiteConfig, entries: Iterable[FeedEntry]) -> bytes:
    """Atom 1.0 (RFC 4287) of the newest reports. Needs `base_url`."""
    base = _base(config)
    newest = sorted(entries, key=lambda e: (e.date, e.address), reverse=True)[:MAX_ENTRIES]
    feed = ElementTree.Element("feed", {"xmlns": ATOM, "xml:lang": config.language})
    _text(feed, "title", config.title)
    if config.subtitle:
        _text(feed, "subtitle", config.subtitle)
    _text(feed, "id", addresses.absolute(base, addresses.HOME))
    _text(feed, "updated", _time(max((e.updated or e.date for e in newest), default="1970-01-01")))
    ElementTree.SubElement(feed, "link", {"rel": "self", "href": addresses.absolute(base, FEED_ADDRESS)})
    ElementTree.SubElement(feed, "link", {"href": addresses.absolute(base, addresses.HOME)})
    for author in config.authors or ():
        _person(feed, author.name)
    if config.licence:
        _text(feed, "rights", config.licence)
    for entry in newest:
        _entry(feed, base, entry)
    return _bytes(feed)


def _entry(feed: ElementTree.Element, base: str, entry: FeedEntry) -> None:
    element = ElementTree.SubElement(feed, "entry")
    address = addresses.absolute(base, entry.address)
    _text(element, "title", f"Draft: {entry.title}" if entry.draft else entry.title)
    _text(element, "id", address)
    ElementTree.SubElement(element, "link", {"href": address})
    _text(element, "published", _time(entry.date))
    _text(element, "updated", _time(entry.updated or entry.date))
    for name in entry.authors:
        _person(element, name)
    for tag in entry.tags:
        ElementTree.SubElement(element, "category", {"term": _clean(tag)})
    if entry.summary:
        _text(element, "summary", entry.summary)


def sitemap(config: SiteConfig, pages: Iterable[tuple[str, str | None]]) -> bytes:
    """Every page as `(address, date of its last change or None)`. Needs `base_url`."""
    base = _base(config)
    root = ElementTree.Element("urlset", {"xmlns": SITEMAP})
    for address, changed in sorted(pages):
        url = ElementTree.SubElement(root, "url")
        _text(url, "loc", addresses.absolute(base, address))
        if changed:
            _text(url, "lastmod", changed)
    return _bytes(root)


def robots(config: SiteConfig) -> bytes:
    """Everything may be read; here is the list. Needs `base_url`."""
    return f"User-agent: *\nAllow: /\nSitemap: {addresses.absolute(_base(config), SITEMAP_ADDRESS)}\n".encode()


def _base(config: SiteConfig) -> str:
    if config.base_url is None:
        raise ValueError("a feed needs absolute addresses: base_url is not set")
    return config.base_url


def _time(date: str) -> str:
    return f"{date}T00:00:00Z"


def _person(parent: ElementTree.Element, name: str) -> None:
    _text(ElementTree.SubElement(parent, "author"), "name", name)


def _text(parent: ElementTree.Element, tag: str, text: str) -> None:
    ElementTree.SubElement(parent, tag).text = _clean(text)


def _clean(text: str) -> str:
    return _NOT_XML.sub("", text)


def _bytes(root: ElementTree.Element) -> bytes:
    ElementTree.indent(root)
    text = ElementTree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{text}\n'.encode()
