"""Problems found in a study: collected while work goes on, printed once, together.

A problem is an `Issue`: where it is, what it is called, what is wrong and what to do about it. Rooms that read files
add issues to an `Issues` and go on; the command line prints them at its end and turns them into an exit code. Where
nothing can go on at all, a room raises `Problem`, which carries its issues to the same place.
"""

from __future__ import annotations

import difflib
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Literal

import msgspec

Severity = Literal["error", "warning", "hint"]
_ORDER: dict[str, int] = {"error": 0, "warning": 1, "hint": 2}
MOST_ALIKE = 200
"""Issues of one code that are kept of one file; the others are counted. A file of a million mistakes is one bad file."""
MAX_TEXT = 2000
"""Characters of a message: what a stranger wrote into it does not fill the screen."""


class Issue(msgspec.Struct, frozen=True, kw_only=True):
    """One problem at one place. `line` and `column` count from 1; None where the place is the whole file."""

    path: str
    """Path as the user would type it, relative to the study where it is inside it."""
    line: int | None = None
    column: int | None = None
    code: str
    """Stable name in kebab case, documented in docs/diagnostics.md, such as `suite-duplicate-id`."""
    message: str
    hint: str | None = None
    """What mends it: `did you mean 'category'?`"""
    severity: Severity = "error"
    excerpt: str | None = None
    """The offending line as it stands in the file."""

    @property
    def place(self) -> str:
        """`path:line:column`, as far as it is known."""
        parts = [self.path]
        if self.line is not None:
            parts.append(str(self.line))
            if self.column is not None:
                parts.append(str(self.column))
        return ":".join(parts)

    def render(self) -> str:
        """The issue as plain text of one to four lines, the first `path:line:column code message`."""
        lines = [plain(f"{self.place} {self.code} {self.message}")]
        if self.excerpt is not None:
            shown, caret = _window(self.excerpt, self.column)
            lines.append(f"    {plain(shown)}")
            if caret is not None:
                lines.append("    " + " " * caret + "^")
        if self.hint:
            lines.append(f"    hint: {plain(self.hint)}")
        return "\n".join(lines)


class Issues:
    """The problems of one command, in order of discovery, each once. Safe to add to from several threads."""

    def __init__(self) -> None:
        self._seen: dict[Issue, None] = {}
        self._alike: dict[tuple[str, str, Severity], int] = {}
        self._lock = threading.Lock()

    def add(
        self,
        path: str | Path,
        code: str,
        message: str,
        *,
        line: int | None = None,
        column: int | None = None,
        hint: str | None = None,
        severity: Severity = "error",
        excerpt: str | None = None,
    ) -> None:
        """Record one problem; the same problem at the same place is kept once."""
        self.extend(
            [
                Issue(
                    path=display_path(path),
                    line=line,
                    column=column,
                    code=code,
                    message=message,
                    hint=hint,
                    severity=severity,
                    excerpt=excerpt,
                )
            ]
        )

    def extend(self, issues: Iterable[Issue]) -> None:
        with self._lock:
            for issue in issues:
                if issue in self._seen:
                    continue
                kind = issue.path, issue.code, issue.severity
                self._alike[kind] = self._alike.get(kind, 0) + 1
                if self._alike[kind] <= MOST_ALIKE:
                    self._seen[issue] = None

    def __iter__(self) -> Iterator[Issue]:
        yield from list(self._seen)
        for (path, code, severity), count in list(self._alike.items()):
            if count > MOST_ALIKE:
                more = f"{count - MOST_ALIKE:,} more like this in the file; {MOST_ALIKE:,} are shown"
                yield Issue(path=path, code=code, severity=severity, message=more)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def count(self, severity: Severity) -> int:
        return sum(issue.severity == severity for issue in self)

    def sorted(self) -> list[Issue]:
        """By file, then line, then severity: the order a person mends them in."""
        return sorted(self, key=lambda i: (i.path, i.line or 0, i.column or 0, _ORDER[i.severity], i.code, i.message))

    def failed(self, *, strict: bool = False) -> bool:
        """Whether the command should end with exit code 1. Hints never fail."""
        return self.count("error") > 0 or (strict and self.count("warning") > 0)

    def summary(self) -> str:
        """`2 errors, 1 warning`; empty when there is nothing to say."""
        words = [(self.count(s), s) for s in ("error", "warning", "hint")]
        return ", ".join(several(n, word) for n, word in words if n)

    def print(self, stream: IO[str], *, colour: bool = False) -> None:
        """Write every issue once and a summary line; write nothing when there is none."""
        if not len(self):
            return
        tint = {"error": "31;1", "warning": "33;1", "hint": "36"}
        for issue in self.sorted():
            text = issue.render()
            if colour:
                head, _, rest = text.partition(f" {issue.code} ")
                text = f"\x1b[1m{head}\x1b[0m \x1b[{tint[issue.severity]}m{issue.code}\x1b[0m {rest}"
            stream.write(text + "\n")
        stream.write(self.summary() + "\n")


