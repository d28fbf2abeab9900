"""How long a request takes here, from a few of them: the basis of the expected time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from llmxsite.collect.workload import Workload
from llmxsite.engine.protocol import Engine, EngineError

FEWEST = 10
"""Samples a condition must have for a probe to be worth its time."""


class Probe(NamedTuple):
    """Seconds a sample, by model: one request each, measured on the loaded model and thrown away."""

    seconds: dict[str, float]

    def expected(self, workload: Workload, left: Sequence[int], concurrency: int | None) -> float | None:
        """Seconds for all that is left; None when a model could not be measured.

        Takes concurrent requests to share the machine fully, so it is a lower bound where they do not.
        """
        total = 0.0
        for condition, count in zip(workload.conditions, left, strict=True):
            seconds = self.seconds.get(str(condition["model"]))
            if count and seconds is None:
                return None
            total += count * (seconds or 0.0) / workload.width(condition, concurrency)
        return total


async def probe(engine: Engine, workload: Workload) -> Probe | None:
    """Ask one item of each model; None where the run is too short for that. Errors are left for the run to meet."""
    if max(workload.totals, default=0) < FEWEST:
        return None
    found: dict[str, float] = {}
    for condition in workload.conditions:
        model = str(condition["model"])
        if model in found:
            continue
        job = next(workload.jobs(conditions=[condition]), None)
        if job is None:
            continue
        try:
            reply = await engine.chat(job.plan.requests[0])
        except EngineError:
            continue
        if reply.timing.total_ms is not None:
            loading = reply.timing.load_ms or 0.0
            found[model] = max(0.0, reply.timing.total_ms - loading) / 1000 * len(job.plan.requests)
    return Probe(found)
