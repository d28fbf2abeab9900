"""Item statistics from run logs: takers, shares, options chosen, and what is left out."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from llmxsite.analysis.results import ItemTable, item_table, items
from llmxsite.analysis.tables import load
from llmxsite.base.diagnostics import Issues
from llmxsite.exchange.engine.protocol import EngineInfo, ModelInfo
from llmxsite.log import runlog
from llmxsite.log.record import Run, Sample, SuiteRef
from llmxsite.study.study import Study
from llmxsite.study.suite import QuestionItem, Suite, item_hash

SUITE = Suite(
    id="s",
    title="t",
    items=[
        QuestionItem(id="a", category="one", question="qa", choices=["p", "q"], answer="A"),
        QuestionItem(id="b", category="one", question="qb", choices=["p", "q", "r"], answer="C"),
        QuestionItem(id="c", category="two", question="qc", answer=5),
    ],
)


def sample(item: str, model: str, correct: float | None, answer: Any = None, *, repeat: int = 0, **more: Any) -> Sample:
    asked = next((i for i in SUITE.items if i.id == item), SUITE.items[0])
    scores = {} if correct is None else {"correct": correct, "answer": answer, "parsed": answer is not None}
    fields: dict[str, Any] = {
        "item_hash": item_hash(asked),
        "outcome": "ok" if correct is not None else "error",
        **more,
    }
    key = f"{item}-{model}-{repeat}-{more.get('item_hash', '')}"
    return Sample(key=key, suite="s", item=item, condition={"model": model}, repeat=repeat, scores=scores, **fields)


def table(folder: Path, logs: dict[str, list[Sample]], **experiment: Any) -> ItemTable:
    """The item table of logs, one a run."""
    for run, samples in logs.items():
        models = sorted({str(sample.condition["model"]) for sample in samples})
        header = Run(
            schema=1,
            id=run,
            report="r",
            task="benchmark",
            experiment={"task": "benchmark", **experiment.get(run, {})},
            suites=[SuiteRef(id="s", hash=SUITE.hash())],
            engine=EngineInfo(name="fake"),
            models=[ModelInfo(name=model, digest=f"{model}-digest") for model in models],
        )
        runlog.write(folder / "runs" / "r" / f"{run}.jsonl", header, samples)
    return items(load(Study(folder), Issues()), SUITE)


def test_takers_are_models_and_their_repeats_are_averaged(tmp_path: Path) -> None:
    found = table(
        tmp_path,
        {
            "one": [
                sample("a", "m1", 1, "A"),
                sample("a", "m1", 0, "B", repeat=1),
                sample("b", "m1", 0, "A"),
                sample("c", "m1", 0, 4),
            ],
            "two": [sample("a", "m2", 1, "A"), sample("b", "m2", 0, None, outcome="failure"), sample("c", "m2", None)],
        },
    )
    frame = found.frame.set_index("item")
    assert found.takers == ("m1", "m2")
    assert frame["correct"].to_dict() == {"a": 0.75, "b": 0.0, "c": 0.0}
    assert frame["n"].to_dict() == {"a": 3, "b": 2, "c": 1}
    assert frame["takers"].to_dict() == {"a": 2, "b": 2, "c": 1}
    assert frame["errors"].to_dict() == {"a": 0, "b": 0, "c": 1}
    assert frame["unparsed"].to_dict() == {"a": 0, "b": 1, "c": 0}
    assert frame["verdict"].to_dict() == {"a": "", "b": "all wrong", "c": "all wrong"}
    assert [frame[f"chosen_{letter}"]["a"] for letter in "ABC"] == [2, 1, 0]
    assert (found.complete, found.kr20, found.other, found.shuffled) == (2, None, 0, 0)
    assert frame["item_rest"].isna().all()


def test_what_nobody_answered_is_missing_not_zero(tmp_path: Path) -> None:
    found = table(tmp_path, {"one": [sample("a", "m1", 1, "A")]})
    frame = found.frame.set_index("item")
    assert frame["correct"]["a"] == 1 and math.isnan(frame["correct"]["b"])
    assert frame["verdict"].to_dict() == {"a": "all right", "b": "", "c": ""}


def test_no_runs_give_an_empty_table_of_every_item(tmp_path: Path) -> None:
    found = items(load(Study(tmp_path), Issues()), SUITE)
    assert (found.takers, found.complete, len(found.frame), found.frame["n"].sum()) == ((), 0, 3, 0)


def test_another_version_of_an_item_is_left_out_and_counted(tmp_path: Path) -> None:
    edited = [sample("a", "m1", 1, "A", item_hash="0" * 32), sample("gone", "m1", 1, "A", item_hash="1" * 32)]
    found = table(tmp_path, {"one": [*edited, sample("b", "m1", 1, "C")]})
    assert found.other == 2
    assert found.frame["n"].tolist() == [0, 1, 0]


def test_a_renamed_item_is_still_the_same_question(tmp_path: Path) -> None:
    renamed = sample("old-name", "m1", 1, "C", item_hash=item_hash(SUITE.items[1]))
    found = table(tmp_path, {"one": [renamed]})
    assert found.frame["n"].tolist() == [0, 1, 0]


def test_shuffled_options_are_scored_but_not_counted_by_letter(tmp_path: Path) -> None:
    found = table(
        tmp_path,
        {"one": [sample("a", "m1", 1, "B")], "two": [sample("a", "m2", 1, "A")]},
        one={"shuffle_options": 7},
    )
    assert found.shuffled == 1
    assert found.frame["correct"][0] == 1
    assert found.frame[["chosen_A", "chosen_B"]].iloc[0].tolist() == [1, 0]


def cases() -> list[Any]:
    data = os.environ.get("LLMXSITE_TEST_DATA")
    if not data:
        return [pytest.param(None, marks=pytest.mark.skip(reason="LLMXSITE_TEST_DATA is not set"))]
    found = json.loads((Path(data) / "cases" / "28_item_analysis.json").read_text())["cases"]
    return [pytest.param(case, id=case["name"]) for case in found]


@pytest.mark.parametrize("case", cases())
def test_item_analysis_of_logs_is_that_of_the_cases(
    tmp_path: Path, case: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(item_table, "ENOUGH", 2)
    matrix, expected = case["input"]["correct_takers_by_items"], case["expected"]
    monkeypatch.setattr(
        SUITE, "items", [QuestionItem(id=f"i{n}", question=f"q{n}", answer=n) for n in range(len(matrix[0]))]
    )
    samples = [sample(f"i{n}", f"m{t}", right, 1) for t, row in enumerate(matrix) for n, right in enumerate(row)]
    found = table(tmp_path, {"one": samples})
    close: Callable[[Any], Any] = lambda numbers: pytest.approx(numbers, abs=1e-9)  # noqa: E731
    assert found.frame["correct"].tolist() == close(expected["difficulty_p"])
    rest = [None if math.isnan(r) else r for r in found.frame["item_rest"]]
    assert rest == close(expected["item_rest_point_biserial"])
    assert found.kr20 == close(expected["kr20_cronbach_alpha"])
    assert [i for i, v in enumerate(found.frame["verdict"]) if v == "all wrong"] == expected["floor_items"]
    assert [i for i, v in enumerate(found.frame["verdict"]) if v == "all right"] == expected["ceiling_items"]
