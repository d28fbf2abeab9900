"""Run logs as frames: equal to a naive reading whatever stands in the log."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmxsite import tables
from llmxsite.diagnostics import Issues
from llmxsite.engine.protocol import EngineInfo, ModelInfo, Timing, Usage
from llmxsite.record import Line, Resume, Run, Sample, SuiteRef, encode_line
from llmxsite.study import Study

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
        "confidence": floats,
        "letter_mass": floats,
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
