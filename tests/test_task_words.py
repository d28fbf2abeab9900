"""Words that announce an answer, thinking written into replies, and the labelled replies of `labelled`."""

from __future__ import annotations

import csv
import importlib.util
import json
import os
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmxsite.base.diagnostics import Issues
from llmxsite.base.words import words
from llmxsite.base.words.vocabulary import has_words, languages, table
from llmxsite.exchange.answer.choice import parse_choice, read_choice
from llmxsite.exchange.answer.letters import plain
from llmxsite.exchange.answer.statement import LONGEST, answer_part
from llmxsite.exchange.answer.thinking import answer_span, blanked
from llmxsite.study.suite import Item, Suite, check, load, spoken, write

LABELLED = Path(__file__).parent / "labelled"
OPTIONS = ["oak", "ash", "elm", "yew"]
ASKED = ["ar", "de", "en", "es", "fr", "it", "ja", "ko", "nl", "pl", "pt", "ru", "zh"]


def test_every_language_asked_for_has_a_table() -> None:
    assert list(languages()) == ASKED


@pytest.mark.parametrize("language", ASKED)
def test_a_table_announces_answers_in_its_language(language: str) -> None:
    """Each name of an answer, followed by a colon or by each "is", announces the letter after it."""
    found = table(language)
    space = "" if language in ("zh", "ja", "ko") else " "
    for name in found.answer:
        assert parse_choice(f"{name}: C", OPTIONS, language=language).value == "C", name
    for copula in found.is_:
        said = f"{found.answer[0]}{space}{copula}{space}C"
        assert parse_choice(said, OPTIONS, language=language).value == "C", said


@pytest.mark.parametrize("language", ASKED)
def test_a_table_speaks_where_the_language_is_not_known(language: str) -> None:
    assert parse_choice(f"{table(language).answer[0]}: C", OPTIONS).value == "C"


def test_a_known_language_leaves_the_others_out_but_english() -> None:
    assert parse_choice("La risposta: C.", OPTIONS, language="it").value == "C"
    assert parse_choice("Answer: C", OPTIONS, language="it").value == "C"
    assert words("it").label.search("Antwort") is None
    assert words("xx").label.search("Antwort") is not None
    assert not has_words("../en")


def test_a_suite_in_a_language_without_a_table_is_warned_of(tmp_path: Path) -> None:
    items = [Item(id=f"tree-{i}", question="Zein da?", choices=OPTIONS, answer="A") for i in range(2)]
    basque = Suite(id="trees", title="Trees", language="eu", items=items)
    issues = Issues()
    check.check(write(basque, tmp_path), issues)
    assert [issue.severity for issue in issues if issue.code == spoken.CODE] == ["warning"]
    basque.language = "pt-BR"
    assert spoken.unread(basque) is None
    basque.language = None
    assert spoken.unread(basque) is None


@given(st.text(max_size=60) | st.text("АВСЕ ＡＢ（）Ⓒ𝐃ΑΒ.:", max_size=60))
def test_letters_in_other_shapes_keep_their_places(text: str) -> None:
    assert len(plain(text)) == len(text)


@given(st.text(max_size=200) | st.text("<>|/think[]THINKassistantfinalanalysis ◁▷", max_size=120))
def test_an_answer_lies_in_its_text(text: str) -> None:
    start, end, finished = answer_span(text)
    assert 0 <= start <= end <= len(text)
    assert finished or start == end


@pytest.mark.parametrize(
    ("text", "answer", "finished"),
    [
        ("<think>Oak?</think>\nB", "\nB", True),
        ("Oak?</think>B", "B", True),
        ("[THINK]Oak?[/THINK]B</s>", "B", True),
        ("<|channel|>analysis<|message|>Oak?<|end|><|start|>assistant<|channel|>final<|message|>B", "B", True),
        ("<think>Oak", "", False),
        ("B <thinking>no, A", "", False),
        ("analysis of trees: B", "analysis of trees: B", True),
    ],
)
def test_thinking_is_no_part_of_the_answer(text: str, answer: str, finished: bool) -> None:
    start, end, ended = answer_span(text)
    assert (text[start:end], ended) == (answer, finished)


def test_control_tokens_of_a_models_own_vocabulary_end_its_answer() -> None:
    text = "B[|endofturn|]A"
    assert answer_span(text, ["[|endofturn|]"]) == (0, 1, True)
    assert blanked(text, ["[|endofturn|]"]).strip() == "B"


