"""`results` and `import` as a person or a program calls them."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from llmxsite.base.diagnostics import Problem
from llmxsite.cli import app
from llmxsite.cli.terminal import choose_study

CASES = Path(__file__).parent / "cases" / "interchange"
FIRST = ["experiment", "suite", "model"]
THEN = [
    "n",
    "answered",
    "correct",
    "unparsed",
    "truncated",
    "errors",
    "accuracy",
    "se",
    "ci_low",
    "ci_high",
    "mean_confidence",
    "confidence_gap",
    "ece",
    "brier",
    "latency_ms",
    "tokens_per_second",
]


@pytest.fixture
def study(tmp_path: Path) -> Path:
    (tmp_path / "content").mkdir()
    (tmp_path / "content" / "site.yaml").write_text("title: Trial\n", encoding="utf-8")
    return tmp_path


def call(study: Path, *words: str) -> Result:
    result = CliRunner().invoke(app, ["--study", str(study), *words])
    choose_study(None)
    return result


def filled(study: Path) -> Path:
    for words in (
        ("mmlu-pro", str(CASES / "mmlu-pro-untidy" / "input")),
        ("llmxray", str(CASES / "llmxray-export" / "input")),
    ):
        assert call(study, "import", *words).exit_code == 0
    return study


def test_csv_has_the_columns_of_the_contract_and_full_precision(study: Path) -> None:
    result = call(filled(study), "results", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    header = result.stdout.splitlines()[0].split(",")
    assert header[: len(FIRST)] == FIRST
    assert [name for name in header if name in THEN] == THEN
    tiny = next(row for row in rows if row["model"] == "Tiny-1B")
    assert (tiny["n"], tiny["correct"], tiny["unparsed"]) == ("12", "4", "6")
    assert float(tiny["accuracy"]) == 4 / 12
    assert tiny["mean_confidence"] == "", "what was not measured is an empty cell"


def test_json_says_the_same_with_null_for_missing(study: Path) -> None:
    filled(study)
    rows = json.loads(call(study, "results", "--by", "model", "--format", "json").stdout)
    table = csv.DictReader(io.StringIO(call(study, "results", "--by", "model", "--format", "csv").stdout))
    for row, cells in zip(rows, table, strict=True):
        assert list(row) == list(cells)
        assert {name: "" if value is None else str(value) for name, value in row.items()} == cells


def test_table_shows_accuracy_with_its_interval(study: Path) -> None:
    text = call(filled(study), "results", "--where", "experiment=imported-mmlu-pro").stdout
    assert "33.3% [12.2, 64.2]" in text
    assert "unparsed" in text
    assert "ECE" not in text, "a column in which nothing was measured is left out"


def test_by_where_and_sort(study: Path) -> None:
    filled(study)
    result = call(study, "results", "--by", "model,num_ctx", "--sort", "-accuracy", "--format", "json")
    assert [(row["model"], row["num_ctx"]) for row in json.loads(result.stdout)] == [
        ("gemma:2b", None),
        ("phi3:mini", 4096),
        ("Tiny-1B", None),
    ]
    result = call(
        study, "results", "--where", "model=phi3:mini", "--where", "item=q1", "--by", "item", "--format", "json"
    )
    assert [row["n"] for row in json.loads(result.stdout)] == [2]
    result = call(study, "results", "--report", "imported-llmxray", "--by", "experiment", "--format", "json")
    assert [row["n"] for row in json.loads(result.stdout)] == [9]


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (("--by", "modle"), "did you mean 'model'?"),
        (("--where", "modle=x"), "did you mean 'model'?"),
        (("--where", "model"), "column=value"),
        (("--sort", "acuracy"), "did you mean 'accuracy'?"),
        (("--format", "xml"), "csv"),
    ],
)
def test_a_mistake_in_an_option_is_a_usage_error_with_the_mend(words: tuple[str, ...], hint: str, study: Path) -> None:
    result = call(filled(study), "results", *words)
    assert result.exit_code == 2
    assert hint in " ".join(result.stderr.replace("│", " ").split())


@pytest.mark.parametrize(
    ("words", "message", "hint"),
    [
        (("--where", "model=Tiny-1"), "no sample has model=Tiny-1", "did you mean 'Tiny-1B'?"),
        (("--report", "imported-llmxry"), "no report 'imported-llmxry'", "did you mean 'imported-llmxray'?"),
    ],
)
def test_a_question_without_an_answer_is_a_problem(
    words: tuple[str, ...], message: str, hint: str, study: Path
) -> None:
    result = call(filled(study), "results", *words)
    assert isinstance(result.exception, Problem)
    assert message in str(result.exception)
    assert result.exception.issues[0].hint == hint


@pytest.mark.parametrize("form", ["table", "csv", "json"])
def test_an_empty_study_is_told_how_to_begin(form: str, study: Path) -> None:
    result = call(study, "results", "--format", form)
    assert result.exit_code == 0
    assert "llmxsite run" in result.stderr
    assert {"table": "", "json": "[]\n"}.get(form, result.stdout) == result.stdout


def test_a_broken_line_is_reported_and_the_rest_is_shown(study: Path) -> None:
    log = next((filled(study) / "runs" / "imported-mmlu-pro").glob("*.jsonl"))
    log.write_bytes(log.read_bytes() + b'{"type":"sample"}\n')
    result = call(study, "results", "--report", "imported-mmlu-pro", "--format", "csv")
    assert result.exit_code == 1
    assert "log-line" in result.stderr
    assert ",12,12,4,6," in result.stdout


def test_import_says_what_it_wrote_and_is_quiet_about_nothing(study: Path) -> None:
    words = ("import", "mmlu-pro", str(CASES / "mmlu-pro-untidy" / "input"), "--into", "mine", "--model", "tiny")
    first, again = call(study, *words), call(study, *words)
    assert first.exit_code == again.exit_code == 0
    assert "12 samples of tiny (6 ok, 6 failure)" in first.stdout
    assert "import-key-disagreements row 5" in first.stderr
    assert "imported before" in again.stdout
    assert len(list((study / "runs" / "mine").iterdir())) == 1


def test_import_refuses_what_it_does_not_know(study: Path) -> None:
    for words, hint in (
        (("mmlu", "x.json"), "did you mean 'mmlu-pro'?"),
        (("mmlu-pro", str(study / "x.json")), "no such file"),
        (("llmxray", str(CASES / "mmlu-pro-untidy" / "input")), "in LLMxRay, export the benchmark's results as JSON"),
    ):
        result = call(study, "import", *words)
        assert result.exit_code == 1
        problem = result.exception
        assert (problem.issues[0].hint if isinstance(problem, Problem) else result.stderr).count(hint)
    assert not (study / "runs").exists()
