"""Run logs as frames: equal to a naive reading whatever stands in the log."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from llmxsite.analysis import tables
from llmxsite.analysis.tables import reader
from llmxsite.analysis.tables.cache import Cache
from llmxsite.analysis.tables.columns import last_of_each
from llmxsite.base.diagnostics import Issues
from llmxsite.exchange.engine.protocol import EngineInfo, ModelInfo, Timing, Usage
from llmxsite.log.record import End, Lack, Line, Resume, Run, Sample, SuiteRef, encode_line
from llmxsite.study.study import Study

SCORES = ("answer", "expected", "correct", "parsed", "confidence", "letter_mass", "position")


def header(run: str = "r1", **changes: Any) -> Run:
    base = Run(
        schema=1,
        id=run,
        report="first",
        task="benchmark",
        experiment={},
        suites=[SuiteRef(id="tides", hash="h-tides")],
        engine=EngineInfo(name="ollama"),
        models=[ModelInfo(name="phi", digest="d-phi"), ModelInfo(name="llama", digest="d-llama")],
    )
    return msgspec.structs.replace(base, **changes)


def sample(key: str = "k", **changes: Any) -> Sample:
    base = Sample(
        key=key, suite="tides", item="i1", item_hash="h1", condition={"model": "phi", "temperature": 0.5}, outcome="ok"
    )
    return msgspec.structs.replace(base, **changes)


def study_of(root: Path, *lines: Line, name: str = "r1", report: str = "first") -> Study:
    path = root / "runs" / report / f"{name}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(map(encode_line, lines)))
    return Study(root)


def load(study: Study, **options: Any) -> tuple[tables.Samples, Issues]:
    issues = Issues()
    return tables.load(study, issues, **options), issues


def value(cell: Any) -> Any:
    return None if pd.isna(cell) else cell


texts = st.none() | st.sampled_from(["a", "b", "ü", "|", ""])
floats = st.none() | st.floats(-1e6, 1e6) | st.integers(0, 1000)
shares = st.none() | st.floats(0, 1) | st.integers(0, 1)
conditions = st.fixed_dictionaries(
    {"model": st.sampled_from(["phi", "llama", "other"])},
    optional={
        "temperature": st.none() | st.sampled_from([0, 0.5, 1]),
        "seed": st.none() | st.integers(0, 2**62),
        "think": st.none() | st.booleans(),
        "num_ctx": st.sampled_from([None, 4096, "auto", True]),
        "language": st.sampled_from(["en", "fr"]),
    },
)
scores = st.fixed_dictionaries(
    {},
    optional={
        "answer": st.none() | st.sampled_from("ABCD") | st.integers(-5, 5) | st.floats(-5, 5),
        "expected": st.none() | st.sampled_from("ABCD"),
        "correct": st.none() | st.booleans() | st.floats(0, 1),
        "parsed": st.none() | st.booleans(),
        "confidence": shares,
        "letter_mass": shares,
        "position": st.none() | st.integers(0, 25),
    },
)
samples = st.builds(
    Sample,
    key=st.sampled_from([f"key{n}" for n in range(12)]),
    suite=st.sampled_from(["", "tides", "unknown"]),
    item=st.sampled_from(["i1", "i2"]),
    item_hash=st.sampled_from(["h1", "h2"]),
    category=texts,
    subcategory=texts,
    difficulty=texts,
    language=texts,
    cluster=texts,
    condition=conditions,
    repeat=st.integers(0, 3),
    timing=st.builds(Timing, total_ms=floats, load_ms=floats),
    usage=st.builds(Usage, prompt_tokens=st.none() | st.integers(0, 9999)),
    outcome=st.sampled_from(["ok", "failure", "truncated", "error"]),
    scores=scores,
)
resumes = st.builds(Resume, time=st.just("t"), models=st.none() | st.just([ModelInfo(name="phi", digest="d-phi-new")]))
logs = st.lists(st.one_of(samples, samples, samples, resumes), max_size=20)


def naive(lines: list[Line]) -> list[dict[str, Any]]:
    """What the rows must be, the slow and obvious way."""
    digests = {"phi": "d-phi", "llama": "d-llama"}
    rows: dict[str, dict[str, Any]] = {}
    for number, line in enumerate(lines, 2):
        if isinstance(line, Resume) and line.models:
            digests |= {model.name: model.digest or "" for model in line.models}
        if not isinstance(line, Sample):
            continue
        suite = line.suite or "tides"
        correct = line.scores.get("correct")
        rows.pop(line.key, None)
        rows[line.key] = {
            "experiment": "first",
            "run": "r1",
            "task": "benchmark",
            "suite": suite,
            "suite_hash": "h-tides" if suite == "tides" else None,
            "model": line.condition["model"],
            "digest": digests.get(str(line.condition["model"])),
            "engine": "ollama",
            "category": line.category,
            "cluster": line.cluster,
            "item": line.item,
            "item_hash": line.item_hash,
            "repeat": line.repeat,
            "outcome": line.outcome,
            "parsed": line.scores.get("parsed"),
            "correct": None if correct is None or line.outcome == "error" else float(correct),
            "confidence": line.scores.get("confidence"),
            "letter_mass": line.scores.get("letter_mass"),
            "position": line.scores.get("position"),
            "expected": line.scores.get("expected"),
            "latency_ms": line.timing.total_ms,
            "load_ms": line.timing.load_ms,
            "prompt_tokens": line.usage.prompt_tokens,
            "line": number,
        }
        for name in ("temperature", "seed", "think"):
            rows[line.key][name] = line.condition.get(name)
        rows[line.key]["language_factor"] = line.condition.get("language")
    return list(rows.values())


@given(logs)
@settings(max_examples=150, deadline=None)
def test_a_frame_equals_a_naive_reading(tmp_path_factory: pytest.TempPathFactory, lines: list[Line]) -> None:
    root = tmp_path_factory.mktemp("study")
    found, issues = load(study_of(root, header(), *lines))
    assert not len(issues)
    expected = naive(lines)
    assert len(found) == len(expected)
    for row, want in zip(found.frame.to_dict("records"), expected, strict=True):
        for name, cell in want.items():
            assert value(row.get(name)) == cell, name
    assert list(found.frame.columns) == [*tables.COLUMNS, *found.factors]


@given(logs, st.data())
@settings(max_examples=60, deadline=None)
def test_a_log_cut_anywhere_gives_its_whole_lines(
    tmp_path_factory: pytest.TempPathFactory, lines: list[Line], data: st.DataObject
) -> None:
    root = tmp_path_factory.mktemp("study")
    study = study_of(root, header(), *lines)
    path = study.run_logs()[0]
    whole = path.read_bytes()
    start = whole.index(b"\n") + 1
    cut = data.draw(st.integers(start, len(whole)))
    path.write_bytes(whole[:cut])
    found, issues = load(study)
    left = lines[: whole[start:cut].count(b"\n")]
    assert found.frame["line"].tolist() == [row["line"] for row in naive(left)]
    assert [issue.code for issue in issues] == ([] if whole[:cut].endswith(b"\n") else ["log-torn"])


@given(logs)
@settings(max_examples=40, deadline=None)
def test_the_cache_changes_nothing(tmp_path_factory: pytest.TempPathFactory, lines: list[Line]) -> None:
    root = tmp_path_factory.mktemp("study")
    study = study_of(root, header(), *lines, name="r1")
    study_of(root, header("r2"), *lines[::-1], name="r2")
    cold, _ = load(study)
    assert len(list((study.cache / "tables").glob("*.arrow"))) == 2
    warm, _ = load(study)
    assert_frame_equal(cold.frame, warm.frame)
    assert (cold.factors, cold.runs, cold.ends, cold.paths) == (warm.factors, warm.runs, warm.ends, warm.paths)


def old(path: Path) -> None:
    """Give a file a time long past, so that the cache trusts it."""
    os.utime(path, (1_600_000_000, 1_600_000_000))


class Clock:
    """Nanoseconds since 1970, as the test says."""

    def __init__(self, now: int) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now


def test_a_log_that_did_not_change_is_not_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    study = study_of(tmp_path, header(), sample())
    load(study)
    monkeypatch.setattr(reader, "read", lambda path, issues: pytest.fail("read again"))
    found, _ = load(study)
    assert len(found) == 1
    study.run_logs()[0].rename(tmp_path / "runs" / "first" / "renamed.jsonl")
    found, _ = load(study)
    assert found.paths["r1"].name == "renamed.jsonl", "the content counts, not the name"


def test_hashing_is_spared_only_for_files_that_are_surely_unchanged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = study_of(tmp_path, header(), sample())
    path = study.run_logs()[0]
    stat = path.stat()
    hashed: list[str] = []
    real = hashlib.file_digest
    monkeypatch.setattr(hashlib, "file_digest", lambda *args: hashed.append("") or real(*args))
    for now, times in ((stat.st_ctime_ns + 10**9, 1), (stat.st_ctime_ns + 10**10, 1), (stat.st_ctime_ns + 10**10, 0)):
        cache = Cache(tmp_path, study.cache / "tables", clock=Clock(now))
        if cache.get(path) is None:
            log, sha256 = reader.read(path, Issues())
            cache.put(path, stat, sha256, log, [])
            hashed.append("")
        cache.save()
        assert len(hashed) == times, "fresh: hash again; old: trust size and times"
        hashed.clear()


def test_a_changed_log_is_seen_even_at_the_same_size_and_time(tmp_path: Path) -> None:
    study = study_of(tmp_path, header(), sample(item="i1"))
    path = study.run_logs()[0]
    old(path)
    load(study)
    path.write_bytes(path.read_bytes().replace(b'"i1"', b'"i2"'))
    old(path)
    found, _ = load(study)
    assert found.frame["item"].tolist() == ["i2"]
    assert len(list((study.cache / "tables").glob("*.arrow"))) == 1, "the table of what is gone goes too"


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_a_damaged_cache_is_made_again(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    study = study_of(tmp_path_factory.mktemp("study"), header(), sample("a"), sample("b", item="i2"))
    load(study)
    table = next((study.cache / "tables").glob("*.arrow"))
    whole = table.read_bytes()
    if data.draw(st.booleans()):
        table.write_bytes(whole[: data.draw(st.integers(0, len(whole) - 1))])
    else:
        at = data.draw(st.integers(0, len(whole) - 1))
        table.write_bytes(whole[:at] + bytes([whole[at] ^ data.draw(st.integers(1, 255))]) + whole[at + 1 :])
    found, issues = load(study)
    assert found.frame["item"].tolist() == ["i1", "i2"]
    assert not len(issues)
    assert table.read_bytes() == whole
    next((study.cache / "tables").glob("index*")).write_text("{", encoding="utf-8")
    assert len(load(study)[0]) == 2


def test_issues_come_again_from_the_cache_with_the_path_of_today(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = study_of(tmp_path, header(), sample())
    path = study.run_logs()[0]
    path.write_bytes(path.read_bytes() + b'{"type":"sample"}\n{"type"')
    _, first = load(study)
    monkeypatch.chdir(tmp_path)
    _, second = load(study)
    assert [issue.code for issue in first] == [issue.code for issue in second] == ["log-line", "log-torn"]
    assert [issue.line for issue in second] == [3, 4]
    assert {issue.path for issue in second} == {"runs/first/r1.jsonl"}


def test_a_study_that_cannot_be_written_is_read_all_the_same(tmp_path: Path) -> None:
    study = study_of(tmp_path, header(), sample())
    study.cache.write_text("a file where the folder should be", encoding="utf-8")
    assert len(load(study)[0]) == 1


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b"not json", "invalid"),
        (b'{"type":"sample","key":"k"}', "missing required field"),
        (b'{"type":"else"}', "Invalid value 'else'"),
        (b'{"type":"run","schema":1}', "missing required field"),
        (encode_line(sample()).replace(b'"phi"', b"[1]").strip(), "must hold plain values"),
        (encode_line(sample()).replace(b'"repeat":0', b'"repeat":99999999999').strip(), "repeat"),
        (encode_line(sample(scores={"correct": "yes"})).strip(), "correct"),
        (encode_line(header()).strip(), "second header"),
        (encode_line(sample()).replace(b'"scores":{}', b'"scores":{"answer":' + b"[" * 5000).strip(), "recursion"),
        (b'{"type":"sample","key":"\xff"}', "utf-8"),
    ],
)
def test_a_bad_line_is_an_issue_and_the_rest_is_read(line: bytes, message: str, tmp_path: Path) -> None:
    study = study_of(tmp_path, header(), sample("a"), sample("b"))
    path = study.run_logs()[0]
    first, second, third = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(first + second + b"\n" + line + b"\n" + third)
    found, issues = load(study)
    assert found.frame["line"].tolist() == [2, 5]
    (issue,) = issues
    assert (issue.code, issue.line) == ("log-line", 4)
    assert message.lower() in issue.message.lower()


def test_a_file_that_is_no_log_is_an_issue(tmp_path: Path) -> None:
    study = study_of(tmp_path, header(), sample())
    (tmp_path / "runs" / "first" / "empty.jsonl").write_bytes(b"")
    (tmp_path / "runs" / "first" / "other.jsonl").write_bytes(b'{"a":1}\n')
    (tmp_path / "runs" / "first" / "sample.jsonl").write_bytes(encode_line(sample()))
    found, issues = load(study)
    assert len(found) == 1
    assert [issue.code for issue in issues] == ["log-header"] * 3
    found, issues = load(study, logs=[tmp_path / "missing.jsonl"])
    assert len(found) == 0
    assert [issue.code for issue in issues] == ["file-missing"]
    assert list(found.frame.columns) == list(tables.COLUMNS)


def test_a_second_log_of_a_run_is_not_counted_twice(tmp_path: Path) -> None:
    study_of(tmp_path, header(), sample(), report="copy")
    found, issues = load(study_of(tmp_path, header(), sample(), report="first"))
    assert len(found) == 1
    assert [issue.code for issue in issues] == ["log-duplicate"]


def test_the_folder_says_which_report_a_log_belongs_to(tmp_path: Path) -> None:
    study = study_of(tmp_path, header(report="first"), sample(), report="renamed")
    found, _ = load(study, report="renamed")
    assert found.frame["experiment"].tolist() == ["renamed"]
    moved = study.run_logs()[0].rename(tmp_path / "elsewhere.jsonl")
    found, _ = load(study, logs=[moved])
    assert found.frame["experiment"].tolist() == ["first"]


def test_an_end_that_is_followed_by_more_is_no_end(tmp_path: Path) -> None:
    end = End(counts={"ok": 1}, sha256="0")
    study = study_of(tmp_path, header("r1"), sample(), end, name="r1")
    study_of(tmp_path, header("r2"), sample(), end, Resume(time="t"), sample("b"), name="r2")
    found, _ = load(study)
    assert found.ends["r1"] == end
    assert found.ends["r2"] is None


def test_keys_with_one_hash_stay_apart() -> None:
    keys = ["a", "b", "a", "c", "b"]
    hashes = np.array([7, 7, 7, 1, 7])
    kept = last_of_each(hashes, lambda rows: [keys[row] for row in rows])
    assert kept is not None
    assert kept.tolist() == [2, 3, 4]
    assert last_of_each(np.array([3, 1, 2]), lambda rows: pytest.fail("not needed")) is None


def test_many_rows_come_through_in_order(tmp_path: Path) -> None:
    """More than one piece, columns that begin late, and a retried sample far from its first try."""
    many = [
        sample(f"k{n}", item=f"i{n}", repeat=n, scores={} if n < 3000 else {"confidence": n / 5000})
        for n in range(5000)
    ]
    study = study_of(tmp_path, header(), *many, sample("k1", item="again", outcome="error", scores={"correct": True}))
    for _ in range(2):
        frame = load(study)[0].frame
        assert frame["item"].tolist() == ["i0", *(f"i{n}" for n in range(2, 5000)), "again"]
        assert frame["line"].tolist() == [2, *range(4, 5003)]
        assert frame["confidence"].isna().sum() == 3000
        assert frame["confidence"].iloc[2999] == 3000 / 5000
        assert pd.isna(frame["correct"].iloc[-1]), "an error answers nothing"


@pytest.fixture
def mixed(tmp_path: Path) -> tables.Samples:
    study = study_of(
        tmp_path,
        header("r1"),
        sample("a", condition={"model": "phi", "temperature": 0, "think": True, "num_ctx": 4096}),
        sample("b", condition={"model": "llama", "temperature": 0.7, "think": False, "num_ctx": "auto"}),
        name="r1",
    )
    study_of(tmp_path, header("r2"), sample("c", condition={"model": "phi"}, category="x"), name="r2")
    return load(study)[0]


@pytest.mark.parametrize(
    ("filters", "lines"),
    [
        ({}, ["r1", "r1", "r2"]),
        ({"model": "phi"}, ["r1", "r2"]),
        ({"model": ["phi", "llama"], "run": "r1"}, ["r1", "r1"]),
        ({"temperature": "0.7"}, ["r1"]),
        ({"temperature": 0}, ["r1"]),
        ({"temperature": None}, ["r2"]),
        ({"temperature": [0, None]}, ["r1", "r2"]),
        ({"temperature": "warm"}, []),
        ({"think": "true"}, ["r1"]),
        ({"think": False}, ["r1"]),
        ({"think": None}, ["r2"]),
        ({"num_ctx": 4096}, ["r1"]),
        ({"category": None}, ["r1", "r1"]),
        ({"category": "x"}, ["r2"]),
        ({"line": "2", "repeat": 0}, ["r1", "r2"]),
    ],
)
def test_where_keeps_what_equals(filters: dict[str, Any], lines: list[str], mixed: tables.Samples) -> None:
    found = mixed.where(**filters)
    assert found.frame["run"].tolist() == lines
    assert list(found.runs) == sorted(set(lines))
    assert list(found.frame["run"].cat.categories) == sorted(set(lines)), "no level stays that no sample has"
    assert len(mixed) == 3


def test_where_names_the_columns_there_are(mixed: tables.Samples) -> None:
    with pytest.raises(KeyError, match="no column 'modle'; did you mean 'model'"):
        mixed.where(modle="phi")


def test_factors_that_vary(mixed: tables.Samples) -> None:
    assert mixed.factors == ("temperature", "num_ctx", "think")
    assert mixed.varying() == ("temperature", "num_ctx", "think")
    assert mixed.where(run="r2").varying() == ()
    assert mixed.frame["temperature"].dtype == "float64"
    assert mixed.frame["think"].dtype == "boolean"
    assert mixed.frame["num_ctx"].tolist()[:2] == ["4096", "auto"]


def test_one_file_of_weights_is_one_model_whatever_manifests_say_of_it(tmp_path: Path) -> None:
    """Two servers' manifests, the file itself, and a log from before its hash was told; another file stays another."""
    told = {
        "r1": ModelInfo(name="phi", digest="manifest-old", weights="file"),
        "r2": ModelInfo(name="phi", digest="manifest-new", weights="file"),
        "r3": ModelInfo(name="phi", digest="file", weights="file"),
        "r4": ModelInfo(name="phi", digest="manifest-old"),
        "r5": ModelInfo(name="phi", digest="other", weights="other"),
        "r6": ModelInfo(name="phi", digest="unknown"),
    }
    for run, model in told.items():
        study_of(tmp_path, header(run, models=[model]), sample(condition={"model": "phi"}), name=run)
    frame = load(Study(tmp_path))[0].frame
    assert dict(zip(frame["run"], frame["digest"], strict=True)) == {
        **dict.fromkeys(("r1", "r2", "r3", "r4"), "file"),
        "r5": "other",
        "r6": "unknown",
    }


def test_what_a_server_came_to_lack_is_there_by_run(tmp_path: Path) -> None:
    lack = Lack(time="2026-01-01T00:00:00.000Z", lacks=["no min_p: the server refuses it"])
    study = study_of(tmp_path, header(), sample(), lack, sample("k2"))
    for _ in range(2):  # from the log, then from the cache
        assert load(study)[0].lacks == {"r1": ["no min_p: the server refuses it"]}
