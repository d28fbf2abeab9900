"""Jobs that several collectors share. Each is with one of them at a time, and stays in the pool until it is made."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Iterator, Sequence

from llmxsite.collect.job import Job
from llmxsite.collect.workload import Workload
from llmxsite.study.experiment import Condition


class Pool:
    """The jobs of some conditions, in their order. Memory is that of the jobs under way."""

    def __init__(
        self, workload: Workload, done: Collection[str], conditions: Sequence[Condition], first: Iterable[Job] = ()
    ) -> None:
        """`first` are jobs that come before those of the conditions, all of them held in memory."""
        kinds: dict[tuple[str, ...], list[Condition]] = {}
        for condition in conditions:
            kinds.setdefault(workload.called(condition), []).append(condition)
        self._fresh: dict[tuple[str, ...], Iterator[Job]] = {
            models: workload.jobs(done, those) for models, those in kinds.items()
        }
        """By the models that a machine must have for them."""
        self._returned: list[Job] = list(first)
        self._out: dict[str, Job] = {}
        self._waiting: set[asyncio.Future[None]] = set()
        self._closed = False

    def seat(self, models: set[str]) -> Seat:
        """A place at the pool for one machine. `models` is the machine's own set, and is made smaller by `without`."""
        return Seat(self, models)

    def close(self) -> None:
        """Hand out nothing more."""
        self._closed = True
        self._wake()

    async def _take(self, models: set[str]) -> Job | None:
        """The next job of one of `models`. Waits while others have some in hand that may still come back."""
        while not self._closed:
            job = self._next(models)
            if job is not None:
                self._out[job.key] = job
                return job
            if not any(models.issuperset(job.models) for job in self._out.values()):
                return None
            change = asyncio.get_running_loop().create_future()
            self._waiting.add(change)
            try:
                await change
            finally:
                self._waiting.discard(change)
        return None

    def _next(self, models: set[str]) -> Job | None:
        for place, returned in enumerate(self._returned):
            if models.issuperset(returned.models):
                return self._returned.pop(place)
        for called, jobs in self._fresh.items():
            if models.issuperset(called) and (job := next(jobs, None)) is not None:
                return job
        return None

    def _leave(self, job: Job, *, made: bool) -> None:
        del self._out[job.key]
        if not made:
            self._returned.append(job)
        self._wake()

    def _wake(self) -> None:
        for change in self._waiting:
            if not change.done():
                change.set_result(None)


class Seat:
    """One machine's place at a pool: the source of its collector's jobs."""

    shared = True

    def __init__(self, pool: Pool, models: set[str]) -> None:
        self._pool, self._models = pool, models

    async def take(self) -> Job | None:
        return await self._pool._take(self._models)

    def made(self, job: Job) -> None:
        self._pool._leave(job, made=True)

    def back(self, job: Job) -> None:
        self._pool._leave(job, made=False)

    def without(self, model: str) -> None:
        self._models.discard(model)