def test_a_statement_at_the_beginning_of_a_long_reply_counts() -> None:
    reply = "The answer is (B). " + "The yew is a tree of churchyards. " * (2 * LONGEST // 34)
    assert read_choice(reply, OPTIONS, style="reasoned").value == "B"
    assert answer_part(reply, "reasoned")[0] > 0


def reported() -> list[tuple[str, str, Item, str | None]]:
    """Replies of public bug reports, where LLMXSITE_TEST_DATA has them: case, reply, item, language."""
    data = os.environ.get("LLMXSITE_TEST_DATA")
    found = []
    for path in sorted(Path(data, "reports").glob("*/replies.json")) if data else []:
        suite = load(path.parent / "suite.yaml", Issues())
        for mark, reply in json.loads(path.read_text(encoding="utf-8")).items():
            item = next((i for i in suite.items if mark in i.question), None)
            if item is not None and item.choices and isinstance(item.answer, str):
                found.append((path.parent.name, reply, item, item.language or suite.language))
    return found


@pytest.mark.parametrize(("case", "reply", "item", "language"), reported())
def test_replies_of_public_reports_are_read(case: str, reply: str, item: Item, language: str | None) -> None:
    assert read_choice(reply, item.choices or [], language=language).value == item.answer, case


def benchmark() -> ModuleType:
    """`benchmarks/parser.py`, which knows the data and the strata."""
    path = Path(__file__).parent.parent / "benchmarks" / "parser.py"
    spec = importlib.util.spec_from_file_location("parser_benchmark", path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_labelled_replies_are_letters_of_known_strata() -> None:
    with (LABELLED / "replies.csv").open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    with (LABELLED / "strata.csv").open(encoding="utf-8", newline="") as file:
        sizes = {line["stratum"]: int(line["replies"]) for line in csv.DictReader(file)}
    assert sum(sizes.values()) == 72_192
    assert len({(line["model"], line["question_id"]) for line in lines}) == len(lines) >= 500
    assert {line["stratum"] for line in lines} == set(sizes)
    assert all(line["answer"] in {"", *"ABCDEFGHIJ"} for line in lines)


def test_the_replies_whose_reading_changed_are_none_of_the_drawn_ones() -> None:
    drawn, changed = (
        {(line["model"], line["question_id"]) for line in csv.DictReader((LABELLED / name).open(encoding="utf-8"))}
        for name in ("replies.csv", "changed.csv")
    )
    assert len(changed) == 191
    assert not drawn & changed


def test_replies_whose_reading_changed_are_read_as_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """All but one in fifty, in both directions: a letter that the reply gives, and none where it gives none."""
    monkeypatch.syspath_prepend(str(Path(__file__).parent.parent / "benchmarks"))
    parser = benchmark()
    with (LABELLED / "changed.csv").open(encoding="utf-8", newline="") as file:
        labels = {(line["model"], int(line["question_id"])): line["answer"] or None for line in csv.DictReader(file)}
    rows = [pair for path in parser.outputs() for pair in parser.rows(path)]
    found = [(labels[key], row) for model, row in rows if (key := (model, row["question_id"])) in labels]
    if len(found) < len(labels):
        pytest.skip("no outputs of MMLU-Pro under LLMXSITE_TEST_DATA, or other ones than those that were read")
    wrong = [
        row["question_id"]
        for label, row in found
        if read_choice(row["generated_text"] or "", row["options"], style="reasoned", language="en").value != label
    ]
    assert len(wrong) <= len(found) / 50, wrong


def test_labelled_replies_are_read_no_worse_than_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    """False answers and missed ones each below the budget of 0.3 % of what the labelled replies stand for."""
    monkeypatch.syspath_prepend(str(Path(__file__).parent.parent / "benchmarks"))
    parser = benchmark()
    if not parser.outputs():
        pytest.skip(f"no outputs of MMLU-Pro under LLMXSITE_TEST_DATA ({os.environ.get('LLMXSITE_TEST_DATA')})")
    replies = parser.labelled([pair for path in parser.outputs() for pair in parser.rows(path)])
    if len(replies) < 500:
        pytest.skip("other outputs than those that were labelled")
    with (LABELLED / "strata.csv").open(encoding="utf-8", newline="") as file:
        sizes = parser.Counter({line["stratum"]: int(line["replies"]) for line in csv.DictReader(file)})
    for finish in (False, True):
        found = [parser.ours(reply, finish=finish) for reply in replies]
        false = [a is not None and a != r.label for a, r in zip(found, replies, strict=True)]
        missed = [a is None and r.label is not None for a, r in zip(found, replies, strict=True)]
        assert parser.share(replies, false, sizes)[0] < 0.003
        assert parser.share(replies, missed, sizes)[0] < 0.003
