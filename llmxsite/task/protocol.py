"""What every task does: plan the requests of an item, and score their replies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from llmxsite.exchange.answer.scorer import Scored
from llmxsite.exchange.asking.plan import Plan
from llmxsite.exchange.engine.protocol import ModelInfo, Reply
from llmxsite.study.experiment import Condition, Resolved
from llmxsite.study.suite import Item, Suite


class Task(Protocol):
    """One kind of experiment."""

    name: str

    def plan(
        self, experiment: Resolved, suite: Suite, item: Item, condition: Condition, repeat: int, model: ModelInfo
    ) -> Plan:
        """The requests of one sample. Raises `Problem` where suite, prompt and model do not go together."""
        ...

    def score(self, plan: Plan, replies: Sequence[Reply]) -> Scored:
        """Scores of the replies, one for each of the plan's requests. Pure: the same replies give the same scores."""
        ...
