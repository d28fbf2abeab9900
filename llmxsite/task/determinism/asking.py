"""The determinism task: the very same request, asked again under each regime.

A sample is scored as the benchmark scores it, so that it can be told whether a reply that changed changed its answer. The
seed does not change with the repeat: nothing that is sent differs.
"""

from __future__ import annotations

from llmxsite.exchange.asking.plan import Plan
from llmxsite.exchange.engine.protocol import ModelInfo
from llmxsite.study.experiment import Condition, Resolved, regime_of
from llmxsite.study.suite import Item, Suite
from llmxsite.task.benchmark import Benchmark


class Determinism(Benchmark):
    """Asks items as the benchmark does, each repeat in the same words with the same seed."""

    name = "determinism"

    def plan(
        self, experiment: Resolved, suite: Suite, item: Item, condition: Condition, repeat: int, model: ModelInfo
    ) -> Plan:
        plan = super().plan(experiment, suite, item, condition, 0, model)
        regime = regime_of(condition)
        for request in plan.requests:
            request.cache_prompt = regime is not None and regime.cache
        return plan
