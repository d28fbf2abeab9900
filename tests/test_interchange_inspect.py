"""Imports of inspect_ai's logs against what inspect_ai's own reader says of the same files.

`inspect-made/reader.json` is what that reader (0.3.285) said of logs of every kind. Where LLMXSITE_INSPECT_PYTHON names an
interpreter that has inspect_ai, the reader is asked again, and of the logs that inspect_ai publishes as well:

    python -m venv /tmp/inspect && /tmp/inspect/bin/pip install inspect_ai
    LLMXSITE_INSPECT_PYTHON=/tmp/inspect/bin/python pytest tests/test_interchange_inspect.py
"""

from __future__ import annotations

import json
import os
import subprocess
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from llmxsite.base.diagnostics import Issues, Problem
from llmxsite.log import log_formats
from llmxsite.log.log_formats import archive
from llmxsite.log.log_formats.foreign import ImportOptions
from llmxsite.log.log_formats.imported import Imported
from llmxsite.log.log_formats.inspect_ai.grade import grade

HERE = Path(__file__).parent
CASE = HERE / "cases" / "interchange" / "inspect-made"
MADE = sorted((CASE / "input").iterdir())
READER: dict[str, Any] = json.loads((CASE / "reader.json").read_text(encoding="utf-8"))
PYTHON = os.environ.get("LLMXSITE_INSPECT_PYTHON")
DATA = os.environ.get("LLMXSITE_TEST_DATA")
PUBLISHED = sorted(p for p in Path(DATA, "data", "inspect-logs").iterdir() if p.suffix != "") if DATA else []
GRADES: dict[str, list[float | None]] = {
    "2024-11-05T13-32-37-05-00_input-task_hxs4q9azL3ySGkjJirypKZ.eval": [1.0],
    "2025-02-11T15-17-00-05-00_popularity_dPiJifoWeEQBrfWsAopzWr.eval": [None] * 10,
    "2025-05-12T20-28-13-04-00_popularity.json": [1.0, 1.0, 0.0],
    "mmlu-no-summary-choices.eval": [0.0],
}
"""What inspect_ai 0.3.285 reads from the logs it publishes: `value_to_float` of each sample's score, in the order of ids."""
NOT_GRADES = {"numeric.eval": "valued", "several.eval": "valued"}
"""Scorers whose numbers leave 0 to 1: their values are kept, and none is a score."""


def read(path: Path) -> tuple[Imported, Issues]:
    issues = Issues()
    runs = list(log_formats.read("inspect", [path], ImportOptions(), issues))
    if not runs:
        raise Problem(*issues)
    (run,) = runs
    return run, issues


def agree(path: Path, said: dict[str, Any]) -> None:
    """Assert that our import has every sample, score, answer, text, count and end that inspect_ai's reader has."""
    run, _ = read(path)
    ours = {(sample.item, sample.repeat + 1): sample for sample in run.samples}
    theirs = {(row["id"], row["epoch"]): row for row in said["samples"]}
    assert len(ours) == len(run.samples) == len(said["samples"])
    assert ours.keys() == theirs.keys()
    assert run.model.name == said["model"]
    for place, row in theirs.items():
        sample = ours[place]
        assert sample.scores.get("inspect_ai", {}) == row["values"]
        name = next((n for n in row["grades"] if n != NOT_GRADES.get(path.name)), None)
        number = row["grades"].get(name)
        assert sample.scores.get("correct") == (number if number is not None and 0 <= number <= 1 else None)
        if name is not None and row["answers"][name]:
            assert sample.scores["answer"] == row["answers"][name]
        assert (sample.outcome == "error") == (row["error"] is not None)
        assert (sample.error.message if sample.error else None) == row["error"]
        cut = row["stop_reason"] in ("max_tokens", "model_length") or row["limit"] is not None
        assert (sample.outcome == "truncated") == (cut and row["error"] is None)
        assert (sample.reply.text if sample.reply else None) == row["completion"]
        assert (sample.reply.done_reason if sample.reply else None) == row["stop_reason"]
        seconds = row["seconds"]
        assert sample.timing.total_ms == (None if seconds is None else pytest.approx(seconds * 1000))
        assert [sample.usage.prompt_tokens, sample.usage.completion_tokens] == (row["tokens"] or [None, None])
        assert sample.shown is not None and sample.shown.choices == row["choices"]
        asked = row["input"]
        assert sample.shown.question == (asked if isinstance(asked, str) else "\n\n".join(asked))
    graded = [s.scores["correct"] for s in run.samples if s.outcome != "error" and "correct" in s.scores]
    accuracy = next((value for name, value in said["accuracy"].items() if name != NOT_GRADES.get(path.name)), None)
    if accuracy is not None and graded and all("correct" in s.scores for s in run.samples if s.outcome != "error"):
        assert sum(graded) / len(graded) == pytest.approx(accuracy)


