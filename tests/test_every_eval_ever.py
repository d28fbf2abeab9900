"""Records for Every Eval Ever: valid by its schemas and by its datastore's rules, and never more than the logs hold.

The schemas are those of the package every-eval-ever 0.3.0 (MIT; see the licence beside them).
"""

from __future__ import annotations

import csv
import hashlib
import json
import re
import shutil
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import site_study
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator
from typer.testing import CliRunner

from llmxsite.base.diagnostics import Issues, Problem
from llmxsite.cli import app
from llmxsite.exchange.engine.protocol import Message, ToolCall, Usage
from llmxsite.log.record import Answer, Sample, Sent, Shown
from llmxsite.press.publish import every_eval_ever
from llmxsite.press.publish.every_eval_ever import PublisherOptions, identity, instance
from llmxsite.press.publish.written import open_edition
from llmxsite.study.study import Study

VENDORED = Path(__file__).parent / "vendored" / "every_eval_ever"
AGGREGATE = Draft7Validator(json.loads((VENDORED / "eval.schema.json").read_text(encoding="utf-8")))
INSTANCE = Draft7Validator(json.loads((VENDORED / "instance_level_eval.schema.json").read_text(encoding="utf-8")))
UUID4 = r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
Record = tuple[str, dict[str, Any], list[dict[str, Any]]]


def export(study: Study, out: Path, **options: Any) -> tuple[list[Record], Issues]:
    """The records as written: address from the datastore's root, record, samples."""
    issues = Issues()
    reports = options.pop("reports", ())
    written = every_eval_ever.export(study, out, issues=issues, reports=reports, options=PublisherOptions(**options))
    records = []
    for path in written:
        lines = path.with_name(f"{path.stem}_samples.jsonl").read_text(encoding="utf-8").splitlines()
        records.append(
            (path.relative_to(out).as_posix(), json.loads(path.read_bytes()), [json.loads(line) for line in lines])
        )
    return records, issues


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    root = site_study.make(tmp_path_factory.mktemp("study"), base_url=site_study.BASE)
    card = root / "content" / "models" / "small-1b.md"
    card.write_text("---\ndeveloper: A Lab\nhomepage: https://huggingface.co/a-lab/Small-1B/\n---\n", encoding="utf-8")
    return Study(root)


@pytest.fixture(scope="module")
def exported(study: Study, tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Record], Issues, Path]:
    out = tmp_path_factory.mktemp("records")
    return *export(study, out, retrieved="2026-10-01T00:00:00+00:00"), out


def test_every_record_and_sample_is_valid_by_the_schemas(exported: tuple[list[Record], Issues, Path]) -> None:
    records, _, _ = exported
    assert records
    for _, record, samples in records:
        AGGREGATE.validate(record)
        for sample in samples:
            INSTANCE.validate(sample)


def test_files_lie_and_hold_together_as_the_datastore_asks(exported: tuple[list[Record], Issues, Path]) -> None:
    records, _, out = exported
    assert len({address for address, _, _ in records}) == len(records)
    for address, record, samples in records:
        assert re.fullmatch(rf"data/(?:everyday|club-quiz)/[\w.-]+/[\w.-]+/{UUID4}\.json", address)
        details = record["detailed_evaluation_results"]
        assert details["file_path"] == address.replace(".json", "_samples.jsonl")
        data = (out / details["file_path"]).read_bytes()
        assert details["checksum"] == hashlib.sha256(data).hexdigest()
        assert details["total_rows"] == len(samples) == data.count(b"\n") > 0
        (result,) = record["evaluation_results"]
        shared = {
            "evaluation_id": record["evaluation_id"],
            "model_id": record["model_info"]["id"],
            "evaluation_result_id": result["evaluation_result_id"],
            "evaluation_name": result["evaluation_name"],
        }
        assert all(sample.items() >= shared.items() for sample in samples)
        metric, score = result["metric_config"], result["score_details"]
        assert metric["min_score"] <= score["score"] <= metric["max_score"]
        assert score["score"] == pytest.approx(sum(s["evaluation"]["score"] for s in samples) / len(samples))


def test_numbers_are_those_of_results(study: Study, exported: tuple[list[Record], Issues, Path]) -> None:
    by = "run,suite,model,digest,prompt,temperature,seed"
    told = CliRunner().invoke(app, ["--study", str(study.root), "results", "--by", by, "--format", "csv"])
    assert told.exit_code == 0
    rows = [row for row in csv.DictReader(StringIO(told.stdout)) if row["accuracy"]]
    assert len(rows) == len(exported[0])
    wanted = sorted((r["run"], r["accuracy"], r["ci_low"], r["ci_high"], r["answered"], r["errors"]) for r in rows)
    found = []
    for _, record, _ in exported[0]:
        score = record["evaluation_results"][0]["score_details"]
        interval, details = score["uncertainty"]["confidence_interval"], score["details"]
        run = record["source_metadata"]["additional_details"]["run"]
        numbers = (score["score"], interval["lower"], interval["upper"])
        found.append((run, *map(str, numbers), details["answered"], details["errors"]))
    assert sorted(found) == wanted


