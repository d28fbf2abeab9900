"""BibTeX, read: entries, `@string` abbreviations, nested braces, `#` concatenation.

A reader of our own, because a bibliography beside a report needs the line of every mistake and nothing of what the
large libraries bring (writing, sorting, styles, plug-ins).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from llmxsite.diagnostics import Issues, Severity, did_you_mean, display_path
from llmxsite.site.latex import closing, names, plain

_MONTHS = str.split("jan feb mar apr may jun jul aug sep oct nov dec")
_NAME = re.compile(r"[^\s\"#%'(),={}]+")
_TYPES = set(
    str.split(
        "article book booklet conference inbook incollection inproceedings manual mastersthesis misc online phdthesis "
        "proceedings report software techreport thesis unpublished dataset"
    )
)


@dataclass
class Entry:
    """One entry. Field names are lower case; values are plain Unicode text, braces and accents resolved."""

    key: str
    type: str
    fields: dict[str, str]
    line: int
    people: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    """Field `author` or `editor` as `(family, given)` pairs; a name in braces has no given part."""


def parse(text: str, path: str | Path, issues: Issues) -> dict[str, Entry]:
    """Every entry by key. What cannot be read is an issue with its line, and reading goes on after it."""
    return _Reader(text, display_path(path), issues).read()


class _Stop(Exception):  # noqa: N818 - ends one entry, not the program
    def __init__(self, offset: int, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.offset, self.hint = offset, hint


class _Reader:
    def __init__(self, text: str, path: str, issues: Issues) -> None:
        self.text, self.path, self.issues = text, path, issues
        self.pos = 0
        self.strings = {m: m.capitalize() for m in _MONTHS}
        self.entries: dict[str, Entry] = {}

    def read(self) -> dict[str, Entry]:
        while (at := self.text.find("@", self.pos)) >= 0:
            self.pos = at + 1
            line_start = self.text.rfind("\n", 0, at) + 1
            if self.text[line_start:at].strip():  # BibTeX ignores text between entries; an @ inside it is not one
                continue
            try:
                self._entry(at)
            except _Stop as stop:
                self._add(stop.offset, "bibtex-syntax", str(stop), stop.hint)
                following = re.compile(r"^[ \t]*@", re.MULTILINE).search(self.text, max(self.pos, at + 1))
                self.pos = following.start() if following else len(self.text)
        return self.entries

    def _entry(self, at: int) -> None:
        kind = self._word("an entry's type").lower()
        self._space()
        if kind == "comment":
            self._skip_group()
            return
        close = {"{": "}", "(": ")"}.get(self._peek())
        if close is None:
            raise _Stop(self.pos, f"'@{kind}' must be followed by '{{'")
        self.pos += 1
        if kind == "preamble":
            self._value()
        elif kind == "string":
            name, value = self._pair()
            self.strings[name] = value
        else:
            self._fields(at, kind, close)
            return
        self._space()
        if self._peek() == close:
            self.pos += 1

    def _fields(self, at: int, kind: str, close: str) -> None:
        self._space()
        key = self._word("a key")
        fields: dict[str, str] = {}
        while True:
            self._space()
            if self._peek() == ",":
                self.pos += 1
                continue
            if self._peek() == close:
                self.pos += 1
                break
            if self.pos >= len(self.text):
                raise _Stop(at, f"entry '{key}' has no end", "close its braces")
            start = self.pos
            name, value = self._pair()
            if name in fields:
                self._add(start, "bibtex-duplicate-field", f"entry '{key}' has field '{name}' twice", None)
            fields.setdefault(name, value)
        if kind not in _TYPES:
            self._add(at, "bibtex-type", f"unknown entry type '@{kind}'", did_you_mean(kind, _TYPES))
        if key in self.entries:
            self._add(at, "bibtex-duplicate-key", f"key '{key}' stands twice; the first counts", "give one another key")
            return
        people: dict[str, list[tuple[str, str]]] = {
            name: names(fields[name]) for name in ("author", "editor") if name in fields
        }
        line = self.text.count("\n", 0, at) + 1
        self.entries[key] = Entry(key, kind, {n: plain(v) for n, v in fields.items()}, line, people)

    def _pair(self) -> tuple[str, str]:
        self._space()
        name = self._word("a field's name").lower()
        self._space()
        if self._peek() != "=":
            raise _Stop(self.pos, f"'{name}' must be followed by '='", "is a comma missing on the line before?")
        self.pos += 1
        return name, self._value()

    def _value(self) -> str:
        parts = []
        while True:
            self._space()
            char = self._peek()
            if char == "{":
                end = closing(self.text, self.pos)
                if end < 0:
                    raise _Stop(self.pos, "this brace is never closed")
                parts.append(self.text[self.pos + 1 : end])
                self.pos = end + 1
            elif char == '"':
                parts.append(self._quoted())
            else:
                start = self.pos
                word = self._word("a value")
                if not word.isdigit() and word.lower() not in self.strings:
                    self._add(start, "bibtex-string", f"'{word}' is no @string", "put text in braces: {" + word + "}")
                parts.append(self.strings.get(word.lower(), word))
            self._space()
            if self._peek() != "#":
                return "".join(parts)
            self.pos += 1

    def _quoted(self) -> str:
        depth, start = 0, self.pos + 1
        for index in range(start, len(self.text)):
            char = self.text[index]
            depth += (char == "{") - (char == "}")
            if char == '"' and depth == 0:
                self.pos = index + 1
                return self.text[start:index]
        raise _Stop(self.pos, "this quotation mark is never closed")

    def _skip_group(self) -> None:
        if self._peek() == "{":
            end = closing(self.text, self.pos)
            self.pos = end + 1 if end >= 0 else len(self.text)

    def _peek(self) -> str:
        return self.text[self.pos] if self.pos < len(self.text) else ""

    def _space(self) -> None:
        while self.pos < len(self.text) and (self.text[self.pos].isspace() or self.text[self.pos] == "%"):
            if self.text[self.pos] == "%":
                end = self.text.find("\n", self.pos)
                self.pos = end if end >= 0 else len(self.text)
            else:
                self.pos += 1

    def _word(self, what: str) -> str:
        found = _NAME.match(self.text, self.pos)
        if not found:
            raise _Stop(self.pos, f"{what} is missing here")
        self.pos = found.end()
        return found[0]

    def _add(self, offset: int, code: str, message: str, hint: str | None) -> None:
        line = self.text.count("\n", 0, offset) + 1
        start = self.text.rfind("\n", 0, offset) + 1
        end = self.text.find("\n", offset)
        excerpt = self.text[start : end if end >= 0 else len(self.text)]
        severity: Severity = "error" if code == "bibtex-syntax" else "warning"
        self.issues.add(
            self.path,
            code,
            message,
            line=line,
            column=offset - start + 1,
            hint=hint,
            excerpt=excerpt,
            severity=severity,
        )