@pytest.mark.parametrize("path", MADE, ids=lambda p: p.name)
def test_logs_of_every_kind_say_what_inspect_ai_reads_from_them(path: Path) -> None:
    agree(path, READER[path.name])


@pytest.mark.skipif(not PUBLISHED, reason="LLMXSITE_TEST_DATA is not set: the logs of inspect_ai are not here")
@pytest.mark.parametrize("name", GRADES)
def test_published_logs_have_the_samples_and_scores_that_inspect_ai_reads(name: str) -> None:
    run, _ = read(PUBLISHED[0].parent / name)
    assert [sample.scores.get("correct") for sample in run.samples] == GRADES[name]
    assert [sample.item for sample in run.samples] == [str(n + 1) for n in range(len(GRADES[name]))]


@pytest.mark.skipif(PYTHON is None, reason="LLMXSITE_INSPECT_PYTHON names no interpreter with inspect_ai to ask")
def test_the_reader_itself_says_so_today() -> None:
    logs = [*MADE, *(path for path in PUBLISHED if path.name in GRADES)]
    asked = [str(PYTHON), str(HERE / "peers" / "read_inspect.py"), *map(str, logs)]
    said = json.loads(subprocess.run(asked, capture_output=True, check=True).stdout)
    assert len(said) == len(logs)
    for path in logs:
        agree(path, said[path.name])
    assert {path.name: said[path.name] for path in MADE} == READER
    for name, grades in GRADES.items():
        if name in said:
            assert [next(iter(row["grades"].values()), None) for row in said[name]["samples"]] == grades


def test_a_log_that_was_never_finished_says_so() -> None:
    run, issues = read(CASE / "input" / "started.eval")
    assert run.source["unfinished_logs"] == 1 and len(run.samples) == 1
    assert any("'started'" in issue.message for issue in issues)


def test_what_a_reply_brings_is_kept() -> None:
    (sample,) = read(CASE / "input" / "logprobs.eval")[0].samples
    assert sample.reply is not None and sample.reply.thinking == "Two and two." and sample.reply.text == "4"
    assert sample.reply.tokens and [t.token for t in sample.reply.tokens[0].top or []] == ["4", "5"]
    assert sample.usage.cached_tokens == 1
    (sample,) = read(CASE / "input" / "tools.eval")[0].samples
    assert [m.role for m in sample.request.messages] == ["user", "assistant", "tool"]
    calls = sample.request.messages[1].tool_calls
    assert calls is not None and (calls[0].name, calls[0].arguments) == ("adder", {"a": 1, "b": 2})
    assert sample.request.messages[2].tool_name == "adder"
    run, _ = read(CASE / "input" / "choice.eval")
    assert run.samples[0].condition == {"model": "mockllm/model", "temperature": 0.5, "seed": 7, "max_tokens": 30}
    assert run.samples[0].category == "colours"


def test_a_scorer_whose_values_leave_0_to_1_gives_no_score() -> None:
    run, issues = read(CASE / "input" / "numeric.eval")
    assert all("correct" not in sample.scores for sample in run.samples)
    assert [sample.scores["inspect_ai"] for sample in run.samples] == [{"valued": 1}, {"valued": 11}, {"valued": 1}]
    assert any("no scorer's values all lie from 0 to 1 (valued)" in issue.message for issue in issues)
    several, _ = read(CASE / "input" / "several.eval")
    assert several.experiment["scorer"] == "f1"


