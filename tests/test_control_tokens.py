"""Control tokens of a model's own vocabulary: told by the file of its weights, and no part of an answer."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from collect_support import collect, make_study, samples_of
from hypothesis import given
from hypothesis import strategies as st
from servers.fake import Fake

from llmxsite.base.diagnostics import Issues
from llmxsite.exchange.answer.thinking import blanked
from llmxsite.exchange.asking.plan import Case, Plan, Turn
from llmxsite.exchange.asking.question import Question
from llmxsite.exchange.engine import weights
from llmxsite.exchange.engine.protocol import Reply
from llmxsite.log import runlog
from llmxsite.log.record import Sent
from llmxsite.task.benchmark.answer import score
from llmxsite.task.benchmark.asking import Questions

OWN = ["<|tone|>", "<|stop|>"]


def question(**more: object) -> Question:
    return Question(kind="choice", choices=["red", "blue", "green", "grey"], expected="B", **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "answer"),
    [("<|tone|>B", "B"), ("B<|stop|>A", "B"), ("<|tone|><|tone|>B) blue<|stop|>\nA) red", "B"), ("B", "B")],
)
def test_an_answer_is_read_without_them(text: str, answer: str) -> None:
    turn = Turn(Sent().calls("")[0], Reply(text=text, done_reason="stop"))
    found = score(question(control=OWN), [turn]).written()
    assert found["answer"] == answer and found["correct"]


def test_what_the_line_holds_is_enough_to_score_it_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    study = make_study(tmp_path)
    plan = Questions.plan

    def planned(self: Questions, case: Case) -> Plan:
        case.model.control = OWN
        return plan(self, case)

    monkeypatch.setattr(Questions, "plan", planned)

    async def go() -> Path:
        async with Fake(reply=lambda body: (["<|tone|>", "B", "<|stop|>", "A"], "stop")) as server:
            return (await collect(study, server))[0]

    path = asyncio.run(go())
    assert {sample.scores["answer"] for sample in samples_of(path)} == {"B"}
    assert {tuple(sample.scores["control"]) for sample in samples_of(path)} == {tuple(OWN)}
    issues = Issues()
    assert runlog.verify(path, issues).rescored == 12 and not list(issues)


@given(st.lists(st.sampled_from([*OWN, "B", " ", "answer", "\n"]), max_size=12).map("".join))
def test_every_other_character_stays_where_it_was(text: str) -> None:
    found = blanked(text, OWN)
    assert len(found) == len(text) and not any(token in found for token in OWN)
    assert all(a == b or a == " " for a, b in zip(found, text, strict=True))


@pytest.mark.embedded
def test_the_file_of_the_weights_tells_them() -> None:
    path = weights.find("smollm2:135m")
    if path is None:
        pytest.skip("smollm2:135m is not pulled")
    assert {"<|im_start|>", "<|im_end|>", "<|endoftext|>"} <= set(weights.info("smollm2:135m", path).control)
