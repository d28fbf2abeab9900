"""Putting a run on a cluster together: who takes part, with which weights, and which logs it goes on in."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import NamedTuple

import msgspec

from llmxsite.base.diagnostics import Problem
from llmxsite.collect.agreed import agree as agree_options
from llmxsite.collect.cluster.dask import Cluster
from llmxsite.collect.cluster.fleet import Fleet
from llmxsite.collect.cluster.logs import Earlier, earlier
from llmxsite.collect.cluster.machine import Found, Machine, Weights, agree
from llmxsite.collect.cluster.muster import Muster
from llmxsite.collect.conduct import conduct_of
from llmxsite.collect.probe import probe
from llmxsite.collect.session import Wish, asks_alike, no_resume
from llmxsite.collect.subject import Subject
from llmxsite.collect.surroundings import lacking
from llmxsite.log import provenance


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
    about: Subject,
    wish: Wish,
    *,
    address: str,
    weights: list[str],
    name: str,
    root: Path,
    clock: Callable[[], str],
    say: Callable[[str], None],
) -> Assembled:
    """Connect to the cluster at `address`, ask its machines what they are, and choose the logs. `stack` lets go of it.

    `weights` are beginnings of digests, for models that differ between machines; `root` is the folder whose commit the
    headers name. Raises `Problem` for a cluster that does not answer or has no machine that fits, and for what cannot be
    asked there.
    """
    if (why := conduct_of(about.header.task).one_machine) is not None:
        raise Problem.at(
            about.place,
            "cluster-task",
            why,
            hint="run it on each machine by itself, without --cluster",
        )
    cluster = await stack.enter_async_context(Cluster(address))
    muster = Muster(cluster, name, wish.host, about.width(wish.concurrency), dict(about.contexts))
    stack.callback(muster.leave)
    await muster.call(say)
    agreed = agree(muster.found, about.contexts, weights)
    missing = [model for model in about.contexts if model not in agreed.models]
    if missing:
        there = sorted({model for found in muster.found for model in (*found.facts.models, *found.facts.there)})
        raise lacking(missing, there, about.place, "the cluster")
    workload = about.workload(dict(agreed.models))
    workload.check()
    await asyncio.gather(*(_agree(found, about, agreed) for found in muster.found))
    workload.settle_with(muster.found[0].remote.settled)
    header = msgspec.structs.replace(
        about.header,
        engine=msgspec.structs.replace(about.header.engine, name=agreed.engine),
        models=list(agreed.models.values()),
        git=await asyncio.to_thread(provenance.git, root),
        planned=workload.planned,
        concurrency=wish.concurrency or about.header.concurrency,
    )
    before = Earlier({}) if wish.mode == "new" else earlier(about.folder.glob("*.jsonl"), header)
    if not all(asks_alike(kept.path, workload) for kept in before.logs.values()):
        before = Earlier({}, ("this version of llmxsite asks the questions in other words",))
    if wish.mode == "resume" and not before.logs:
        raise no_resume(about, before.reasons)
    fleet = Fleet(about, header, muster, workload, agreed, before, clock)
    return Assembled(fleet, muster.refused, await _seconds(fleet, header.concurrency) if wish.probe else {})


async def _agree(found: Found, about: Subject, agreed: Weights) -> None:
    """Ask a machine's server which options it takes. Raises `Problem` where it does not take what the experiment sets."""
    models = {name: model for name, model in agreed.models.items() if name in found.facts.models}
    workload = about.workload(dict(agreed.models))
    workload.conditions = [
        condition for condition in workload.conditions if models.keys() >= {*workload.called(condition)}
    ]
    passed_over = await agree_options(found.remote, workload, about.where)
    found.facts.engine.lacks = [*found.remote.lacks(), *passed_over]


async def _seconds(fleet: Fleet, concurrency: int | None) -> dict[int, float]:
    """How long each machine alone would take, from one request to each of its models. All at once: no two share an engine."""
    left = fleet.left()
    if not any(left):
        return {}

    async def of(machine: Machine) -> float | None:
        measured = await probe(machine.found.remote, fleet.workload)
        return measured.expected(fleet.workload, left, concurrency) if measured is not None else None

    found = await asyncio.gather(*(of(machine) for machine in fleet.machines))
    return {machine.number: s for machine, s in zip(fleet.machines, found, strict=True) if s is not None}
