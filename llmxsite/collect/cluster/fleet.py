"""One run on many machines: their collectors at work on a shared pool, while machines come and go."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from itertools import groupby
from pathlib import Path

import msgspec

from llmxsite.base.diagnostics import Issue, several
from llmxsite.collect.cluster.logs import Earlier, Logs
from llmxsite.collect.cluster.machine import Found, Machine, Watch, Weights, fits, shareable
from llmxsite.collect.cluster.muster import Muster
from llmxsite.collect.cluster.pool import Pool
from llmxsite.collect.loop import Collector
from llmxsite.collect.observer import Observer
from llmxsite.collect.policy import Policy, Result
from llmxsite.collect.subject import Subject
from llmxsite.collect.workload import Workload
from llmxsite.log.record import Run
from llmxsite.study.experiment import Condition

LOOK_SECONDS = 2.0
"""How often a run looks who came and who went. That a machine broke off is known at once, by the sample it had in hand."""


class Fleet:
    """A run on a cluster, ready to begin: the machines that take part, and what is left to do."""

    def __init__(
        self,
        about: Subject,
        header: Run,
        muster: Muster,
        workload: Workload,
        weights: Weights,
        before: Earlier,
        clock: Callable[[], str],
    ) -> None:
        self.workload, self.before = workload, before
        self.logs = Logs(about.folder, before, clock)
        self.machines: list[Machine] = []
        """In the order of their numbers."""
        self._about, self._header, self._weights = about, header, weights
        self._muster, self._clock = muster, clock
        self._stopping = False
        self._pool: Pool | None = None
        self._working: set[asyncio.Task[None]] = set()
        self._enlist(muster.found)

    def left(self) -> list[int]:
        """Samples still to make, by condition."""
        return self.workload.left(self.before.done())

    def stop(self) -> None:
        """Hand out nothing more; what the machines have in hand is finished."""
        self._stopping = True
        for machine in self.machines:
            for collector in machine.collectors:
                collector.stop()
        if self._pool is not None:
            self._pool.close()

    async def collect(
        self,
        observer: Observer,
        *,
        policy: Policy | None = None,
        started: Callable[[Fleet], None] | None = None,
    ) -> tuple[list[Path], Result | None]:
        """Make what is left and seal the logs. The result is None where nothing was left.

        `started` is given the fleet before it begins, so that a signal can stop it. Raises the `Problem` of a log that
        cannot be written, or that another client writes.
        """
        with self.logs as logs:
            left = self.workload.left(logs.done)
            unjudged = list(self.workload.unjudged(logs.paths, logs.done))
            if not any(left) and not unjudged:
                logs.seal("complete")
                return logs.paths, None
            observer.begin(self.workload, left)
            if started is not None:
                started(self)
            # Conditions of one width together: a machine is never asked more at once than its condition says.
            for width, together in groupby(self.workload.conditions, self._width):
                self._pool = Pool(self.workload, logs.done, list(together), unjudged)
                unjudged = []
                await self._empty(self._pool, width, observer, policy)
                if self._stopping:
                    break
            result = self._result(sum(left))
            logs.seal(result.reason)
            return logs.paths, result

    def _width(self, condition: Condition) -> int:
        return self.workload.width(condition, self._header.concurrency)

    async def _empty(self, pool: Pool, width: int, observer: Observer, policy: Policy | None) -> None:
        """Make all jobs of a pool, as far as there are machines for them."""

        def send() -> None:
            for machine in self.machines:
                if machine.state == "waiting" and not self._stopping:
                    machine.state = "working"
                    self._working.add(asyncio.create_task(self._serve(machine, pool, width, observer, policy)))

        for machine in self.machines:
            machine.state = "waiting" if machine.state == "done" else machine.state
        send()
        looked = time.monotonic()
        try:
            while self._working:
                await asyncio.wait(
                    {*self._working, *self._muster.coming},
                    timeout=max(0.0, looked + LOOK_SECONDS - time.monotonic()),
                    return_when=asyncio.FIRST_COMPLETED,
                )
                for ended in [task for task in self._working if task.done()]:
                    self._working.discard(ended)
                    ended.result()  # raises what stopped it: a log that cannot be written
                if time.monotonic() - looked >= LOOK_SECONDS:
                    await self._look()
                    looked = time.monotonic()
                self._enlist(self._muster.came(), observer)
                send()
        finally:
            for task in self._working:
                task.cancel()
            await asyncio.gather(*self._working, return_exceptions=True)
            self._working.clear()

    async def _serve(self, machine: Machine, pool: Pool, width: int, observer: Observer, policy: Policy | None) -> None:
        """One machine at work, until the pool has nothing more for it or it cannot go on."""
        remote = machine.found.remote
        if remote.on_lost is None:
            collector = Collector(
                remote,
                self.workload,
                self.logs.writer(machine.number, machine.header),
                Watch(machine, observer, time.monotonic),
                now=self._clock,
                policy=policy,
                done=self.logs.done,
                cache=self._about.cache,
            )
            machine.collectors.append(collector)
            remote.on_lost = collector.stop
        collector = machine.collectors[-1]
        await collector.empty(pool.seat(machine.models), width)
        if remote.gone:
            machine.state = "gone"
            observer.note(f"{machine.name} ({machine.address}) has gone; what it had in hand is left to the others")
        elif collector.result.reason == "stopped" or not machine.models:
            machine.state = "stopped"
        else:
            machine.state = "done"

    async def _look(self) -> None:
        """Who has gone, and who is new."""
        there = await self._muster.look()
        for machine in self.machines:
            if there is not None and machine.address not in there:
                machine.found.remote.lost()

    def _enlist(self, found: list[Found], observer: Observer | None = None) -> None:
        """Make machines of workers that fit, or give a machine back that had gone; say what keeps the others."""
        new: list[tuple[Found, Run, set[str]]] = []
        for one in found:
            models, reasons = fits(one.facts, self._weights, self._about)
            if reasons:
                self._muster.refused[one.address] = "; ".join(reasons)
                if observer is not None:
                    observer.note(f"{one.address} came: {'; '.join(reasons)}")
            if models:
                new.append((one, self._says(one, models), models))
        back = [(self._gone(one, header), one, header, models) for one, header, models in new]
        numbers = iter(self.logs.number([header for machine, _, header, _ in back if machine is None]))
        for machine, one, header, models in back:
            if machine is None:
                machine = Machine(next(numbers), one, header, models)
                self.machines.append(machine)
            else:
                machine.found, machine.models, machine.state = one, models, "waiting"
            if observer is not None:
                observer.note(f"{machine.name} ({one.address}) takes part from now on")
        self.machines.sort(key=lambda machine: machine.number)

    def _gone(self, found: Found, header: Run) -> Machine | None:
        """The machine that went and is now found again: same place, and nothing that its log says has changed."""
        return next(
            (m for m in self.machines if m.state == "gone" and m.found.place == found.place and m.header == header),
            None,
        )

    def _says(self, found: Found, models: set[str]) -> Run:
        """What a machine's log says of it."""
        facts = found.facts
        return msgspec.structs.replace(
            self._header,
            engine=shareable(facts.engine),
            models=[facts.models[name] for name in self._weights.models if name in models],
            host=facts.host,
            software=facts.software | self._about.header.software,
        )

    def _result(self, wanted: int) -> Result:
        """How the run ended, all machines together."""
        result = Result(made=sum(m.made for m in self.machines), errors=sum(m.errors for m in self.machines))
        whole = result.made == wanted
        result.reason = "complete" if whole else "interrupted" if self._stopping else "stopped"
        for machine in self.machines:
            for issue in machine.issues:
                result.issues.append(
                    msgspec.structs.replace(
                        issue,
                        message=f"{machine.name} ({machine.address}): {issue.message}",
                        hint=None if whole else issue.hint,
                        severity="warning",
                    )
                )
        if result.reason == "stopped":
            missing = wanted - result.made
            result.issues.append(
                Issue(
                    path=self._header.report,
                    code="cluster-stopped",
                    message=f"no machine is left for {several(missing, 'sample')}",
                    hint="run the same command again when the machines are back: it goes on where it stopped",
                )
            )
        return result
