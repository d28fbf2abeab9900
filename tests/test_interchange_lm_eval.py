"""Imports of lm-eval's sample logs against the means that lm-eval itself wrote beside them."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from llmxsite.base.diagnostics import Issues
from llmxsite.log import log_formats
from llmxsite.log.log_formats.foreign import ImportOptions
from llmxsite.log.log_formats.imported import Imported

MADE = Path(__file__).parent / "cases" / "interchange" / "lm-eval-made" / "input" / "maker__by-rule-1b"
RESULTS: dict[str, Any] = json.loads(next(MADE.glob("results_*.json")).read_text(encoding="utf-8"))
"""Written by lm_eval 0.4.13, as the samples beside it were; see tests/peers/make_lm_eval_logs.py."""


def read(*paths: Path, **options: Any) -> tuple[dict[str, Imported], Issues]:
    issues = Issues()
    runs = list(log_formats.read("lm-eval", paths, ImportOptions(**options), issues))
    return {run.suites[0].id: run for run in runs}, issues


def made(task: str) -> Imported:
    return read(*MADE.glob(f"samples_made_{task}_*.jsonl"))[0][f"made_{task}"]


@pytest.mark.parametrize(
    ("task", "metric"),
    [("choice", "acc"), ("generated", "exact_match"), ("voted", "exact_match"), ("continued", "acc")],
)
def test_the_mean_of_each_filter_is_the_one_lm_eval_computed(task: str, metric: str) -> None:
    run, claimed = made(task), RESULTS["results"][f"made_{task}"]
    assert run.experiment["metric"] == metric
    filters = {str(sample.condition.get("filter", "none")) for sample in run.samples}
    assert filters == {name.partition(",")[2] for name in claimed if name.startswith(f"{metric},")}
    for name in filters:
        scores = [s.scores["correct"] for s in run.samples if s.condition.get("filter", "none") == name]
        assert len(scores) == RESULTS["n-samples"][f"made_{task}"]["effective"]
        assert sum(scores) / len(scores) == pytest.approx(claimed[f"{metric},{name}"])


def test_the_results_beside_the_samples_say_who_and_when() -> None:
    runs, issues = read(MADE)
    assert {run.model.name for run in runs.values()} == {"maker/by-rule-1b"}
    assert {run.engine.version for run in runs.values()} == {"0.4.13"}
    assert {run.started for run in runs.values()} == {"2026-11-22T17:27:29.829Z"}
    assert not [issue for issue in issues if "disagree" in issue.code]


def test_a_zip_file_has_its_results_beside_the_samples_too(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "out.zip", "w") as packed:
        for path in MADE.iterdir():
            packed.write(path, f"out/{MADE.name}/{path.name}")
    assert read(tmp_path / "out.zip")[0] == read(MADE)[0]


def test_likelihoods_give_answers_and_texts_give_replies() -> None:
    first = made("choice").samples[0]
    assert first.reply is None and first.draws is None
    assert (first.scores["answer"], first.scores["expected"], first.scores["position"]) == ("A", "B", 1)
    voted = made("voted").samples[0]
    assert [draw.text for draw in voted.draws or []] == ["Let me see: 4", "I cannot say", "It is 4"]
    assert voted.reply is not None and voted.reply.text == "Let me see: 4" and voted.scores["answer"] == "4"
    continued = made("continued").samples
    assert all("answer" not in sample.scores and sample.reply is None for sample in continued)
    generated = made("generated").samples
    assert generated[0].condition["temperature"] == 0.7 and generated[0].request.options["do_sample"] is True
    assert {s.outcome for s in generated if s.scores.get("parsed") is False} == {"failure"}


def test_a_metric_that_is_better_when_low_is_no_score() -> None:
    run, issues = read(*MADE.glob("samples_made_rolling_*.jsonl"))
    assert all("correct" not in sample.scores for sample in run["made_rolling"].samples)
    assert any("word_perplexity, bits_per_byte" in issue.message for issue in issues)


def write(folder: Path, rows: list[dict[str, Any]], results: dict[str, Any] | None = None) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "samples_t_2026-01-01T00-00-00.5.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    if results is not None:
        (folder / "results_2026-01-01T00-00-00.5.json").write_text(json.dumps(results), encoding="utf-8")
    return path


def row(number: int = 0, **more: Any) -> dict[str, Any]:
    asked = [[f"Question {number}", f" {letter}"] for letter in "AB"]
    told = {"doc_id": number, "doc": {"q": number}, "target": "B", "arguments": asked}
    return told | {"resps": [[[-1.0, False]], [[-2.0, True]]], "filtered_resps": [[-1.0, False], [-2.0, True]]} | more


def test_an_unknown_metric_counts_where_the_results_say_that_more_is_better(tmp_path: Path) -> None:
    rows = [row(n, bleurt=0.5) for n in range(2)]
    assert "correct" not in read(write(tmp_path / "m", rows))[0]["t"].samples[0].scores
    better = {"higher_is_better": {"t": {"bleurt": True}}, "results": {"t": {"bleurt,none": 0.75}}}
    runs, issues = read(write(tmp_path / "m", rows, better))
    assert runs["t"].samples[0].scores["correct"] == 0.5
    assert any("the results say bleurt 0.75 (filter None), the lines give 0.5" in issue.message for issue in issues)


def test_the_key_may_be_the_letter_that_was_compared(tmp_path: Path) -> None:
    (sample,) = read(write(tmp_path / "m", [row(acc=0.0)]))[0]["t"].samples
    assert sample.scores["expected"] == "B" and sample.scores["answer"] == "A"
    assert sample.shown is not None and sample.shown.choices == ["A", "B"]


def test_likelihoods_without_the_question_are_no_options(tmp_path: Path) -> None:
    both = [[-3.0, False], [-1.0, False], [-0.5, False], [-0.6, False]]
    made = row(filtered_resps=both, resps=[[pair] for pair in both], acc=1.0, acc_mutual_info=0.0)
    (sample,) = read(write(tmp_path / "m", [made]))[0]["t"].samples
    assert sample.scores["answer"] == "B"


def test_by_another_metric_the_likeliest_option_need_not_be_the_answer(tmp_path: Path) -> None:
    (sample,) = read(write(tmp_path / "m", [row(acc_norm=1.0)]))[0]["t"].samples
    assert sample.scores["correct"] == 1.0 and "answer" not in sample.scores


def test_numbers_that_json_does_not_have_are_read(tmp_path: Path) -> None:
    path = write(
        tmp_path / "m", [row(acc=1.0, filtered_resps=[[float("-inf"), False], [-2.0, True]], loss=float("nan"))]
    )
    assert "NaN" in path.read_text(encoding="utf-8")
    (sample,) = read(path)[0]["t"].samples
    assert sample.scores["answer"] == "B" and sample.scores["lm_eval"] == {"acc": 1.0, "loss": None}


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("/home/somebody/models/tiny-1b", "tiny-1b"),
        ("../weights/tiny-1b", "tiny-1b"),
        ("C:\\models\\tiny-1b", "tiny-1b"),
        ("EleutherAI/pythia-160m", "EleutherAI/pythia-160m"),
        ("gpt2", "gpt2"),
    ],
)
def test_a_path_to_weights_is_not_told(tmp_path: Path, name: str, kept: str) -> None:
    runs, _ = read(write(tmp_path / "m", [row(acc=1.0)], {"model_name": name}))
    assert runs["t"].model.name == kept


def test_results_that_are_something_else_are_passed_over(tmp_path: Path) -> None:
    write(tmp_path / "org__m", [row(acc=1.0)], {"model_name": ["no", "name"]})
    assert read(tmp_path)[0]["t"].model.name == "org/m"
