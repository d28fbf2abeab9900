"""The BibTeX files beside a page: entries by key, their fields as text, what is wrong in them with its line.

pybtex reads the grammar (`bibtex_grammar`), pylatexenc the LaTeX in the fields (`latex`).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from llmxsite.base.diagnostics import Issues, did_you_mean, display_path
from llmxsite.press.writing import latex

if TYPE_CHECKING:
    from llmxsite.press.writing.bibtex_grammar import Raw

MAX_BYTES = 8 * 1024 * 1024
"""The largest bibliography that is read."""
MAX_MISTAKES = 100
_TYPES = set(
    str.split(
        "article book booklet collection conference inbook incollection inproceedings manual mastersthesis misc mvbook "
        "online patent periodical phdthesis proceedings reference report software techreport thesis unpublished dataset"
    )
)
_ADDRESSES = {"url", "doi", "eprint", "archiveprefix", "eprinttype", "crossref"}
"""Fields that are no prose: nothing in them is set."""
_PROSE = set(
    str.split(
        "title subtitle journal journaltitle booktitle howpublished school institution organization publisher note volume "
        "number pages year date"
    )
)
"""Fields that a list of references may show. Abstracts and keywords are not read."""
_PROTECTED = re.compile(r"(?:(?<=\w)|(?=\{[^{}\\\s]*\}\w))\{([^{}\\\s]*)\}")
"""Braces inside a word, which keep a letter's case: to BibTeX `{K}ilian` is no first name, as it has no letter in sight."""


@dataclass
class Entry:
    """One entry. Field names are lower case; values are plain Unicode text, addresses as they were meant."""

    key: str
    type: str
    fields: dict[str, str]
    line: int
    people: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    """Field `author` or `editor` as `(family, given)` pairs; a name in braces has no given part."""
    anchor: str = ""
    """The id of the work in a list of references, which no other entry of its bibliography has."""


class _Enough(Exception):  # noqa: N818 - ends the reading of a file that is hardly BibTeX
    pass


def parse(text: str, path: str | Path, issues: Issues) -> dict[str, Entry]:
    """Every entry by key. What cannot be read is an issue with its line, and reading goes on after it."""
    from llmxsite.press.writing.bibtex_grammar import read

    raw: dict[str, Raw] = {}
    shown = display_path(path)
    told = 0

    def add(at: int, code: str, message: str, hint: str | None = None) -> None:
        nonlocal told
        told += 1
        if told > MAX_MISTAKES:
            if code == "bibtex-syntax":
                raise _Enough
            return
        if told == MAX_MISTAKES:
            message, hint = f"{MAX_MISTAKES} mistakes in this file; those after this one are not listed", None
        start = text.rfind("\n", 0, at) + 1
        end = text.find("\n", at)
        issues.add(
            shown,
            code,
            message,
            line=text.count("\n", 0, at) + 1,
            column=at - start + 1,
            hint=hint,
            excerpt=text[start : end if end >= 0 else len(text)],
            severity="error" if code == "bibtex-syntax" else "warning",
        )

    try:
        for found in read(text, add):
            if found.type not in _TYPES:
                message = f"unknown entry type '@{found.type}'"
                add(found.offset, "bibtex-type", message, did_you_mean(found.type, _TYPES))
            key = unicodedata.normalize("NFC", found.key)
            if key in raw:
                message = f"key '{key}' stands twice; the first counts"
                add(found.offset, "bibtex-duplicate-key", message, "give one another key")
            raw.setdefault(key, found)
    except _Enough:
        pass
    entries = {}
    for key, found in raw.items():
        unknown: dict[str, None] = {}
        fields = _inherited(key, raw)
        if (parent := found.fields.get("crossref", "").strip()) and unicodedata.normalize("NFC", parent) not in raw:
            hint = did_you_mean(parent, raw)
            add(found.offset, "bibtex-crossref", f"entry '{key}' refers to '{parent}', which is not there", hint)
        entries[key] = _entry(key, found, fields, unknown)
        for name in unknown:
            message = f"entry '{key}' uses \\{name}, which is not known; what stands in it is shown without it"
            add(found.offset, "bibtex-command", message, "write the character itself")
    return entries


def _entry(key: str, found: Raw, fields: dict[str, str], unknown: dict[str, None]) -> Entry:
    words = {n: latex.plain(v, unknown.setdefault) for n, v in fields.items() if n in _PROSE}
    words |= {n: latex.verbatim(v) for n, v in fields.items() if n in _ADDRESSES}
    # `title = {\href{https://...}{...}}` and `howpublished = {\url{...}}` say where a work is, as `url` would.
    linked = [link for name in ("title", "howpublished", "note") for link in latex.links(fields.get(name, ""))]
    if linked:
        words.setdefault("url", linked[0])
    people: dict[str, list[tuple[str, str]]] = {
        n: list(_people(fields[n], unknown)) for n in ("author", "editor") if n in fields
    }
    return Entry(key, found.type, words, found.line, people)


def _inherited(key: str, raw: dict[str, Raw]) -> dict[str, str]:
    """An entry's fields with those of the entry that its `crossref` names, and of that one's, which it lacks.

    The title of the whole is the part's `booktitle`, and no part takes over the whole's title.
    """
    fields = dict(raw[key].fields)
    seen = {key}
    parent = unicodedata.normalize("NFC", fields.get("crossref", "").strip())
    while parent in raw and parent not in seen:
        seen.add(parent)
        given = dict(raw[parent].fields)
        if (title := given.pop("title", None)) is not None:
            given.setdefault("booktitle", title)
        for name, value in given.items():
            if name != "crossref":
                fields.setdefault(name, value)
        parent = unicodedata.normalize("NFC", given.get("crossref", "").strip())
    return fields


def _people(value: str, unknown: dict[str, None]) -> Iterator[tuple[str, str]]:
    """A field of names as `(family, given)` pairs: `Guo, Chuan and Geoff Pleiss and {OpenAI}`."""
    from pybtex.bibtex.utils import split_name_list
    from pybtex.database import InvalidNameString, Person

    def text(words: list[str]) -> str:
        return latex.plain(" ".join(words), unknown.setdefault)

    for name in split_name_list(value):
        try:
            person = Person(_PROTECTED.sub(r"\1", name))
        except InvalidNameString:  # more commas than a name has
            yield latex.plain(name, unknown.setdefault), ""
            continue
        given = [*person.first_names, *person.middle_names, *person.lineage_names]
        family = [*person.prelast_names, *person.last_names]
        if family or given:
            yield text(family), text(given)
