"""One execution of an experiment, from its file to the end of its log."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import msgspec

from llmxsite.base.diagnostics import Issues, Problem
from llmxsite.collect import subject
from llmxsite.collect.agreed import agree
from llmxsite.collect.choose import Choice, as_told, choose, new_id, resumed
from llmxsite.collect.conduct import Stage, conduct_of
from llmxsite.collect.loop import Collector
from llmxsite.collect.observer import Observer
from llmxsite.collect.policy import Policy, Result
from llmxsite.collect.probe import Probe, probe
from llmxsite.collect.subject import Subject
from llmxsite.collect.surroundings import around, load_models, unreachable
from llmxsite.collect.workload import Workload
from llmxsite.exchange.engine import connect
from llmxsite.exchange.engine.protocol import Engine, EngineError
from llmxsite.log.record import Run, Sample
from llmxsite.log.runlog import RunLogWriter, alone, done_keys, iterate, tidy
from llmxsite.study.experiment import Condition, Resolved, expand, load, terms_of
from llmxsite.study.study import Study
from llmxsite.study.suite import Suite, find, spoken


class Wish(msgspec.Struct, kw_only=True, frozen=True):
    """What a person asks of one `llmxsite run` beyond the experiment's file."""

    engine: str = "auto"
    host: str | None = None
    limit: int | None = None
    concurrency: int | None = None
    contributor: str | None = None
    mode: Literal["auto", "new", "resume"] = "auto"
    """`auto` goes on in the newest log that fits, `new` never does, `resume` fails where none fits."""
    probe: bool = True


def prepare(study: Study, report: str, wish: Wish, issues: Issues) -> tuple[Resolved, list[Suite]]:
    """The experiment and its suites. Raises `Problem` with everything wrong in them; warnings go to `issues`."""
    found = Issues()
    experiment = load(study, report, found)
    suites: list[Suite] = []
    for name in experiment.suites if experiment else ():
        try:
            suites.append(find(study, name, found))
        except Problem as problem:
            found.extend(problem.issues)
    if experiment is None or found.failed():
        raise Problem(*found)
    issues.extend(found)
    for suite in suites:
        if message := spoken.unread(suite):
            issues.add(study.suites / suite.id, spoken.CODE, message, severity="warning", hint=spoken.HINT)
    if wish.limit is not None:
        experiment.limit = wish.limit
    if wish.concurrency is not None and "concurrency" in terms_of(experiment.task).essential:
        experiment.concurrency = wish.concurrency
    return experiment, suites


def engines(experiment: Resolved, wish: Wish) -> list[tuple[str, list[Condition]]]:
    """The conditions by the engine that answers them: the factor where the experiment has it, else the one wished for."""
    found: dict[str, list[Condition]] = {}
    for condition in expand(experiment):
        found.setdefault(str(condition.get("engine", wish.engine)), []).append(condition)
    return list(found.items())


@dataclass
class Session:
    """A run on one engine, opened: everything known that its header says. Made by `open_session`."""

    engine: Engine
    workload: Workload
    header: Run
    """As a new log would have it, but for id and start."""
    about: Subject
    wish: Wish
    measured: Probe | None
    clock: Callable[[], str]
    choice: Choice
    stage: Stage

    def left(self) -> list[int]:
        """Samples still to make, by condition; those that judge others are not counted."""
        return self.workload.left(done_keys(self.choice.path) if self.choice.path is not None else ())

    async def collect(
        self, observer: Observer, *, policy: Policy | None = None, started: Callable[[Collector], None] | None = None
    ) -> tuple[Path, Result | None]:
        """Make what is left and seal the log. The result is None where nothing was left.

        `started` is given the collector before its loop begins, so that a signal can stop it.
        """
        writer, done = self._open()
        with writer:
            left = self.workload.left(done)
            if not any(left) and next(self.workload.unjudged([writer.path], done), None) is None:
                if not writer.sealed:  # killed between the last sample and the end
                    writer.end("complete", self.clock())
                return writer.path, None
            observer.begin(self.workload, left)
            collector = Collector(
                self.engine,
                self.workload,
                writer,
                observer,
                now=self.clock,
                where=self.about.where,
                policy=policy,
                concurrency=self.header.concurrency,
                stage=self.stage,
                done=done,
                cache=self.about.cache,
            )
            if started is not None:
                started(collector)
            result = await collector.run()
            # Sealing waits for the disk; the loop has nothing else to do by now.
            writer.end(result.reason, self.clock())
            return writer.path, result

    def _open(self) -> tuple[RunLogWriter, set[str]]:
        """The log: the chosen one, taken up again, or a new one."""
        time, folder = self.clock(), self.about.folder
        with alone(folder):
            if self.choice.path is None and self.wish.mode == "auto":
                # Another collector may have begun the same run since: its log is the one to go on in, or to wait for.
                self.choice = _choose(self.about, self.wish, self.header, self.workload)
            if self.choice.path is not None and self.choice.header is not None:
                return RunLogWriter.resume(self.choice.path, resumed(self.choice.header, self.header, time))
            tidy(folder)
            run = msgspec.structs.replace(self.header, id=new_id(folder.glob("*.jsonl"), time), started=time)
            return RunLogWriter.create(folder / f"{run.id}.jsonl", run), set()


