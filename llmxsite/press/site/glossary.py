"""The words of the field, explained where a reader meets them first on a page: a button that opens a note, without a script.

The core's are in `glossary.toml`; a task has its own in a file of that name in its folder, in the same form: a table by id with
`term`, `matches` (as it is written in texts) and `says`.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path

import msgspec
from markupsafe import escape

from llmxsite.base import registry
from llmxsite.base.reading import own_text

ADDRESS = "glossary.html"
_SOURCE = Path(__file__).with_name("glossary.toml")
_TAG = re.compile(
    r"(<!--.*?-->|<(?:script|style|svg|math|template)\b.*?</(?:script|style|svg|math|template)>|<[^>]*>)", re.DOTALL
)
_NAME = re.compile(r"<(/?)([a-zA-Z][\w-]*)")
_INSIDE = {"p", "figcaption", "li", "dd"}
"""Elements whose words are prose."""
_NOT_INSIDE = {
    *(
        "a",
        "button",
        "code",
        "pre",
        "kbd",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "summary",
        "label",
        "select",
        "textarea",
    ),
    *("nav", "table", "title", "form", "header", "output"),
}
_VOID = {"area", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}


class Term(msgspec.Struct, frozen=True):
    """A word and what it means."""

    term: str
    matches: list[str]
    says: str


@registry.remembered
def terms() -> dict[str, Term]:
    """Every term by its id: the core's, then those of tasks, which may not take an id that is there."""
    found = _read(own_text(_SOURCE))
    for task, text in registry.written("glossary.toml"):
        found = {**{f"{task}-{name}" if name in found else name: term for name, term in _read(text).items()}, **found}
    return dict(sorted(found.items(), key=lambda pair: pair[1].term.casefold()))


def _read(text: str) -> dict[str, Term]:
    return msgspec.convert(tomllib.loads(text), dict[str, Term])


@cache
def _pattern(matches: tuple[str, ...]) -> re.Pattern[str]:
    longest = sorted(matches, key=len, reverse=True)
    return re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, longest))})(?![\w-])")


def marked(html: str, address: str) -> str:
    """A page with each known word made a button where it first stands in its prose, and the notes at the end of its main part.

    `address` is the relative address of the glossary. Words in headings, links, code and tables stay as they are.
    """
    start, end = html.find("<main"), html.rfind("</main>")
    if start < 0 or end < 0:
        return html
    known = terms()
    by_word = {word: name for name, term in known.items() for word in term.matches}
    left = dict(by_word)
    used: list[str] = []
    parts: list[str] = []
    opened: list[str] = []
    for piece in _TAG.split(html[start:end]):
        if piece.startswith("<"):
            _follow(piece, opened)
        elif left and piece.strip() and _is_prose(opened):
            piece, met = _taken(piece, left)
            for name in met:
                used.append(name)
                left = {word: other for word, other in left.items() if other != name}
        parts.append(piece)
    notes = "".join(_note(name, known[name], address) for name in used)
    return html[:start] + "".join(parts) + notes + html[end:]


def _follow(tag: str, opened: list[str]) -> None:
    """Keep track of the elements that are open."""
    name = _NAME.match(tag)
    if (
        name is None
        or tag.endswith("/>")
        or (word := name[2].lower()) in _VOID
        or re.match(r"<(script|style|svg|math|template)", tag)
    ):
        return
    if not name[1]:
        opened.append(word)
    elif word in opened:
        del opened[len(opened) - 1 - opened[::-1].index(word) :]


def _is_prose(opened: list[str]) -> bool:
    return not _INSIDE.isdisjoint(opened) and _NOT_INSIDE.isdisjoint(opened)


def _taken(text: str, left: dict[str, str]) -> tuple[str, list[str]]:
    """A piece of text with the first of each term that is left made a button, and which those are."""
    met: list[str] = []

    def button(found: re.Match[str]) -> str:
        name = left.get(found[0])
        if name is None or name in met:
            return found[0]
        met.append(name)
        return f'<button type="button" class="term" popovertarget="term-{name}">{found[0]}</button>'

    return _pattern(tuple(sorted(left))).sub(button, text), met


def _note(name: str, term: Term, address: str) -> str:
    return (
        f'<div popover id="term-{name}" class="gloss" role="note"><p><b>{escape(term.term)}</b></p>'
        f'<p>{escape(term.says)}</p><p><a href="{escape(address)}#{name}">Glossary</a></p></div>\n'
    )
