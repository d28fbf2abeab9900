"""How the task asks: the sentence, then the sentence again; the last reply's vector; and a judge of the whole."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from llmxsite.exchange.asking.material import Material
from llmxsite.exchange.asking.options import options_for
from llmxsite.exchange.asking.plan import Asking, Call, Case, Plan, Turn
from llmxsite.exchange.engine.protocol import Message, ModelInfo, Options, Reply, Request
from llmxsite.exchange.engine.vectors import EmbedRequest, Vectors, unpacked
from llmxsite.log.record import Sample
from llmxsite.study.experiment import Condition, Prompt, Resolved
from llmxsite.study.suite import Suite
from recall_task.experiment import HELPERS
from recall_task.suite import Sentence
from recall_task.wording import wording

EMBEDDER, JUDGE = HELPERS


class Told(msgspec.Struct, omit_defaults=True):
    """What was told, in which language, and how near the last reply's vector came to the sentence's."""

    sentence: str
    language: str | None = None
    near: float | None = None
    """Cosine; None where nobody made vectors."""


class RecallPlan(Plan):
    rounds: int
    again: str
    embedder: str | None
    material: Material


class Recall(Asking):
    def prepare(
        self, experiment: Resolved, suite: Suite, condition: Condition, model: ModelInfo
    ) -> Iterator[EmbedRequest]:
        """The vectors of all sentences, once."""
        if condition.get(EMBEDDER) is not None:
            texts = [item.sentence for item in suite.items if isinstance(item, Sentence)]
            yield EmbedRequest(model=str(condition[EMBEDDER]), texts=texts)

    def plan(self, case: Case) -> Plan:
        item, condition = case.item, case.condition
        assert isinstance(item, Sentence)  # what `Terms.items` says
        language = item.language or case.suite.language
        words, rounds, embedder = wording(language), condition.get("rounds"), condition.get(EMBEDDER)
        opening = Request(
            model=str(condition["model"]),
            messages=[Message(role="user", content=words["say"].format(sentence=item.sentence))],
            options=options_for(case.experiment, condition, Prompt("letter"), thinks=False, repeat=case.repeat),
            top_logprobs=None,
        )
        return RecallPlan(
            (opening,),
            Told(item.sentence, language),
            "recall/1",
            rounds=rounds if isinstance(rounds, int) else 1,
            again=words["again"],
            embedder=None if embedder is None else str(embedder),
            material=case.material,
        )

    def next_calls(self, plan: Plan, turns: Sequence[Turn]) -> tuple[Call, ...]:
        if not isinstance(plan, RecallPlan):
            return ()  # a judge says one thing
        last = turns[-1]
        if not isinstance(last.call, Request) or not isinstance(last.reply, Reply):
            return ()  # the vector has come
        if len(turns) <= plan.rounds:
            said = [Message(role="assistant", content=last.reply.text), Message(role="user", content=plan.again)]
            return (msgspec.structs.replace(last.call, messages=[*last.call.messages, *said]),)
        if plan.embedder is None or not last.reply.text.strip():
            return ()
        return (EmbedRequest(model=plan.embedder, texts=[last.reply.text]),)

    def rubric(self, plan: Plan, turns: Sequence[Turn]) -> msgspec.Struct:
        """With the cosine: the sentence's vector is in no log, so that a line could not be scored again without it."""
        if not isinstance(plan, RecallPlan) or not isinstance(plan.rubric, Told):
            return plan.rubric
        last = turns[-1].reply if turns else None
        if not isinstance(last, Vectors) or plan.rubric.sentence not in plan.material:
            return plan.rubric
        from llmxsite.analysis.stats.cosine import cosine

        near = cosine(unpacked(plan.material[plan.rubric.sentence]), unpacked(last.rows[0]))
        return msgspec.structs.replace(plan.rubric, near=near)

    def follow(self, sample: Sample) -> Iterator[Plan]:
        """The judge, where the condition names one."""
        judge, said = sample.condition.get(JUDGE), sample.scores.get("answer")
        if sample.judges or judge is None or not said or not isinstance(sample.rubric, dict):
            return
        told = msgspec.convert(sample.rubric, Told)
        words = wording(told.language)["judge"].format(sentence=told.sentence, said=said)
        call = Request(
            model=str(judge),
            messages=[Message(role="user", content=words)],
            options=Options(temperature=0.0, num_predict=8),
            top_logprobs=None,
        )
        yield Plan((call,), told, "same/1")


ASKING = Recall()
