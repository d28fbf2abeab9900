"""Imports: every case folder gives exactly its log, and the published files give the counts that counting gives."""

from __future__ import annotations

import csv
import json
import os
import sys
import zipfile
from collections import Counter
from io import StringIO
from pathlib import Path
from typing import Any

import msgspec
import pandas as pd
import pytest

from llmxsite.analysis import tables
from llmxsite.analysis.results import summarise, warnings
from llmxsite.base.diagnostics import Issues, Problem
from llmxsite.base.foreign_text import json_value
from llmxsite.cli import main
from llmxsite.log import log_formats, runlog
from llmxsite.log.log_formats import archive
from llmxsite.log.log_formats.foreign import Foreign, ImportOptions, finite
from llmxsite.log.log_formats.imported import Imported, store, utc
from llmxsite.log.record import Line, Sample, decode_line
from llmxsite.study.study import Study

CASES = Path(__file__).parent / "cases" / "interchange"
DATA = os.environ.get("LLMXSITE_TEST_DATA")
MMLU_PRO = sorted(Path(DATA, "data", "mmlu-pro").glob("*.zip")) if DATA else []
FORMATS = sorted(log_formats.FORMATS, key=len, reverse=True)


def read(name: str, *paths: Path, **options: Any) -> tuple[list[Imported], Issues]:
    """The runs of the files; where there is none, what is wrong is raised."""
    issues = Issues()
    found = list(log_formats.read(name, paths, ImportOptions(**options), issues))
    if not found and issues.failed():
        raise Problem(*(issue for issue in issues if issue.severity == "error"))
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
        runlog.verify(path, problems)
        assert not [issue.message for issue in problems if issue.severity != "hint" and issue.code != "log-order"]


def count(path: Path) -> dict[tuple[str, str], tuple[int, int, int]]:
    """Rows, right and missing letters of the publishers by model and category, counted in the file itself."""
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
    told: dict[tuple[str, str], list[int]] = {}
    for run in runs:
        store(Study(tmp_path), "r", run)
        for sample in run.samples:
            pred = sample.scores["mmlu_pro"]["pred"]
            cell = told.setdefault((run.model.name, str(sample.category)), [0, 0, 0])
            for place, value in enumerate((1, pred == sample.scores["expected"], pred is None)):
                cell[place] += value
        pairs = [(sample.scores["mmlu_pro"]["pred"], sample.scores["answer"]) for sample in run.samples]
        counted = run.source["pred"]
        assert counted["without_an_answer"] == sum(pred is not None and answer is None for pred, answer in pairs)
        assert counted["same"] == sum(pred == answer for pred, answer in pairs)
        assert counted["reply_right"] == sum(bool(sample.scores["correct"]) for sample in run.samples)
        assert bool(run.said) == any(pred != answer for pred, answer in pairs)
    expected = {cell: counts for path in paths for cell, counts in count(path).items()}
    assert {cell: tuple(counts) for cell, counts in told.items()} == expected
    issues = Issues()
    table = summarise(tables.load(Study(tmp_path), issues), ["model", "category"])
    assert not len(issues)
    assert {(row.model, row.category): row.n for row in table.itertuples(index=False)} == {
        cell: counts[0] for cell, counts in expected.items()
    }
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
        log_formats.get("mmlu_pro")
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
    row = {"question": "?", "options": ["x", "y"], "answer": "A", "pred": "C", "generated_text": "C"}
    run, issues = one(
        "mmlu-pro", [row | {"question_id": n, "pred": "D", "generated_text": None} for n in range(20)], tmp_path
    )
    assert run.source["preds_outside_options"] == 20
    assert run.source["rows_without_a_reply"] == 20
    assert len(issues) == issues.count("warning") == 12
    assert any("and 15 more rows" in issue.message for issue in issues)


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
    assert json_value(text) == expected
    assert [json.loads(raw) for _, raw in Foreign(Path("x.json"), b"[" + text + b"]").rows()]


