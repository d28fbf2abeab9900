"""The plan of a sample: the calls that open it, the calls that answer what came back, and what scores the turns."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from llmxsite.base import registry
from llmxsite.exchange.asking.material import Material
from llmxsite.exchange.asking.question import Style
from llmxsite.exchange.engine.protocol import ModelInfo, Reply, Request
from llmxsite.exchange.engine.vectors import EmbedRequest, Vectors
from llmxsite.study.experiment import Condition, Prompt, Resolved
from llmxsite.study.suite import Item, Suite

if TYPE_CHECKING:
    from llmxsite.log.record import Sample

Call = Request | EmbedRequest
"""For words, or for vectors."""


def style_of(prompt: Prompt | None) -> Style:
    """How replies to a prompt are read. None is a prompt that nothing is known of, as an import's may be."""
    if prompt is None or prompt.reasons:
        return "reasoned"
    return "completion" if prompt.kind == "completion" else "direct"


class Case(NamedTuple):
    """One sample to be planned: one item under one condition, one repeat of it."""

    experiment: Resolved
    suite: Suite
    item: Item
    condition: Condition
    repeat: int
    model: ModelInfo
    """The condition's model as its server describes it; without name and digest where the condition has none."""
    material: Material
    """The vectors that `Asking.prepare` asks for, by text. Samples are planned before these are there: keep it in the plan, and
    look into it when the first reply has come."""


class Turn(msgspec.Struct):
    """One call and what came back for it."""

    call: Call
    reply: Reply | Vectors

    @property
    def words(self) -> Reply:
        """The reply to a request for words. Raises `TypeError` for another."""
        if not isinstance(self.reply, Reply):
            raise TypeError("vectors came back for this call, and no words")
        return self.reply


class Plan(msgspec.Struct):
    """How a sample begins, and what it is scored by. A task may subclass it to carry what `next_calls` needs."""

    opening: tuple[Call, ...]
    """The first calls, which differ in nothing but their options: several where a sample is a vote, none where it asks nobody.
    The sample's key is made of these."""
    rubric: msgspec.Struct
    """All that scoring needs beside the turns; written into the line."""
    scorer: str
    """`choice/1`."""

    @property
    def request(self) -> Request | None:
        """The first call, where it is one for words."""
        first = self.opening[0] if self.opening else None
        return first if isinstance(first, Request) else None


class Asking(ABC):
    """How a task asks. Nothing of it does anything: it says what is to be sent, and is told what came back."""

    def prepare(
        self, experiment: Resolved, suite: Suite, condition: Condition, model: ModelInfo
    ) -> Iterator[EmbedRequest]:
        """What of a suite is to be made into vectors before the samples of a condition are asked."""
        return iter(())

    @abstractmethod
    def plan(self, case: Case) -> Plan:
        """The plan of a sample. Raises `Problem` where suite, prompt and model do not go together."""

    def next_calls(self, plan: Plan, turns: Sequence[Turn]) -> tuple[Call, ...]:
        """What is asked after these turns; () ends the sample. Asked of every plan, a judge's too. Pure, so that a conversation
        that was broken off can be asked for anew."""
        return ()

    def rubric(self, plan: Plan, turns: Sequence[Turn]) -> msgspec.Struct:
        """The rubric of a sample whose turns are over: the plan's own, unless some of it (a ranking by vectors that no log holds)
        is known only now."""
        return plan.rubric

    def follow(self, sample: Sample) -> Iterator[Plan]:
        """Samples that judge this one: each has a key, an outcome and retries of its own, and names this one."""
        return iter(())


def asking_of(task: str) -> Asking:
    """How a task asks. Raises `Problem` for one that is not installed, is broken, or asks nothing."""
    module = registry.part(task, "asking")
    if module is None:
        raise registry.unknown(task)
    asking: Asking = module.ASKING
    return asking