class Problem(Exception):  # noqa: N818 - it is what the user sees: a problem, not a fault of the program
    """Raised where nothing can go on. Holds at least one issue; the command line prints them and exits with 1."""

    def __init__(self, *issues: Issue) -> None:
        super().__init__("; ".join(issue.message for issue in issues))
        self.issues = issues

    def _render_traceback_(self) -> list[str]:
        """What a notebook shows in place of a traceback, by IPython's custom: the lines that the command line prints."""
        return [line for issue in self.issues for line in issue.render().splitlines()]

    @classmethod
    def at(
        cls, path: str | Path, code: str, message: str, *, line: int | None = None, hint: str | None = None
    ) -> Problem:
        """A problem with one issue."""
        return cls(Issue(path=display_path(path), line=line, code=code, message=message, hint=hint))


def plain(text: str) -> str:
    """A text for a terminal or a log of GitHub's, whoever wrote it: nothing in it moves the cursor, turns the reading direction, starts a
    line of its own, or is taken for a command (`::error`, `##[group]`) by the machine that shows it."""
    if len(text) > MAX_TEXT:
        text = f"{text[:MAX_TEXT]}…"
    if not text.isprintable():
        text = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    if "##[" in text:
        text = text.replace("##[", "#\\x23[")
    bare = text.lstrip()
    return text.replace("::", "\\x3a:", 1) if bare.startswith("::") else text


def several(count: int, noun: str, nouns: str = "") -> str:
    """`1 error`, `1,204 errors`: a number with its noun; `nouns` where an s is not enough."""
    return f"{count:,} {noun if count == 1 else nouns or noun + 's'}"


def display_path(path: str | Path) -> str:
    """`path` relative to the working directory when it is below it, with forward slashes on every system."""
    text = str(path)
    if not text or not Path(text).is_absolute():
        return text.replace("\\", "/")
    try:
        return Path(text).relative_to(Path.cwd()).as_posix()
    except ValueError:
        return Path(text).as_posix()


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """`did you mean 'category'?` for the nearest of `known`, or the list of them when none is near and it is short."""
    choices = sorted({str(k) for k in known})
    near = difflib.get_close_matches(str(word), choices, n=1, cutoff=0.6)
    if near:
        return f"did you mean '{near[0]}'?"
    return f"known: {', '.join(choices)}" if 0 < len(choices) <= 40 else None


def _window(text: str, column: int | None, width: int = 100) -> tuple[str, int | None]:
    """At most `width` characters of a line around its column, and where the caret goes."""
    text = "".join(c if c.isprintable() else " " for c in text.rstrip("\n"))
    if column is None:
        return (text if len(text) <= width else text[: width - 1] + "…"), None
    start = 0 if column <= width - 10 else column - width // 2
    part = text[start : start + width]
    return ("…" + part[1:] if start else part), column - 1 - start
