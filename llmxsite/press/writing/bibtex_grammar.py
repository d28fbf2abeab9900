"""The grammar of BibTeX, by pybtex's parser, which is told here how to go on after a mistake and to bound what it reads.

Imported when a page has a bibliography, never before: pybtex takes a tenth of a second.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol

from pybtex.database.input.bibtex import LowLevelParser, SkipEntry
from pybtex.scanner import Pattern, PrematureEOF, PybtexSyntaxError, Token
from pybtex.utils import CaseInsensitiveDict

MAX_EXPANDED = 4_000_000
"""Characters that abbreviations may come to: thirty `@string` that each double the one before would otherwise fill any memory."""
_MONTHS = {m: m.capitalize() for m in str.split("jan feb mar apr may jun jul aug sep oct nov dec")}
_START = re.compile(r"^[ \t]*%[^\n]*|^[ \t]*(@)(?=[ \t]*\w)|(?<=[\s})\"',;])(@)(?=\w+\s*[{(])", re.MULTILINE)
"""A line of comment, or the `@` of an entry: at the start of a line, or further on where a brace follows its type."""
_LINE = re.compile(r"^[ \t]*@", re.MULTILINE)
_FIELD = re.compile(r"\s*[^\W\d][\w-]*\s*=")


class Add(Protocol):
    """Takes a mistake: where it is in the text, its code, what is wrong and how to mend it."""

    def __call__(self, at: int, code: str, message: str, hint: str | None = None) -> None: ...


@dataclass
class Raw:
    """An entry as it stands: its type and its fields' names in lower case, abbreviations replaced, LaTeX as it is."""

    key: str
    type: str
    fields: dict[str, str]
    offset: int
    line: int


def read(text: str, add: Add) -> Iterator[Raw]:
    """The entries in their order. Every mistake is told to `add`; reading goes on after it, with what of the entry was read."""
    return _Grammar(text, add).entries()


class _MistakeError(PybtexSyntaxError):  # type: ignore[misc]
    """A mistake whose place is known better than by where the parser stopped."""

    def __init__(self, parser: _Grammar, at: int, words: str, hint: str | None = None) -> None:
        super().__init__(words, parser)
        self.at, self.words, self.hint = at, words, hint


