"""Run logs: appended whole, resumed at any byte, read without trust, verified to the byte."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from collect_support import ROOT, environment
from hypothesis import given, settings
from hypothesis import strategies as st

from llmxsite import schema
from llmxsite.base.diagnostics import Issues, Problem
from llmxsite.exchange.engine.protocol import EngineInfo, ModelInfo
from llmxsite.log import record, runlog
from llmxsite.log.record import Resume, Run, Sample, Sent, sample_key
from llmxsite.log.runlog import RunLogWriter

RUN = Run(
    schema=record.SCHEMA,
    id="r1",
    report="trial",
    task="benchmark",
    experiment={},
    suites=[record.SuiteRef(id="s", hash="h")],
    engine=EngineInfo(name="ollama"),
    models=[ModelInfo(name="m", digest="d")],
)
CONDITION: dict[str, record.Scalar] = {"model": "m", "prompt": "letter", "temperature": 0.0}


def sample(number: int, text: str = "B", outcome: record.Outcome = "ok") -> Sample:
    """A sample that verifies: its key follows from it, and its scores from its reply."""
    scored = {"answer": "B", "correct": True, "parsed": True, "rule": "only", "expected": "B", "position": 1}
    return Sample(
        key=sample_key("d", "s", f"i{number}", CONDITION, Sent(), 0),
        suite="s",
        item=f"i{number}",
        item_hash="h",
        condition=CONDITION,
        shown=record.Shown(choices=["x", "y"]),
        reply=None if outcome == "error" else record.Answer(text=text),
        outcome=outcome,
        error=record.Fault(kind="server", message="500") if outcome == "error" else None,
        scores={} if outcome == "error" else scored,
        scorer=None if outcome == "error" else "choice/2",
        time=f"2026-01-01T00:00:{number % 60:02}.000Z",
    )


def whole(path: Path, count: int = 5) -> bytes:
    """A sealed log of `count` samples, as bytes."""
    with RunLogWriter.create(path, RUN) as writer:
        for number in range(count):
            writer.append(sample(number))
        writer.end(ended="2026-01-01T00:01:00.000Z")
    return path.read_bytes()


def problem(code: str, path: Path) -> pytest.RaisesExc[Problem]:
    return pytest.RaisesExc(Problem, check=lambda p: (p.issues[0].code, p.issues[0].path) == (code, path.as_posix()))


def test_what_is_appended_is_read_back(tmp_path: Path) -> None:
    path = tmp_path / "new" / "r1.jsonl"
    whole(path)
    issues = Issues()
    log = runlog.read(path, issues)
    assert not list(issues)
    assert log.run == RUN and log.resumes == [] and log.samples == [sample(n) for n in range(5)]
    assert log.counts == {"ok": 5}
    assert log.end is not None and log.end.counts == {"ok": 5} and log.end.reason == "complete"
    assert runlog.read(path, issues, samples=False).samples == []
    assert runlog.read_header(path) == RUN
    assert runlog.verify(path, issues).sealed and not list(issues)
    assert not list(path.parent.glob("*.part"))


def test_a_log_written_at_once_is_the_same(tmp_path: Path) -> None:
    data = whole(tmp_path / "a.jsonl")
    counts = runlog.write(tmp_path / "b.jsonl", RUN, (sample(n) for n in range(5)), ended="2026-01-01T00:01:00.000Z")
    assert counts == {"ok": 5} and (tmp_path / "b.jsonl").read_bytes() == data


def test_a_failed_write_leaves_nothing(tmp_path: Path) -> None:
    def broken() -> object:
        yield sample(0)
        raise ValueError

    with pytest.raises(ValueError):
        runlog.write(tmp_path / "b.jsonl", RUN, broken())  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []


def test_an_error_is_replaced_by_a_later_line(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    with RunLogWriter.create(path, RUN) as writer:
        writer.append(sample(0, outcome="error"))
        writer.append(sample(1))
    writer, done = RunLogWriter.resume(path, Resume(time="2026-01-01T00:00:02Z"))
    with writer:
        assert done == {sample(1).key} == runlog.done_keys(path)
        writer.append(sample(0))
        writer.end()
        assert writer.counts == {"ok": 2, "error": 0}
    issues = Issues()
    log = runlog.read(path, issues)
    assert [s.outcome for s in log.samples] == ["ok", "ok"] and len(log.resumes) == 1
    assert runlog.verify(path, issues).sealed and not issues.failed()


def test_a_resumed_log_to_which_nothing_is_added_stays_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    data = whole(path)
    writer, done = RunLogWriter.resume(path, Resume(time="2026-01-01T00:00:02Z"))
    with writer:
        assert len(done) == 5 and writer.sealed
    assert path.read_bytes() == data


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_cut_at_any_byte_and_resumed_each_sample_is_there_once(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("cut") / "r.jsonl"
    whole_log = whole(path)
    header = whole_log.index(b"\n") + 1
    cut = data.draw(st.integers(header, len(whole_log)))
    path.write_bytes(whole_log[:cut])
    torn = cut - (whole_log.rfind(b"\n", 0, cut) + 1)
    writer, done = RunLogWriter.resume(path, Resume(time="2026-01-01T00:00:59Z"))
    with writer:
        for number in range(5):
            if sample(number).key not in done:
                writer.append(sample(number))
        if not writer.sealed:
            writer.end()
    issues = Issues()
    log = runlog.read(path, issues)
    assert not list(issues)
    assert sorted(s.item for s in log.samples) == [f"i{n}" for n in range(5)]
    assert sum(line.count(b'"type":"sample"') for line in path.read_bytes().splitlines()) == 5
    if log.resumes:
        assert log.resumes[0].torn_bytes == torn
    assert runlog.verify(path, issues).sealed and not issues.failed()


def test_a_score_that_does_not_follow_is_found(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    wrong = sample(1)
    wrong.scores = wrong.scores | {"correct": False}
    other = sample(2, text="A")
    runlog.write(path, RUN, [sample(0), wrong, other])
    issues = Issues()
    found = runlog.verify(path, issues)
    assert found.sealed and found.rescored == 1
    assert [(i.line, i.code, i.message) for i in issues.sorted()] == [
        (3, "log-score", "'i1': correct is False, not True"),
        (4, "log-score", "'i2': answer is B, not A; correct is True, not False"),
    ]


def test_scorers_of_others_are_counted_not_judged(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    foreign, older = sample(0), sample(1)
    foreign.scorer, older.scorer = None, "choice/0"
    runlog.write(path, RUN, [foreign, older])
    issues = Issues()
    found = runlog.verify(path, issues)
    assert found.foreign == {"none": 1, "choice/0": 1} and not list(issues)


def test_samples_of_an_older_scorer_are_scored_anew_and_said_to_differ_without_fault(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    older = [sample(n) for n in range(3)]
    for line in older:
        line.scorer = "choice/1"
    older[1].scores = {**older[1].scores, "answer": "D", "correct": False}
    newer = sample(3)
    newer.scorer = "choice/999"
    runlog.write(path, RUN, [*older, newer])
    issues = Issues()
    found = runlog.verify(path, issues)
    assert found.foreign == {"choice/1": 3, "choice/999": 1} and not list(issues)
    assert found.older == {"choice/1": 3} and found.moved == {"choice/1": 1}


def test_bad_lines_are_issues_with_their_numbers(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    lines = whole(path, 3).splitlines(keepends=True)
    bad = [b"{\n", b"[1]\n", b'{"type":"party"}\n', b"\xff\xfe\n", b"\n", b'{"type":"sample","key":1}\n', lines[0]]
    path.write_bytes(b"".join([lines[0], lines[1], *bad, *lines[2:], b'{"type":"sam']))
    issues = Issues()
    log = runlog.read(path, issues)
    assert len(log.samples) == 3
    assert [(i.line, i.code) for i in issues.sorted()] == [
        (3, "log-line"),
        (4, "log-line"),
        (5, "log-line"),
        (6, "log-line"),
        (8, "log-line"),
        (9, "log-line"),
        (13, "log-torn"),
    ]


@pytest.mark.parametrize("data", [b"", b"x", b"{}\n", b'{"type":"end"}\n', b'{"type":"run"', b"\n\n"])
def test_no_log_at_all(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "r.jsonl"
    path.write_bytes(data)
    for attempt in (
        lambda: runlog.read(path, Issues()),
        lambda: runlog.read_header(path),
        lambda: RunLogWriter.resume(path, Resume(time="t")),
    ):
        with problem("log-header", path):
            attempt()
    with problem("file-missing", tmp_path / "none.jsonl"):
        runlog.read(tmp_path / "none.jsonl", Issues())


@given(st.binary(max_size=300))
def test_any_bytes_are_read_without_a_crash(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.mktemp("any") / "r.jsonl"
    path.write_bytes(record.encode_line(RUN) + data)
    runlog.read(path, Issues())


def test_a_newer_format_is_told(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    newer = json.loads(record.encode_line(RUN)) | {"schema": 99, "novelty": 1}
    path.write_bytes(json.dumps(newer).encode() + b"\n")
    issues = Issues()
    runlog.read(path, issues)
    assert [i.code for i in issues] == ["log-newer"]


def test_two_collectors_never_write_one_log(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    with RunLogWriter.create(path, RUN) as writer:
        with problem("log-locked", path):
            RunLogWriter.resume(path, Resume(time="t"))
        with problem("log-exists", path):
            RunLogWriter.create(path, RUN)
        script = f"from pathlib import Path; from llmxsite.log.runlog import RunLogWriter; from llmxsite.log.record import Resume; RunLogWriter.resume(Path({str(path)!r}), Resume(time='t'))"
        other = subprocess.run([sys.executable, "-c", script], env=environment(), capture_output=True, text=True)
        assert "another collector is writing this log" in other.stderr
        writer.append(sample(0))
    assert len(runlog.read(path, Issues()).samples) == 1
    RunLogWriter.resume(path, Resume(time="t"))[0].close()


def test_a_deleted_log_is_put_back(tmp_path: Path) -> None:
    path = tmp_path / "runs" / "r.jsonl"
    with RunLogWriter.create(path, RUN) as writer:
        writer.append(sample(0))
        writer.sync()
        path.unlink()
        writer.append(sample(1))
        with problem("log-gone", path):
            writer.sync()
        with problem("log-gone", path):
            writer.append(sample(2))
    assert [s.item for s in runlog.read(path, Issues()).samples] == ["i0", "i1"]


def test_a_replaced_log_is_kept_beside(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    with RunLogWriter.create(path, RUN) as writer:
        writer.append(sample(0))
        writer.sync()
        (tmp_path / "other").write_text("mine")
        (tmp_path / "other").replace(path)
        writer.append(sample(1))
        with problem("log-gone", path):
            writer.sync()
    assert path.read_text() == "mine"
    assert len(runlog.read(tmp_path / "r.jsonl.rescued", Issues()).samples) == 2


def test_a_log_that_others_change_is_not_written_on(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    with RunLogWriter.create(path, RUN) as writer:
        with path.open("ab") as other:
            other.write(b"hello\n")
        writer.append(sample(0))
        with problem("log-changed", path):
            writer.sync()


@pytest.mark.skipif(sys.platform == "win32", reason="limits of file size are POSIX")
def test_a_full_disk_keeps_whole_lines(tmp_path: Path) -> None:
    """A limit on the file's size stands for the disk: the system refuses the same way, in the middle of a line."""
    path = tmp_path / "r.jsonl"
    script = textwrap.dedent(
        f"""
        import resource, signal, sys
        from pathlib import Path
        sys.path[:0] = [{str(ROOT / "tests")!r}]
        from test_runlog import RUN, sample
        from llmxsite.log.runlog import RunLogWriter
        resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))
        with RunLogWriter.create(Path({str(path)!r}), RUN) as writer:
            for number in range(100):
                writer.append(sample(number))
                writer.sync()
        """
    )
    done = subprocess.run([sys.executable, "-c", script], env=environment(), capture_output=True, text=True)
    assert "the disk is full" in done.stderr and "goes on where it stopped" not in done.stdout
    issues = Issues()
    log = runlog.read(path, issues)
    assert not list(issues) and 1 <= len(log.samples) < 10
    writer, done_keys = RunLogWriter.resume(path, Resume(time="t"))
    with writer:
        assert len(done_keys) == len(log.samples)


def test_many_lines_pass_through_a_bounded_queue(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    with RunLogWriter.create(path, RUN) as writer:
        for number in range(6000):
            writer.append(sample(number))
        writer.end()
    assert runlog.verify(path, Issues()).counts == {"ok": 6000}


def test_the_shipped_schemas_are_the_records(tmp_path: Path) -> None:
    schema.write(tmp_path)
    for path in sorted(tmp_path.iterdir()):
        assert (schema.FOLDER / path.name).read_text(encoding="utf-8") == path.read_text(encoding="utf-8"), (
            "run python -m llmxsite.schema"
        )
