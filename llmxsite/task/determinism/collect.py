"""How a determinism experiment is conducted: its order, and the state in which the server must meet each request.

What a regime promises has to hold however a run goes: at its start, after an interruption, after a request that failed. So
nothing is taken over from a session before; what was done is written beside each sample.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from llmxsite.base.diagnostics import Problem
from llmxsite.collect.conduct import Conduct, Kept
from llmxsite.collect.job import Job
from llmxsite.collect.schedule import Asked
from llmxsite.collect.workload import Workload
from llmxsite.exchange.engine.protocol import Engine, EngineError, Request
from llmxsite.study.experiment import Condition, Resolved
from llmxsite.study.suite import Item, Suite
from llmxsite.task.determinism.experiment import REGIMES, regime_of

PLACE, CODE = "experiment.yaml", "experiment-regime"
UNLOADED, WARMED, OTHER = "unloaded", "warmed-up", "other-item"
"""What can be done before a request: the model unloaded, the same request sent for the cache, another item's sent."""


class Abilities(NamedTuple):
    """What a server can do of what regimes ask for."""

    unloads: bool
    """Whether it can be told to put a model out of memory."""
    forgets: bool
    """Whether a request can forbid it to use its prompt cache, as the tokens that it takes from there show."""
    caches: bool | None
    """Whether it takes a prompt that it has just read from its cache; None where it does not tell."""

    def lack(self, regime: str) -> str | None:
        """Why a regime cannot be run here; None where it can."""
        if regime == "reload" and not self.unloads:
            return "a model cannot be unloaded"
        if regime == "cold" and not (self.unloads or self.forgets):
            return "neither can the prompt cache be seen to be off, nor a model be unloaded"
        if REGIMES[regime].cache and regime != "reload" and self.caches is False:
            return "there is no prompt cache"
        return None


class RegimeStage:
    """Sets the stage for each job of one session. Does nothing for jobs without a regime."""

    def __init__(self, engine: Engine, workload: Workload, concurrency: int | None = None) -> None:
        self._engine, self._workload, self._concurrency = engine, workload, concurrency
        self.unload_for_cold = False
        """Whether a request under the regime `cold` needs the model unloaded before it: known once `keepable` has asked."""
        self._lock = asyncio.Lock()
        self._scene: tuple[object, object] | None = None
        """The condition, and the item or the pass, that the server stands ready for; None where that is not known."""

    async def keepable(self) -> Kept:
        """Ask the server what it can do for the workload's regimes. Raises `Problem` where it can keep none, and `EngineError`."""
        engine, workload = self._engine, self._workload
        regimes = [regime for condition in workload.conditions if (regime := regime_of(condition))]
        first = next(workload.jobs(), None)
        if not regimes or first is None:
            return Kept(workload, [])
        abilities = await survey(engine, _request(first))
        why = {regime.name: abilities.lack(regime.name) for regime in regimes}
        lacks = [f"no regime {name}: {words}" for name, words in why.items() if words]
        kept = [c for c in workload.conditions if (regime := regime_of(c)) is None or not why[regime.name]]
        if not kept:
            raise Problem.at(PLACE, CODE, f"this server can keep none of the regimes: {lacks[0]}")
        if abilities.caches is None:
            lacks.append("whether a prompt came from the cache is not told")
        elif "interleaved" in why and not why["interleaved"] and await _keeps_several(engine, workload):
            lacks.append("interleaved prompts come from the cache all the same: the server keeps several")
        if any(regime.at_once for regime in regimes) and (await engine.describe()).name != "embedded":
            lacks.append("how many requests are answered at once is not told: more than that wait in a queue")
        self._workload, self.unload_for_cold = workload.only(kept), not abilities.forgets
        return Kept(self._workload, lacks)

    async def ready(self, job: Job, attempt: int = 1) -> list[str] | None:
        """Bring the server to where the job's regime starts from, and say what that took; None where it stood there.

        After a failed attempt it is brought there anew. Raises `EngineError`, as the request itself may.
        """
        regime = regime_of(job.condition)
        if regime is None:
            return None
        async with self._lock:  # of several at once, the first makes ready for all
            scene = (id(job.condition), job.repeat if regime.name == "reload" else (job.suite.id, job.item.id))
            before = self._scene if attempt == 1 else None
            self._scene = None
            done = await self._set(regime.name, job, scene, before)
            self._scene = scene
            return done

    def forget(self) -> None:
        """A request came to nothing: who knows what the server holds now."""
        self._scene = None

    async def _set(
        self, regime: str, job: Job, scene: tuple[object, object], before: tuple[object, object] | None
    ) -> list[str] | None:
        request = _request(job)
        if regime == "cold":
            return await self._unload(request) if self.unload_for_cold else None
        if regime == "interleaved":
            if before is not None and before[0] == scene[0] and before[1] != scene[1]:
                return None
            await self._engine.chat(request_before(self._workload, job))
            return [OTHER]
        if before == scene:
            return None
        if regime == "reload":
            return await self._unload(request)
        width = self._workload.width(job.condition, self._concurrency)
        await asyncio.gather(*(self._engine.chat(request) for _ in range(width)))
        return [WARMED]

    async def _unload(self, request: Request) -> list[str]:
        await self._engine.unload(request.model)
        return [UNLOADED]