async def open_session(
    stack: AsyncExitStack,
    study: Study,
    report: str,
    experiment: Resolved,
    suites: list[Suite],
    conditions: list[Condition],
    wish: Wish,
    *,
    name: str,
    clock: Callable[[], str],
    say: Callable[[str], None],
) -> Session:
    """A session on a report's experiment; see `open_subject`."""
    about = subject.of_experiment(study, report, experiment, suites, conditions, wish.contributor)
    return await open_subject(stack, about, wish, name=name, root=study.root, clock=clock, say=say)


async def open_subject(
    stack: AsyncExitStack,
    about: Subject,
    wish: Wish,
    *,
    name: str,
    root: Path,
    clock: Callable[[], str],
    say: Callable[[str], None],
) -> Session:
    """Connect, ask the server and its models what they are, and choose the log. `stack` closes the engine.

    `root` is the folder whose commit the header names. Raises `Problem` for a server that does not answer, models it
    does not have, and what cannot be asked.
    """
    # Asked while the server and its models are.
    surroundings = asyncio.create_task(around(root))
    stack.push_async_callback(_leave, surroundings)
    conduct = conduct_of(about.header.task)
    try:
        width = about.width(wish.concurrency)
        engine = await stack.enter_async_context(await asyncio.to_thread(connect, name, wish.host, width))
        models = await load_models(engine, about.contexts, about.place, say)
        workload = about.workload(models)
        workload.check()
        conduct.check(workload)
        say("asking which options the server takes")
        passed_over = await agree(engine, workload, about.where)
        stage = conduct.stage(engine, workload, wish.concurrency or about.header.concurrency)
        kept = await stage.keepable()
        workload = kept.workload
        measured = await probe(engine, workload) if wish.probe else None
        info = await engine.describe()
        info.lacks = [*info.lacks, *passed_over, *kept.lacks]
    except EngineError as error:
        raise unreachable(error, name) from None
    host, software, git = await surroundings
    header = msgspec.structs.replace(
        about.header,
        engine=info,
        models=list(models.values()),
        host=host,
        software=software | about.header.software,
        git=git,
        planned=workload.planned,
        concurrency=wish.concurrency or about.header.concurrency,
    )
    choice = _choose(about, wish, header, workload)
    return Session(engine, workload, header, about, wish, measured, clock, choice, stage)


def _choose(about: Subject, wish: Wish, header: Run, workload: Workload) -> Choice:
    """The log to go on in, as far as that is wished. Raises `Problem` where it must be and none fits."""
    choice = Choice(None) if wish.mode == "new" else choose(about.folder.glob("*.jsonl"), header)
    if choice.header is not None:
        workload.models = as_told(choice.header, workload.models)
        header.models = list(workload.models.values())
    if choice.path is not None and not asks_alike(choice.path, workload):
        choice = Choice(None, None, ("this version of llmxsite asks the questions in other words",))
    if wish.mode == "resume" and choice.path is None:
        raise no_resume(about, choice.reasons)
    return choice


def no_resume(about: Subject, reasons: Sequence[str]) -> Problem:
    """`--resume` was asked for, and no log fits."""
    return Problem.at(
        about.folder,
        "run-resume",
        f"no run of '{about.header.report}' can be gone on with: {'; '.join(reasons) or 'there is no run log of it yet'}",
        hint="without --resume, a new run begins",
    )


def asks_alike(path: Path, workload: Workload) -> bool:
    """Whether the first sample of a log would be asked in the same words today, so that its others fit beside new ones."""
    first = next((line for _, line in iterate(path, Issues()) if isinstance(line, Sample)), None)
    return first is None or workload.asks_alike(first)


async def _leave(task: asyncio.Task[Any]) -> None:
    """Wait for a task that nobody needs any more."""
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
