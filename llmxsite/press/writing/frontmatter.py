"""Front matter: the YAML between two `---` lines at the head of a write-up, as typed records.

The body keeps its place: `Article.first_line` is the line of the file on which it starts, so every later message about
the body names the line an editor shows.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Generic, Literal, TypeVar

import msgspec
from msgspec import Meta

from llmxsite.base import links
from llmxsite.base.diagnostics import Issues, Problem
from llmxsite.base.document import Document
from llmxsite.base.reading import read_text
from llmxsite.press.writing.source import lines_of
from llmxsite.study.study import Author

Date = Annotated[str, Meta(pattern=r"^\d{4}-\d{2}-\d{2}$")]
_FENCE = re.compile(r"^---[ \t]*$")
_END = re.compile(r"^(---|\.\.\.)[ \t]*$")


class PageMeta(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Front matter of any page: `content/index.md`, `content/pages/*.md`."""

    title: str | None = None
    """Without one, the page's first heading is its title."""
    subtitle: str | None = None
    summary: str | None = None
    """One or two sentences for lists, the feed and social cards."""
    authors: list[str | Author] = []
    """Names, or mappings with name, affiliation, orcid, url, email. Empty: the study's authors."""
    date: Date | None = None
    updated: Date | None = None
    tags: list[str] = []
    language: str | None = None
    """Language of the text, as in `fr`, where it is not the study's."""
    order: int | None = None
    """Place in lists and navigation, low first; pages without one follow by title."""
    bibliography: str | list[str] = "references.bib"
    """BibTeX files beside the page."""
    image: str | None = None
    """Picture beside the page for its social card."""

    @property
    def people(self) -> list[Author]:
        """The authors as records, however they were written."""
        return [Author(name=a) if isinstance(a, str) else a for a in self.authors]


class ReportMeta(PageMeta, kw_only=True, omit_defaults=True):
    """Front matter of `content/reports/<slug>/index.md`."""

    status: Literal["draft", "final"] = "draft"
    """A draft says that it is one on its page and in the feed."""
    featured: bool = False
    """Whether it is the study's main report, whose first figure opens the home page. Of several, and of none, the newest is."""
    finding: str | None = None
    """What came out, in one sentence, with its interval. Without one, the verdict of the first prediction says it."""
    doi: str | None = None
    licence: str | None = None
    """SPDX identifier, where it is not the study's."""
    checklist: dict[str, str] = {}
    """Answers to GUIDE-LLM's items that only a person can give, by item: `A.2: two students read every reply`."""


class ModelMeta(PageMeta, kw_only=True, omit_defaults=True):
    """Front matter of `content/models/<slug>.md`: what only a person can write on a model card."""

    models: list[str] = []
    """Names in the run logs that this card describes, such as `llama3.2:3b`. Empty: the model whose slug is the file's name."""
    developer: str | None = None
    released: str | None = None
    licence: str | None = None
    homepage: str | None = None
    paper: str | None = None
    contact: str | None = None


M = TypeVar("M", bound=PageMeta)


class Article(msgspec.Struct, Generic[M], kw_only=True):
    """A write-up, read: front matter, body, and where the body starts."""

    path: Path
    meta: M
    body: str
    first_line: int
    document: Document | None = None
    """The front matter as parsed, to name the line of a key; None where there is none."""


def split(text: str) -> tuple[str | None, str, int]:
    """`(yaml, body, first line of the body)`; yaml is None where the text has no front matter.

    >>> split("---\\ntitle: T\\n---\\nBody")
    ('title: T', 'Body', 4)
    """
    lines = lines_of(text)
    if not _FENCE.match(lines[0]):
        return None, text, 1
    for number, line in enumerate(lines[1:], 2):
        if _END.match(line):
            return "\n".join(lines[1 : number - 1]), "\n".join(lines[number:]), number + 1
    return None, text, 1


def parse(text: str, path: Path, type_: type[M], issues: Issues) -> Article[M]:
    """A write-up from its text. Mistakes in the front matter become issues, and its defaults stand in for it."""
    yaml, body, first_line = split(text)
    if yaml is None:
        if _FENCE.match(lines_of(text)[0]):
            issues.add(
                path,
                "front-matter-open",
                "the front matter that starts here has no end",
                line=1,
                hint="close it with a line of '---'",
            )
        return Article(path=path, meta=type_(), body=body, first_line=first_line)
    try:
        document = Document.parse(yaml, path, first_line=2)
    except Problem as problem:
        issues.extend(problem.issues)
        return Article(path=path, meta=type_(), body=body, first_line=first_line)
    if document.data is not None and not isinstance(document.data, dict):
        issues.add(path, "front-matter-invalid", "front matter must be `key: value` lines", line=2)
        return Article(path=path, meta=type_(), body=body, first_line=first_line, document=document)
    meta = document.convert(type_, code="front-matter", issues=issues)
    for keys in links.unsafe_fields(meta):
        message = f"'{keys[-1]}' is no address of a page: http, https and mailto are, and what is relative"
        issues.extend([document.issue(keys, "front-matter-invalid", message)])
        links.without(meta, keys)
    return Article(path=path, meta=meta or type_(), body=body, first_line=first_line, document=document)


def read(path: Path, type_: type[M], issues: Issues) -> Article[M]:
    """A write-up from its file. Raises `Problem` when the file cannot be read."""
    return parse(read_text(path), path, type_, issues)
