"""Accuracy under other rules of reading replies: the rules, the table, the notes, and numbers in prose."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmxsite.analysis import tables
from llmxsite.analysis.results import order, reading_notes, reading_order, readings, reread, summarise, warnings
from llmxsite.analysis.results.rereading import _heard, alone
from llmxsite.analysis.results.rereading import read as read_groups
from llmxsite.analysis.tables import Samples
from llmxsite.base.diagnostics import Issues
from llmxsite.base.words.vocabulary import languages
from llmxsite.exchange.answer.rules import RULES
from llmxsite.exchange.engine.protocol import EngineInfo, ModelInfo, Timing
from llmxsite.log import runlog
from llmxsite.log.record import SCHEMA, Answer, Run, Sample, Shown, SuiteRef
from llmxsite.press import figure
from llmxsite.press.numbers.value import QueryError, evaluate
from llmxsite.study.study import Study
from llmxsite.study.suite import LETTERS

OPTIONS = ["oak", "ash", "elm", "yew"]


@pytest.mark.parametrize(
    ("reply", "strict", "last", "lm_eval"),
    [
        ("B", "B", "B", None),
        ("**B**.", "B", "B", None),
        ("The answer is (B).", "B", "B", "B"),
        ("Answer: B", "B", "B", "B"),
        ("The answer is (A). No, the answer is (B).", None, "B", "A"),
        ("A) ash", None, None, None),  # one option's letter, another one's text
        ("It is the ash.", None, None, None),
        ("<think>The answer is A.</think>The answer is B.", "B", "B", "A"),  # lm-eval knows no thinking
        ("", None, None, None),
    ],
)
def test_rules_of_reading(reply: str, strict: str | None, last: str | None, lm_eval: str | None) -> None:
    found = {name: read(reply, OPTIONS, "direct", "en") for name, read in RULES.items()}
    assert found == {"strict": strict, "last": last, "lm-eval": lm_eval}


@given(st.text(max_size=200))
def test_any_reply_is_read_by_every_rule(reply: str) -> None:
    for read in RULES.values():
        assert read(reply, OPTIONS, "reasoned", None) in {None, *"ABCDEFGHIJKLMNOPQRSTUVWXYZ"} or len(reply) > 0


def study(
    folder: Path,
    replies: dict[str, list[str]],
    scorer: str | None = "choice/2",
    right: Callable[[str], bool] = lambda text: True,
) -> Samples:
    """The samples of a study with a log a model; B is right everywhere, and scored so where `right` says so."""
    (folder / "content" / "reports" / "trees").mkdir(parents=True, exist_ok=True)
    (folder / "content" / "site.yaml").write_text("title: Trees\n")
    for model, texts in replies.items():
        run = Run(
            schema=SCHEMA,
            id=model,
            report="trees",
            task="benchmark",
            experiment={},
            suites=[SuiteRef(id="woods", hash="0" * 64, items=len(texts))],
            engine=EngineInfo(name="ollama", version="0.12.3"),
            models=[ModelInfo(name=model, digest="1" * 64)],
        )
        samples = [
            Sample(
                key=f"{model}-{number}",
                suite="woods",
                item=f"tree-{number}",
                item_hash=f"{number:032x}",
                category=("leaf", "needle", "bark")[number % 3],
                timing=Timing(total_ms=100.0 + number),
                condition={"model": model, "prompt": "cot"},
                shown=Shown(question="Which?", choices=OPTIONS),
                reply=Answer(text=text, done_reason="stop"),
                outcome="ok",
                scores={"answer": "B", "expected": "B", "correct": right(text), "parsed": True},
                scorer=scorer,
                time="2026-01-01T00:00:00.000Z",
            )
            for number, text in enumerate(texts)
        ]
        path = folder / "runs" / "trees" / f"{model}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        runlog.write(path, run, samples)
    return tables.load(Study(folder), Issues())


MIXED = {
    "pine": ["B", "The answer is (B).", "It must be (B)", "The answer is (A). No, the answer is (B)."],
    "fir": ["The answer is B.", "The answer is B.", "Answer: C", "The answer is (D)."],
}


def test_accuracy_by_each_rule(tmp_path: Path) -> None:
    table = readings(study(tmp_path, MIXED), ["model"]).set_index("model")
    assert list(table.loc["pine", ["n", "accuracy", "strict", "lm-eval"]]) == [4, 1.0, 0.5, 0.25]
    assert list(table.loc["fir", ["n", "accuracy", "strict", "last", "lm-eval"]]) == [4, 1.0, 0.5, 0.5, 0.5]
    assert table.loc["pine", "apart"] == 0.75


def test_readings_that_part_are_said_and_no_order_is_claimed_that_only_one_rule_gives(tmp_path: Path) -> None:
    samples = study(tmp_path, MIXED)
    said = reading_notes(samples, ["model"])
    assert any("pine" in line and "strict 50.0%" in line for line in said)
    assert any(line.startswith("No order of fir and pine") for line in said)
    assert set(said) <= set(warnings(samples, ["model"]))


def by_last_letter(text: str) -> bool:
    return re.findall(r"\b[A-D]\b", text)[-1] == "B"


LETTERS_ALONE = {"pine": ["B"] * 20, "fir": ["B", "C"] * 10}


def test_a_rule_that_finds_no_answer_is_said_to_and_doubts_no_order(tmp_path: Path) -> None:
    samples = study(tmp_path, LETTERS_ALONE, right=by_last_letter)
    assert readings(samples, ["model"])["lm-eval"].tolist() == [0.0, 0.0]
    assert readings(samples, ["model"])["apart"].tolist() == [0.5, 1.0]
    (said,) = reading_notes(samples, ["model"])
    assert said.startswith(
        "The reading lm-eval finds no answer in the replies, or in next to none: it asks for “The answer is (X)”."
    )
    assert not order(samples, ["model"]).turned({"model": "pine"}, {"model": "fir"})


def test_a_rule_may_be_deaf_to_one_model_alone(tmp_path: Path) -> None:
    samples = study(
        tmp_path, {"pine": ["B"] * 20, "fir": ["The answer is (B).", "The answer is (C)."] * 10}, right=by_last_letter
    )
    (said,) = reading_notes(samples, ["model"])
    assert said.startswith("The reading lm-eval finds no answer in the replies of pine, or in next to none")


@pytest.mark.parametrize(("heard", "of", "deaf"), [(0, 20, True), (1, 21, True), (1, 20, False), (20, 20, False)])
def test_a_rule_is_deaf_below_one_in_twenty_of_the_replies_that_are_read(
    heard: int, of: int, deaf: bool, tmp_path: Path
) -> None:
    samples = study(tmp_path, {"pine": ["The answer is (B)."] * heard + ["B"] * (of - heard)})
    said = reading_notes(samples, ["model"])
    assert any("finds no answer" in sentence for sentence in said) == deaf
    assert any("lm-eval" in sentence and "as scored" in sentence for sentence in said) == (not deaf and heard < of)


TURNED = {model: replies * 12 for model, replies in MIXED.items()}
AGREED = {"pine": ["The answer is (B)."] * 48, "fir": ["The answer is (B).", "The answer is (C)."] * 24}
KINDS = {
    "bars": {},
    "heatmap": {"columns": "suite"},
    "latency": {},
    "radar": {"axes": "model", "colour": "suite"},
}


@pytest.mark.parametrize("kind", KINDS)
def test_no_caption_names_a_highest_that_another_reading_turns(kind: str, tmp_path: Path) -> None:
    replies = (TURNED, AGREED)
    if kind == "radar":  # three spokes at least
        replies = tuple({**of, "yew": ["The answer is (D)."] * 48} for of in replies)
    turned, agreed = (
        figure.build(kind, study(tmp_path / str(number), of, right=by_last_letter), KINDS[kind], id="f")
        for number, of in enumerate(replies)
    )
    named = re.compile("(highest|most accurate)(:| on| and fastest:) ?pine", re.IGNORECASE)
    assert named.search(agreed.caption) and "depends on how replies are read" not in agreed.caption
    assert not named.search(turned.caption) and "depends on how replies are read" in turned.caption
    assert "depends on how replies are read" in turned.alt and not named.search(turned.alt)
    assert any(note.startswith("No order of fir and pine") for note in turned.notes)
    if kind == "radar":
        assert "lowest on yew" in turned.caption


@pytest.mark.parametrize("value", ["correct", "accuracy_per_second"])
def test_multiples_of_the_accuracy_are_turned_with_it(value: str, tmp_path: Path) -> None:
    turned, agreed = (
        figure.build("bars", study(tmp_path / str(n), of, right=by_last_letter), {"value": value}, id="f").caption
        for n, of in enumerate((TURNED, AGREED))
    )
    assert turned.startswith("No highest or lowest is named: which they are depends on how replies are read.")
    assert agreed.startswith("Highest: pine")


def test_a_card_reads_each_reply_once_for_its_chart_and_its_warnings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    samples, grouped = study(tmp_path, TURNED, right=by_last_letter), []

    def counted(*of: Any) -> Any:
        grouped.append(of[1])
        return read_groups(*of)

    monkeypatch.setattr(reading_order, "read", counted)
    before = _heard.cache_info().misses
    assert figure.build("bars", samples, {}, id="f").notes and warnings(samples, ["suite", "model"])
    assert grouped == [["model"], ["suite", "model"]], "once for caption and notes, once for warnings by other columns"
    assert _heard.cache_info().misses - before == len(TURNED)


def test_a_lowest_that_every_reading_gives_is_named_beside_a_highest_that_none_is(tmp_path: Path) -> None:
    samples = study(tmp_path, {**TURNED, "yew": ["The answer is (D)."] * 48}, right=by_last_letter)
    caption = figure.build("bars", samples, {}, id="f").caption
    assert caption.startswith("No highest is named: which it is depends on how replies are read. Lowest: yew, 0.0%")


def test_readings_that_agree_are_not_mentioned(tmp_path: Path) -> None:
    samples = study(tmp_path, {"pine": ["The answer is (B)."] * 5})
    assert readings(samples, ["model"])["apart"].tolist() == [0.0]
    assert reading_notes(samples, ["model"]) == []


def test_scores_of_other_tools_are_not_read_again(tmp_path: Path) -> None:
    samples = study(tmp_path, MIXED, scorer=None)
    assert readings(samples, ["model"]).empty
    assert reread(samples, "strict") is samples
    assert reading_notes(samples, ["model"]) == []


def test_a_log_that_went_away_is_not_read_again(tmp_path: Path) -> None:
    samples = study(tmp_path, MIXED)
    for path in samples.paths.values():
        path.unlink()
    assert reading_notes(samples, ["model"]) == []


def test_a_number_in_prose_under_another_rule(tmp_path: Path) -> None:
    samples = study(tmp_path, MIXED)
    strict = evaluate("accuracy model=pine reading=strict", samples)
    assert strict.number == 0.5 and "read by the rule 'strict'" in strict.title
    assert evaluate("accuracy model=pine", samples).number == 1.0
    assert summarise(reread(samples, "lm-eval"), ["model"])["accuracy"].tolist() == [0.5, 0.25]
    for wrong in ("accuracy reading=strikt", "latency_ms model=pine reading=strict"):
        with pytest.raises(QueryError):
            evaluate(wrong, samples)


def test_a_changed_log_is_read_anew(tmp_path: Path) -> None:
    assert readings(study(tmp_path, {"pine": ["B", "B"]}), [])["lm-eval"].tolist() == [0.0]
    again = study(tmp_path, {"pine": ["The answer is (B).", "The answer is (B)."]})
    assert readings(again, [])["lm-eval"].tolist() == [1.0]


@pytest.mark.parametrize("language", [None, *languages()])
def test_a_letter_alone_is_read_in_advance_as_every_rule_reads_it(language: str | None) -> None:
    choices = [f"wood of tree {number}" for number in range(len(LETTERS))]
    for letter in LETTERS:
        for style in ("direct", "reasoned", "completion"):
            for count in (LETTERS.index(letter) + 1, len(LETTERS)):
                found = [read(letter, choices[:count], style, language) for read in RULES.values()]  # type: ignore[arg-type]
                assert found == [letter if itself else None for itself in alone(letter)]
