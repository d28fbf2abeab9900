"""Where the parts of a suite stand in its files, so that a problem found late still names its line."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from llmxsite.base.diagnostics import Issue, Severity, display_path
from llmxsite.base.document import Document, Key
from llmxsite.base.reading import read_text

_EXCERPT = 400
"""Characters of a long line that an issue quotes."""


class Origin:
    """The document of a suite, and for each of its items the keys (YAML, JSON) or the line (items.jsonl) it came from."""

    def __init__(self, document: Document, lines: Path | None = None, names: dict[str, str] | None = None) -> None:
        """`names`: what a field of ours is called in a foreign file."""
        self.document = document
        self.lines = lines
        self.names = names or {}
        self.items: list[int | tuple[Key, ...]] = []
        """For each item of the suite: its line in items.jsonl, or its keys in the document."""
        self.examples: list[tuple[Key, ...]] = []
        self._text: list[str] | None = None

    @property
    def suite(self) -> Place:
        """The suite as a whole."""
        return Place(self, ())

    def item(self, index: int) -> Place:
        return Place(self, self.items[index])

    def example(self, index: int) -> Place:
        return Place(self, self.examples[index])

    def line(self, number: int) -> Place:
        """A line of items.jsonl."""
        return Place(self, number)

    def issue(
        self,
        at: int | tuple[Key, ...],
        code: str,
        message: str,
        field: tuple[Key, ...],
        hint: str | None,
        severity: Severity,
    ) -> Issue:
        field = tuple(self.names.get(key, key) if isinstance(key, str) else key for key in field)
        if isinstance(at, tuple):
            return self.document.issue((*at, *field), code, message, hint=hint, severity=severity)
        assert self.lines is not None
        if self._text is None:
            self._text = read_text(self.lines).split("\n")
        text = self._text[at - 1] if 0 < at <= len(self._text) else ""
        found = text.find(f'"{field[0]}"') if field else 0
        return Issue(
            path=display_path(self.lines),
            line=at,
            column=found + 1 if found >= 0 else None,
            code=code,
            message=message,
            hint=hint,
            severity=severity,
            excerpt=text[:_EXCERPT] if found < _EXCERPT else None,
        )


class Place(NamedTuple):
    """One item, one example or the whole suite, as a place where an issue can be."""

    origin: Origin
    at: int | tuple[Key, ...]

    def issue(
        self,
        code: str,
        message: str,
        *field: Key,
        hint: str | None = None,
        severity: Severity = "error",
    ) -> Issue:
        """An issue at a field of this place; in items.jsonl at the column of the field's name."""
        return self.origin.issue(self.at, code, message, field, hint, severity)
