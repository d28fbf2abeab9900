"""Search without a server: an inverted index as classic scripts, which a page loads when somebody starts to type.

`search/index.js` has the list of pages and says which shard holds which first letters; a shard has its terms, sorted, and
for each the pages it is on, with a weight. Shards are packed by size, so a small site has one and a large one loads
only what the typed letters need. The words of pages are in shards of their own, for the lines in which a match is shown. The
client's half, with the forgiving of typing mistakes, is static/js/search.js. Replies are not in the index: the sample explorer
searches them, and is offered. Without JavaScript the search page is a plain list of the site's pages, drawn by `listing`.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable
from html import escape

import msgspec

from llmxsite.press.catalogue import addresses

INDEX = "search/index.js"
SHARD_BYTES = 64_000
QUESTION = "Question"
"""The kind of an entry that is an item of a suite."""
MOST_QUESTIONS = 2_000
"""Items of one suite that are entries of their own."""
_TEXT = 6_000
"""Characters of a page that are kept to show a match in."""
TERMS_A_PAGE = 400
"""Most terms kept of one page, the most frequent first: bounds the index by the number of pages."""
_COMMON = 0.6
"""In a site of more than `_COMMON_FROM` pages, a term on more than this share of them finds nothing and is left out."""
_COMMON_FROM = 50
_WORD = re.compile(r"\w+(?:[.:'’-]\w+)*")
_PART = re.compile(r"[^\W_]+")
_WEIGHTS = {"title": 7, "heading": 4, "summary": 3, "text": 1}
"""Weights reach from 1 to 7: three bits of a posting."""


class SearchEntry(msgspec.Struct, kw_only=True):
    """One page to be found."""

    address: str
    title: str
    kind: str
    """What it is, in one word whose plural ends in s: `Report`, `Model`."""
    summary: str = ""
    headings: list[str] = []
    text: str = ""


def terms(text: str) -> list[str]:
    """The terms of a text: lower case without accents, names whole and in parts.

    >>> terms("Élan of llama3.2:3b")
    ['elan', 'of', 'llama3.2:3b', 'llama3', '2', '3b']
    """
    found = []
    for word in _WORD.findall(fold(text)):
        parts = _PART.findall(word)
        if len(parts) > 1:
            found.append(word[:40])
        found.extend(part[:40] for part in parts)
    return found


def fold(text: str) -> str:
    """Lower case without accents, as the client folds what is typed."""
    return "".join(
        c for c in unicodedata.normalize("NFKD", text.lower()) if not unicodedata.category(c).startswith("M")
    )


def build(entries: Iterable[SearchEntry], samples: str | None = None) -> dict[str, bytes]:
    """The index's files by address. The same entries give the same bytes. `samples` is the explorer's address, where there is one."""
    pages = sorted(entries, key=lambda e: e.address)
    postings: dict[str, list[int]] = {}
    for number, page in enumerate(pages):
        for term, weight in _weights(page).items():
            postings.setdefault(term, []).append(number * 8 + weight)
    if len(pages) > _COMMON_FROM:
        common = _COMMON * len(pages)
        postings = {t: p for t, p in postings.items() if len(p) <= common or any(code % 8 > 1 for code in p)}
    files: dict[str, bytes] = {}
    shards: list[list[str]] = []
    for letters, part in _pack(postings):
        names = sorted(part)
        body = b"llmxsiteSearch.shard(" + _json([letters, names, [part[t] for t in names]]) + b");\n"
        address = f"search/{addresses.hashed('terms', 'js', body)}"
        files[address] = body
        shards.append([letters, address.removeprefix("search/")])
    listed = [[p.title, p.address, p.kind, _whole(p.summary, 160)] for p in pages]
    texts = []
    for first, words in _texts(pages):
        body = b"llmxsiteSearch.texts(" + _json([first, words]) + b");\n"
        address = f"search/{addresses.hashed('texts', 'js', body)}"
        files[address] = body
        texts.append([first, address.removeprefix("search/")])
    index = {"pages": listed, "shards": shards, "texts": texts, "samples": samples}
    files[INDEX] = b"llmxsiteSearch.index(" + _json(index) + b");\n"
    return files


def _texts(pages: list[SearchEntry]) -> Iterable[tuple[int, list[str]]]:
    """The words of pages in shards, in the pages' order: the number of the first page, and a text each."""
    first, size = 0, 0
    held: list[str] = []
    for number, page in enumerate(pages):
        text = (
            " ".join(" ".join([page.summary, *page.headings, page.text]).split())[:_TEXT]
            if page.kind != QUESTION
            else ""
        )
        if held and size + len(text) > SHARD_BYTES:
            yield first, held
            first, size, held = number, 0, []
        held.append(text)
        size += len(text) + 3
    if held:
        yield first, held


