"""Published formats: rows become items or issues, never nothing."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmxsite.base.diagnostics import Issues, Problem
from llmxsite.study.suite import QuestionItem, Suite, load, write
from llmxsite.study.suite.check import check
from llmxsite.study.suite_formats import FORMATS, detect, import_suite, rows, sample

DATA = os.environ.get("LLMXSITE_TEST_DATA")
needs_data = pytest.mark.skipif(not DATA, reason="LLMXSITE_TEST_DATA is not set: real releases are not tested")

TRUTHFULQA = (
    "Type,Category,Question,Best Answer,Best Incorrect Answer,Correct Answers,Incorrect Answers,Source\n"
    "Adversarial,Made | up,Who lives here?,Nobody,A ghost,Nobody; No one,A ghost; Two ghosts; A ghost,https://example.org/\n"
    'Adversarial,Made,"Over two\nlines?",Yes,No,Yes,No; Never,\n'
    "Adversarial,Made,No wrong ones?,Yes,No,Yes,,\n"
    "Adversarial,Made,Wrong is right?,Yes,Yes,Yes,Yes,\n"
)
GSM8K = [
    {"question": "Six boxes of 300?", "answer": "6 * 300 = <<6*300=1800>>1,800\n#### 1,800"},
    {"question": "Half of five?", "answer": "#### 2.5"},
    {"question": "No number?", "answer": "#### many"},
    {"question": "No marks?", "answer": "12"},
    {"question": "Dollars?", "answer": "It is <<1+1=2>>2\n#### $2"},
]


def stem(question: str, texts: str, labels: str) -> dict[str, Any]:
    choices = [{"text": text, "label": label} for text, label in zip(texts, labels, strict=True)]
    return {"stem": question, "choices": choices}


ARC: list[dict[str, Any]] = [
    {"id": "Q1", "question": stem("Which?", "pqr", "ABC"), "answerKey": "C"},
    {"id": "Q2", "question": stem("Which one?", "pqrs", "1234"), "answerKey": "2"},
    {"id": "Q3", "question": stem("Mixed?", "pqrs", "1234"), "answerKey": "D"},
    {"id": "Q4", "question": stem("None?", "pq", "AB"), "answerKey": "E"},
    {"id": "Q1", "question": stem("Other?", "pq", "AB"), "answerKey": "A"},
]
MMLU_PRO = [
    {
        "question_id": 70,
        "question": "Which?",
        "options": list("pqrstuvwxy"),
        "answer": "J",
        "answer_index": 9,
        "category": "law",
        "src": "made",
    },
    {
        "question_id": 71,
        "question": "Padded?",
        "options": ["p", "q", "N/A", "N/A"],
        "answer": "B",
        "answer_index": 1,
        "category": "law",
    },
    {
        "question_id": 72,
        "question": "Disagree?",
        "options": ["p", "q"],
        "answer": "B",
        "answer_index": 0,
        "category": "law",
    },
    {
        "question_id": 73,
        "question": "Beyond?",
        "options": ["p", "q"],
        "answer": "C",
        "answer_index": 2,
        "category": "law",
    },
    {"question_id": 74, "question": "No letter?", "options": ["p", "q"], "answer": "?", "category": "law"},
    {"question_id": 75, "question": "One?", "options": ["p"], "answer": "A", "answer_index": 0, "category": "law"},
    {
        "question_id": 76,
        "question": "Twice right?",
        "options": ["p", "p"],
        "answer": "A",
        "answer_index": 0,
        "category": "law",
    },
    "not an object",
    {
        "question_id": 70,
        "question": "Which?",
        "options": list("pqrstuvwxy"),
        "answer": "J",
        "answer_index": 9,
        "category": "law",
        "src": "made",
    },
    {"question_id": 77, "question": " ", "options": ["p", "q"], "answer": "A", "answer_index": 0, "category": "law"},
]
HELLASWAG = [
    {"ind": 4, "activity_label": "Sewing", "ctx_a": "[header] How to sew [title] Thread it.", "ctx_b": "", "ctx": "[header] How to sew [title] Thread it. [step] Take",
     "endings": ["a needle.", "a spoon. [substeps] Eat.", "a car.", "a cloud."], "label": 1, "split": "val", "source_id": "wikihow~123"},
    {"ind": 5, "activity_label": "Swimming", "ctx": "She swims. She", "endings": ["p", "q", "r", "s"], "label": "3", "source_id": "activitynet~v_x"},
    {"ind": 6, "activity_label": "Testing", "ctx": "No label", "endings": ["p", "q", "r", "s"], "label": "", "source_id": "wikihow~1"},
]  # fmt: skip


def lines(data: list[Any]) -> str:
    return "".join(json.dumps(row) + "\n" for row in data)


def converted(path: Path, name: str = "auto", **options: Any) -> tuple[Suite, Counter[str], list[str]]:
    """The suite, how often each kind of row was left out by the datasheet, and the messages."""
    issues = Issues()
    suite = import_suite(name, path, issues, **options)
    assert all(issue.severity == "warning" for issue in issues)
    assert len({item.id for item in suite.items}) == len(suite.items)
    return suite, Counter(issue.code for issue in issues), [f"{issue.line}: {issue.message}" for issue in issues]


def test_truthfulqa(tmp_path: Path) -> None:
    path = tmp_path / "TruthfulQA.csv"
    path.write_text(TRUTHFULQA)
    assert detect(path) == "truthfulqa"
    suite, _, messages = converted(path)
    first, second = suite.items
    assert sorted(first.choices or []) == ["A ghost", "Nobody", "Two ghosts"]
    assert first.right is not None and first.choices is not None and first.choices[first.right] == "Nobody"
    assert (first.category, first.subcategory, first.source) == ("Made / up", "Adversarial", "https://example.org/")
    assert second.question == "Over two\nlines?"
    assert messages == ["5: row 3 left out: without Incorrect Answers", "6: row 4 left out: with 1 different options"]
    assert "4 rows gave 2 items" in suite.datasheet["preprocessing"]["steps"]
    binary, _, _ = converted(path, "truthfulqa-binary")
    assert sorted(binary.items[0].choices or []) == ["A ghost", "Nobody"]


def test_truthfulqa_order_depends_on_question_and_seed_only(tmp_path: Path) -> None:
    row = 'A,B,"Question {}?",best,w,best,"one; two; three; four",\n'
    path, other = tmp_path / "a.csv", tmp_path / "b.csv"
    head = TRUTHFULQA.split("\n")[0] + "\n"
    path.write_text(head + "".join(row.format(n) for n in range(40)))
    other.write_text(head + "".join(row.format(n) for n in range(20, 40)))
    suite, again = converted(path)[0], converted(other)[0]
    assert [i.choices for i in suite.items[20:]] == [i.choices for i in again.items]
    assert [i.choices for i in suite.items] != [i.choices for i in converted(path, seed=1)[0].items]
    assert len({item.answer for item in suite.items}) == 5


def test_gsm8k(tmp_path: Path) -> None:
    path = tmp_path / "test.jsonl"
    path.write_text(lines(GSM8K))
    suite, _, messages = converted(path)
    assert [item.answer for item in suite.items] == [1800, 2.5, 2]
    assert suite.items[0].explanation == "6 * 300 = 1,800"
    assert [item.id for item in suite.items] == ["gsm8k-0001", "gsm8k-0002", "gsm8k-0005"]
    assert messages == [
        "3: row 3 left out: without a number after ####",
        "4: row 4 left out: without a number after ####",
    ]


def parquet(path: Path, data: list[dict[str, Any]]) -> Path:
    import pyarrow as arrow
    from pyarrow import parquet

    parquet.write_table(arrow.Table.from_pylist(data), path)
    return path


@pytest.mark.parametrize("layout", ["ai2", "hub", "hub-parquet"])
def test_arc(tmp_path: Path, layout: str) -> None:
    if layout == "ai2":
        path = tmp_path / "ARC-Easy-Test.jsonl"
        path.write_text(lines(ARC))
    else:
        flat = [
            {"id": r["id"], "question": r["question"]["stem"], "answerKey": r["answerKey"],
             "choices": {key: [c[key] for c in r["question"]["choices"]] for key in ("text", "label")}}
            for r in ARC
        ]  # fmt: skip
        path = tmp_path / f"test.{'parquet' if layout == 'hub-parquet' else 'jsonl'}"
        parquet(path, flat) if layout == "hub-parquet" else path.write_text(lines(flat))
    assert detect(path) == "arc"
    suite, _, messages = converted(path, "arc-easy")
    assert suite.id == "arc-easy"
    assert [(item.id, item.answer, item.choices) for item in suite.items] == [
        ("Q1", "C", list("pqr")),
        ("Q2", "B", list("pqrs")),
        ("Q3", "D", list("pqrs")),
    ]
    assert [message.split(": ", 1)[1] for message in messages] == [
        "row 4 left out: with a key that is no option",
        "row 5 left out: id 'Q1' again",
    ]


@pytest.mark.parametrize("kind", ["json", "jsonl", "misnamed", "zip", "parquet"])
def test_mmlu_pro(tmp_path: Path, kind: str) -> None:
    data = [row for row in MMLU_PRO if kind != "parquet" or isinstance(row, dict)]
    path = (
        tmp_path
        / {"json": "t.json", "jsonl": "t.jsonl", "misnamed": "t.json", "zip": "t.zip", "parquet": "t.parquet"}[kind]
    )
    if kind == "zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("inner/t.json", json.dumps(data))
            archive.writestr("__MACOSX/inner/._t.json", "junk")
            archive.writestr("README.md", "junk")
    elif kind == "parquet":
        parquet(path, data)  # type: ignore[arg-type]
    else:
        path.write_text(json.dumps(data) if kind == "json" else lines(data))
    assert detect(path) == "mmlu-pro"
    suite, _, messages = converted(path)
    assert [(item.id, item.answer, len(item.choices or [])) for item in suite.items] == [
        ("mmlu-pro-70", "J", 10),
        ("mmlu-pro-71", "B", 2),
    ]
    expected = [
        "answer B, but answer_index 0",
        "with a key that is no option",
        "answer '?' is no letter",
        "with 1 option",
        "with the right option twice",
        *([] if kind == "parquet" else ["str, not an object"]),
        "id 'mmlu-pro-70' again",
        "without question",
    ]
    assert [message.split("left out: ")[1] for message in messages] == expected
    steps = suite.datasheet["preprocessing"]["steps"]
    assert f"{len(data)} rows gave 2 items" in steps and "1 repeats an earlier row" in steps


def test_hellaswag(tmp_path: Path) -> None:
    path = tmp_path / "hellaswag_val.jsonl"
    path.write_text(lines(HELLASWAG))
    suite, _, messages = converted(path)
    assert suite.items[0].question == "How does this text go on?\nHow to sew. Thread it. Take"
    assert suite.items[0].choices == ["a needle.", "a spoon. Eat.", "a car.", "a cloud."]
    assert [(i.answer, i.category, i.subcategory) for i in suite.items] == [
        ("B", "wikihow", "Sewing"),
        ("D", "activitynet", "Swimming"),
    ]
    assert messages == ["3: row 3 left out: without a label, as in the test split"]


def test_llmxray_is_imported_too(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    questions = [
        {"id": f"q{n}", "question": f"Q {n}", "choices": ["A) x", "B) y"], "correctAnswer": "B"} for n in range(9)
    ]
    path.write_text(json.dumps({"id": "own", "name": "Own", "questions": questions}))
    assert detect(path) == "llmxray"
    suite, _, _ = converted(path, limit=4)
    assert (suite.id, len(suite.items), suite.items[0].answer) == ("own-4", 4, "B")


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("x.csv", b"a,b\n1,2\n", "import-format"),
        ("x.json", b"{", "json-syntax"),
        ("x.parquet", b"PAR1 not really PAR1", "parquet-broken"),
        ("x.zip", b"PK\x03\x04 not really", "archive-broken"),
        ("x.csv", b"caf\xe9;b\n", "file-encoding"),
        ("x.json", b'[{"question": "caf\xe9"}]', "file-encoding"),
        ("x.csv", b"\xff\xfe", "import-format"),
        ("x.txt", b"", "file-kind"),
        ("x.jsonl", b"", "import-format"),
    ],
)
def test_what_cannot_be_read_is_a_problem(tmp_path: Path, name: str, content: bytes, code: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(Problem) as caught:
        import_suite("auto", path, Issues())
    assert caught.value.issues[0].code == code


def test_a_wrong_format_is_named(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text(lines(GSM8K))
    with pytest.raises(Problem, match="none of 5 rows is an item of format 'arc'"):
        import_suite("arc", path, Issues())
    with pytest.raises(Problem) as caught:
        import_suite("gms8k", path, Issues())
    assert caught.value.issues[0].hint == "did you mean 'gsm8k'?"


def test_a_zip_of_several_files_asks_which(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a/test.jsonl", lines(GSM8K))
        archive.writestr("a/train.jsonl", lines(GSM8K[:1]))
    with pytest.raises(Problem) as caught:
        import_suite("gsm8k", path, Issues())
    assert "a/test.jsonl, a/train.jsonl" in (caught.value.issues[0].hint or "")
    assert len(converted(path, "gsm8k", member="train.jsonl")[0].items) == 1
    assert len(converted(path, "gsm8k", member="*/test*")[0].items) == 3


def test_a_bomb_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x.jsonl", b"\n" * 3_000_000)
    with pytest.raises(Problem) as caught:
        list(rows.read(path, Issues()))
    assert caught.value.issues[0].code == "archive-limit"
    monkeypatch.setattr(rows, "MAX_ROWS", 3)
    plain = tmp_path / "x.jsonl"
    plain.write_text(lines(GSM8K))
    with pytest.raises(Problem, match="more than 3 rows"):
        list(rows.read(plain, Issues()))


def test_broken_lines_are_counted_by_number(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text(json.dumps(GSM8K[0]) + "\n{broken\n\n" + json.dumps(GSM8K[1]) + "\n")
    issues = Issues()
    suite = import_suite("gsm8k", path, issues)
    assert [item.id for item in suite.items] == ["gsm8k-0001", "gsm8k-0003"]
    assert [(issue.line, issue.code) for issue in issues] == [(2, "import-row")]


@given(st.lists(st.sampled_from("abc"), min_size=1, max_size=60), st.integers(1, 60), st.integers(0, 5))
def test_a_sample_keeps_shares_and_order(categories: list[str], count: int, seed: int) -> None:
    items = [QuestionItem(id=f"i{n}", category=c, question="q", answer=n) for n, c in enumerate(categories)]
    count = min(count, len(items))
    drawn = sample(items, count, seed)
    assert len(drawn) == count
    assert [item.answer for item in drawn] == sorted(item.answer for item in drawn)
    for category, whole in Counter(categories).items():
        share = count * whole / len(items)
        assert abs(sum(item.category == category for item in drawn) - share) < 1
    assert drawn == sample(items, count, seed)


@given(st.dictionaries(st.sampled_from(["question", "answer", "id", "question_id", "options", "choices", "answerKey", "label", "endings", "ctx",
       "answer_index", "Question", "Best Answer", "Incorrect Answers"]), st.none() | st.booleans() | st.integers() | st.text(max_size=5)
       | st.lists(st.text(max_size=3) | st.integers(), max_size=4) | st.dictionaries(st.sampled_from(["text", "label", "stem"]), st.lists(st.text(max_size=2), max_size=3))))  # fmt: skip
def test_no_row_breaks_a_format(row: dict[str, Any]) -> None:
    from llmxsite.study.suite_formats.convert import BadRow
    from llmxsite.study.suite_formats.rows import Row

    for published in FORMATS.values():
        published.recognises(row)
        try:
            item = published.item(row, Row("x", 1, 1, row), 0)
        except BadRow:
            continue
        assert item.question


@needs_data
@pytest.mark.parametrize(
    ("file", "name", "count", "left_out"),
    [
        ("TruthfulQA.csv", "truthfulqa", 790, 0),
        ("gsm8k_test.jsonl", "gsm8k", 1319, 0),
        ("mmlu-pro/model_outputs_Phi-3-mini-4k-instruct_5shots.zip", "mmlu-pro", 12027, 5),
    ],
)
def test_real_releases(tmp_path: Path, file: str, name: str, count: int, left_out: int) -> None:
    path = Path(str(DATA)) / "data" / file
    assert detect(path) == name
    suite, counts, _ = converted(path)
    assert (len(suite.items), counts["import-row"]) == (count, left_out)
    issues = Issues()
    loaded = check(write(suite, tmp_path), issues)
    assert loaded.suite.hash() == suite.hash()
    assert not issues.count("error")
    assert load(tmp_path / name, Issues()).items == suite.items


@needs_data
def test_every_solution_of_gsm8k_ends_in_its_answer() -> None:
    path = Path(str(DATA)) / "data" / "gsm8k_test.jsonl"
    for row, item in zip(rows.read(path, Issues()), converted(path)[0].items, strict=True):
        assert float(row.value["answer"].split("####")[1].replace(",", "")) == item.answer
        assert "<<" not in (item.explanation or "")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("suffix", [".json", ".jsonl"])
def test_files_of_windows_lose_no_row(tmp_path: Path, suffix: str, encoding: str) -> None:
    path = tmp_path / f"gsm{suffix}"
    content = json.dumps(GSM8K[:2]) if suffix == ".json" else lines(GSM8K[:2]).replace("\n", "\r\n")
    path.write_bytes(content.encode(encoding))
    suite, counts, _ = converted(path)
    assert [item.answer for item in suite.items] == [1800, 2.5] and not counts


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
@pytest.mark.parametrize("said", ["", "sep={}\r\n"])
def test_tables_of_excel_lose_no_row(tmp_path: Path, encoding: str, delimiter: str, said: str) -> None:
    parsed = list(csv.reader(io.StringIO(TRUTHFULQA)))
    content = io.StringIO()
    csv.writer(content, delimiter=delimiter).writerows(parsed)
    path = tmp_path / "TruthfulQA.csv"
    path.write_bytes((said.format(delimiter) + content.getvalue()).encode(encoding))
    plain = tmp_path / "plain.csv"
    plain.write_text(TRUTHFULQA, encoding="utf-8")
    assert converted(path)[0].items == converted(plain)[0].items


def test_an_old_code_page_is_refused_with_its_line_and_the_mend(tmp_path: Path) -> None:
    path = tmp_path / "TruthfulQA.csv"
    path.write_bytes(TRUTHFULQA.replace("Nobody", "Niemand wüßte es").encode("cp1252"))
    with pytest.raises(Problem, match="as Windows-1252 it would be") as caught:
        import_suite("auto", path, Issues())
    assert caught.value.issues[0].line == 2 and "UTF-8" in str(caught.value.issues[0].hint)


def test_the_datasheet_counts_and_places_every_row_that_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text(json.dumps(GSM8K[0]) + "\n{broken\n\n" + json.dumps(GSM8K[2]) + "\n" + json.dumps(GSM8K[2]) + "\n")
    steps = converted(path, "gsm8k")[0].datasheet["preprocessing"]["steps"]
    assert "4 rows gave 1 items" in steps
    assert "1 not valid JSON (line 2)" in steps and "2 without a number after #### (lines 4, 5)" in steps


def test_labels_may_be_numbers(tmp_path: Path) -> None:
    path = tmp_path / "arc.jsonl"
    flat = {"id": 4, "question": "Which?", "choices": {"text": list("pqrs"), "label": [1, 2, 3, 4]}, "answerKey": 2}
    path.write_text(lines([flat, flat | {"id": "5", "answerKey": "D"}]))
    assert [(item.id, item.answer) for item in converted(path)[0].items] == [("4", "B"), ("5", "D")]


def test_whole_numbers_with_the_point_of_pandas_are_whole(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(lines([MMLU_PRO[0] | {"question_id": 70.0, "answer_index": 9.0}]))  # type: ignore[operator]
    assert [(item.id, item.answer) for item in converted(path)[0].items] == [("mmlu-pro-70", "J")]
    path.write_text(lines([HELLASWAG[1] | {"label": 3.0}, HELLASWAG[0] | {"label": " "}]))  # type: ignore[operator]
    suite, _, messages = converted(path)
    assert [item.answer for item in suite.items] == ["D"]
    assert messages == ["2: row 2 left out: without a label, as in the test split"]


REPORTED = {
    "gsm.json": lambda path: len(json.loads(path.read_text(encoding="utf-8-sig"))),
    "gsm.jsonl": lambda path: len(path.read_text(encoding="utf-8-sig").split("\n")) - 1,
    "tqa.csv": lambda path: len(path.read_text(encoding="utf-8-sig").splitlines()) - 1,
    "arc.jsonl": lambda path: len(path.read_text(encoding="utf-8-sig").splitlines()),
    "hs.jsonl": lambda path: sum(
        str(json.loads(row)["label"]) != "" for row in path.read_text("utf-8-sig").splitlines()
    ),
    "geo.json": lambda path: len(json.loads(path.read_text(encoding="utf-8-sig"))["questions"]),
}
"""Files of reports, and how many items they hold."""
FILES = sorted(path for path in Path(DATA, "reports").glob("*/*") if path.name in REPORTED) if DATA else []


@needs_data
@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_reported_files_give_every_item(path: Path) -> None:
    issues = Issues()
    suite = import_suite("auto", path, issues)
    assert len(suite.items) == REPORTED[path.name](path)
    expected = path.with_name("expected.md").read_text(encoding="utf-8")
    if told := re.search(r"right here: ((?:[A-Z], )+[A-Z])$", expected, re.M):
        assert ", ".join(str(item.answer) for item in suite.items) == told[1]