@pytest.mark.parametrize("text", [b"", b"{", b"[NaN", b'{"a": nan}', b"\xff", b"NaN"])
def test_what_is_no_json_even_so_is_refused(text: bytes) -> None:
    with pytest.raises((msgspec.DecodeError, UnicodeDecodeError)):
        json_value(text)


@pytest.mark.parametrize(
    ("value", "expected"),
    [(1, 1.0), (True, 1.0), (0.5, 0.5), (10**400, None), (float("nan"), None), ("1", None), (None, None)],
)
def test_a_finite_number_or_none(value: object, expected: float | None) -> None:
    assert finite(value) == expected


def test_a_reply_cut_in_a_character_does_not_lose_its_row(tmp_path: Path) -> None:
    row = '{"question_id": 1, "question": "?", "options": ["x"], "answer": "A", "pred": null, "model_outputs": "so \\ud83d"}'
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


def test_one_file_that_cannot_be_used_stops_no_other(tmp_path: Path) -> None:
    row = {"question_id": 1, "question": "?", "options": ["x", "y"], "answer": "A", "pred": "A", "generated_text": "A"}
    (tmp_path / "a.json").write_text("[1, 2", encoding="utf-8")
    (tmp_path / "b.json").write_text(json.dumps([row]), encoding="utf-8")
    (tmp_path / "c.zip").write_bytes(b"PK no archive")
    with zipfile.ZipFile(tmp_path / "d.zip", "w") as packed:
        packed.writestr("bad.json", "[" + json.dumps(row) * 9)
        packed.writestr("good.json", json.dumps([row | {"question_id": 2}]))
    content = (tmp_path / "d.zip").read_bytes()
    (tmp_path / "d.zip").write_bytes(content.replace(b'"question_id": 1', b'"question_id": 7', 1))
    (tmp_path / "e.json").write_text(json.dumps([row | {"question_id": 3}]), encoding="utf-8")
    runs, issues = read("mmlu-pro", tmp_path, tmp_path / "missing.json")
    assert [run.samples[0].item for run in runs] == ["1", "2", "3"]
    assert {Path(issue.path).name for issue in issues} == {"a.json", "c.zip", "d.zip", "missing.json"}
    assert issues.count("error") == len(issues) == 4


@pytest.mark.parametrize("names", [("a.eval", "b.json"), ("b.json", "a.eval")])
def test_a_run_in_two_formats_is_one_run(tmp_path: Path, names: tuple[str, str]) -> None:
    log = json.loads((CASES / "inspect-json" / "input" / "log.json").read_text(encoding="utf-8"))
    log["eval"] |= {"eval_id": "VnKt", "run_id": "7Ky", "task_id": "RtT"}
    (tmp_path / "b.json").write_text(json.dumps(log, indent=2), encoding="utf-8")
    with zipfile.ZipFile(tmp_path / "a.eval", "w") as packed:
        for number, row in enumerate(log.pop("samples"), 1):
            packed.writestr(f"samples/{number}_epoch_1.json", json.dumps(row))
        packed.writestr("header.json", json.dumps(log))
    runs, issues = read("inspect", *(tmp_path / name for name in names))
    assert len(runs) == 1
    assert [issue.path for issue in issues if issue.code == "import-same-run"] == [(tmp_path / names[1]).as_posix()]
    study = Study(tmp_path / "study")
    assert store(study, "r", runs[0]).counts is not None
    for name in names:
        (run,), _ = read("inspect", tmp_path / name)
        assert store(study, "r", run).counts is None


