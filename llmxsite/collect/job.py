"""One sample to make."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar, NamedTuple

import msgspec

from llmxsite.exchange.asking.plan import Call, Plan
from llmxsite.exchange.engine.protocol import ModelInfo
from llmxsite.log.record import Sent, Shown, sample_key
from llmxsite.study.experiment import Condition
from llmxsite.study.suite import Item, Suite


class LoggedItem(Item, kw_only=True):
    """An item as a log tells of it, where its suite is not asked: whatever its kind, it can be sent again."""

    kind: ClassVar[str] = "logged"
    words: str
    logged: Shown | None

    def shown(self) -> str:
        return self.words


class Job(NamedTuple):
    """One sample to make."""

    key: str
    suite: Suite
    item: Item
    hash: str
    condition: Condition
    repeat: int
    plan: Plan
    sent: Sent
    models: tuple[str, ...]
    """Every model that its condition calls."""
    of: str | None = None
    """Key of the sample that this one judges."""

    @property
    def model(self) -> str | None:
        """The model that opens it: the condition's where it asks nobody."""
        return model_of(self.condition, self.plan.opening)

    def as_sent(self, opening: Sequence[Call], models: Mapping[str, ModelInfo]) -> Job:
        """The same sample where something else went over the wire than was planned: a server turned out not to take it."""
        if all(a is b for a, b in zip(opening, self.plan.opening, strict=True)):
            return self
        plan = msgspec.structs.replace(self.plan, opening=tuple(opening))
        sent, key = keyed(self.suite, self.item, self.condition, self.repeat, plan.opening, models, self.of)
        return self._replace(plan=plan, sent=sent, key=key)


def model_of(condition: Condition, opening: Sequence[Call] = ()) -> str | None:
    """The model that a sample's first calls go to; the condition's where it asks nobody."""
    if opening:
        return opening[0].model
    model = condition.get("model")
    return None if model is None else str(model)


def keyed(
    suite: Suite,
    item: Item,
    condition: Condition,
    repeat: int,
    opening: Sequence[Call],
    models: Mapping[str, ModelInfo],
    of: str | None = None,
) -> tuple[Sent, str]:
    """What a sample's line says was sent, and its key."""
    sent, named = Sent.of(opening, model_of(condition)), model_of(condition, opening)
    known = None if named is None else models.get(named)
    identity = None if known is None else known.identity
    return sent, sample_key(identity, suite.id, item.id, condition, sent, repeat, of)
