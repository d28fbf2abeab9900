"""The loop: requests out, replies in, lines to the log, until nothing is left or something stops it.

A fixed number of workers take jobs from one source, so memory is that of the jobs under way. A request that fails by no
fault of its own is sent again with growing waits; what still fails becomes a line with outcome `error`, which a later run
asks again. The loop stops by itself where going on would only fill the log with errors, and says how to go on.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Collection
from pathlib import Path

from llmxsite.base.diagnostics import Issue, Problem
from llmxsite.collect import sample as lines
from llmxsite.collect.agreed import Place, nowhere, refusal
from llmxsite.collect.conduct import NoStage, Stage
from llmxsite.collect.job import Job
from llmxsite.collect.materials import Materials
from llmxsite.collect.observer import Observer
from llmxsite.collect.policy import Policy, Result
from llmxsite.collect.source import Alone, Source
from llmxsite.collect.workload import Workload
from llmxsite.exchange.asking.plan import Call, Turn
from llmxsite.exchange.engine.protocol import Engine, EngineError, RefusedError, Reply, Request
from llmxsite.exchange.engine.vectors import EmbedRequest, Vectors
from llmxsite.log.record import Lack, Sample
from llmxsite.log.runlog import RunLogWriter

_UNUSABLE = frozenset({"missing-model", "memory"})
"""Faults that will meet every request to the same model."""
MOST_TURNS = 256
"""Calls that one sample may take: a task whose conversations never end is broken."""


class _UnansweredError(Exception):
    """A call of a sample came to nothing: with an error it is the sample's, without one the sample is left for later."""

    def __init__(self, error: EngineError | None, call: Call | None = None, attempts: int = 0) -> None:
        self.error, self.call, self.attempts = error, call, attempts


def _endless(task: str) -> Problem:
    return Problem.at(
        "experiment.yaml", "task-broken", f"a sample of the task '{task}' goes on beyond {MOST_TURNS} calls"
    )


def _alike(one: Reply | Vectors, other: Reply | Vectors) -> bool:
    """Whether two draws of one sample were asked alike but for their options, which are logged one by one."""
    a, b = one.sent, other.sent
    if not isinstance(a, Request) or not isinstance(b, Request):
        return True
    return (a.think, a.top_logprobs, a.keep_alive, a.cache_prompt) == (
        b.think,
        b.top_logprobs,
        b.keep_alive,
        b.cache_prompt,
    )


