"""Imports: every case folder gives exactly its log, and the published files give the counts that counting gives."""

from __future__ import annotations

import json
import os
import zipfile
from collections import Counter
from io import StringIO
from pathlib import Path
from typing import Any

import msgspec
import pandas as pd
import pytest

from llmxsite import interchange, runlog, tables
from llmxsite.diagnostics import Issues, Problem
from llmxsite.interchange import archive
from llmxsite.interchange.foreign import Foreign, Options, decode, find, finite
from llmxsite.interchange.imported import Imported, store, utc
from llmxsite.record import Line, Sample, decode_line
from llmxsite.results import summarise, warnings
from llmxsite.study import Study

CASES = Path(__file__).parent / "cases" / "interchange"
DATA = os.environ.get("LLMXSITE_TEST_DATA")
MMLU_PRO = sorted(Path(DATA, "data", "mmlu-pro").glob("*.zip")) if DATA else []
FORMATS = sorted(interchange.FORMATS, key=len, reverse=True)


def read(name: str, *paths: Path, **options: Any) -> tuple[list[Imported], Issues]:
    issues = Issues()
    reader = interchange.get(name)
    found = [run for file in find(paths, reader.SUFFIXES) for run in reader.read(file, Options(**options), issues)]
    return found, issues


def one(name: str, content: object, tmp_path: Path, file: str = "results.json") -> tuple[Imported, Issues]:
    path = tmp_path / file
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    (run,), issues = read(name, path)
    return run, issues


def records(path: Path) -> list[Line]:
    """A log's lines as records, so that a field that a later version adds makes no difference; the last is only hashes."""
    return [decode_line(line) for line in path.read_bytes().splitlines()][:-1]


