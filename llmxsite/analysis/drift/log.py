"""A run log as drift needs it: its frame, the heads of its samples in memory, and each sample again by its line."""

from __future__ import annotations

import sys
from array import array
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NamedTuple

from llmxsite.base.diagnostics import Issues
from llmxsite.base.regular import opened
from llmxsite.log.record import End, Lack, Resume, Run, Sample, Scalar, decode_line, scores_of
from llmxsite.log.runlog import iterate
from llmxsite.log.runlog.final import put_last

Condition = tuple[tuple[str, Scalar], ...]
Place = tuple[str, str, str, Condition, int]
"""Suite, item, hash of the item, condition, repeat: what two samples share when they are of the same thing."""


class SampleHead(NamedTuple):
    """What is kept of every sample."""

    line: int
    suite: str
    item: str
    item_hash: str
    condition: Condition
    repeat: int
    category: str | None
    cluster: str | None
    outcome: str
    parsed: bool | None
    correct: float | None

    @property
    def place(self) -> Place:
        return self.suite, self.item, self.item_hash, self.condition, self.repeat


class Log:
    """One run log. Memory grows with the number of samples, not with their length."""

    def __init__(self, path: Path, issues: Issues) -> None:
        """Read it once. Lines that cannot be read go to `issues`; raises `Problem` when there is no header."""
        self.path = path
        self.resumes: list[Resume] = []
        self.lacks: list[str] = []
        """What the server turned out to lack after the header was written."""
        self.end: End | None = None
        self._conditions: dict[Condition, Condition] = {}
        found: dict[str, SampleHead] = {}
        for number, line in iterate(path, issues):
            self.end = None
            if isinstance(line, Sample) and line.judges:
                continue  # what judges a sample is another kind of evidence
            if isinstance(line, Sample):
                put_last(found, line.key, self._head(number, line))
            elif isinstance(line, Run):
                self.run = line
                self._only = line.suites[0].id if len(line.suites) == 1 else ""
            elif isinstance(line, Resume):
                self.resumes.append(line)
            elif isinstance(line, Lack):
                self.lacks += line.lacks
            elif isinstance(line, End):
                self.end = line
        self.heads = list(found.values())
        """The last line of each key, in the order of those lines."""

    @contextmanager
    def reading(self) -> Iterator[SampleReader]:
        """Every sample by its line, as long as the context lasts."""
        starts, at = array("Q"), 0
        with opened(self.path) as stream:
            for raw in stream:
                starts.append(at)
                at += len(raw)
            yield SampleReader(stream, starts)

    def _head(self, number: int, sample: Sample) -> SampleHead:
        scores, condition = scores_of(sample), _condition(sample.condition)
        correct, parsed = scores.correct, scores.parsed
        return SampleHead(
            line=number,
            suite=sys.intern(sample.suite or self._only),
            item=sys.intern(sample.item),
            item_hash=sys.intern(sample.item_hash),
            condition=self._conditions.setdefault(condition, condition),
            repeat=sample.repeat,
            category=sample.category and sys.intern(sample.category),
            cluster=sample.cluster and sys.intern(sample.cluster),
            outcome=sys.intern(sample.outcome),
            parsed=parsed if isinstance(parsed, bool) else None,
            correct=float(correct) if isinstance(correct, int | float) else None,
        )


class SampleReader:
    """The samples of an open log, read one at a time."""

    def __init__(self, stream: IO[bytes], starts: array[int]) -> None:
        self._stream, self._starts = stream, starts

    def __getitem__(self, line: int) -> Sample:
        self._stream.seek(self._starts[line - 1])
        record = decode_line(self._stream.readline())
        assert isinstance(record, Sample), "the line was a sample when the log was read"
        return record


def _condition(condition: Mapping[str, Any]) -> Condition:
    """A condition to be compared and hashed: not to be set is no setting."""
    return tuple(sorted((name, value) for name, value in condition.items() if value is not None))
