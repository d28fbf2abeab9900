"""Citations in author-year style, and the list of references a page ends with.

`[@guo2017]` gives `(Guo et al., 2017)`, `[see @guo2017, p. 3; @brier1950]` several, `[-@guo2017]` only the year, and
`@guo2017` in a sentence `Guo et al. (2017)`. Keys come from the BibTeX files beside the page.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from html import escape
from itertools import count
from pathlib import Path
from urllib.parse import quote

from llmxsite.base.diagnostics import Issues, Problem
from llmxsite.base.reading import read_text
from llmxsite.base.regular import there
from llmxsite.press.writing import anchors, bibtex
from llmxsite.press.writing.bibtex import Entry

_MARKS = "".join(chr(c) for c in range(0x300, 0x3100) if unicodedata.category(chr(c)) in ("Mn", "Mc"))
"""Accents and vowel signs that are characters of their own; `\\w` leaves them out."""
KEY = rf"\w[\w{_MARKS}:.#$%&+?<>~/-]*"
UNSPACED = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
"""Letters of scripts that put no space before a citation: what stands there makes no mail address of it."""
_GOES_ON = re.compile(f"[{UNSPACED}]")
_CITED = re.compile(rf"(?P<prefix>[^@\[\]]*?)(?P<minus>-?)(?<![^\W_{UNSPACED}])@(?P<key>{KEY})(?P<suffix>[^@\[\]]*)")
_ARXIV = re.compile(
    r"(?:arxiv:?\s*|(?:https?://)?arxiv\.org/(?:abs|pdf)/)?(\d{4}\.\d{4,5}(?:v\d+)?|[a-z-]+(?:\.[A-Z]{2})?/\d{7})", re.I
)
_DOI = re.compile(r"(?:https?://(?:dx\.)?doi\.org/|doi:\s*)?(10\.\d{4,9}/\S+)", re.I)


class Bibliography:
    """The entries a page may cite, and which it does, in the order of their first citation."""

    def __init__(self, entries: dict[str, Entry] | None = None, *, files: list[str] | None = None) -> None:
        self.entries = entries or {}
        taken: set[str] = set()
        for entry in self.entries.values():
            wanted = "ref-" + (anchors.slug(entry.key) or "work")
            entry.anchor = next(n for i in count(2) if (n := wanted if i == 2 else f"{wanted}-{i - 1}") not in taken)
            taken.add(entry.anchor)
        self.files = files or []
        """Names of the files read; empty when the page has none, and then `@name` in a sentence is plain text."""

    @classmethod
    def load(cls, folder: Path, files: str | list[str], issues: Issues) -> Bibliography:
        """The BibTeX files of a page. The default `references.bib` may be missing; any other name may not."""
        names = [files] if isinstance(files, str) else files
        entries: dict[str, Entry] = {}
        read: list[str] = []
        for name in names:
            path = folder / name
            if "\0" in name or ".." in Path(name).parts or Path(name).is_absolute():
                issues.add(folder, "bibliography-place", f"'{name[:100]}' is not beside the page")
                continue
            if name == "references.bib" and not there(path):
                continue
            try:
                text = read_text(path, limit=bibtex.MAX_BYTES, inside=folder)
            except Problem as problem:
                issues.extend(problem.issues)
                continue
            read.append(name)
            for key, entry in bibtex.parse(text, path, issues).items():
                entries.setdefault(key, entry)
        return cls(entries, files=read)

    def beginning(self, text: str) -> str:
        """The key that `text` begins with, where it goes on in a script without spaces: `chen2020的研究`. Else all of it."""
        if unicodedata.normalize("NFC", text) in self.entries:
            return text
        known = (key for key in self.entries if text.startswith(key) and _GOES_ON.match(text, len(key)))
        return max(known, key=len, default=text)

    def letters(self) -> dict[str, str]:
        """Year with a letter where one author has several works of a year: `2017a`."""
        groups: dict[tuple[str, str], list[Entry]] = {}
        for entry in self.entries.values():
            groups.setdefault((short_names(entry), year(entry)), []).append(entry)
        result = {}
        for (_, when), group in groups.items():
            for index, entry in enumerate(sorted(group, key=lambda e: (e.fields.get("title", ""), e.key))):
                result[entry.key] = when + (chr(ord("a") + index) if 1 < len(group) <= 26 else "")
        return result


class Cite:
    """One work in a citation: `see @guo2017, p. 3`."""

    __slots__ = ("hide_author", "key", "offset", "prefix", "suffix")

    def __init__(
        self, key: str, prefix: str = "", suffix: str = "", hide_author: bool = False, offset: int = 0
    ) -> None:
        # An accent is part of its letter, however an editor has stored the two.
        self.key, self.prefix, self.suffix = unicodedata.normalize("NFC", key), prefix, suffix
        self.hide_author, self.offset = hide_author, offset
        """`offset`: where the key stands in the text of the whole citation."""


def parse_group(text: str) -> list[Cite] | None:
    """The works of a bracketed citation without its brackets, or None when the text is not one."""
    cites, offset = [], 0
    for part in text.split(";"):
        found = _CITED.fullmatch(part)
        if not found:
            return None
        key = found["key"].rstrip(".:?/-")
        suffix = found["key"][len(key) :] + found["suffix"]
        cites.append(Cite(key, found["prefix"].strip(), suffix, bool(found["minus"]), offset + found.start("key")))
        offset += len(part) + 1
    return cites


def short_names(entry: Entry) -> str:
    """Who wrote it, as a citation says it: `Guo`, `Naeini and Cooper`, `Guo et al.`; the title where nobody signed."""
    people = entry.people.get("author") or entry.people.get("editor") or []
    families = [family for family, _ in people if family.lower() != "others"]
    if not families:
        title = entry.fields.get("title", entry.key)
        return title if len(title) <= 40 else title[:38].rsplit(" ", 1)[0] + "…"
    if len(people) == 1:
        return families[0]
    if len(people) == 2 and len(families) == 2:
        return f"{families[0]} and {families[1]}"
    return f"{families[0]} et al."


def year(entry: Entry) -> str:
    """The year of publication, or `n.d.`."""
    return entry.fields.get("year") or entry.fields.get("date", "")[:4] or "n.d."


def group_html(cites: Iterable[Cite], bibliography: Bibliography, letters: dict[str, str]) -> str:
    """`(see Guo et al., 2017, p. 3; Brier, 1950)`; every key must be in the bibliography."""
    parts = []
    for cite in cites:
        entry = bibliography.entries[cite.key]
        when = letters[cite.key]
        text = when if cite.hide_author else f"{short_names(entry)}, {when}"
        prefix = f"{escape(cite.prefix, quote=False)} " if cite.prefix else ""
        parts.append(f"{prefix}{_link(entry, text)}{escape(cite.suffix.rstrip(), quote=False)}")
    return f'<span class="cite">({"; ".join(parts)})</span>'


def narrative_html(key: str, bibliography: Bibliography, letters: dict[str, str]) -> str:
    """`Guo et al. (2017)`."""
    entry = bibliography.entries[key]
    return f'<span class="cite">{_link(entry, f"{short_names(entry)} ({letters[key]})")}</span>'


def _link(entry: Entry, text: str) -> str:
    return f'<a href="#{entry.anchor}">{escape(text, quote=False)}</a>'


def references_html(
    keys: Iterable[str], bibliography: Bibliography, letters: dict[str, str], *, heading: bool = True
) -> str:
    """The list of references: cited works by author and year, each with its links. `heading=False` where one stands there."""
    entries = sorted(
        (bibliography.entries[k] for k in dict.fromkeys(keys)),
        key=lambda e: (anchors.slug(short_names(e)), letters[e.key], e.key),
    )
    items = "\n".join(f'<li id="{e.anchor}">{reference(e, letters[e.key])}</li>' for e in entries)
    title = '<h2 id="references">References</h2>\n' if heading else ""
    return f'<section class="references" aria-label="References">\n{title}<ul>\n{items}\n</ul>\n</section>\n'


def reference(entry: Entry, when: str) -> str:
    """One work in full, as HTML: people, year, title, where it appeared, links."""
    fields = entry.fields
    title = f"<cite>{escape(fields.get('title', entry.key), quote=False)}</cite>"
    people = entry.people.get("author") or entry.people.get("editor") or []
    role = "" if not people or "author" in entry.people else " (ed.)" if len(people) == 1 else " (eds.)"
    who = _people(people) + role
    parts = [f"{escape(who, quote=False)} ({escape(when)}). {title}." if who else f"{title} ({escape(when)})."]
    venue = fields.get("journal") or fields.get("journaltitle") or fields.get("booktitle") or fields.get("howpublished")
    venue = venue or fields.get("school") or fields.get("institution") or fields.get("publisher")
    if venue and not re.match(r"(https?:|arxiv)", venue, re.I):
        where = f"<i>{escape(venue, quote=False)}</i>"
        volume = fields.get("volume", "")
        issue = f"({fields['number']})" if fields.get("number") and volume else ""
        pages = fields.get("pages", "").replace("-", "–").replace("––", "–")
        details = ", ".join(escape(x, quote=False) for x in (f"{volume}{issue}", pages) if x)
        parts.append(f"{where}{', ' + details if details else ''}.")
    parts.extend(_links(fields))
    return " ".join(parts)


def _people(people: list[tuple[str, str]]) -> str:
    names = []
    for family, given in people:
        if family.lower() == "others":
            names.append("et al.")
            continue
        initials = " ".join(f"{word[0]}." for word in re.split(r"[\s.-]+", given) if word)
        names.append(f"{family}, {initials}" if initials else family)
    if len(names) > 10:
        names = [*names[:9], "et al."]
    if len(names) > 1 and names[-1] != "et al.":
        return ", ".join(names[:-1]) + f" and {names[-1]}"
    return ", ".join(names)


def _links(fields: dict[str, str]) -> list[str]:
    links = []
    doi = _DOI.search(fields.get("doi", "") or fields.get("url", ""))
    if doi:
        name = doi[1].rstrip(".,;")
        links.append(_external(f"https://doi.org/{quote(name, safe='/:;()._-')}", f"doi:{name}"))
    archive = (fields.get("archiveprefix", "") or fields.get("eprinttype", "")).lower()
    eprint = fields.get("eprint", "")
    if archive not in ("", "arxiv"):
        eprint = ""
    text = eprint or next(
        (fields[f] for f in ("journal", "howpublished", "note", "url") if "arxiv" in fields.get(f, "").lower()), ""
    )
    # Without the archive's name a number has to be one of arXiv's from its first character to its last.
    arxiv = _ARXIV.fullmatch(text) if eprint and not archive else _ARXIV.search(text)
    if arxiv:
        links.append(_external(f"https://arxiv.org/abs/{arxiv[1]}", f"arXiv:{arxiv[1]}"))
    url = fields.get("url", "")
    if url.startswith(("http://", "https://")) and not links:
        links.append(_external(url, re.sub(r"^https?://(www\.)?", "", url).rstrip("/")))
    return links


def _external(href: str, text: str) -> str:
    return f'<a href="{escape(href)}" rel="noopener">{escape(text, quote=False)}</a>'
