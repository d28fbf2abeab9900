"""How the very same request is asked again: as the benchmark asks it, each repeat with the same seed. Nothing that is sent differs."""

from __future__ import annotations

import msgspec

from llmxsite.exchange.asking.plan import Case, Plan
from llmxsite.task.benchmark.asking import Questions
from llmxsite.task.determinism.experiment import regime_of


class Again(Questions):
    """Asks items as the benchmark does, each repeat in the same words, and lets the server use its cache where the regime does."""

    def plan(self, case: Case) -> Plan:
        plan = super().plan(case._replace(repeat=0))
        regime = regime_of(case.condition)
        cache = regime is not None and regime.cache
        opening = tuple(msgspec.structs.replace(call, cache_prompt=cache) for call in plan.opening)
        return msgspec.structs.replace(plan, opening=opening)


ASKING = Again()
