"""Suites: what the hash covers, reading what was written, LLMxRay's files, finding one in a study."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from llmxsite.base.diagnostics import Issues, Problem
from llmxsite.base.document import Document
from llmxsite.base.json_positions import positions
from llmxsite.study.study import Author, Study
from llmxsite.study.suite import LETTERS, QuestionItem, Suite, content, find, item_hash, load, scaffold, write
from llmxsite.study.suite.check import check
from llmxsite.study.suite.llmxray import split_letters
from llmxsite.study.suite.writer import to_yaml

TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), min_size=1, max_size=40).map(
    lambda s: s.strip() or "x"
)
LINES = st.lists(TEXT, min_size=1, max_size=3).map("\n".join)
LABEL = st.none() | st.sampled_from(["earth", "no", "1e3", "007", "null", "~", "a: b", "- x", "#", "été", "12:30"])


@st.composite
def items(draw: st.DrawFn) -> QuestionItem:
    kind = draw(st.sampled_from(["choice", "number", "text"]))
    choices = draw(st.lists(LINES, min_size=2, max_size=5, unique=True)) if kind == "choice" else None
    answer: Any
    if choices is not None:
        answer = LETTERS[draw(st.integers(0, len(choices) - 1))]
    elif kind == "number":
        answer = draw(st.integers(-(10**12), 10**12) | st.floats(allow_nan=False, allow_infinity=False, width=32))
    else:
        answer = draw(TEXT.filter(lambda t: len(t) > 1) | st.lists(TEXT, min_size=1, max_size=3))
    return QuestionItem(
        id=draw(st.from_regex(r"[a-z0-9]{1,8}", fullmatch=True)),
        category=draw(LABEL),
        difficulty=draw(st.none() | st.sampled_from(["easy", "hard"])),
        question=draw(LINES),
        choices=choices,
        answer=answer,
        unit=draw(st.none() | TEXT),
        explanation=draw(st.none() | LINES),
    )


SUITES = st.builds(
    Suite,
    id=st.just("made"),
    title=TEXT,
    description=st.none() | LINES,
    authors=st.lists(st.builds(Author, name=TEXT), max_size=2),
    datasheet=st.dictionaries(
        st.sampled_from(["motivation", "uses"]), st.dictionaries(TEXT, LINES, max_size=2, min_size=1)
    ),
    examples=st.lists(items(), max_size=2),
    items=st.lists(items(), min_size=1, max_size=5, unique_by=lambda i: i.id),
)


def reordered(value: Any) -> Any:
    """The same data with every mapping's keys the other way round."""
    if isinstance(value, dict):
        return {key: reordered(value[key]) for key in reversed(value)}
    return [reordered(v) for v in value] if isinstance(value, list) else value


@settings(max_examples=60, deadline=None)
@given(SUITES)
def test_yaml_json_lines_and_key_order_give_the_same_suite(
    tmp_path_factory: pytest.TempPathFactory, suite: Suite
) -> None:
    folder = tmp_path_factory.mktemp("suite")
    native = write(suite, folder / "native")
    lines = write(suite, folder / "lines", large=0)
    as_json = folder / "made.json"
    as_json.write_text(json.dumps(reordered(msgspec.to_builtins(suite))), encoding="utf-8")
    flow = folder / "flow" / "made.yaml"
    flow.parent.mkdir()
    flow.write_text(
        yaml.safe_dump(reordered(msgspec.to_builtins(suite)), default_flow_style=True, sort_keys=False, width=30)
    )
    for path in (native, lines, as_json):
        issues = Issues()
        found = load(path, issues)
        assert not len(issues), [issue.render() for issue in issues]
        assert msgspec.structs.asdict(found) == msgspec.structs.asdict(suite)
        assert found.hash() == suite.hash()
    # PyYAML writes the text `1e3` bare, as YAML 1.1 takes it for one; ours reads YAML 1.2's number, so only the rest is compared.
    if not re.search(r"\d[eE][-+]?\d", to_yaml(suite)):
        assert load(flow, Issues()).hash() == suite.hash()