def test_errors_are_counted_and_no_score_is_made_up_for_them(exported: tuple[list[Record], Issues, Path]) -> None:
    failed = 0
    for _, record, samples in exported[0]:
        details = record["evaluation_results"][0]["score_details"]["details"]
        assert int(details["n"]) - int(details["errors"]) - int(details["unscored"]) == len(samples)
        assert "error" not in {sample["metadata"]["outcome"] for sample in samples}
        failed += int(details["errors"])
        unread = [s for s in samples if s["metadata"]["outcome"] == "failure"]
        assert all(s["answer_attribution"] == [] and s["evaluation"]["score"] == 0 for s in unread)
    assert failed, "the study has errors"


def test_the_same_logs_give_the_same_bytes(
    study: Study, exported: tuple[list[Record], Issues, Path], tmp_path: Path
) -> None:
    export(study, tmp_path, retrieved="2026-10-01T00:00:00+00:00")
    first, again = ({p.relative_to(r): p.read_bytes() for p in r.rglob("*.json*")} for r in (exported[2], tmp_path))
    assert first == again


def test_a_record_names_nobody_and_no_place(study: Study, exported: tuple[list[Record], Issues, Path]) -> None:
    text = "".join(p.read_text(encoding="utf-8") for p in exported[2].rglob("*") if p.is_file())
    assert "127.0.0.1" not in text and str(study.root) not in text
    assert "A. Writer" not in text


def test_a_model_is_called_as_its_card_says(exported: tuple[list[Record], Issues, Path]) -> None:
    records, issues, _ = exported
    ids = {record["model_info"]["name"]: record["model_info"]["id"] for _, record, _ in records}
    assert ids["small:1b"] == "a-lab/Small-1B"
    assert ids["tiny:135m"] == "unknown/tiny:135m"
    unknown = [issue.message for issue in issues if issue.code == "record-developer"]
    assert any("'tiny:135m'" in message for message in unknown) and not any("small:1b" in m for m in unknown)
    assert len(unknown) == len(set(unknown))


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("EleutherAI/pythia-160m", "EleutherAI/pythia-160m"),
        ("hf.co/bartowski/Llama-3.2-3B-Instruct-GGUF:Q4_K_M", "bartowski/Llama-3.2-3B-Instruct-GGUF"),
        ("nobody:7b", "unknown/nobody:7b"),
    ],
)
def test_a_name_with_its_developer_needs_no_card(study: Study, name: str, found: str) -> None:
    assert identity.model_id(open_edition(study, Issues()), name) == found


@given(suite=st.text(min_size=1, max_size=40), model=st.text(min_size=1, max_size=80))
def test_no_name_leads_out_of_the_folders(suite: str, model: str) -> None:
    parts = identity.folder(suite, f"maker/{model}").split("/")
    assert parts[0] == "data" and parts[2] == "maker" and len(parts) == 4
    for part in parts[1:]:
        assert re.fullmatch(r"[A-Za-z0-9._-]*[A-Za-z0-9_-]", part) and part.lower() not in {"data", "con", "nul"}


def test_an_import_without_times_waits_for_one(study: Study, tmp_path: Path) -> None:
    root = tmp_path / "study"
    shutil.copytree(study.root / "content", root / "content")
    row = {"question": "Why?", "options": ["x", "y"], "answer": "A", "pred": "A", "category": "c"}
    (tmp_path / "model_outputs_Maker__M_5shots.json").write_text(
        json.dumps([row | {"question_id": n, "pred": "AB"[n % 2]} for n in range(4)]), encoding="utf-8"
    )
    run = CliRunner().invoke
    files = [str(p) for p in tmp_path.glob("*.json")]
    assert run(app, ["--study", str(root), "import", "mmlu-pro", *files]).exit_code == 0
    records, issues = export(Study(root), tmp_path / "none")
    assert not records and [issue.code for issue in issues if issue.code == "record-time"]
    records, _ = export(Study(root), tmp_path / "some", retrieved="2026-01-31T00:00:00+00:00")
    ((_, record, samples),) = records
    assert record["retrieved_timestamp"] == "1769817600.000" and "evaluation_timestamp" not in record
    assert record["eval_library"] == {"name": "MMLU-Pro", "version": "unknown"}
    assert record["model_info"]["additional_details"] == {
        "deployment_type": "unknown",
        "model_availability": "unknown",
    }
    assert "inference_engine" not in record["model_info"]
    assert record["evaluation_results"][0]["generation_config"] == {
        "generation_args": {},
        "additional_details": {"prompt": "5shots"},
    }
    AGGREGATE.validate(record)
    for sample in samples:
        INSTANCE.validate(sample)
        assert sample["output"]["raw"] == [] and "token_usage" not in sample and "performance" not in sample
        assert sample["answer_attribution"][0]["extraction_method"] == "MMLU-Pro"


