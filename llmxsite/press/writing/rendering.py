"""What one rendering of a text gathers: the host's drawings, the citations, the running text."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from markdown_it.token import Token

from llmxsite.base.diagnostics import Severity, did_you_mean
from llmxsite.press.writing import citations, sanitise
from llmxsite.press.writing.blocks import Outline
from llmxsite.press.writing.citations import Bibliography
from llmxsite.press.writing.host import TextHost
from llmxsite.press.writing.source import Source


@dataclass(frozen=True)
class Paragraph:
    """A block of running text."""

    lines: list[tuple[int, str]]
    """Line of the file and its words, as `Rendering.prose` has them."""
    values: list[str]
    """The queries of the `{value}` roles in it."""


class Rendering:
    """What one rendering gathers: the host's drawings, citations, prose."""

    page: Outline

    def __init__(self, host: TextHost, source: Source, bibliography: Bibliography, trusted: bool) -> None:
        self.host, self.source, self.bibliography, self.trusted = host, source, bibliography, trusted
        self.letters = bibliography.letters()
        self.slots: list[str] = []
        self.cited: list[str] = []
        self.prose: list[tuple[int, str]] = []
        self.paragraphs: list[Paragraph] = []

    def slot(self, html: str, *, block: bool = False) -> str:
        self.slots.append(html)
        return sanitise.slot(len(self.slots) - 1, block=block)

    def place(self, token: Token) -> tuple[int, int]:
        """Line and column in the file of an inline token."""
        content, line, offset = token.meta.get("at", ("", 0, 0))
        return self.source.place(line + self.source.first_line, content, offset)

    def add(
        self,
        token: Token,
        code: str,
        message: str,
        *,
        hint: str | None = None,
        severity: Severity = "error",
        skip: int = 0,
    ) -> None:
        line, column = self.place(token)
        self.source.add(code, message, line=line, column=column + skip, hint=hint, severity=severity)

    def read(self, tokens: list[Token]) -> None:
        """Gather the running text with its lines."""
        line = 0
        for token in tokens:
            line = token.map[0] if token.map else line
            if token.type != "inline":
                continue
            row = line
            parts: list[str] = []
            before = len(self.prose)
            values = [c.content for c in token.children or [] if c.type == "role" and c.info == "value"]
            for child in token.children or []:
                if child.type in ("softbreak", "hardbreak"):
                    self._prose(row, parts)
                    row, parts = row + 1, []
                elif child.type in ("text", "text_special"):
                    parts.append(child.content)
                elif child.type in ("code_inline", "math_inline", "role", "citation"):
                    parts.append(" ")
            self._prose(row, parts)
            if len(self.prose) > before:
                self.paragraphs.append(Paragraph(self.prose[before:], values))

    def _prose(self, row: int, parts: list[str]) -> None:
        words = " ".join("".join(parts).split())
        if words:
            self.prose.append((row + self.source.first_line, words))

    def cite(self, token: Token, cites: list[citations.Cite] | None, narrative: str) -> str:
        """A citation's HTML, or its source where a key is unknown."""
        wanted = cites if cites is not None else [citations.Cite(narrative)]
        known = [c for c in wanted if c.key in self.bibliography.entries]
        for cite in wanted:
            if cite.key not in self.bibliography.entries:
                hint = did_you_mean(cite.key, self.bibliography.entries)
                if not self.bibliography.files:
                    hint = "put a references.bib beside the page"
                self.add(
                    token,
                    "citation-unknown",
                    f"no entry '{cite.key}' in the bibliography",
                    hint=hint,
                    skip=1 + cite.offset,
                )
        if len(known) != len(wanted):
            return f'<span class="problem">{escape(token.content, quote=False)}</span>'
        self.cited.extend(c.key for c in wanted)
        if cites is None:
            return citations.narrative_html(wanted[0].key, self.bibliography, self.letters)
        return citations.group_html(cites, self.bibliography, self.letters)

    def references(self, *, placed: bool) -> str:
        """The list of references at the end of the page, unless a directive has put it elsewhere."""
        if not self.cited:
            return ""
        written = bool(self.page.headings) and self.page.headings[-1][2].lower() in ("references", "bibliography")
        html = citations.references_html(self.cited, self.bibliography, self.letters, heading=not (placed or written))
        if placed:
            self.slots[self.bibliography_slot] = html
            return ""
        if not written:
            self.page.headings.append((2, "references", "References"))
        return self.slot(html, block=True)

    bibliography_slot: int = -1

    def target(self, url: str, line: int) -> str:
        """A link's address as the page needs it."""
        if url.startswith("#"):
            return url
        return self.host.link(url, line)