async def survey(engine: Engine, request: Request) -> Abilities:
    """Find out what the server can do by asking: at most three requests, one loading. Raises `EngineError`."""
    asked = [await _cached(engine, request, allowed=True)]
    caches: bool | None = None
    forgets = False
    if asked[0] is not None:
        caches = bool(await _cached(engine, request, allowed=True))
        forgets = not caches or not await _cached(engine, request, allowed=False)
    try:
        await engine.unload(request.model)
    except EngineError as error:
        if error.kind != "unsupported":
            raise
        return Abilities(unloads=False, forgets=forgets, caches=caches)
    return Abilities(unloads=True, forgets=forgets, caches=caches)


async def _keeps_several(engine: Engine, workload: Workload) -> bool:
    """Whether a prompt is still in the cache after another item's: llama-server keeps several, in slots and in memory."""
    first = next(workload.jobs(), None)
    if first is None or workload.items < 2:
        return False
    request, other = _request(first), request_before(workload, first)
    await _cached(engine, request, allowed=True)
    whole = await _cached(engine, request, allowed=True)
    await engine.chat(other)
    again = await _cached(engine, request, allowed=True)
    return bool(whole) and again is not None and again >= (whole or 0)


async def _cached(engine: Engine, request: Request, *, allowed: bool) -> int | None:
    """Prompt tokens that the server says it took from its cache."""
    reply = await engine.chat(msgspec.structs.replace(request, cache_prompt=allowed))
    return reply.usage.cached_tokens


def request_before(workload: Workload, job: Job) -> Request:
    """What is asked just before a job where every item is asked in turn; before the first item comes the last.

    Raises `Problem` where there is no other item.
    """
    firsts: dict[tuple[str, str], Job] = {}
    for other in workload.jobs(conditions=[job.condition]):
        firsts.setdefault((other.suite.id, other.item.id), other)
    if len(firsts) < 2:
        raise _alone()
    order = list(firsts)
    return _request(firsts[order[order.index((job.suite.id, job.item.id)) - 1]])


def _request(job: Job) -> Request:
    request = job.plan.request
    assert request is not None  # a question is asked in words
    return request


def _alone() -> Problem:
    return Problem.at(
        PLACE,
        CODE,
        "the regime 'interleaved' needs a second item to ask between the requests of the first",
        hint="ask at least two items, or leave the regime out",
    )


class _Regimes(Conduct):
    """Each regime in its own order, one request at a time but where several at once are what it is about."""

    one_machine = "a determinism experiment asks whether one machine gives the same answer again; it cannot be spread over several"

    def order(self, experiment: Resolved, condition: Condition, asked: Asked) -> Iterator[tuple[Suite, Item, int]]:
        """As a pass over all items for each repeat, or all repeats of an item before the next."""
        regime = regime_of(condition)
        if regime is None or regime.order != "item":
            yield from super().order(experiment, condition, asked)
            return
        for suite, items in asked:
            for item in items:
                for repeat in range(experiment.repeats):
                    yield suite, item, repeat

    def width(self, condition: Condition, wished: int) -> int:
        regime = regime_of(condition)
        return 1 if regime is not None and not regime.at_once else super().width(condition, wished)

    def together(self, job: Job) -> object:
        """Where one item is asked several times at once, no other item may be under way."""
        regime = regime_of(job.condition)
        return (id(job.condition), job.suite.id, job.item.id) if regime is not None and regime.at_once else None

    def check(self, workload: Workload) -> None:
        regimes = [regime_of(condition) for condition in workload.conditions]
        if workload.items == 1 and any(regime is not None and regime.name == "interleaved" for regime in regimes):
            raise _alone()

    def stage(self, engine: Engine, workload: Workload, concurrency: int | None) -> RegimeStage:
        return RegimeStage(engine, workload, concurrency)

    def power(self, experiment: Resolved, asked: Asked) -> str | None:
        """The bound on what was never seen. Over several requests the request is the try, or a cluster of them, however often
        each is repeated."""
        from llmxsite.analysis.stats.power import never_seen

        n = sum(len(items) for _, items in asked)
        units = len({(suite.id, item.cluster or (item.id,)) for suite, items in asked for item in items})
        one, every = never_seen(experiment.repeats - 1), never_seen(units)
        if one is None or every is None:
            return ""
        words = f"{100 * one:.0f}% for one request and {100 * every:.1f}% over all {n:,}"
        return f"Where no reply differs, the chance that one does will be below {words}"


CONDUCT = _Regimes()