def one(log: object, tmp_path: Path) -> tuple[Imported, Issues]:
    path = tmp_path / "log.json"
    path.write_text(json.dumps(log), encoding="utf-8")
    return read(path)


def test_logs_of_2024_have_one_score_and_their_attachments_elsewhere(tmp_path: Path) -> None:
    row = {
        "id": 1,
        "epoch": 1,
        "input": "attachment://abc",
        "target": "4",
        "score": {"value": "C", "answer": "4"},
        "transcript": {"events": [], "content": {"abc": "What is 2 + 2?"}},
    }
    log = {
        "version": 1,
        "status": "success",
        "eval": {"task": "t", "model": "m"},
        "results": {"scorer": {"name": "match"}, "metrics": {}},
        "samples": [row],
    }
    run, issues = one(log, tmp_path)
    (sample,) = run.samples
    assert sample.scores["inspect_ai"] == {"match": "C"} and sample.scores["correct"] == 1
    assert sample.shown is not None and sample.shown.question == "What is 2 + 2?"
    assert not len(issues)


def test_one_broken_sample_does_not_take_the_others_along(tmp_path: Path) -> None:
    good = {"id": 1, "epoch": 1, "input": "?", "target": "A", "scores": {"match": {"value": "C"}}}
    log = {"status": "success", "eval": {"task": "t", "model": "m"}}
    with zipfile.ZipFile(tmp_path / "log.eval", "w") as packed:
        packed.writestr("header.json", json.dumps(log))
        packed.writestr("samples/1_epoch_1.json", json.dumps(good))
        packed.writestr("samples/2_epoch_1.json", '{"id": 2,')
        packed.writestr("samples/3_epoch_1.json", json.dumps(good | {"id": 3, "epoch": "one"}))
    run, issues = read(tmp_path / "log.eval")
    assert [sample.item for sample in run.samples] == ["1"]
    assert run.source["rows"] == 3 and run.source["unreadable_samples"] == 2
    said = [issue.message for issue in issues]
    assert "samples/2_epoch_1.json" in said[0] and "Expected `int`, got `str` - at `$.epoch`" in said[1]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("C", 1.0),
        ("I", 0.0),
        ("P", 0.5),
        ("c", None),
        ("Yes", 1.0),
        ("FALSE", 0.0),
        ("0.25", 0.25),
        (True, 1.0),
        (0.5, 0.5),
        (2, None),
        (-0.1, None),
        (float("nan"), None),
        ("inf", None),
        ("maybe", None),
        ({"a": 1}, None),
        ([1], None),
        (None, None),
    ],
)
def test_a_value_is_a_grade_or_missing(value: object, expected: float | None) -> None:
    assert grade(value) == expected


def test_a_member_packed_with_zstandard_is_read_within_the_limits(tmp_path: Path) -> None:
    whole = (CASE / "input" / "choice.eval").read_bytes()
    with zipfile.ZipFile(BytesIO(whole)) as packed:
        infos = packed.infolist()
    assert {info.compress_type for info in infos} == {93}
    found = dict(archive.members(tmp_path / "log.eval", lambda name: True, BytesIO(whole)))
    assert {name: len(data) for name, data in found.items()} == {info.filename: info.file_size for info in infos}

    header = next(info for info in infos if info.filename == "header.json")
    start = header.header_offset + 30 + len(header.filename)
    for place, change in ((start + 20, b"\xff\xff\xff"), (header.header_offset, b"XX")):
        (tmp_path / "log.eval").write_bytes(whole[:place] + change + whole[place + len(change) :])
        with pytest.raises(Problem, match=r"header.json in it cannot be unpacked") as caught:
            read(tmp_path / "log.eval")
        assert caught.value.issues[0].hint == "download or copy it again"
