"""Scoring a log again: what an older version of a scorer judged gets a line more, and nothing else changes."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import msgspec
import pytest
from collect_support import collect, make_study, run, samples_of, the_log
from servers.fake import Fake

from llmxsite.analysis import tables
from llmxsite.base.diagnostics import Issues, Problem
from llmxsite.exchange.answer.scorer import current
from llmxsite.log import runlog
from llmxsite.log.record import End, Sample, encode_line
from llmxsite.study.study import Study

NOW = "2027-01-01T00:00:00.000Z"


@pytest.fixture
def study(tmp_path: Path) -> Study:
    """A run whose samples an older version scored, one of them otherwise than today's would."""
    made = make_study(tmp_path)

    async def go() -> None:
        async with Fake() as server:
            await collect(made, server)

    asyncio.run(go())
    path = the_log(made)
    lines = [line for _, line in runlog.iterate(path, Issues())]
    older: list[Any] = []
    for line in lines[:-1]:
        if isinstance(line, Sample):
            line.scorer = f"{(line.scorer or '').partition('/')[0]}/1"
            if line.item == "sum-03":
                line.scores = line.scores | {"answer": None, "correct": False, "parsed": False, "reason": "ambiguous"}
                line.outcome = "failure"
        older.append(line)
    path.unlink()
    runlog.write(path, older[0], older[1:])
    return made


def checked(path: Path) -> tuple[runlog.Verified, list[str]]:
    issues = Issues()
    return runlog.verify(path, issues), [issue.code for issue in issues]


def test_each_sample_gets_a_line_that_replaces_the_one_before(study: Study) -> None:
    path = the_log(study)
    before, lines = path.read_bytes(), samples_of(path)
    older, _ = checked(path)
    assert older.foreign == {"choice/1": 12} and older.moved == {"choice/1": 1}
    again = runlog.score_again(path, NOW, {"llmxsite": "0"}, Issues())
    assert again == (12, 1, 0)
    assert path.read_bytes().startswith(before), "a log only grows"
    found, codes = checked(path)
    assert not codes and found.sealed and found.rescored == 12 and not found.foreign and not found.moved
    assert found.counts == {"ok": 12}
    now = samples_of(path)[12:]
    assert [s.key for s in now] == [s.key for s in lines] and {s.scorer for s in now} == {runlog_scorer()}
    bare = {"outcome": "ok", "scores": {}, "scorer": None}
    assert [msgspec.structs.replace(s, **bare) for s in now] == [msgspec.structs.replace(s, **bare) for s in lines]
    frame = tables.load(study, Issues()).frame
    assert len(frame) == 12 and frame["correct"].notna().all()


def runlog_scorer() -> str:
    today = current("choice/1")
    assert today is not None
    return today.id


def test_of_lines_of_an_older_version_only_those_that_still_count_are_read_anew(study: Study) -> None:
    path = the_log(study)
    runlog.score_again(path, NOW, {}, Issues())
    lines = [line for _, line in runlog.iterate(path, Issues())]
    replacing = [line for line in lines if isinstance(line, Sample) and line.scorer != "choice/1"]
    for left in ("sum-03", "sum-04"):  # read otherwise today, and alike
        missing = next(line for line in replacing if line.item == left)
        path.write_bytes(b"".join(encode_line(line) for line in lines[:-1] if line is not missing))
        found, codes = checked(path)
        assert codes == ["log-open"] and found.samples == 12 and found.rescored == 11
        assert found.foreign == found.older == {"choice/1": 1}
        assert found.moved == ({"choice/1": 1} if left == "sum-03" else {})


def test_a_log_that_is_scored_already_stays_as_it_is(study: Study) -> None:
    path = the_log(study)
    runlog.score_again(path, NOW, {}, Issues())
    whole = path.read_bytes()
    assert runlog.score_again(path, NOW, {}, Issues()) == (0, 0, 0)
    assert path.read_bytes() == whole


@pytest.mark.parametrize("change", ["reply", "earlier"])
def test_a_line_that_is_more_than_scored_again_is_no_such_line(study: Study, change: str) -> None:
    path = the_log(study)
    runlog.score_again(path, NOW, {}, Issues())
    lines = [line for _, line in runlog.iterate(path, Issues())]
    last = next(line for line in reversed(lines) if isinstance(line, Sample))
    if change == "reply":
        assert last.reply is not None
        last.reply.text = "Something else"
    else:
        last.scorer = "choice/1"
    path.write_bytes(b"".join(encode_line(line) for line in lines if not isinstance(line, End)))
    assert "log-twice" in checked(path)[1]


def test_an_import_is_scored_by_importing_it_again(study: Study) -> None:
    path = the_log(study)
    lines = [line for _, line in runlog.iterate(path, Issues())]
    lines[0].source = {"tool": "inspect_ai"}  # type: ignore[union-attr]
    path.unlink()
    runlog.write(path, lines[0], lines[1:-1])  # type: ignore[arg-type]
    with pytest.raises(Problem) as caught:
        runlog.score_again(path, NOW, {}, Issues())
    assert caught.value.issues[0].code == "score-import"


def test_the_command_says_what_it_did(study: Study) -> None:
    done = run(study, "score")
    assert done.returncode == 0 and "12 samples scored again, 1 read otherwise" in done.stdout
    assert "nothing to score again" in run(study, "score", "trial").stdout
    assert run(study, "verify").returncode == 0
