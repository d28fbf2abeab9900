"""The loop: requests out, replies in, lines to the log, until nothing is left or something stops it.

A fixed number of workers take jobs from one source, so memory is that of the jobs under way. A request that fails by no
fault of its own is sent again with growing waits; what still fails becomes a line with outcome `error`, which a later run
asks again. The loop stops by itself where going on would only fill the log with errors, and says how to go on.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from llmxsite.base.diagnostics import Issue
from llmxsite.collect import sample as lines
from llmxsite.collect.agreed import Place, nowhere, refusal
from llmxsite.collect.observer import Observer
from llmxsite.collect.source import Alone, Source
from llmxsite.collect.stage import Stage
from llmxsite.collect.workload import Job, Workload
from llmxsite.exchange.engine.protocol import Engine, EngineError, RefusedError, Reply, Request
from llmxsite.log.record import Lack, Sample
from llmxsite.log.runlog import RunLogWriter

_UNUSABLE = frozenset({"missing-model", "memory"})
"""Faults that will meet every request to the same model."""


def _alike(one: Reply, other: Reply) -> bool:
    """Whether two draws of one sample were asked alike but for their options, which are logged one by one."""
    a, b = one.sent, other.sent
    if a is None or b is None:
        return True
    return (a.think, a.top_logprobs, a.keep_alive, a.cache_prompt) == (
        b.think,
        b.top_logprobs,
        b.keep_alive,
        b.cache_prompt,
    )


@dataclass(frozen=True)
class Policy:
    """When to try again and when to stop. Seconds."""

    attempts: int = 7
    """Times one request is sent at most."""
    first_wait: float = 0.5
    """Before the second attempt; doubled for each one after, each time multiplied by a random 0.5 to 1.5."""
    longest_wait: float = 30.0
    longest_retry_after: float = 300.0
    """A server's own wish is honoured up to this."""
    errors_in_a_row: int = 10
    """Samples that may end in an error one after another, the server answering, before the run stops."""

    def wait(self, attempt: int, error: EngineError, chance: Callable[[], float]) -> float:
        """Seconds before the attempt after `attempt` (counted from 1)."""
        grown = min(self.longest_wait, self.first_wait * 2.0 ** (attempt - 1)) * (0.5 + chance())
        return max(grown, min(error.retry_after or 0.0, self.longest_retry_after))


@dataclass
class Result:
    """How a run ended."""

    reason: Literal["complete", "interrupted", "stopped"] = "complete"
    made: int = 0
    """Samples made in this session, errors among them."""
    errors: int = 0
    issues: list[Issue] = field(default_factory=list)


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
    ) -> None:
        self._engine, self._workload, self._writer, self._observer = engine, workload, writer, observer
        self._now, self._chance, self._policy = now, chance, policy or Policy()
        self._where = where or nowhere(writer.path.name)
        self._lacks = len(engine.lacks())
        """Lacks of the server that the log names already."""
        self._concurrency = concurrency
        self._stage = stage or Stage(engine, workload, concurrency=concurrency)
        self._keep = workload.experiment.logprobs
        self._stopping = asyncio.Event()
        self._unusable: set[str] = set()
        self._in_a_row = 0
        self.result = Result()

    def stop(self) -> None:
        """Take no new jobs; those under way are finished."""
        self.result.reason = "interrupted"
        self._stopping.set()

    async def run(self, done: set[str]) -> Result:
        """Make every sample whose key is not in `done`. Raises the `Problem` of a log that cannot be written."""
        for width, jobs in self._workload.blocks(done, self._concurrency):
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
                self._writer.append(made)
                self._note_lacks()
                source.made(job)
                self.result.made += 1
                self.result.errors += made.outcome == "error"
                self._observer.sample(job, made)

    async def _ask(self, job: Job, source: Source) -> Sample | None:
        """The sample's line; None when it was not made: stopped while it waited to try again, or left to others."""
        self._observer.start(job)
        replies: list[Reply] = []
        before: list[str] | None = None
        while len(replies) < len(job.plan.requests):
            request = job.plan.requests[len(replies)]
            attempt = 0
            while True:
                attempt += 1
                try:
                    before = await self._stage.ready(job, attempt)
                    reply = await self._send(job, request)
                    break
                except EngineError as error:
                    if error.retry and attempt < self._policy.attempts:
                        if not await self._pause(job, error, attempt):
                            return None
                        continue
                    self._stage.forget()
                    if isinstance(error, RefusedError):
                        self._refused(error)
                        return None
                    if await self._judge(job, error, attempt, source) and source.shared:
                        return None
                    sent = [self._engine.settled(request) for request in job.plan.requests]
                    return lines.failed(self._as_sent(job, sent), self._workload.task, error, attempt, self._now())
            if replies and not _alike(reply, replies[0]):
                replies = []  # the server takes less since the first of these draws: they are drawn anew
            else:
                replies.append(reply)
        self._in_a_row = 0
        sent = [reply.sent or request for reply, request in zip(replies, job.plan.requests, strict=True)]
        made = self._as_sent(job, sent)
        return lines.answered(made, self._workload.task, replies, self._keep, self._now(), before)

    def _as_sent(self, job: Job, sent: Sequence[Request]) -> Job:
        return job.as_sent(sent, self._workload.models[str(job.condition["model"])].identity)

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

    async def _send(self, job: Job, request: Request) -> Reply:
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

    async def _judge(self, job: Job, error: EngineError, attempts: int, source: Source) -> bool:
        """What a sample's final error means for the rest of the run; True where its server is to blame, not the sample."""
        if lines.overflows(error):
            self._in_a_row = 0
            return False
        self._in_a_row += 1
        model = str(job.condition["model"])
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
