"""The JSON Schema of a line: what is written follows it, and it knows what each scorer writes."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from collect_support import collect, make_study
from jsonschema import Draft202012Validator
from servers.fake import Fake

from llmxsite import schema
from llmxsite.exchange.answer.scores import ChoiceScores, Scores
from llmxsite.log.record import Sample, Sent, scores_of

SCHEMA: dict[str, Any] = json.loads((schema.FOLDER / "runlog.json").read_text())


def faults(line: dict[str, Any]) -> list[str]:
    return [error.message for error in Draft202012Validator(SCHEMA).iter_errors(line)]


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    study = make_study(
        tmp_path_factory.mktemp("study"),
        items=3,
        sweep={"prompt": ["letter", "self-consistency(3)"]},
        options={"temperature": 0.7, "num_ctx": 4096},
    )

    async def go() -> Path:
        async with Fake() as server:
            return (await collect(study, server))[0]

    return [json.loads(line) for line in asyncio.run(go()).read_text().splitlines()]


def test_what_is_written_follows_the_schema(lines: list[dict[str, Any]]) -> None:
    assert [line["type"] for line in lines] == ["run", *["sample"] * 6, "end"]
    for line in lines:
        assert not faults(line)


def test_a_scorer_has_types_of_its_own_in_it(lines: list[dict[str, Any]]) -> None:
    line = lines[1]
    assert line["scorer"] == "choice/2" and line["rubric"]["kind"] == "choice"
    assert faults(line | {"scores": line["scores"] | {"confidence": "very"}})
    assert faults(line | {"rubric": {"kind": "choice"}}), "what is right is missing"
    assert not faults(line | {"scores": {"length": 4}, "rubric": {"any": 1}, "scorer": "words/1"}), "another package's"


def test_fields_that_say_nothing_are_not_written(lines: list[dict[str, Any]]) -> None:
    for line in lines[1:-1]:
        assert not {"turns", "of"} & line.keys() and "package" not in lines[0]
        assert not {"vectors"} & line["reply"].keys()


def test_scores_are_read_as_a_struct_and_what_is_unknown_is_unset() -> None:
    def sample(**scores: Any) -> Sample:
        return Sample(key="k", item="i", item_hash="h", condition={}, request=Sent(), outcome="ok", scores=scores)

    found = scores_of(sample(answer="A", correct=True, confidence=0.5, first_token_letter=None), ChoiceScores)
    assert (found.answer, found.confidence, found.first_token_letter) == ("A", 0.5, None)
    assert found.letter_mass is msgspec.UNSET and found.expected is msgspec.UNSET
    odd = scores_of(sample(answer=["x"], correct=0.25, parsed="perhaps", mine={"a": 1}))
    assert isinstance(odd, Scores) and odd.correct == 0.25 and odd.parsed is msgspec.UNSET
    assert msgspec.to_builtins(found) == {"answer": "A", "correct": True, "confidence": 0.5, "first_token_letter": None}