def test_a_longer_log_of_the_same_run_takes_its_place(tmp_path: Path) -> None:
    log = json.loads((CASES / "inspect-json" / "input" / "log.json").read_text(encoding="utf-8"))
    log["eval"]["eval_id"] = "VnKt"
    (tmp_path / "b.json").write_text(json.dumps(log), encoding="utf-8")
    (tmp_path / "a.json").write_text(json.dumps(log | {"samples": log["samples"][:2]}), encoding="utf-8")
    study = Study(tmp_path / "study")
    runs, _ = read("inspect", tmp_path / "a.json", tmp_path / "b.json")
    paths = {store(study, "r", run, replace=run.goes_on).path for run in runs}
    assert [len(run.samples) for run in runs] == [2, 9] and len(paths) == 1
    assert len(runlog.read(paths.pop(), Issues()).samples) == 9


def test_whole_numbers_with_the_point_of_pandas_are_whole(tmp_path: Path) -> None:
    row = {
        "question_id": 1.0,
        "question": "?",
        "options": ["x", "y"],
        "answer": "B",
        "answer_index": 1.0,
        "pred": "B",
        "generated_text": "B",
    }
    run, issues = one("mmlu-pro", [row], tmp_path)
    assert run.samples[0].item == "1" and not len(issues)


def test_rows_in_another_form_or_order_are_the_same_run(tmp_path: Path) -> None:
    rows = [
        {
            "question_id": n,
            "question": "?",
            "options": ["x", "y"],
            "answer": "A",
            "pred": "A",
            "generated_text": f"A{n}",
        }
        for n in range(4)
    ]
    (tmp_path / "tiny.json").write_text(json.dumps(rows), encoding="utf-8")
    (tmp_path / "tiny (1).json").write_text("\n".join(map(json.dumps, reversed(rows))), encoding="utf-8")
    runs, issues = read("mmlu-pro", tmp_path)
    assert len(runs) == 1 and [issue.code for issue in issues if issue.severity == "hint"] == ["import-same-run"]


def test_letters_that_no_reply_says_are_told_and_not_taken(tmp_path: Path) -> None:
    row = {"question": "?", "options": ["x", "y", "z"], "answer": "B"}
    said = [
        ("B", "The answer is (B)."),
        ("B", "Let me think about it"),
        ("A", "The answer is (B)."),
        (None, "The answer is (B)."),
        (" ", "Let me think"),
    ]
    rows = [row | {"question_id": n, "pred": pred, "generated_text": text} for n, (pred, text) in enumerate(said)]
    run, issues = one("mmlu-pro", rows, tmp_path)
    assert run.source["pred"] == {
        "same": 2,
        "differ": 1,
        "without_an_answer": 1,
        "without_a_pred": 1,
        "pred_right": 2,
        "reply_right": 3,
        "right_without_an_answer": 1,
    }
    assert [sample.scores["correct"] for sample in run.samples] == [True, False, True, True, False]
    assert "1 where no answer can be read in the reply (1 of them right)" in run.said[0]
    assert any("`pred` says B, but no answer can be read" in issue.message for issue in issues)


MAPPING = """suite: s
model: m
columns: {item: id, question: prompt, answer: pred, expected: gold, confidence: conf}
"""
TABLE = [
    ["id", "prompt", "gold", "pred", "conf"],
    ["1", "Größe, Maß?", "4", "4.0", "0.91"],
    ["2", "Café?", "B", " B ", "0.4"],
]
TABLE += [["3", "Blank?", "A", "  ", ""], ["4", "Missing?", "A", "NaN", "nan"]]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_tables_of_excel_and_windows_are_read(tmp_path: Path, encoding: str, delimiter: str) -> None:
    content = StringIO()
    rows = [
        [cell.replace(".", ",") if delimiter in ";\t" and n else cell for cell in row] for n, row in enumerate(TABLE)
    ]
    csv.writer(content, delimiter=delimiter).writerows(rows)
    (tmp_path / "rows.csv").write_bytes(content.getvalue().encode(encoding))
    (tmp_path / "map.yaml").write_text(MAPPING, encoding="utf-8")
    (run,), issues = read("jsonl", tmp_path / "rows.csv", mapping=tmp_path / "map.yaml")
    assert not len(issues)
    assert [s.shown.question for s in run.samples if s.shown] == ["Größe, Maß?", "Café?", "Blank?", "Missing?"]
    assert [s.scores["correct"] for s in run.samples] == [True, True, False, False]
    assert [s.scores["parsed"] for s in run.samples] == [True, True, False, False]
    assert [s.scores.get("confidence") for s in run.samples] == [0.91, 0.4, None, None]