class _Grammar(LowLevelParser):  # type: ignore[misc]
    # Comments inside an entry are biber's, which most people use today. A name ends before the `@` of the next entry.
    WHITESPACE = Pattern(r"(?:\s+|%[^\n]*)+", "white space")
    NAME = Pattern(r"[^\s\"#%'(),={}@\d][^\s\"#%'(),={}@]*", "a name")

    pos: int
    current_field_name: Any
    current_value: Any

    def __init__(self, text: str, add: Add) -> None:
        super().__init__(text, macros=CaseInsensitiveDict(_MONTHS))
        self.add, self.stopped, self.expanded = add, False, 0

    def entries(self) -> Iterator[Raw]:
        line, counted = 1, 0
        while found := _START.search(self.text, self.pos):
            self.pos = found.end()
            if found.lastindex is None:  # a line of comment
                continue
            at = self.command_start = found.start(found.lastindex)
            line, counted = line + self.text.count("\n", counted, at), at
            self.stopped = False
            try:
                kind, body = self.parse_command()
            except PybtexSyntaxError as error:
                self.handle_error(error)
            except SkipEntry:
                self._skip()
            else:
                if kind.lower() not in ("string", "preamble") and body[0] is not None:
                    yield Raw(body[0], kind.lower(), self._fields(*body), at, line)
            if self.stopped:
                following = _LINE.search(self.text, at + 1)
                self.pos = following.start() if following else len(self.text)

    def _skip(self) -> None:
        """Over the text of a `@comment`, whatever stands in it."""
        try:
            for _ in self.parse_string(self.RBRACE if self.text[self.pos - 1] == "{" else self.RPAREN):
                pass
        except PybtexSyntaxError:
            self.stopped = True

    def _fields(self, key: str, found: Sequence[tuple[str, Sequence[str]]]) -> dict[str, str]:
        fields: dict[str, str] = {}
        for name, value in found:
            if name.lower() in fields:
                message = f"entry '{key}' has field '{name.lower()}' twice; the first counts"
                self.add(self.command_start, "bibtex-duplicate-field", message)
            fields.setdefault(name.lower(), "".join(value))
        return fields

    def parse_entry_fields(self) -> None:
        """As pybtex's, but a comma that is missing before a further field is no reason to lose what follows."""
        while True:
            if not self.optional([self.COMMA]):
                if not _FIELD.match(self.text, self.pos):
                    return
                message = f"a comma is missing before this, in entry '{self.current_entry_key}'"
                self.add(self.pos, "bibtex-comma", message, "put one between two fields")
            self.current_field_name, self.current_value = None, []
            self.parse_field()
            if self.current_field_name and self.current_value:
                self.current_fields.append((self.current_field_name, self.current_value))

    def parse_string(self, string_end: Pattern, level: int = 0, max_level: int = 100) -> Iterator[Token]:
        start = self.pos - 1
        if level > max_level:
            raise _MistakeError(self, start, f"braces stand in each other more than {max_level} deep")
        try:
            yield from super().parse_string(string_end, level, max_level)
        except _MistakeError:
            raise
        except PybtexSyntaxError:  # the end of the file, or a brace too many inside quotation marks
            what = "quotation mark" if string_end is self.QUOTE else "brace"
            raise _MistakeError(self, start, f"this {what} is never closed") from None

    def skip_to(self, patterns: Sequence[Pattern]) -> Token | None:
        """As pybtex's, in one search: its own looks for each mark by itself, to the end of the file where there is none."""
        found = _any("".join(p.description.strip("'") for p in patterns)).search(self.text, self.pos)
        if found is None:
            return None
        value, self.pos = self.text[self.pos : found.end()], found.end()
        return Token(value, next(p for p in patterns if p.match(self.text, found.start())))

    def substitute_macro(self, name: str) -> str:
        value = self.macros.get(name)
        if value is None:
            message, hint = f"'{name}' is no @string", f"put text in braces: {{{name}}}"
            self.add(self.pos - len(name), "bibtex-string", message, hint)
            return name
        self.expanded += len(value)
        if self.expanded > MAX_EXPANDED:
            words = f"abbreviations come to more than {MAX_EXPANDED:,} characters"
            raise _MistakeError(self, self.pos - len(name), words)
        return str(value)

    def handle_error(self, error: Any) -> None:
        if self.stopped:  # the same mistake, seen again at the end of the entry
            return
        self.stopped = True
        key = f"entry '{self.current_entry_key}'" if self.current_entry_key else "this entry"
        if isinstance(error, _MistakeError):
            self.add(error.at, "bibtex-syntax", error.words, error.hint)
        elif isinstance(error, PrematureEOF) or self.text.startswith("@", self.pos):
            self.add(self.command_start, "bibtex-syntax", f"{key} has no end", "close its braces")
        else:
            self.add(self.pos, "bibtex-syntax", *self._words(str(error.args[0]), key))

    def _words(self, message: str, key: str) -> tuple[str, str | None]:
        """pybtex's message as a sentence with its mend."""
        expected = message.removesuffix(" expected")
        if expected == "'='":
            return f"'{self.current_field_name}' must be followed by '='", "put values in braces: name = {value}"
        if expected == "'(' or '{'":
            return "the type of an entry must be followed by '{'", "text between entries must not begin with @"
        if expected == "entry key":
            return "a key is missing here", "an entry begins with its name: @misc{name, ...}"
        if expected in ("'}'", "')'"):
            return f"{key} cannot be read on from here", "a field is name = {value}, with a comma after it"
        return f"{expected} is missing here" if expected != message else message, None


@cache
def _any(characters: str) -> re.Pattern[str]:
    return re.compile(f"[{re.escape(characters)}]")
