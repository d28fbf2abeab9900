"""How the task asks: the options' vectors before the samples, the question's to open one, then the model."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence

import msgspec

from llmxsite.exchange.asking.material import Material
from llmxsite.exchange.asking.plan import Asking, Call, Case, Plan, Turn
from llmxsite.exchange.engine.protocol import Message, ModelInfo, Options, Request
from llmxsite.exchange.engine.vectors import EmbedRequest, Vectors
from llmxsite.study.experiment import Condition, Resolved
from llmxsite.study.suite import Suite


class Ranked(msgspec.Struct, omit_defaults=True):
    """The options from the nearest to the farthest, and the right one."""

    right: str
    ranked: list[str] = []


class SeekPlan(Plan):
    model: str
    texts: list[str]
    material: Material


class Seek(Asking):
    def prepare(
        self, experiment: Resolved, suite: Suite, condition: Condition, model: ModelInfo
    ) -> Iterator[EmbedRequest]:
        if condition["way"] == "vectors":
            texts = [text for item in suite.items for text in item.choices or []]
            yield EmbedRequest(model=str(condition["model"]), texts=texts)

    def plan(self, case: Case) -> Plan:
        item, model = case.item, str(case.condition["model"])
        texts = item.choices or []
        rubric = Ranked(texts["ABCD".index(str(item.answer))])
        opening: tuple[Call, ...] = ()
        if case.condition["way"] == "vectors":
            opening = (EmbedRequest(model=model, texts=[item.question]),)
        else:
            words = set(item.question.split())
            rubric.ranked = sorted(texts, key=lambda text: (-len(words & set(text.split())), text))
        return SeekPlan(opening, rubric, "seek/1", model, texts, case.material)

    def next_calls(self, plan: Plan, turns: Sequence[Turn]) -> tuple[Call, ...]:
        assert isinstance(plan, SeekPlan)
        if len(turns) != 1:
            return ()
        words = f"Is it {ranked(plan, turns)[0]}?\nA) yes\nB) no"
        return (
            Request(
                model=plan.model,
                messages=[Message(role="user", content=words)],
                options=Options(),
                top_logprobs=None,
            ),
        )

    def rubric(self, plan: Plan, turns: Sequence[Turn]) -> msgspec.Struct:
        assert isinstance(plan, SeekPlan) and isinstance(plan.rubric, Ranked)
        return msgspec.structs.replace(plan.rubric, ranked=ranked(plan, turns)) if turns else plan.rubric


def ranked(plan: SeekPlan, turns: Sequence[Turn]) -> list[str]:
    assert isinstance(turns[0].reply, Vectors)
    question = _numbers(turns[0].reply.rows[0])

    def near(text: str) -> float:
        return -sum(a * b for a, b in zip(question, _numbers(plan.material[text]), strict=True))

    return sorted(plan.texts, key=lambda text: (near(text), text))


def _numbers(row: bytes) -> tuple[float, ...]:
    return struct.unpack(f"<{len(row) // 4}f", row)


ASKING = Seek()
