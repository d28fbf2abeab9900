"""`verify` finds every change to a sealed log, and never blames a line that is as it was written."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import NamedTuple

import pytest
from collect_support import collect, make_study
from hypothesis import example, given, settings
from hypothesis import strategies as st
from servers.fake import Fake
from test_runlog import RUN, sample

from llmxsite.base.diagnostics import Issue, Issues, Problem
from llmxsite.log import runlog
from llmxsite.log.record import Resume
from llmxsite.log.runlog import RunLogWriter

SEALS = ("log-hash", "log-counts", "log-end", "log-open")
"""What says only that something before a line, or in it, is not as it was."""


@pytest.fixture(scope="module", params=["written", "collected"])
def sealed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    """The lines of a log of several sessions: errors asked again, seals before the last."""
    folder = tmp_path_factory.mktemp("sealed")
    path = written(folder / "r.jsonl") if request.param == "written" else asyncio.run(collected(folder))
    issues = Issues()
    assert runlog.verify(path, issues).sealed and not list(issues)
    return path.read_bytes().splitlines(keepends=True)


async def collected(folder: Path) -> Path:
    """A log of votes among shuffled options, with logprobs, from a server that fails in between."""
    study = make_study(
        folder, items=3, prompt="self-consistency(2)", shuffle_options=7, sweep={"temperature": [0.3, 1]}
    )
    async with Fake(faults=[None, None, None, "wrong-type"]) as server:
        for limit in (1, 2, None):
            path, _, _ = await collect(study, server, limit=limit)
    return path


def written(path: Path) -> Path:
    """A log as the writer's own tests have it."""
    with RunLogWriter.create(path, RUN) as writer:
        for number in range(4):
            writer.append(sample(number, outcome="error" if number == 1 else "ok"))
        writer.end("stopped", ended="2026-01-01T00:01:00.000Z")
    for session in (1, 2):
        writer, done = RunLogWriter.resume(path, Resume(time=f"2026-01-01T00:00:0{session}.000Z"))
        with writer:
            for number in (1, 2 + 3 * session, 3 + 3 * session, 4 + 3 * session):
                if sample(number).key not in done:
                    writer.append(sample(number))
            writer.end(ended=f"2026-01-01T00:0{session + 1}:00.000Z")
    return path


def key(line: bytes) -> str | None:
    """The key of a sample's line."""
    found = re.match(rb'\{"type":"sample","key":"([0-9a-f]+)"', line)
    return found[1].decode() if found else None


class Found(NamedTuple):
    sealed: bool
    issues: list[Issue]

    @property
    def blamed(self) -> set[int]:
        """The lines that are said to be wrong themselves."""
        return {i.line for i in self.issues if i.line is not None and i.code not in SEALS}


def verified(folder: Path, data: bytes) -> Found:
    path = folder / "r.jsonl"
    path.write_bytes(data)
    issues = Issues()
    try:
        found = runlog.verify(path, issues)
    except Problem as problem:
        return Found(False, list(problem.issues))
    return Found(found.sealed and not issues.failed(), list(issues))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("changed")


@settings(max_examples=300, deadline=None)
@given(place=st.integers(0), value=st.integers(1, 255))
def test_any_changed_byte_is_found(sealed: list[bytes], folder: Path, place: int, value: int) -> None:
    data = bytearray(b"".join(sealed))
    place %= len(data)
    line = data[:place].count(b"\n") + 1
    data[place] ^= value
    found = verified(folder, bytes(data))
    assert not found.sealed and found.issues
    # A time that moved on makes the line after it seem late; a line break in the middle makes two lines of one.
    assert found.blamed <= {line, line + 1}


@settings(max_examples=100, deadline=None)
@given(line=st.integers(0))
def test_any_dropped_line_is_found(sealed: list[bytes], folder: Path, line: int) -> None:
    line %= len(sealed)
    found = verified(folder, b"".join([*sealed[:line], *sealed[line + 1 :]]))
    assert not found.sealed and found.issues
    if line:  # without the header it is no log at all
        assert not found.blamed or sealed[line].startswith(b'{"type":"resume"')
    codes = {issue.code for issue in found.issues}
    assert codes & ({"log-header"} if line == 0 else {"log-open"} if line == len(sealed) - 1 else {"log-hash"})


@settings(max_examples=150, deadline=None)
@given(first=st.integers(0), second=st.integers(0))
@example(first=2, second=3)
def test_any_two_swapped_lines_are_found(sealed: list[bytes], folder: Path, first: int, second: int) -> None:
    first, second = sorted((first % len(sealed), second % len(sealed)))
    if sealed[first] == sealed[second]:
        return
    lines = list(sealed)
    lines[first], lines[second] = lines[second], lines[first]
    found = verified(folder, b"".join(lines))
    assert not found.sealed and found.issues
    if first and not any(b'"type":"resume"' in sealed[place] for place in (first, second)):
        # What is late is one of the two, or what now follows the later one.
        near = {first + 1, first + 2, second + 1, second + 2}
        failed = {key(line) for line in sealed if b'"outcome":"error"' in line}
        asked_again = {place + 1 for place, line in enumerate(sealed) if key(line) in failed}
        assert found.blamed <= near | asked_again


@settings(max_examples=100, deadline=None)
@given(line=st.integers(0), place=st.integers(0))
def test_any_doubled_line_is_found(sealed: list[bytes], folder: Path, line: int, place: int) -> None:
    line, place = line % len(sealed), place % (len(sealed) + 1)
    found = verified(folder, b"".join([*sealed[:place], sealed[line], *sealed[place:]]))
    assert not found.sealed and found.issues
    if b'"outcome":"ok"' in sealed[line] and place > line:
        assert any(i.code == "log-twice" and i.line == place + 1 for i in found.issues)


def test_a_seal_narrows_down_where_a_change_is(sealed: list[bytes], folder: Path) -> None:
    ends = [number for number, line in enumerate(sealed, 1) if b'"type":"end"' in line]
    place = ends[0] + 2  # a sample of the second session: its cluster is in no key and no score
    lines = list(sealed)
    lines[place - 1] = lines[place - 1].replace(b'"cluster":null', b'"cluster":"x"')
    found = verified(folder, b"".join(lines))
    words = f"bytes between line {ends[0]} and this one are not those that were written"
    assert [(i.line, i.message) for i in found.issues] == [(end, words) for end in ends[1:]]


def test_a_changed_digest_is_blamed_not_every_sample(sealed: list[bytes], folder: Path) -> None:
    samples = sum(line.startswith(b'{"type":"sample"') for line in sealed)
    changed = re.sub(rb'"digest":"[0-9a-f]+"', b'"digest":"0"', sealed[0])
    found = verified(folder, b"".join([changed, *sealed[1:]]))
    (issue,) = [issue for issue in found.issues if issue.code == "log-key"]
    assert issue.line == 1 and f"no key of the {samples} samples of" in issue.message
