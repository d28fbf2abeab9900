"""What a log holds already: its bytes counted and hashed, its samples by outcome, and which of them are done."""

from __future__ import annotations

import hashlib
import sys
from collections import Counter
from contextlib import suppress
from pathlib import Path

import msgspec

from llmxsite.base.diagnostics import Issues, Problem
from llmxsite.base.lines import raw_lines
from llmxsite.base.regular import opened
from llmxsite.log.record import MaterialLine, Run, decode_line
from llmxsite.log.runlog.trouble import unwritable


class LogState:
    """What is known of the bytes in a log: how many, their hash, and the samples counted."""

    def __init__(self) -> None:
        self.sha = hashlib.sha256()
        self.size = 0
        self.counts: dict[str, int] = {}
        self.errors: set[str] = set()
        """Keys whose last line is an error: they alone may come again."""
        self.outcomes: dict[str, str] | None = None
        """By key, where samples may come again that are no errors; None where they may not, which takes no memory."""
        self.materials: set[tuple[str, ...]] = set()
        """What is said already of vectors that were made, as `material_mark` has it."""
        self.sealed = False
        """Whether the last line is an `end`."""

    def take(self, data: bytes) -> None:
        """Bytes were added at the end."""
        self.sha.update(data)
        self.size += len(data)

    def follow(self, path: Path) -> None:
        """Keep every sample's outcome from here on, so that one may replace another."""
        self.outcomes = {}
        with opened(path) as stream:
            for _, raw in raw_lines(stream):
                with suppress(msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                    mark = _decode_mark(raw)
                    if isinstance(mark, _Mark):
                        self.outcomes[mark.key] = sys.intern(mark.outcome)

    def count(self, key: str, outcome: str) -> None:
        """A sample was added."""
        if self.outcomes is not None:
            if (before := self.outcomes.get(key)) not in (None, "error"):
                self.counts[str(before)] -= 1
                if not self.counts[str(before)]:
                    del self.counts[str(before)]
            self.outcomes[key] = outcome
        if key in self.errors:
            self.errors.discard(key)
            self.counts["error"] -= 1
        if outcome == "error":
            self.errors.add(key)
        self.counts[outcome] = self.counts.get(outcome, 0) + 1


class _Mark(msgspec.Struct, tag_field="type", tag="sample"):
    """The two fields of a sample line that resuming needs; the rest is skipped over, not built."""

    key: str
    outcome: str


class _Other(msgspec.Struct, tag_field="type", tag="resume"):
    pass


class _Found(msgspec.Struct, tag_field="type", tag="lack"):
    pass


class _Material(msgspec.Struct, tag_field="type", tag="material"):
    model: str
    suite: str
    sha256: str
    texts_sha256: str


def material_mark(line: MaterialLine | _Material) -> tuple[str, ...]:
    """What tells a line of vectors from others: one that would say the same is not written twice."""
    return line.model, line.suite, line.sha256, line.texts_sha256


class _Closing(msgspec.Struct, tag_field="type", tag="end"):
    pass


_decode_mark = msgspec.json.Decoder(_Mark | _Material | _Other | _Found | _Closing).decode


def scan(path: Path, issues: Issues) -> tuple[LogState, set[str], int]:
    """The state of an existing log, the keys done (all but errors), and the length of the torn tail after its last
    whole line. Lines that cannot be read go to `issues`. Raises `Problem` when it has no header, and OSError."""
    state = LogState()
    outcomes: dict[str, str] = {}
    held = b""  # lines that cannot be read: torn when nothing readable follows, a fault of the file otherwise
    with opened(path) as stream:
        for number, raw in raw_lines(stream):
            whole = raw.endswith(b"\n")
            try:
                if not whole:
                    raise msgspec.DecodeError("not whole")
                if number == 1:
                    if not isinstance(decode_line(raw), Run):
                        raise Problem.at(path, "log-header", "not a run log: it starts with another line", line=1)
                    mark = None
                else:
                    mark = _decode_mark(raw)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
                if number == 1:
                    raise Problem.at(path, "log-header", f"not a run log: {error}", line=1) from None
                held += raw
                continue
            if held:
                issues.add(path, "log-line", "lines before this one cannot be read; left as they are", line=number)
                state.take(held)
                held = b""
            state.take(raw)
            state.sealed = isinstance(mark, _Closing)
            if isinstance(mark, _Mark):
                outcomes[mark.key] = sys.intern(mark.outcome)
            elif isinstance(mark, _Material):
                state.materials.add(material_mark(mark))
    if not state.size:
        raise Problem.at(path, "log-header", "not a run log: the file is empty", line=1)
    state.counts = dict(Counter(outcomes.values()))
    state.errors = {key for key, outcome in outcomes.items() if outcome == "error"}
    return state, outcomes.keys() - state.errors, len(held)


def done_keys(path: Path) -> set[str]:
    """Keys of the samples in a log that need not be asked again. Raises `Problem` when it has no header."""
    try:
        return scan(path, Issues())[1]
    except OSError as error:
        raise unwritable(path, error) from None
