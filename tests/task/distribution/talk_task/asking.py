"""How the task asks: the question, doubts of what was answered, and the judge."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from llmxsite.exchange.asking.plan import Asking, Call, Case, Plan, Turn
from llmxsite.exchange.engine.protocol import Message, Options, Request
from llmxsite.log.record import Sample
from talk_task.experiment import JUDGE


class Expected(msgspec.Struct):
    """What the answer is held to."""

    letter: str


class TalkPlan(Plan):
    doubts: int


class Talk(Asking):
    def plan(self, case: Case) -> Plan:
        words = "\n".join(
            [case.item.question, *(f"{x}) {text}" for x, text in zip("ABCD", case.item.choices or [], strict=False))]
        )
        opening = Request(
            model=str(case.condition["model"]),
            messages=[Message(role="user", content=words)],
            options=Options(seed=42 + case.repeat, temperature=0.5),
            top_logprobs=None,
        )
        doubts = case.condition.get("doubts")
        rubric = Expected(letter=str(case.item.answer))
        return TalkPlan((opening,), rubric, "talk/1", doubts if isinstance(doubts, int) else 1)

    def next_calls(self, plan: Plan, turns: Sequence[Turn]) -> tuple[Call, ...]:
        if not isinstance(plan, TalkPlan) or len(turns) > plan.doubts:
            return ()
        last = turns[-1]
        assert isinstance(last.call, Request)
        doubt = [
            Message(role="assistant", content=last.reply.text),
            Message(role="user", content=f"Are you sure? ({len(turns)})\nA) yes\nB) no"),
        ]
        return (msgspec.structs.replace(last.call, messages=[*last.call.messages, *doubt]),)

    def follow(self, sample: Sample) -> Iterator[Plan]:
        if sample.judges or sample.reply is None:
            return
        for order in ("first", "last"):
            words = f"Grade, {order}: {sample.reply.text}\nA) good\nB) bad"
            request = Request(
                model=JUDGE, messages=[Message(role="user", content=words)], options=Options(), top_logprobs=None
            )
            yield Plan((request,), Expected(letter="A"), "grade/1")


ASKING = Talk()
