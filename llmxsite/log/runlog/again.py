"""Scoring a log again: the samples that an older version of a scorer judged, judged by today's.

A log only grows, so each such sample gets a line more, the same but for outcome, scores and scorer, which replaces the one
before it as any later line of a key does. A `resume` line that says so stands before them, and an `end` line after.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import NamedTuple

import msgspec

from llmxsite.base.diagnostics import Issues, Problem
from llmxsite.exchange.answer.scorer import current
from llmxsite.log.record import End, Resume, Sample
from llmxsite.log.runlog.final import put_last
from llmxsite.log.runlog.reader import iterate, read_header
from llmxsite.log.runlog.rescore import read_otherwise, rescore
from llmxsite.log.runlog.writer import RunLogWriter


class Again(NamedTuple):
    """What came of scoring one log again."""

    scored: int
    """Samples that got a line more."""
    moved: int
    """Of them, those that are read otherwise now."""
    left: int
    """Samples of an older version whose line does not hold what scoring needs."""


def score_again(path: Path, time: str, software: dict[str, str], issues: Issues) -> Again:
    """Score a log's samples again where an older version did. A log without such samples stays as it is.

    `time` is now, `software` the versions that score. Raises `Problem` for an import that brings its own scores, and for a log
    that cannot be written.
    """
    if read_header(path).source is not None:
        raise Problem.at(
            path,
            "score-import",
            "this log was imported",
            hint="import it again with `--replace`: that scores it by today's",
        )
    last: dict[str, int] = {}
    ended: End | None = None
    for number, line in iterate(path, issues):
        ended = line if isinstance(line, End) else None
        if isinstance(line, Sample):
            put_last(last, line.key, number)
    scored = moved = left = 0
    writer: RunLogWriter | None = None
    try:
        for number, line in iterate(path, Issues()):
            if not isinstance(line, Sample) or last.get(line.key) != number:
                continue
            today = current(line.scorer)
            if today is None or today.id == line.scorer:
                continue
            found = rescore(line, older=True)
            if found is None:
                left += 1
                continue
            if writer is None:
                writer = RunLogWriter.score(path, Resume(time=time, software=software, scored=True), issues)
            writer.append(msgspec.structs.replace(line, outcome=found.outcome, scores=found.written(), scorer=today.id))
            scored += 1
            moved += read_otherwise(line, found)
        if writer is not None:
            if ended is not None:
                writer.end(ended.reason, time)
            else:
                writer.sync()
    finally:
        if writer is not None:
            writer.__exit__(None, None, None)
    return Again(scored, moved, left)


def unscored(sample: Sample) -> bytes:
    """What of a line no scorer has made, as a hash: equal for a line and the same scored again."""
    bare = msgspec.structs.replace(sample, outcome="ok", scores={}, scorer=None)
    return hashlib.sha256(msgspec.json.encode(bare)).digest()


def is_later(scorer: str | None, before: str | None) -> bool:
    """Whether one scorer is a later version of the other: `choice/2` of `choice/1`."""
    kind, _, version = (scorer or "").partition("/")
    older, _, earlier = (before or "").partition("/")
    return kind == older and version.isdecimal() and earlier.isdecimal() and int(version) > int(earlier)