@pytest.mark.parametrize("case", sorted(CASES.iterdir()), ids=lambda case: case.name)
def test_a_case_gives_its_logs_and_its_issues(case: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With LLMXSITE_UPDATE_CASES set, writes what is expected instead; look at the difference before committing it."""
    monkeypatch.chdir(case / "input")
    name = next(name for name in FORMATS if case.name.startswith(name))
    mapping = case / "mapping.yaml"
    inputs = sorted(p.relative_to(case / "input") for p in (case / "input").iterdir())
    runs, issues = read(name, *inputs, mapping=mapping if mapping.exists() else None)
    logs = {stored.path.name: stored.path for stored in (store(Study(tmp_path), "case", run) for run in runs)}
    assert logs
    said = StringIO()
    issues.print(said)
    if os.environ.get("LLMXSITE_UPDATE_CASES"):
        (case / "expected").mkdir(exist_ok=True)
        (case / "expected" / "issues.txt").write_text(said.getvalue(), encoding="utf-8")
        for log, path in logs.items():
            (case / "expected" / log).write_bytes(path.read_bytes())
    assert said.getvalue() == (case / "expected" / "issues.txt").read_text(encoding="utf-8")
    assert sorted(logs) == sorted(path.name for path in (case / "expected").glob("*.jsonl"))
    for log, path in logs.items():
        assert records(path) == records(case / "expected" / log)
    for path in logs.values():
        problems = Issues()
        assert isinstance(runlog.read(path, problems).samples[0], Sample)
        assert not len(problems)


def count(path: Path) -> dict[tuple[str, str], tuple[int, int, int]]:
    """Rows, right and unparsed by model and category, counted in the file itself."""
    with zipfile.ZipFile(path) as archive_file:
        rows = json.loads(archive_file.read(archive_file.namelist()[0]))
    model = path.stem.removeprefix("model_outputs_").removesuffix("_5shots")
    n, right, unparsed = Counter(), Counter(), Counter()
    for row in rows:
        n[row["category"]] += 1
        right[row["category"]] += row["pred"] == row["answer"]
        unparsed[row["category"]] += row["pred"] is None
    return {(model, c): (n[c], right[c], unparsed[c]) for c in n}


@pytest.mark.skipif(not MMLU_PRO, reason="LLMXSITE_TEST_DATA is not set: the published outputs are not here")
@pytest.mark.parametrize(
    "paths", [MMLU_PRO[-1:], pytest.param(MMLU_PRO, marks=pytest.mark.slow)], ids=["one file", "all files"]
)
def test_published_outputs_give_the_counts_of_their_files(paths: list[Path], tmp_path: Path) -> None:
    runs, _ = read("mmlu-pro", *paths)
    for run in runs:
        store(Study(tmp_path), "r", run)
    issues = Issues()
    table = summarise(tables.load(Study(tmp_path), issues), ["model", "category"])
    assert not len(issues)
    found = {(row.model, row.category): (row.n, row.correct, row.unparsed) for row in table.itertuples(index=False)}
    expected = {cell: counts for path in paths for cell, counts in count(path).items()}
    assert found == expected
    assert (table["answered"] == table["n"]).all()


def test_importing_twice_changes_nothing(tmp_path: Path) -> None:
    runs, _ = read("llmxray", CASES / "llmxray-export" / "input")
    study = Study(tmp_path)
    first = [store(study, "r", run) for run in runs]
    before = {stored.path: stored.path.read_bytes() for stored in first}
    again, _ = read("llmxray", CASES / "llmxray-export" / "input")
    assert [store(study, "r", run).counts for run in again] == [None, None]
    assert [store(study, "r", run, replace=True).counts for run in again] == [stored.counts for stored in first]
    assert {path: path.read_bytes() for path in study.run_logs()} == before


def test_a_zipped_file_is_the_same_run_as_the_file(tmp_path: Path) -> None:
    source = CASES / "mmlu-pro-untidy" / "input" / "model_outputs_Tiny-1B_5shots.json"
    with zipfile.ZipFile(tmp_path / "outputs.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        packed.write(source, f"deep/folder/{source.name}")
        packed.writestr("__MACOSX/._x.json", "rubbish")
        packed.writestr("readme.txt", "not read")
    (plain,), _ = read("mmlu-pro", source)
    (zipped,), _ = read("mmlu-pro", tmp_path / "outputs.zip")
    (found,), _ = read("mmlu-pro", tmp_path)
    assert plain == zipped == found


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("mmlu-pro", "", "expected JSON"),
        ("mmlu-pro", "question,answer\n1,B\n", "expected JSON"),
        ("mmlu-pro", '[{"question_id": 1', "not whole JSON"),
        ("mmlu-pro", "[]", "no rows"),
        ("mmlu-pro", '[1, "two", null]', "row 1: not a row of MMLU-Pro"),
        ("mmlu-pro", '[{"questionId": 1}]', "missing required field `question_id`"),
        ("llmxray", "[]", "no LLMxRay benchmark results"),
        ("llmxray", "[1", "not valid JSON"),
        ("llmxray", '{"questionResults": []}', "missing required field `modelName`"),
        ("llmxray", '{"modelName": "m", "questionResults": [{}]}', "no question that can be read"),
        ("inspect", "[]", "not one of the inspect_ai logs"),
        ("inspect", "PK", "not a whole zip"),
        ("inspect", '{"eval": {"task": "t", "model": "m"}}', "no samples in it"),
        ("lm-eval", '{"doc_id": 1}', "missing required field `doc`"),
        ("lm-eval", "", "expected JSON"),
        ("llmxray", "[" * 5000 + "]" * 5000, "not valid JSON"),
    ],
)
def test_a_file_that_is_something_else_is_refused_with_its_place(
    name: str, content: str, words: str, tmp_path: Path
) -> None:
    path = tmp_path / "claims.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(Problem) as caught:
        read(name, path)
    assert words in str(caught.value)
    assert caught.value.issues[0].path.endswith("claims.json")


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(Problem, match="no such file"):
        read("mmlu-pro", tmp_path / "missing.json")
    with pytest.raises(Problem, match="in this folder"):
        read("mmlu-pro", tmp_path)
    with zipfile.ZipFile(tmp_path / "empty.zip", "w") as packed:
        packed.writestr("readme.txt", "nothing")
    with pytest.raises(Problem, match="in this archive"):
        read("mmlu-pro", tmp_path / "empty.zip")
    (tmp_path / "broken.zip").write_bytes((tmp_path / "empty.zip").read_bytes()[:-30])
    with pytest.raises(Problem, match="not a whole zip"):
        read("mmlu-pro", tmp_path / "broken.zip")
    with pytest.raises(Problem) as caught:
        interchange.get("mmlu_pro")
    assert caught.value.issues[0].hint == "did you mean 'mmlu-pro'?"


def test_an_archive_that_grows_too_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("a.json", b" " * 20_000_000)
    with pytest.raises(Problem, match=r"grows 1,0.. times"):
        list(archive.members(tmp_path / "bomb.zip", lambda name: True))
    monkeypatch.setattr(archive, "MAX_BYTES", 1_000_000)
    with pytest.raises(Problem, match="at most 1,000,000 are read"):
        list(archive.members(tmp_path / "bomb.zip", lambda name: True))
    monkeypatch.setattr(archive, "MAX_MEMBERS", 0)
    with pytest.raises(Problem, match="1 members"):
        list(archive.members(tmp_path / "bomb.zip", lambda name: True))


def test_many_oddities_of_a_kind_are_counted_not_listed(tmp_path: Path) -> None:
    row = {"question": "?", "options": ["x"], "answer": "A", "pred": "B"}
    run, issues = one("mmlu-pro", [row | {"question_id": n} for n in range(20)], tmp_path)
    assert run.source["answers_outside_options"] == 20
    assert len(issues) == 6
    assert any("and 15 more rows" in issue.message for issue in issues)
    assert issues.count("warning") == 6


def test_a_name_given_by_hand_wins(tmp_path: Path) -> None:
    (tmp_path / "out.json").write_text(
        '[{"question_id": 1, "question": "?", "options": ["x"], "answer": "A", "pred": "A"}]'
    )
    (run,), _ = read("mmlu-pro", tmp_path / "out.json", model="mine:1b")
    assert run.model.name == run.samples[0].condition["model"] == "mine:1b"
    assert run.run_id.startswith("mine-1b-")


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2026-01-01T00:10:00.5Z", "2026-01-01T00:10:00.500Z"),
        ("2024-11-05T13:32:37-05:00", "2024-11-05T18:32:37.000Z"),
        (1767225600000, "2026-01-01T00:00:00.000Z"),
        (1767225600, "2026-01-01T00:00:00.000Z"),
        ("2026-01-01T00:10:00", None),
        ("yesterday", None),
        (1e300, None),
        (float("nan"), None),
        (None, None),
    ],
)
def test_times_become_utc_or_nothing(moment: str | float | None, expected: str | None) -> None:
    assert utc(moment) == expected


def test_rows_say_where_they_are() -> None:
    lines = Foreign(Path("x.jsonl"), b'\xef\xbb\xbf{"a":1}\n\n {"b":2}\r\n')
    assert [(number, json.loads(raw)) for number, raw in lines.rows()] == [(1, {"a": 1}), (3, {"b": 2})]
    assert lines.problem("odd", row=3).issues[0].line == 3
    listed = Foreign(Path("x.json"), b' [{"a":1}, {"b":2}]')
    assert [number for number, _ in listed.rows()] == [1, 2]
    assert listed.problem("odd", row=2).issues[0].message == "row 2: odd"
    assert listed.problem("odd", row=2).issues[0].line is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b'{"a": NaN, "b": -Infinity}', {"a": None, "b": float("-inf")}),
        (b'["cut \\ud83d"]', ["cut \ufffd"]),
        (b'["\\ud83d\\ude00"]', ["\U0001f600"]),
        (b'{"\\udc00": 1e999}', {"\ufffd": float("inf")}),
    ],
)
def test_json_that_is_not_quite_json_is_read(text: bytes, expected: object) -> None:
    assert decode(text) == expected
    assert [json.loads(raw) for _, raw in Foreign(Path("x.json"), b"[" + text + b"]").rows()]


@pytest.mark.parametrize("text", [b"", b"{", b"[NaN", b'{"a": nan}', b"\xff", b"NaN"])
def test_what_is_no_json_even_so_is_refused(text: bytes) -> None:
    with pytest.raises((msgspec.DecodeError, UnicodeDecodeError)):
        decode(text)


@pytest.mark.parametrize(
    ("value", "expected"),
    [(1, 1.0), (True, 1.0), (0.5, 0.5), (10**400, None), (float("nan"), None), ("1", None), (None, None)],
)
def test_a_finite_number_or_none(value: object, expected: float | None) -> None:
    assert finite(value) == expected


def test_a_reply_cut_in_a_character_does_not_lose_its_row(tmp_path: Path) -> None:
    row = '{"question_id": 1, "question": "?", "options": ["x"], "answer": "A", "pred": "A", "model_outputs": "so \\ud83d"}'
    run, issues = one("mmlu-pro", f"[{row}]", tmp_path)
    assert run.samples[0].reply is not None and run.samples[0].reply.text == "so \ufffd"
    assert not len(issues)


def test_frames_of_imports_have_nothing_filled_in(tmp_path: Path) -> None:
    runs, _ = read("llmxray", CASES / "llmxray-export" / "input")
    for run in runs:
        store(Study(tmp_path), "r", run)
    frame = tables.load(Study(tmp_path), Issues()).frame
    for name in ("digest", "confidence", "letter_mass", "load_ms", "eval_ms", "prompt_tokens", "cluster"):
        assert pd.isna(frame[name]).all(), name
    assert "temperature" not in frame.columns


def test_an_archive_of_inspect_ai_is_the_same_as_its_json(tmp_path: Path) -> None:
    source = CASES / "inspect-json" / "input" / "log.json"
    log = json.loads(source.read_text(encoding="utf-8"))
    with zipfile.ZipFile(tmp_path / "log.eval", "w") as packed:
        for number, row in enumerate(log.pop("samples"), 1):
            packed.writestr(f"samples/{number}_epoch_1.json", json.dumps(row))
        packed.writestr("_journal/start.json", "{}")
        packed.writestr("header.json", json.dumps(log))
    (plain,), _ = read("inspect", source)
    (packed_run,), _ = read("inspect", tmp_path / "log.eval")
    assert packed_run.samples == plain.samples
    assert (packed_run.suites, packed_run.started) == (plain.suites, plain.started)


@pytest.mark.parametrize(
    ("mapping", "words"),
    [
        ("suite: x\ncolumns: {item: id}\ncondition: {}\n", "unknown key 'condition'"),
        ("suite: x\n", "'columns' is missing"),
        ("suite: x\ncolumns: {item: idd}\n", "names column 'idd', which no row has"),
        ("suite: x\ncolumns: {item: id}\n", "no row that names an item and a model"),
    ],
)
def test_a_mapping_that_does_not_fit_is_refused(mapping: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "mapping.yaml").write_text(mapping, encoding="utf-8")
    (tmp_path / "rows.jsonl").write_text('{"id": 1}\n', encoding="utf-8")
    with pytest.raises(Problem, match=words):
        read("jsonl", tmp_path / "rows.jsonl", mapping=tmp_path / "mapping.yaml")
    with pytest.raises(Problem, match="need one"):
        read("jsonl", tmp_path / "rows.jsonl")


def test_a_factor_with_words_among_its_numbers_raises_no_warning_it_cannot(tmp_path: Path) -> None:
    case = CASES / "jsonl-csv"
    runs, _ = read("jsonl", *(case / "input").iterdir(), mapping=case / "mapping.yaml")
    for run in runs:
        store(Study(tmp_path), "r", run)
    samples = tables.load(Study(tmp_path), Issues())
    assert "hot" in {str(value) for value in samples.frame["temperature"]}
    said = warnings(samples, ["model"])
    assert any("temperature above 0" in sentence for sentence in said)
