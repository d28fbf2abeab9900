"""How the very same request is asked again: as the benchmark asks it, each repeat with the same seed. Nothing that is sent differs."""

from __future__ import annotations

from llmxsite.exchange.asking.plan import Case, Plan
from llmxsite.exchange.engine.protocol import Request
from llmxsite.task.benchmark.asking import Questions
from llmxsite.task.determinism.experiment import regime_of


class Again(Questions):
    """Asks items as the benchmark does, each repeat in the same words, and lets the server use its cache where the regime does."""

    def plan(self, case: Case) -> Plan:
        plan = super().plan(case._replace(repeat=0))
        regime = regime_of(case.condition)
        cache = regime is not None and regime.cache
        for call in plan.opening:
            assert isinstance(call, Request)  # a question is asked in words
            call.cache_prompt = cache
        return plan


ASKING = Again()