@given(SUITES, st.randoms(use_true_random=False))
def test_hash_ignores_prose_and_order_and_nothing_else(suite: Suite, random: Any) -> None:
    first = suite.hash()
    mixed = msgspec.structs.replace(
        suite, title="other", description="other", items=random.sample(suite.items, len(suite.items))
    )
    mixed.items = [msgspec.structs.replace(i, category="other", difficulty="hard", source="s") for i in mixed.items]
    assert mixed.hash() == first
    for change in ({"question": suite.items[0].question + "!"}, {"answer": "other"}, {"unit": "other unit"}):
        other = msgspec.structs.replace(
            suite, items=[msgspec.structs.replace(suite.items[0], **change), *suite.items[1:]]
        )
        assert other.hash() != first


def test_numbers_are_the_same_however_they_are_written() -> None:
    whole, floating = (QuestionItem(id="a", question="q", answer=answer) for answer in (5, 5.0))
    assert item_hash(whole) == item_hash(floating)
    assert item_hash(whole) != item_hash(QuestionItem(id="a", question="q", answer=5.5))
    assert item_hash(whole) != item_hash(QuestionItem(id="a", question="q", answer="5"))


def test_item_hash_is_pinned() -> None:
    """Logs keep it: a change here would cut every old log off from its items."""
    item = QuestionItem(id="a", category="c", question="q", choices=["x", "y"], answer="B")
    assert item_hash(item) == "739420c576618ac139d020663b43ef8e"


def test_a_field_that_a_task_adds_later_changes_only_items_that_use_it() -> None:
    class Longer(QuestionItem, kw_only=True):
        documents: list[str] = msgspec.field(default_factory=list)
        tools: str | None = None

    plain = QuestionItem(id="a", question="q", answer="B", choices=["x", "y"])
    unused = Longer(id="a", question="q", answer="B", choices=["x", "y"])
    used = Longer(id="a", question="q", answer="B", choices=["x", "y"], tools="t", documents=["d"])
    assert content(plain) == content(unused)
    assert item_hash(used) not in (item_hash(plain), item_hash(unused))


def test_llmxray_is_read_unchanged(tmp_path: Path) -> None:
    questions = [
        {
            "id": f"gk_{number:03d}",
            "category": "made-up",
            "subcategory": "test",
            "question": f"Question {number}?",
            "choices": [f"{letter}) option {letter} of {number}" for letter in "ABCD"],
            "correctAnswer": "ABCD"[number % 4],
            "difficulty": ["easy", "medium", "hard"][number % 3],
        }
        for number in range(24)
    ]
    path = tmp_path / "community.json"
    path.write_text(
        json.dumps(
            {"id": "made-up", "name": "Made up", "description": "d", "builtIn": False, "questions": questions},
            indent="\t",
        )
    )
    issues = Issues()
    suite = load(path, issues)
    assert not len(issues)
    assert (suite.id, suite.title, len(suite.items)) == ("made-up", "Made up", 24)
    assert suite.items[1].choices == [f"option {letter} of 1" for letter in "ABCD"]
    assert [item.answer for item in suite.items[:4]] == ["A", "B", "C", "D"]
    assert suite.items[2].difficulty == "hard"


@pytest.mark.parametrize(
    ("choices", "options", "letters"),
    [
        (["A) red", "B) blue"], ["red", "blue"], ["A", "B"]),
        (["(A) red", "(B) blue"], ["red", "blue"], ["A", "B"]),
        (["B. red", "A. blue"], ["red", "blue"], ["B", "A"]),
        (["A. Smith", "the others"], ["A. Smith", "the others"], ["A", "B"]),
        (["A) one", "A) two"], ["A) one", "A) two"], ["A", "B"]),
        (["E) fifth", "F) sixth"], ["fifth", "sixth"], ["E", "F"]),
    ],
)
def test_letters_before_options(choices: list[str], options: list[str], letters: list[str]) -> None:
    assert split_letters(choices) == (options, letters)