def test_an_old_code_page_is_refused_with_the_mend(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_bytes("id;prompt;gold;pred;conf\n1;Größe?;A;A;0,91\n".encode("cp1252"))
    (tmp_path / "map.yaml").write_text(MAPPING, encoding="utf-8")
    with pytest.raises(Problem, match="as Windows-1252 it would be '1;Größe") as caught:
        read("jsonl", tmp_path / "rows.csv", mapping=tmp_path / "map.yaml")
    issue = caught.value.issues[0]
    assert issue.line == 2 and "iconv -f WINDOWS-1252" in str(issue.hint)
    (tmp_path / "rows.json").write_bytes('[{"question_id": 1, "question": "Größe?"}]'.encode("cp1252"))
    with pytest.raises(Problem, match="UTF-8") as caught:
        read("mmlu-pro", tmp_path / "rows.json")
    assert "iconv" in str(caught.value.issues[0].hint)


def test_rows_left_out_are_listed_with_their_lines(tmp_path: Path) -> None:
    (tmp_path / "map.yaml").write_text(MAPPING, encoding="utf-8")
    lines = ["id,prompt,gold,pred,conf", "1,a,A,A,1", ",b,A,A,1", "2,c,A,A,1,9", ",d,A,A,1", "3,e,A,B,1"]
    (tmp_path / "rows.csv").write_text("\n".join(lines), encoding="utf-8")
    (run,), _ = read("jsonl", tmp_path / "rows.csv", mapping=tmp_path / "map.yaml")
    assert run.source["rows"] == 5 and len(run.samples) == 2
    assert run.source["left_out"] == {
        "rows_too_long": {"rows": 1, "why": "6 cells, but the header has 5", "first": [4]},
        "rows_without_an_item": {"rows": 2, "why": "nothing in column 'id'", "first": [3, 5]},
    }


NESTED = {"evalId": "e", "results": {"version": 3, "results": [
    {"testIdx": 0, "vars": {"q": "2+2?"}, "response": {"output": "4", "list": [{"text": "four"}]}, "score": 1},
    {"testIdx": 1, "vars": {"q": "3+3?"}, "response": {"output": "5", "list": []}, "score": 0},
]}}  # fmt: skip
INSIDE = "suite: s\nmodel: m\ncolumns: {item: testIdx, question: vars.q, reply: response.output, correct: score}\n"


def test_a_mapping_reaches_into_values_and_lists(tmp_path: Path) -> None:
    (tmp_path / "out.json").write_text(json.dumps(NESTED, indent=1), encoding="utf-8")
    (tmp_path / "map.yaml").write_text(INSIDE + "rows: results.results\n", encoding="utf-8")
    (run,), _ = read("jsonl", tmp_path / "out.json", mapping=tmp_path / "map.yaml")
    assert [
        (s.item, s.shown.question, s.reply.text, s.scores["correct"]) for s in run.samples if s.shown and s.reply
    ] == [
        ("0", "2+2?", "4", 1.0),
        ("1", "3+3?", "5", 0.0),
    ]


@pytest.mark.parametrize(
    ("mapping", "words", "hint"),
    [
        (INSIDE, "no column 'testIdx' in it: it is one object", "rows: results.results"),
        (INSIDE + "rows: results.result\n", "the rows lie at 'results.result': no list there", "results.results"),
        (INSIDE.replace("vars.q", "vars.quest") + "rows: results.results\n", "column 'vars.quest'", "vars.q"),
        (
            INSIDE.replace("response.output", "response.list.0.txt") + "rows: results.results\n",
            "list.0.txt",
            "response.list",
        ),
    ],
)
def test_a_path_that_leads_nowhere_says_where_it_could(tmp_path: Path, mapping: str, words: str, hint: str) -> None:
    (tmp_path / "out.json").write_text(json.dumps(NESTED, indent=1), encoding="utf-8")
    (tmp_path / "map.yaml").write_text(mapping, encoding="utf-8")
    with pytest.raises(Problem) as caught:
        read("jsonl", tmp_path / "out.json", mapping=tmp_path / "map.yaml")
    assert words in str(caught.value) and hint in str(caught.value.issues[0].hint)


MADE = CASES / "promptfoo-made" / "input"


def test_a_test_of_promptfoo_without_assertions_has_no_score() -> None:
    runs, issues = read("promptfoo", MADE / "results.json")
    assert [run.model.name for run in runs] == ["wrong:1b", "right:1b"]
    right = runs[1]
    assert Counter(s.outcome for s in right.samples) == {"ok": 12, "error": 4}
    scored = {(s.item, s.condition["prompt"], s.repeat): s.scores.get("correct") for s in right.samples}
    assert len(scored) == 16
    assert {value for (item, _, _), value in scored.items() if item == "test-0"} == {1.0}
    assert {value for (item, _, _), value in scored.items() if item in ("test-4", "test-6")} == {None}
    assert right.samples[0].condition["temperature"] == 0.5 and right.engine.version == "0.121.20"
    assert {s.scores["correct"] for s in runs[0].samples if s.item == "test-0"} == {0.0}
    assert {s.error.message for s in right.samples if s.error} == {"the server is away"}
    assert right.source["tests_without_assertions"] == 8 and issues.count("warning")


def test_promptfoo_in_two_formats_is_one_run(tmp_path: Path) -> None:
    runs, issues = read("promptfoo", MADE)
    assert len(runs) == 2 and sum(issue.code == "import-same-run" for issue in issues) == 2
    (tmp_path / "results.jsonl").write_bytes((MADE / "results.jsonl").read_bytes())
    study = Study(tmp_path / "study")
    assert all(store(study, "r", run).counts for run in runs)
    again, _ = read("promptfoo", tmp_path / "results.jsonl")
    assert [store(study, "r", run).counts for run in again] == [None, None]


EXPORTS = sorted(Path(DATA, "reports").glob("*/export.json")) if DATA else []


@pytest.mark.skipif(not EXPORTS, reason="LLMXSITE_TEST_DATA is not set: no reported export is read")
@pytest.mark.parametrize("path", EXPORTS, ids=lambda path: path.parent.name)
def test_reported_exports_are_read_and_mappings_say_where_the_rows_lie(path: Path, tmp_path: Path) -> None:
    rows = json.loads(path.read_text(encoding="utf-8"))["results"]["results"]
    runs, _ = read("promptfoo", path)
    replies = Counter(sample.reply.text for run in runs for sample in run.samples if sample.reply)
    assert replies == Counter(row["response"]["output"] for row in rows if row.get("response", {}).get("output"))
    mapping = path.with_name("map.yaml").read_text(encoding="utf-8")
    with pytest.raises(Problem) as caught:
        read("jsonl", path, mapping=path.with_name("map.yaml"))
    assert "rows: results.results" in str(caught.value.issues[0].hint)
    (tmp_path / "map.yaml").write_text(mapping + "\nrows: results.results\n", encoding="utf-8")
    runs, _ = read("jsonl", path, mapping=tmp_path / "map.yaml")
    assert sum(len(run.samples) for run in runs) == len(rows)


TABLES = sorted(Path(DATA, "reports").glob("*/rows.csv")) if DATA else []


@pytest.mark.skipif(not TABLES, reason="LLMXSITE_TEST_DATA is not set: no reported table is read")
@pytest.mark.parametrize("path", TABLES, ids=lambda path: path.parent.name)
def test_reported_tables_give_a_sample_a_row(path: Path) -> None:
    (run,), _ = read("jsonl", path, mapping=path.with_name("map.yaml"))
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    assert len(run.samples) == len(lines) - 1
    assert all(0 <= sample.scores["confidence"] <= 1 for sample in run.samples)


def command(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    """The exit code of `llmxsite import`."""
    monkeypatch.setattr(sys, "argv", ["llmxsite", "import", *words])
    try:
        main()
    except SystemExit as leaving:
        return int(leaving.code or 0)
    return 0


def test_the_command_imports_what_it_can_and_fails_for_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "content").mkdir()
    (tmp_path / "content" / "site.yaml").write_text("title: A study\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    row = {"question_id": 1, "question": "?", "options": ["x", "y"], "answer": "A", "pred": "B", "generated_text": "A"}
    (tmp_path / "broken.json").write_text("[1, 2", encoding="utf-8")
    (tmp_path / "good.json").write_text(json.dumps([row, 2, 3]), encoding="utf-8")
    assert command(monkeypatch, "mmlu-pro", "broken.json", "good.json") == 1
    said = capsys.readouterr()
    assert "good-" in said.out and "1 sample of good (1 ok)" in said.out
    assert "2 of 3 rows left out" in said.out and "`pred` disagrees with the replies" in said.out
    assert "broken.json" in said.err and "not whole JSON" in said.err
    (tmp_path / "book.xlsx").write_bytes(b"PK\x03\x04")
    assert command(monkeypatch, "mmlu-pro", "good.json", "book.xlsx") == 1
    said = capsys.readouterr()
    assert "imported before" in said.out and "save the sheet as 'CSV UTF-8'" in said.err


def test_what_an_earlier_version_imported_is_known_by_its_file(tmp_path: Path) -> None:
    runs, _ = read("llmxray", CASES / "llmxray-export" / "input")
    study = Study(tmp_path)
    for run in runs:
        path = store(study, "r", run).path
        path.rename(path.with_name(f"{path.stem[:-8]}00000000.jsonl"))
    again, _ = read("llmxray", CASES / "llmxray-export" / "input")
    assert [store(study, "r", run).counts for run in again] == [None, None]
    assert all(store(study, "r", run, replace=True).counts for run in again)
    assert len(list((tmp_path / "runs" / "r").glob("*.jsonl"))) == 2


def test_older_results_of_promptfoo_are_read_too(tmp_path: Path) -> None:
    """Before version 3 rows had no test of their own, no ids and no `failureReason`."""
    row = {
        "prompt": {"raw": "2+2?", "label": "2+2?"},
        "provider": {"id": "ollama:tiny"},
        "vars": {"q": "2+2?"},
        "latencyMs": 9,
    }
    rows = [
        row | {"response": {"output": "4"}, "success": True, "score": 1},
        row | {"response": {"output": "5"}, "success": False, "score": 0, "error": "Expected 4"},
        row | {"error": "no connection", "success": False, "score": 0},
        row | {"response": {"output": "4", "cached": True}, "success": True, "score": 2},
        {"vars": {}},
    ]
    run, issues = one("promptfoo", {"version": 2, "results": rows, "timestamp": "2026-01-01T00:00:00Z"}, tmp_path)
    assert [(s.outcome, s.scores.get("correct"), s.repeat) for s in run.samples] == [
        ("ok", 1.0, 0),
        ("ok", 0.0, 1),
        ("error", None, 2),
        ("ok", None, 3),
    ]
    assert run.samples[0].timing.total_ms == 9 and run.samples[3].timing.total_ms is None
    assert run.source["left_out"]["unreadable_rows"]["first"] == [5]
    assert run.source["scores_outside_0_to_1"] == 1 and run.started == "2026-01-01T00:00:00.000Z"
    assert issues.count("warning") == 2