def _whole(text: str, most: int) -> str:
    """The beginning of a text, up to a whole word."""
    return text if len(text) <= most else f"{text[:most].rsplit(' ', 1)[0]} …"


def _weights(page: SearchEntry) -> dict[str, int]:
    """Terms of a page with the weight of the best place they stand in."""
    found: dict[str, int] = {}
    for place, text in (("title", page.title), ("heading", " ".join(page.headings)), ("summary", page.summary)):
        for term in terms(text):
            found[term] = max(found.get(term, 0), _WEIGHTS[place])
    counts = Counter(terms(page.text))
    ranked = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    for term, count in ranked[:TERMS_A_PAGE]:
        found[term] = max(found.get(term, 0), _WEIGHTS["text"] + (count > 3))
    return found


def _pack(postings: dict[str, list[int]]) -> Iterable[tuple[str, dict[str, list[int]]]]:
    """Groups of first letters, in order, each with its terms: as many letters as fit in `SHARD_BYTES`."""
    letters: dict[str, dict[str, list[int]]] = {}
    for term in sorted(postings):
        letters.setdefault(term[0], {})[term] = postings[term]
    group, size = "", 0
    held: dict[str, list[int]] = {}
    for letter, part in letters.items():
        weight = sum(len(term) + 4 + 5 * len(codes) for term, codes in part.items())
        if group and size + weight > SHARD_BYTES:
            yield group, held
            group, held, size = "", {}, 0
        group, size = group + letter, size + weight
        held = held | part
    if group:
        yield group, held


def _json(value: object) -> bytes:
    """JSON that is also JavaScript: U+2028 and U+2029 end a line in older engines."""
    return msgspec.json.encode(value).replace(b"\xe2\x80\xa8", b"\\u2028").replace(b"\xe2\x80\xa9", b"\\u2029")


def field(to: Callable[[str], str], script: str = "") -> str:
    """The search form. `to(address)` gives the relative address from the page it stands on; `script` is that of the client's half,
    which a page loads when somebody turns to the field."""
    brings = f' data-script="{escape(to(script))}"' if script else ""
    return (
        f'<form class="search" role="search" action="{escape(to("search.html"))}" data-search="{escape(to(INDEX))}"{brings}>'
        '<label for="search-field">Search this site</label>'
        '<input id="search-field" name="q" type="search" autocomplete="off" spellcheck="false" maxlength="200">'
        '<ul id="search-results" class="search-results" role="listbox" aria-label="Pages found" hidden></ul>'
        '<p class="search-status" role="status"></p>'
        "</form>"
    )


def listing(entries: Iterable[SearchEntry], to: Callable[[str], str]) -> str:
    """Every page of the site as lists, one a kind: what the search page is without JavaScript."""
    kinds: dict[str, list[SearchEntry]] = {}
    for entry in sorted(entries, key=lambda e: (e.kind, e.title.casefold(), e.address)):
        if entry.kind == QUESTION:
            continue  # its suite's page has it
        kinds.setdefault(entry.kind, []).append(entry)
    parts = []
    for kind, group in kinds.items():
        items = "\n".join(
            f'<li><a href="{escape(to(e.address))}">{escape(e.title, quote=False)}</a></li>' for e in group
        )
        parts.append(f"<h2>{escape(kind, quote=False)}s</h2>\n<ul>\n{items}\n</ul>\n")
    return f'<div class="site-index">\n{"".join(parts)}</div>\n'