def test_formatting_does_not_reach_the_model(tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    path.write_text(
        'id: s\ntitle: t\nitems:\n  - id: a\n    question: |\n      Two\n      lines\n    choices: ["  p ", "q\\r\\nr"]\n    answer: A\n'
    )
    item = load(path, Issues()).items[0]
    assert (item.question, item.choices) == ("Two\nlines", ["p", "q\nr"])


def test_an_item_that_cannot_be_read_leaves_the_others(tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    path.write_text(
        "id: s\ntitle: t\nitems:\n  - {id: a, question: q, answer: 1}\n  - {id: b}\n  - {id: c, question: q, answer: 2}\n"
    )
    issues = Issues()
    assert [item.id for item in load(path, issues).items] == ["a", "c"]
    assert [(issue.line, issue.code) for issue in issues] == [(5, "suite-invalid")]


@pytest.mark.parametrize("text", ["[]", "3", "", "title: t"])
def test_what_is_no_suite_is_a_problem_with_a_place(tmp_path: Path, text: str) -> None:
    path = tmp_path / "s.yaml"
    path.write_text(text)
    with pytest.raises(Problem) as caught:
        load(path, Issues())
    assert all(issue.line is not None and issue.path.endswith("s.yaml") for issue in caught.value.issues)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda s: s.encode("utf-8", "surrogatepass")))
def test_no_file_breaks_reading(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    folder = tmp_path_factory.mktemp("any")
    (folder / "suite.yaml").write_bytes(b"id: any\ntitle: t\n")
    (folder / "items.jsonl").write_bytes(data)
    for name in ("any.yaml", "any.json"):
        (folder / name).write_bytes(data)
        try:
            check(folder / name, Issues())
        except Problem as problem:
            assert problem.issues
    try:
        check(folder, Issues())
    except Problem as problem:
        assert problem.issues


def test_a_byte_order_mark_before_the_first_item_hides_none(tmp_path: Path) -> None:
    (tmp_path / "suite.yaml").write_bytes(b"\xef\xbb\xbfid: any\ntitle: t\n")
    (tmp_path / "items.jsonl").write_bytes(b'\xef\xbb\xbf{"id": "a", "question": "q", "answer": 1}\r\n')
    issues = Issues()
    assert [item.id for item in load(tmp_path, issues).items] == ["a"] and not issues.failed()


def test_find_names_the_nearest(tmp_path: Path) -> None:
    (tmp_path / "suites").mkdir()
    (tmp_path / "suites" / "everyday.yaml").write_text(
        "id: everyday\ntitle: t\nitems: [{id: a, question: q, answer: 1}]\n"
    )
    foreign = {
        "id": "inside",
        "name": "n",
        "questions": [{"id": "a", "question": "q", "choices": ["A) x", "B) y"], "correctAnswer": "A"}],
    }
    (tmp_path / "suites" / "download.json").write_text(json.dumps(foreign))
    study = Study(tmp_path)
    assert find(study, "everyday", Issues()).id == "everyday"
    assert find(study, "inside", Issues()).id == "inside"
    with pytest.raises(Problem) as caught:
        find(study, "evryday", Issues())
    assert caught.value.issues[0].hint == "did you mean 'everyday'?"


def test_scaffold_is_a_suite_that_only_lacks_items(tmp_path: Path) -> None:
    path = tmp_path / "my-suite-100-percent.yaml"
    path.write_text(scaffold("My suite: 100 percent"))
    issues = Issues()
    loaded = check(path, issues)
    assert loaded.suite.title == "My suite: 100 percent"
    assert [issue.code for issue in issues] == ["suite-few-items"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)


@given(JSON, st.sampled_from([None, 2, "\t"]), st.booleans())
def test_json_positions_point_at_the_values(value: Any, indent: Any, ascii_only: bool) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    lines = text.split("\n")

    def walk(part: Any, keys: tuple[Any, ...]) -> None:
        line, column = found[keys]
        assert lines[line - 1][column - 1 :].startswith(json.dumps(part, ensure_ascii=ascii_only)[:1])
        for key, inner in part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else []:
            walk(inner, (*keys, key))

    found = positions(text)
    walk(value, ())


def test_json_is_read_as_json(tmp_path: Path) -> None:
    path = tmp_path / "d.json"
    path.write_text('{\n\t"a": "\\ud83d\\ude00",\n\t"b": [1, {"c": null}]\n}')
    document = Document.load(path)
    assert document.data == {"a": "😀", "b": [1, {"c": None}]}
    assert document.where("b", 1, "c") == (3, 17)


def test_too_many_items_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("llmxsite.study.suite.reader.MAX_ITEMS", 2)
    suite = Suite(id="big", title="t", items=[QuestionItem(id=str(n), question=f"q{n}", answer=n) for n in range(3)])
    for large in (0, 10):
        with pytest.raises(Problem, match="more than 2 items"):
            load(write(suite, tmp_path, large=large), Issues())
