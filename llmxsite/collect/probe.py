"""How long a request takes here, from a few of them: the basis of the expected time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from llmxsite.collect.workload import Workload
from llmxsite.exchange.asking.plan import Asking
from llmxsite.exchange.engine.protocol import Engine, EngineError
from llmxsite.study.experiment import Condition

FEWEST = 10
"""Samples a condition must have for a probe to be worth its time."""


class Probe(NamedTuple):
    """What one request of each kind took: one for each model and prompt, on the loaded model, thrown away."""

    seconds: dict[tuple[str, str], float]
    """Seconds a sample, by model and prompt: a chain of thought takes many times a single letter's time."""

    def expected(self, workload: Workload, left: Sequence[int], concurrency: int | None) -> float | None:
        """Seconds for all that is left where requests under way at once are as fast as one alone: the least it can be.

        None when a model could not be measured.
        """
        return self._sum(workload, left, lambda condition: workload.width(condition, concurrency))

    def alone(self, workload: Workload, left: Sequence[int]) -> float | None:
        """The same where requests under way at once gain nothing, as on a machine that one of them keeps busy."""
        return self._sum(workload, left, lambda condition: 1)

    def _sum(self, workload: Workload, left: Sequence[int], width: Callable[[Condition], int]) -> float | None:
        total = 0.0
        for condition, count in zip(workload.conditions, left, strict=True):
            seconds = self.seconds.get(_kind(condition))
            if count and seconds is None:
                return None
            total += count * (seconds or 0.0) / width(condition)
        return total


async def probe(engine: Engine, workload: Workload) -> Probe | None:
    """Ask one item of each model under each prompt; None where the run is too short for that, or its samples go on after the first
    reply. Errors are left for the run."""
    if type(workload.asking).next_calls is not Asking.next_calls:
        return None
    if max(workload.totals, default=0) < FEWEST:
        return None
    found: dict[tuple[str, str], float] = {}
    for condition in workload.conditions:
        if _kind(condition) in found:
            continue
        job = next(workload.jobs(conditions=[condition]), None)
        if job is None:
            continue
        request = job.plan.request
        if request is None:
            continue
        try:
            reply = await engine.chat(request)
        except EngineError:
            continue
        if reply.timing.total_ms is not None:
            loading = reply.timing.load_ms or 0.0
            found[_kind(condition)] = max(0.0, reply.timing.total_ms - loading) / 1000 * len(job.plan.opening)
    return Probe(found)


def _kind(condition: Condition) -> tuple[str, str]:
    return str(condition.get("model")), str(condition.get("prompt"))