class Collector:
    """One pass over a workload. `stop` may be called from a signal handler of the same event loop."""

    def __init__(
        self,
        engine: Engine,
        workload: Workload,
        writer: RunLogWriter,
        observer: Observer,
        *,
        now: Callable[[], str],
        where: Place | None = None,
        policy: Policy | None = None,
        concurrency: int | None = None,
        stage: Stage | None = None,
        chance: Callable[[], float] = random.random,
        done: Collection[str] = (),
        cache: Path | None = None,
    ) -> None:
        self._engine, self._workload, self._writer, self._observer = engine, workload, writer, observer
        self._now, self._chance, self._policy = now, chance, policy or Policy()
        self._where = where or nowhere(writer.path.name)
        self._lacks = len(engine.lacks())
        """Lacks of the server that the log names already."""
        self._concurrency = concurrency
        self._stage = stage or NoStage(workload)
        self._materials = Materials(engine, workload, writer, now, cache)
        self._keep = workload.experiment.logprobs
        self._stopping = asyncio.Event()
        self._done = done
        """Keys of samples that need not be made, among them some that judge others."""
        self._unusable: set[str] = set()
        self._in_a_row = 0
        self.result = Result()

    def stop(self) -> None:
        """Take no new jobs; those under way are finished."""
        self.result.reason = "interrupted"
        self._stopping.set()

    async def run(self) -> Result:
        """Make every sample whose key is not in `done`. Raises the `Problem` of a log that cannot be written."""
        await self.empty(Alone(self._workload.unjudged([self._writer.path], self._done)), self._concurrency or 1)
        for width, jobs in self._workload.blocks(self._done, self._concurrency):
            await self.empty(Alone(jobs), width)
            if self._stopping.is_set():
                break
        if self._unusable and self.result.reason == "complete":
            self.result.reason = "stopped"
        return self.result

    async def empty(self, source: Source, width: int) -> None:
        """Make the jobs of a source, `width` at once, until it has none for us or something stops us."""
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(width):
                    group.create_task(self._work(source))
        except BaseExceptionGroup as errors:
            raise errors.exceptions[0] from None

    async def _work(self, source: Source) -> None:
        while not self._stopping.is_set() and (job := await source.take()) is not None:
            made = None
            try:
                if not self._stopping.is_set():  # it may have been, while there was nothing to take
                    made = await self._ask(job, source)
            finally:
                if made is None:
                    source.back(job)
            if made is not None:
                self._add(job, made)
                source.made(job)
                await self._follow(job, made, source)

    async def _follow(self, job: Job, made: Sample, source: Source) -> None:
        """Make the samples that judge one; those that are not made are left for the next run."""
        if made.outcome == "error" or not self._workload.follows:
            return
        for judge in self._workload.following(job, made):
            if self._stopping.is_set():
                return
            if judge.key not in self._done and (sample := await self._ask(judge, source)) is not None:
                self._add(judge, sample)

    def _add(self, job: Job, made: Sample) -> None:
        self._writer.append(made)
        self._note_lacks()
        self.result.made += 1
        self.result.errors += made.outcome == "error"
        self._observer.sample(job, made)

    async def _ask(self, job: Job, source: Source) -> Sample | None:
        """The sample's line; None when it was not made: stopped while it waited to try again, or left to others."""
        self._observer.start(job)
        said = lines.Said(self._workload.asking, job.plan, [], self._workload.experiment.task)
        before: list[str] | None = None
        turns: list[Turn] = []
        try:
            while len(turns) < len(job.plan.opening):
                before, reply = await self._reply(job, job.plan.opening[len(turns)], source, opens=True)
                if turns and not _alike(reply, turns[0].reply):
                    turns = []  # the server takes less since the first of these draws: they are drawn anew
                else:
                    turns.append(Turn(job.plan.opening[len(turns)], reply))
            if not job.plan.opening:
                await self._reply(job, None, source, opens=True)
            said = said.then(turns)
            while calls := said.next_calls():
                if len(turns) + len(calls) > MOST_TURNS:
                    raise _endless(self._workload.experiment.task)
                for call in calls:
                    settled = self._workload.settled(call, job.condition)
                    _, reply = await self._reply(job, settled, source, opens=False)
                    turns.append(Turn(reply.sent or settled, reply))
        except _UnansweredError as why:
            if why.error is None:
                return None
            sent = [self._workload.settled(call, job.condition) for call in job.plan.opening]
            made = job.as_sent(sent, self._workload.models)
            return lines.failed(made, said, why.call, why.error, why.attempts, self._keep, self._now())
        self._in_a_row = 0
        sent = [turn.reply.sent or turn.call for turn in turns[: len(job.plan.opening)]]
        made = job.as_sent(sent, self._workload.models)
        return lines.answered(made, said, self._keep, self._now(), before)

    async def _reply(
        self, job: Job, call: Call | None, source: Source, *, opens: bool
    ) -> tuple[list[str] | None, Reply | Vectors]:
        """What comes back for a call, tried again where that may help, and what the stage was set with before. No `call` has only
        everything made ready. Raises `_UnansweredError`."""
        attempt = 0
        while True:
            attempt += 1
            try:
                await self._materials.ready(job)
                before = await self._stage.ready(job, attempt) if opens else None
                return before, Reply(text="") if call is None else await self._send(job, call)
            except EngineError as error:
                if error.retry and attempt < self._policy.attempts:
                    if not await self._pause(job, error, attempt):
                        raise _UnansweredError(None) from None
                    continue
                self._stage.forget()
                if isinstance(error, RefusedError):
                    self._refused(error)
                    raise _UnansweredError(None) from None
                if await self._blame(job, error, attempt, source) and source.shared:
                    raise _UnansweredError(None) from None
                raise _UnansweredError(error, call, attempt) from None

    def _refused(self, error: RefusedError) -> None:
        """The server takes no longer what the experiment sets: another request would be none of its conditions."""
        issue = refusal(error, self._where)
        if issue not in self.result.issues:
            self.result.issues.append(issue)
            self._observer.note(issue.message)
        self.result.reason = "stopped"
        self._stopping.set()

    def _note_lacks(self) -> None:
        """Write into the log, and say, what the server turned out to lack since its header was written."""
        known = self._engine.lacks()
        if found := known[self._lacks :]:
            self._lacks = len(known)
            self._writer.append(Lack(time=self._now(), lacks=found))
            for lack in found:
                self._observer.note(f"the server lacks: {lack}")

    async def _send(self, job: Job, request: Call) -> Reply | Vectors:
        if isinstance(request, EmbedRequest):
            return await self._engine.embed(request)
        if not self._observer.wants_text:
            return await self._engine.chat(request)
        return await self._engine.chat(request, lambda piece, thinking: self._observer.text(job, piece, thinking))

    async def _pause(self, job: Job, error: EngineError, attempt: int) -> bool:
        """Wait before the next attempt; False when the run was stopped meanwhile."""
        wait = self._policy.wait(attempt, error, self._chance)
        self._observer.retry(job, error, attempt, wait)
        if wait <= 0:
            return not self._stopping.is_set()
        try:
            await asyncio.wait_for(self._stopping.wait(), wait)
        except TimeoutError:
            return True
        return False

    async def _blame(self, job: Job, error: EngineError, attempts: int, source: Source) -> bool:
        """What a sample's final error means for the rest of the run; True where its server is to blame, not the sample."""
        if lines.overflows(error):
            self._in_a_row = 0
            return False
        self._in_a_row += 1
        model = str(job.model)
        if error.kind in _UNUSABLE:
            if model not in self._unusable:
                self._unusable.add(model)
                source.without(model)
                self._problem(
                    "run-model", f"'{model}' cannot go on: {error}", "the other models go on; run again for this one"
                )
            return True
        if error.kind in ("connection", "timeout") and not await self._answers():
            self._halt(f"the server has gone: {error} ({attempts} attempts)")
            return True
        if self._in_a_row >= self._policy.errors_in_a_row:
            self._halt(f"{self._in_a_row} samples in a row ended in an error; the last: {error}")
        return False

    async def _answers(self) -> bool:
        try:
            await self._engine.describe()
        except EngineError:
            return False
        return True

    def _halt(self, message: str) -> None:
        if not self._stopping.is_set():
            self.result.reason = "stopped"
            self._problem(
                "run-stopped",
                message,
                "run the same command again when the server is well: it goes on where it stopped",
            )
            self._stopping.set()

    def _problem(self, code: str, message: str, hint: str) -> None:
        self.result.issues.append(Issue(path=self._writer.path.name, code=code, message=message, hint=hint))
        self._observer.note(message)
