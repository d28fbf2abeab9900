"""Putting a run on a cluster together: who takes part, with which weights, and which logs it goes on in."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import NamedTuple

from llmxsite import provenance, task
from llmxsite.collect.choose import Now
from llmxsite.collect.cluster.dask import Cluster
from llmxsite.collect.cluster.fleet import Fleet
from llmxsite.collect.cluster.logs import Earlier, earlier
from llmxsite.collect.cluster.machine import Machine, agree
from llmxsite.collect.cluster.muster import Muster
from llmxsite.collect.probe import probe
from llmxsite.collect.session import Wish, asks_alike, contexts, lacking, no_resume, widest
from llmxsite.collect.workload import Workload
from llmxsite.diagnostics import Problem
from llmxsite.experiment import Condition, Resolved
from llmxsite.record import Host
from llmxsite.study import Study
from llmxsite.suite import Suite


class Assembled(NamedTuple):
    """A fleet, and what was found while it was put together."""

    fleet: Fleet
    refused: dict[str, str]
    """What keeps workers from taking part, or from some of it, in words, by their addresses."""
    seconds: dict[int, float]
    """Expected for all that is left by each machine alone, by its number, where that was measured."""

    @property
    def expected(self) -> float | None:
        """Seconds for all of them together."""
        pace = sum(1 / seconds for seconds in self.seconds.values() if seconds > 0)
        return 1 / pace if pace else None


async def assemble(
    stack: AsyncExitStack,
    study: Study,
    report: str,
    experiment: Resolved,
    suites: list[Suite],
    conditions: list[Condition],
    wish: Wish,
    *,
    address: str,
    weights: list[str],
    name: str,
    clock: Callable[[], str],
    say: Callable[[str], None],
) -> Assembled:
    """Connect to the cluster at `address`, ask its machines what they are, and choose the logs. `stack` lets go of it.

    `weights` are beginnings of digests, for models that differ between machines. Raises `Problem` for a cluster that does not
    answer or has no machine that fits, and for an experiment that cannot be asked there.
    """
    if experiment.task == "determinism":
        raise Problem.at(
            study.experiment(report),
            "cluster-task",
            "a determinism experiment asks whether one machine gives the same answer again; it cannot be spread over several",
            hint="run it on each machine by itself, without --cluster",
        )
    cluster = await stack.enter_async_context(Cluster(address))
    asked = contexts(conditions, experiment)
    muster = Muster(cluster, name, wish.host, widest(experiment, conditions, wish), asked)
    stack.callback(muster.leave)
    await muster.call(say)
    agreed = agree(muster.found, asked, weights)
    missing = [model for model in asked if model not in agreed.models]
    if missing:
        there = sorted({model for found in muster.found for model in (*found.facts.models, *found.facts.there)})
        raise lacking(missing, there, "the cluster")
    workload = Workload(task.get(experiment.task), experiment, suites, agreed.models, conditions)
    workload.check()
    git = await asyncio.to_thread(provenance.git, study.root)
    one = muster.found[0].facts
    now = Now(experiment, suites, one.engine, agreed.models, Host(), one.software, git, wish.contributor)
    before = Earlier({}) if wish.mode == "new" else earlier(study.run_logs(report), now)
    if not all(asks_alike(kept.path, workload) for kept in before.logs.values()):
        before = Earlier({}, ("this version of llmxsite asks the questions in other words",))
    if wish.mode == "resume" and not before.logs:
        raise no_resume(study, report, before.reasons)
    fleet = Fleet(study, report, muster, workload, agreed, before, wish, git=git, clock=clock)
    seconds = await _seconds(fleet, wish) if wish.probe else {}
    return Assembled(fleet, muster.refused, seconds)


async def _seconds(fleet: Fleet, wish: Wish) -> dict[int, float]:
    """How long each machine alone would take, from one request to each of its models. All at once: no two share an engine."""
    whole, left = fleet.workload, fleet.left()
    if not any(left):
        return {}

    async def of(machine: Machine) -> float | None:
        own = [condition for condition in whole.conditions if condition["model"] in machine.models]
        part = Workload(whole.task, whole.experiment, whole.suites, whole.models, own)
        measured = await probe(machine.found.remote, part)
        return measured.expected(whole, left, wish.concurrency) if measured is not None else None

    found = await asyncio.gather(*(of(machine) for machine in fleet.machines))
    return {machine.number: s for machine, s in zip(fleet.machines, found, strict=True) if s is not None}
