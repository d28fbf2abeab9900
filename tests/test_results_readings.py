"""Accuracy under other rules of reading replies: the rules, the table, the notes, and numbers in prose."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmxsite.analysis import tables
from llmxsite.analysis.results import reading_notes, readings, reread, summarise, warnings
from llmxsite.analysis.results.rereading import alone
from llmxsite.analysis.tables import Samples
from llmxsite.base.diagnostics import Issues
from llmxsite.base.words import languages
from llmxsite.exchange.answer.rules import RULES
from llmxsite.exchange.engine.protocol import EngineInfo, ModelInfo
from llmxsite.log import runlog
from llmxsite.log.record import SCHEMA, Answer, Run, Sample, Shown, SuiteRef
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


def study(folder: Path, replies: dict[str, list[str]], scorer: str | None = "choice/2") -> Samples:
    """The samples of a study with a log a model; B is right everywhere."""
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
                condition={"model": model, "prompt": "cot"},
                shown=Shown(question="Which?", choices=OPTIONS),
                reply=Answer(text=text, done_reason="stop"),
                outcome="ok",
                scores={"answer": "B", "expected": "B", "correct": True, "parsed": True},
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
    assert any("pine" in line and "strict 50.0 %" in line for line in said)
    assert any(line.startswith("No order of fir and pine") for line in said)
    assert set(said) <= set(warnings(samples, ["model"]))


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
