"""The benchmark task: what is asked in each way and language, and what replies score."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmxsite.base.diagnostics import Problem
from llmxsite.exchange.answer.locate import Alignment
from llmxsite.exchange.answer.numeric import parse_number, same_number
from llmxsite.exchange.answer.scorer import Scored, scorer
from llmxsite.exchange.asking.material import Material
from llmxsite.exchange.asking.messages import option_order
from llmxsite.exchange.asking.plan import Case, Plan, Turn
from llmxsite.exchange.asking.question import Question
from llmxsite.exchange.engine.protocol import Alternative, ModelInfo, Reply, TokenLogprob
from llmxsite.study.experiment import Resolved, expand
from llmxsite.study.suite import QuestionItem, Suite
from llmxsite.task.benchmark.asking import ASKING

MODEL = ModelInfo(name="m", digest="d", capabilities=["completion"])
THINKER = ModelInfo(name="m", digest="d", capabilities=["completion", "thinking"])
RIVER = QuestionItem(id="r", question="Which river is longest?", choices=["Nile", "Rhine", "Loire"], answer="A")
SUM = QuestionItem(id="n", question="What is 12 + 6?", answer=18, unit="apples")
TOWN = QuestionItem(id="t", question="Which town is the capital of France?", answer=["Paris", "Lutetia"])
SUITE = Suite(
    id="s",
    title="S",
    language="en",
    examples=[QuestionItem(id="e1", question="Which is a river?", choices=["Rhine", "Alps"], answer="A"), SUM],
    items=[RIVER, SUM, TOWN],
)


def plan(
    item: QuestionItem = RIVER, *, suite: Suite = SUITE, model: ModelInfo = MODEL, repeat: int = 0, **keys: Any
) -> Plan:
    experiment = Resolved(suites=["s"], models=["m"], **keys)
    (condition,) = expand(experiment)
    return ASKING.plan(Case(experiment, suite, item, condition, repeat, model, Material()))


def score(item: QuestionItem, text: str, *, reply: dict[str, Any] | None = None, **keys: Any) -> Scored:
    asked = plan(item, **keys)
    return judged(asked, [Reply(text=text, **(reply or {}))] * len(asked.opening))


def judged(asked: Plan, replies: Sequence[Reply]) -> Scored:
    known = scorer(asked.scorer)
    assert known is not None
    turns = [Turn(call, reply) for call, reply in zip(asked.opening, replies, strict=True)]
    return known.score(asked.rubric, turns)


def question(asked: Plan) -> Question:
    assert isinstance(asked.rubric, Question)
    return asked.rubric


def user(asked: Plan) -> str:
    return asked.opening[0].messages[-1].content


def test_letter() -> None:
    asked = plan()
    assert user(asked) == (
        "Which river is longest?\n\nA) Nile\nB) Rhine\nC) Loire\n\nAnswer with the letter of the right option only."
    )
    (request,) = asked.opening
    assert request.options.num_predict == 64 and request.options.temperature == 0.0 and request.top_logprobs == 20
    assert asked.scorer == "choice/2"


def test_french_wording_comes_with_the_suite_or_by_factor() -> None:
    french = Suite(id="s", title="S", language="fr-CA", items=[RIVER])
    assert "Réponds seulement par la lettre de la bonne option." in user(plan(suite=french))
    assert "la lettre de la bonne option" in user(plan(conditions=[{"language": "fr"}]))
    assert "Answer with the letter" in user(plan(suite=french, conditions=[{"language": "xx"}]))


def test_reasoning_numbers_and_words() -> None:
    cot = plan(prompt="cot")
    assert user(cot).endswith(
        "Think step by step. Then write on the last line: Answer: X, where X is the letter of the right option."
    )
    assert cot.opening[0].options.num_predict == 512 and question(cot).style == "reasoned"
    assert user(plan(SUM)).endswith("Answer with the number only, in apples.")
    assert plan(SUM).scorer == "numeric/2"
    assert user(plan(TOWN)).endswith("Answer in as few words as possible.")
    assert plan(TOWN).scorer == "text/2"


def test_few_shot_is_a_conversation() -> None:
    messages = plan(prompt="few-shot(2)", system="Be brief.").opening[0].messages
    assert [m.role for m in messages] == ["system", "user", "assistant", "user", "assistant", "user"]
    assert messages[2].content == "A" and messages[4].content == "18"
    with pytest.raises(Problem) as caught:
        plan(prompt="few-shot(3)")
    assert caught.value.issues[0].code == "suite-examples"


def test_completion_is_raw() -> None:
    (request,) = plan(prompt="completion(1)").opening
    assert request.messages == []
    assert request.raw_prompt == (
        "Question: Which is a river?\nA) Rhine\nB) Alps\nAnswer: A\n\n"
        "Question: Which river is longest?\nA) Nile\nB) Rhine\nC) Loire\nAnswer:"
    )
    assert request.options.stop == ("\nQuestion",)


def test_template() -> None:
    text = "{question} [{category}]\n{choices}\nOne of {letters}. {{}}\n{examples}"
    asked = plan(prompt="p.txt", templates={"p.txt": text})
    assert user(asked).startswith(
        "Which river is longest? []\nA) Nile\nB) Rhine\nC) Loire\nOne of A, B or C. {}\nQuestion:"
    )


def test_thinking_sets_what_is_sent_and_the_budget() -> None:
    assert (plan(model=THINKER).opening[0].think, plan(model=THINKER).opening[0].options.num_predict) == (True, 2048)
    off = plan(model=THINKER, think=False).opening[0]
    assert (off.think, off.options.num_predict) == (False, 64)
    assert plan(think=False).opening[0].think is None
    assert plan(model=ModelInfo(name="m"), think=True).opening[0].think is True
    with pytest.raises(Problem):
        plan(think=True)


def test_every_option_is_sent_and_repeats_differ_in_their_seed() -> None:
    warm = {"options": {"temperature": 0.7, "seed": 5, "num_predict": 99, "top_k": 3}}
    assert [plan(repeat=r, **warm).opening[0].options.seed for r in range(3)] == [5, 6, 7]
    assert plan(repeat=2, options={"seed": 5}).opening[0].options.seed == 5
    options = plan(**warm).opening[0].options
    assert (options.num_predict, options.top_k, options.repeat_penalty) == (99, 3, 1.0)
    seeds = [r.options.seed for r in plan(prompt="self-consistency(3)", repeat=1, **warm).opening]
    assert seeds == [8, 9, 10]


def test_shuffling_is_by_item_and_seed() -> None:
    orders = {tuple(option_order(RIVER, seed)) for seed in range(40)}
    assert len(orders) == 6
    asked = plan(shuffle_options=3)
    order = option_order(RIVER, 3)
    assert question(asked).choices == [RIVER.choices[i] for i in order if RIVER.choices]
    assert question(asked).expected == "ABC"[order.index(0)]
    scored = judged(asked, [Reply(text=str(question(asked).expected))])
    assert (
        scored.written()["correct"]
        and scored.written()["order"] == order
        and scored.written()["position"] == order.index(0)
    )


@pytest.mark.parametrize("last", ["All of the above", "Both A and B", "Aucune des réponses ci-dessus"])
def test_options_that_speak_of_others_stay_in_place(last: str) -> None:
    item = QuestionItem(id="x", question="q", choices=["one", "two", last], answer="C")
    assert all(option_order(item, seed) == [0, 1, 2] for seed in range(20))


def test_outcomes() -> None:
    assert score(RIVER, "A").outcome == "ok"
    assert score(RIVER, "B").written() == {
        "answer": "B",
        "correct": False,
        "parsed": True,
        "rule": "only",
        "expected": "A",
        "position": 0,
    }
    unread = score(RIVER, "Who knows")
    assert unread.outcome == "failure"
    assert unread.written() == {
        "answer": None,
        "correct": False,
        "parsed": False,
        "reason": "no-answer",
        "expected": "A",
        "position": 0,
    }
    cut = score(RIVER, "A) Nile, because it", reply={"done_reason": "length"})
    assert cut.outcome == "truncated" and cut.written()["correct"]
    assert score(RIVER, "A", reply={"warnings": ["context-truncated"]}).outcome == "truncated"
    assert score(RIVER, "", reply={"model_failure": "it broke"}).outcome == "failure"
    assert score(SUM, "18 apples").written()["correct"] and score(SUM, "17").written()["answer"] == 17
    assert score(TOWN, "It is Lutetia.").written()["correct"]


def test_a_vote_counts_its_draws() -> None:
    asked = plan(prompt="self-consistency(5)", options={"temperature": 0.7})
    replies = [Reply(text=f"So. Answer: {x}") for x in "BAAB"] + [Reply(text="hm")]
    scored = judged(asked, replies)
    assert scored.outcome == "ok" and scored.shown == 0
    assert scored.written()["answer"] == "B" and scored.written()["votes"] == {"B": 2, "A": 2}
    assert scored.written()["vote_share"] == 0.4 and scored.written()["draws"] == 5
    assert judged(asked, [Reply(text="hm")] * 5).outcome == "failure"


def tokens(*pieces: str, top: dict[str, float] | None = None, at: int | None = None) -> list[TokenLogprob]:
    """Tokens of probability 0.5, with alternatives at one place."""
    return [
        TokenLogprob(
            token=piece,
            logprob=math.log(0.5),
            top=[Alternative(token=t, logprob=math.log(p)) for t, p in (top or {}).items()] if i == at else None,
        )
        for i, piece in enumerate(pieces)
    ]


def test_confidence_is_taken_at_the_answers_token() -> None:
    pieces = tokens("The", " answer", " is", " (", "B", ").", top={"B": 0.5, " B": 0.2, "A": 0.28, "x": 0.01}, at=4)
    scored = score(RIVER, "The answer is (B).", reply={"tokens": pieces})
    assert scored.token == 4
    assert scored.written()["confidence"] == pytest.approx(0.7 / 0.98)
    assert scored.written()["confidence_low"] < scored.written()["confidence"] == scored.written()["confidence_high"]
    assert scored.written()["letter_mass"] == pytest.approx(0.98)
    assert scored.written()["p_answer"] == pytest.approx(0.7)
    assert scored.written()["p_correct"] == pytest.approx(0.28 / 0.98)
    assert scored.written()["mean_token_probability"] == pytest.approx(0.5)


def test_thinking_is_no_place_for_the_answer() -> None:
    pieces = tokens("<think>", "A", "?", " B", "!", "</think>", "\n", "B", top={"B": 0.9, "A": 0.1}, at=7)
    scored = score(RIVER, "B", reply={"tokens": pieces, "thinking": "A? B!"}, model=THINKER)
    assert scored.token == 7 and scored.written()["confidence"] == pytest.approx(0.9)
    assert scored.written()["mean_token_probability"] == pytest.approx(0.5)


def test_the_first_token_may_say_something_else() -> None:
    pieces = tokens("Well", ", ", "B", top={"A": 0.3, "Well": 0.5, "B": 0.1}, at=0)
    assert score(RIVER, "Well, B", reply={"tokens": pieces}).written()["first_token_letter"] == "A"


def test_an_answer_in_words_has_no_letter_confidence() -> None:
    pieces = tokens("N", "ile", top={"N": 0.9, "A": 0.05}, at=0)
    scored = score(RIVER, "Nile", reply={"tokens": pieces})
    assert scored.written()["answer"] == "A" and "confidence" not in scored.written()


def test_missing_logprobs_are_missing() -> None:
    scored = score(RIVER, "A")
    assert not {"confidence", "letter_mass", "mean_token_probability"} & scored.written().keys()


TOKENS = st.lists(
    st.text(st.characters(codec="utf-8", exclude_characters="\ufffd"), min_size=1, max_size=4), min_size=1
)


@given(TOKENS, TOKENS, st.data())
def test_places_are_found_behind_thinking(thinking: list[str], content: list[str], data: st.DataObject) -> None:
    text = "".join(content)
    alignment = Alignment(tokens(*thinking, "</think>", *content), text)
    if not text.strip():
        return
    offset = data.draw(st.integers(0, len(text) - 1))
    found = alignment.at(offset)
    position = len(thinking) + 1
    for piece in content:
        if offset < len(piece):
            break
        offset -= len(piece)
        position += 1
    # Content that is itself repeated at the end of the list can be found nowhere else.
    assert found == position


@given(
    st.lists(st.sampled_from(["the", " Rhine", " is", " long", ",", " B", ".", "\n", "é"]), min_size=12, max_size=30),
    st.data(),
)
def test_lost_and_doubled_tokens_mislead_nobody(content: list[str], data: st.DataObject) -> None:
    """Whatever token is found holds the character asked for."""
    text = "".join(content)
    pieces = tokens(*content)
    gone = data.draw(st.integers(0, len(pieces) - 1))
    broken = pieces[:gone] + pieces[gone + 1 :] if data.draw(st.booleans()) else pieces[: gone + 1] + pieces[gone:]
    alignment = Alignment(broken, text)
    for offset, character in enumerate(text):
        found = alignment.at(offset)
        assert found is None or character in broken[found].token


def test_gsm8k_reference_solutions_are_read() -> None:
    folder = os.environ.get("LLMXSITE_TEST_DATA")
    if not folder:
        pytest.skip("LLMXSITE_TEST_DATA is not set")
    lines = (Path(folder) / "data" / "gsm8k_test.jsonl").read_text(encoding="utf-8").splitlines()
    for line in lines:
        solution = json.loads(line)["answer"]
        expected = float(solution.rpartition("####")[2].replace(",", ""))
        for text in (solution, solution.replace("####", "Answer:"), solution.replace("####", "The answer is $") + "."):
            found = parse_number(text, style="reasoned").value
            assert found is not None and same_number(found, expected), text