def sample(**fields: Any) -> Sample:
    told = {"key": "k", "item": "i", "item_hash": "h", "condition": {"model": "m"}, "outcome": "ok"}
    return Sample(**(told | fields))


def line(made: Sample, score: float = 1.0) -> dict[str, Any]:
    head = {"schema_version": "0.3.0", "evaluation_id": "e", "model_id": "a/b", "evaluation_name": "s"}
    found = head | instance.row(made, score, None, "tool")
    INSTANCE.validate(found)
    return found


def test_a_sample_of_nothing_but_a_score_is_valid() -> None:
    found = line(sample())
    assert found["input"] == {"raw": "", "reference": []} and found["output"] == {"raw": []}
    assert "sample_hash" not in found and "token_usage" not in found


def test_options_stand_in_the_order_the_model_met_them() -> None:
    shown = Shown(question="Which?", choices=["one", "two", "three"])
    found = line(sample(shown=shown, scores={"order": [2, 0, 1], "expected": "A", "answer": "A"}))
    assert found["input"]["choices"] == ["three", "one", "two"] and found["input"]["reference"] == ["A"]
    untrue = line(sample(shown=shown, scores={"order": [7, 0, 1], "expected": "A"}))
    assert untrue["input"]["choices"] == ["one", "two", "three"]


def test_a_vote_keeps_every_reply() -> None:
    draws = [Answer(text="A", thinking="so"), Answer(text="B")]
    found = line(sample(reply=draws[0], draws=draws))
    assert found["output"] == {"raw": ["A", "B"], "reasoning_trace": ["so"]}


def test_calls_of_tools_become_a_transcript() -> None:
    sent = Sent(
        messages=[Message(role="user", content="Weather in Paris?")],
        tools=[{"type": "function", "function": {"name": "weather"}}],
    )
    reply = Answer(
        text=None, tool_calls=[ToolCall(name="weather", arguments={"city": "Paris", "days": 2}), ToolCall(name="clock")]
    )
    found = line(sample(request=sent, reply=reply, scores={"answer": "weather"}), 0.5)
    assert found["interaction_type"] == "agentic" and "output" not in found
    assert [m["role"] for m in found["messages"]] == ["user", "assistant"]
    assert found["messages"][1]["tool_calls"] == [
        {"id": "1.0", "name": "weather", "arguments": {"city": "Paris", "days": "2"}},
        {"id": "1.1", "name": "clock"},
    ]
    assert found["evaluation"] == {"score": 0.5, "is_correct": False, "num_turns": 2, "tool_calls_count": 2}
    assert found["answer_attribution"][0]["turn_idx"] == 1


def test_half_a_count_of_tokens_is_none() -> None:
    assert "token_usage" not in line(sample(usage=Usage(prompt_tokens=3)))
    whole = line(sample(usage=Usage(prompt_tokens=3, completion_tokens=4)))
    assert whole["token_usage"] == {"input_tokens": 3, "output_tokens": 4, "total_tokens": 7}


def test_the_command_line(study: Study, tmp_path: Path) -> None:
    run = CliRunner().invoke
    start = ["--study", str(study.root), "export", "every-eval-ever"]
    done = run(app, [*start, "size", "--out", str(tmp_path), "--organization", "A school", "--relationship", "other"])
    assert done.exit_code == 0
    records = [json.loads(p.read_bytes()) for p in tmp_path.rglob("*.json")]
    assert {r["source_metadata"]["additional_details"]["report"] for r in records} == {"size"}
    assert {r["source_metadata"]["source_organization_name"] for r in records} == {"A school"}
    assert {r["source_metadata"]["evaluator_relationship"] for r in records} == {"other"}
    with pytest.raises(Problem) as caught:
        export(study, tmp_path, reports=["sizes"])
    assert caught.value.issues[0].hint == "did you mean 'size'?"
    said = run(app, ["export", "every-eval-ever", "--help"])
    assert said.exit_code == 0 and "Example: llmxsite export every-eval-ever" in said.output
