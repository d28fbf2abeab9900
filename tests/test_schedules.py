"""Random schedules of faults: whatever a run meets, taken up again it has each sample once, as an unbroken run has it.

A schedule is a small experiment and a number of sessions, each with a server that fails at random, a width of its own, and
one thing that goes wrong: an interrupt, a cancelled task, a server that leaves, a log that is deleted, cut or added to, a
process that is killed. After them comes a healthy server. `LLMXSITE_SCHEDULES` sets how many are run (1,000 for the full
number), and `LLMXSITE_SCHEDULE=17` runs that one alone.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import random
from collections.abc import Iterator
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from collect_support import (
    AT_ONCE,
    Notes,
    collect,
    command,
    environment,
    make_study,
    open_trial,
    samples_of,
    scores_of,
    the_log,
)
from servers.fake import Fake, Reply
from servers.wire import Call, Wire

from llmxsite.base.diagnostics import Issues, Problem
from llmxsite.collect.loop import Collector
from llmxsite.collect.policy import Policy
from llmxsite.exchange.engine.address import Address
from llmxsite.exchange.engine.http import Limits
from llmxsite.exchange.engine.ollama import Ollama
from llmxsite.log import runlog
from llmxsite.log.record import Sample
from llmxsite.study.study import Study

SCHEDULES = int(os.environ.get("LLMXSITE_SCHEDULES", "30"))
ONLY = os.environ.get("LLMXSITE_SCHEDULE")
QUICK = Limits(connect=2, answer=5, first_byte=0.1, stall=0.1, reply=30)
COMMON = ("reset", "reset-mid", "close-mid", "half-line", "no-end", "not-json", "error-line", "500", "502-html")
COMMON += ("503", "503-wait", "429", "wrong-type", "no-such-path", "drip")
RARE = ("stall", "stall-first", "gone", "memory", "long-line")
ENDS = ("none", "interrupt", "cancel", "leave", "delete", "append", "cut")
KILLED = 40
"""One schedule in so many has a session in a process of its own, which is killed."""


@dataclass
class Session:
    """One session of a schedule."""

    faults: list[str | None]
    end: str
    after: int
    """Samples before the end comes; for a kill, requests."""
    width: int
    limit: int | None
    policy: Policy
    share: float
    """How much of the last line a cut leaves, or how many seconds pass before a kill."""


@dataclass
class Schedule:
    seed: int
    experiment: dict[str, Any]
    items: int
    sessions: list[Session]


def schedule(seed: int) -> Schedule:
    """The schedule of a seed: the same every time."""
    chance = random.Random(seed)
    experiment: dict[str, Any] = {
        "repeats": chance.choice((1, 1, 2)),
        "concurrency": chance.randint(1, 4),
        "models": ["fake:1b", "fake:2b"][: chance.choice((1, 1, 2))],
        "prompt": chance.choice(("letter", "letter", "cot", "self-consistency(2)")),
        "sweep": chance.choice(({}, {"temperature": [0, 0.7]}, {"concurrency": [1, 3]})),
        "options": {"num_ctx": 4096, "num_predict": 6},
    }
    if "concurrency" in experiment["sweep"]:
        del experiment["concurrency"]
    if experiment["prompt"].startswith("self"):  # a vote needs some chance
        experiment["sweep"] = {"temperature": [0.5, 0.9]}
    sessions = []
    for number in range(chance.randint(1, 4)):
        often = chance.choice((0.05, 0.3, 0.8))
        faults = [
            chance.choice(RARE if chance.random() < 0.05 else COMMON) if chance.random() < often else None
            for _ in range(60)
        ]
        killed = seed % KILLED == KILLED - 1 and number == 0
        session = Session(
            faults=faults,
            end="kill" if killed else chance.choice(ENDS),
            after=chance.randint(1, 8),
            width=chance.randint(1, 5),
            limit=chance.choice((None, None, 1, 2)),
            policy=Policy(
                attempts=chance.randint(1, 3),
                first_wait=0.0,
                longest_retry_after=0.0,
                errors_in_a_row=chance.randint(1, 6),
            ),
            share=chance.random(),
        )
        sessions.append(session)
    return Schedule(seed, experiment, chance.randint(2, 5), sessions)


def moody(body: dict[str, Any]) -> Reply:
    """A letter, mostly; sometimes nothing that could be read, and sometimes more than the budget allows."""
    number = int(hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest(), 16)
    words = {0: ["I ", "do ", "not ", "know"], 1: ["Let ", "me ", "think ", "about ", "that ", "first ", "of "]}
    return words.get(number % 5, ["ABCD"[number // 5 % 4]]), "stop"


class Mortal(Fake):
    """A server that calls `act` at a given request from now."""

    left = 0

    def act(self) -> None: ...

    async def handle(self, call: Call, wire: Wire) -> None:
        if call.path == "/api/chat":
            self.left -= 1
            if self.left == 0:
                self.act()
        await super().handle(call, wire)


class Ending(Notes):
    """Ends a session the way its schedule says, after so many samples."""

    def __init__(self, study: Study, server: Fake, session: Session) -> None:
        super().__init__()
        self.study, self.server, self.session = study, server, session
        self.collector: Collector | None = None
        self.task: asyncio.Task[Any] | None = None
        self.leaving: asyncio.Task[None] | None = None

    def sample(self, job: Any, sample: Sample) -> None:
        super().sample(job, sample)
        if len(self.samples) != self.session.after:
            return
        if self.session.end == "interrupt" and self.collector is not None:
            self.collector.stop()
        elif self.session.end == "cancel" and self.task is not None:
            self.task.cancel()
        elif self.session.end == "leave":
            self.leaving = asyncio.ensure_future(self.server.hang_up())
        elif self.session.end == "delete":
            the_log(self.study).unlink()
        elif self.session.end == "append":
            with the_log(self.study).open("ab") as log:
                log.write(b"something else\n")


async def go_through(study: Study, server: Mortal, session: Session) -> None:
    """One session, however it ends."""
    server._faults = iter(())
    async with AsyncExitStack() as stack:
        opened = await open_trial(stack, study, server, concurrency=session.width, limit=session.limit)
        opened.engine = await stack.enter_async_context(Ollama(Address(server.url), limits=QUICK))
        server._faults = iter(session.faults)
        watching = Ending(study, server, session)

        def started(collector: Collector) -> None:
            watching.collector, watching.task = collector, task

        task = asyncio.ensure_future(opened.collect(watching, policy=session.policy, started=started))
        with suppress(Problem, asyncio.CancelledError):
            await task
    if watching.leaving is not None:
        await watching.leaving
        await server.listen()
    if session.end == "cut":
        path = the_log(study)
        data = path.read_bytes()
        last = data.rfind(b"\n", 0, -1) + 1
        if last:  # never into the header
            os.truncate(path, last + int((len(data) - last) * session.share))


async def killed(study: Study, server: Mortal, session: Session) -> None:
    """One session in a process of its own, killed some moments after a request came in."""
    server._faults = iter(())
    words = command(study, "run", "trial", "--engine", "ollama", "--concurrency", str(session.width), server=server)
    child = await asyncio.create_subprocess_exec(*words, env=environment(), stdout=-3, stderr=-3)

    def strike() -> None:
        with suppress(ProcessLookupError):
            child.kill()

    server.act = lambda: asyncio.get_running_loop().call_later(session.share * 0.05, strike)  # type: ignore[method-assign,assignment,return-value]
    server.left = session.after
    await child.wait()
    server.left = 0


async def live_through(plan: Schedule, folder: Path) -> None:
    """A schedule, and what must hold at its end."""
    async with Mortal(models=("fake:1b", "fake:2b"), reply=moody) as server:
        whole = make_study(folder / "whole", items=plan.items, **plan.experiment)
        path, result, _ = await collect(whole, server)
        assert result is not None and result.reason == "complete"
        wanted = scores_of(path)
        study = make_study(folder / "broken", items=plan.items, **plan.experiment)
        for session in plan.sessions:
            await (killed if session.end == "kill" else go_through)(study, server, session)
        server._faults = server.faults = iter(())
        path, result, _ = await collect(study, server, policy=AT_ONCE)
        assert result is None or (result.reason, result.errors) == ("complete", 0)
    assert path == the_log(study), "the run went on in one log"
    done = [sample.key for sample in samples_of(path) if sample.outcome != "error"]
    assert len(done) == len(set(done)), "no sample is there twice"
    assert scores_of(path) == wanted, "every sample is there, scored as in an unbroken run"
    issues = Issues()
    found = runlog.verify(path, issues)
    assert found.sealed and found.rescored == len(wanted) and not list(issues), list(issues)


def seeds() -> Iterator[int]:
    yield from [int(ONLY)] if ONLY else range(SCHEDULES)


def test_random_schedules_lose_and_double_nothing(tmp_path: Path) -> None:
    for seed in seeds():
        plan = schedule(seed)
        try:
            asyncio.run(live_through(plan, tmp_path / str(seed)))
        except BaseException as error:
            error.add_note(f"LLMXSITE_SCHEDULE={seed} pytest tests/test_schedules.py repeats it: {plan}")
            raise


def test_a_schedule_is_the_same_every_time() -> None:
    assert schedule(39) == schedule(39) != schedule(40)
    assert schedule(39).sessions[0].end == "kill"
    ends = {session.end for seed in range(200) for session in schedule(seed).sessions}
    assert ends == {*ENDS, "kill"}
