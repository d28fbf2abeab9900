"""The text of a write-up as a place: turns offsets into lines and columns, and complaints into issues."""

from __future__ import annotations

import re
from pathlib import Path

from llmxsite.base.diagnostics import Issues, Severity, display_path


def lines_of(text: str) -> list[str]:
    """The lines as an editor and markdown-it count them; `str.splitlines` also breaks at form feeds and U+2028."""
    return re.split(r"\r\n|\r|\n", text)


class Source:
    """One Markdown text. Lines are those of the file: `first_line` is where the text starts in it."""

    def __init__(self, text: str, path: Path, issues: Issues, first_line: int = 1) -> None:
        self.path = path
        self.shown = display_path(path)
        self.issues = issues
        self.first_line = first_line
        self.lines = lines_of(text)

    def line(self, number: int) -> str | None:
        """The line of the file as it stands, or None outside the text."""
        index = number - self.first_line
        return self.lines[index] if 0 <= index < len(self.lines) else None

    def place(self, block_line: int, content: str, offset: int) -> tuple[int, int]:
        """Line and column in the file of `offset` in `content`, a block whose first line is number `block_line`.

        A block's content has lost its indentation and quote marks, so the column is found by looking for the content's
        line in the file's.
        """
        before = content[:offset]
        line = block_line + before.count("\n")
        start = before.rfind("\n") + 1
        end = content.find("\n", offset)
        inner = content[start : end if end >= 0 else len(content)]
        raw = self.line(line)
        shift = raw.find(inner.rstrip()) if raw is not None else -1
        return line, max(shift, 0) + offset - start + 1

    def add(
        self,
        code: str,
        message: str,
        *,
        line: int,
        column: int | None = None,
        hint: str | None = None,
        severity: Severity = "error",
    ) -> None:
        """One problem at a line of this text, with the line as excerpt."""
        self.issues.add(
            self.shown,
            code,
            message,
            line=line,
            column=column,
            hint=hint,
            severity=severity,
            excerpt=self.line(line),
        )
