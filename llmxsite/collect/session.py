"""One execution of an experiment, from its file to the end of its log."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import msgspec

from llmxsite import provenance, task
from llmxsite.collect.choose import Choice, Now, choose, resumed
from llmxsite.collect.loop import Collector, Policy, Result
from llmxsite.collect.observer import Observer
from llmxsite.collect.probe import Probe, probe
from llmxsite.collect.stage import Stage, keepable
from llmxsite.collect.workload import Workload
from llmxsite.diagnostics import Issue, Issues, Problem, did_you_mean
from llmxsite.engine import connect
from llmxsite.engine.protocol import Engine, EngineError, EngineInfo, ModelInfo, Options
from llmxsite.experiment import Condition, Resolved, expand, load, width
from llmxsite.record import SCHEMA, Git, Host, Hypothesis, Run, Sample, SuiteRef, hypothesis_hash
from llmxsite.runlog import RunLogWriter, done_keys, iterate
from llmxsite.study import Study
from llmxsite.suite import Suite, find


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
    if wish.limit is not None:
        experiment.limit = wish.limit
    if wish.concurrency is not None and experiment.task == "determinism":
        experiment.concurrency = wish.concurrency  # there it is a part of what is measured
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

    study: Study
    report: str
    engine: Engine
    workload: Workload
    now: Now
    wish: Wish
    measured: Probe | None
    clock: Callable[[], str]
    choice: Choice
    unload_for_cold: bool = False
    """Whether a request under the regime `cold` needs the model unloaded before it."""

    def left(self) -> list[int]:
        """Samples still to make, by condition."""
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
            if not any(left):
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
                policy=policy,
                concurrency=self.wish.concurrency,
                stage=Stage(
                    self.engine,
                    self.workload,
                    unload_for_cold=self.unload_for_cold,
                    concurrency=self.wish.concurrency,
                ),
            )
            if started is not None:
                started(collector)
            result = await collector.run(done)
            # Sealing waits for the disk; the loop has nothing else to do by now.
            writer.end(result.reason, self.clock())
            return writer.path, result

    def _open(self) -> tuple[RunLogWriter, set[str]]:
        """The log: the chosen one, taken up again, or a new one."""
        if self.choice.path is not None and self.choice.header is not None:
            line = resumed(self.choice.header, self.now, self.clock(), self.workload.planned)
            return RunLogWriter.resume(self.choice.path, line)
        time = self.clock()
        stamp = time[:19].replace(":", "").replace("T", "-")
        run = self._header(f"{stamp}-{secrets.token_hex(2)}", time)
        return RunLogWriter.create(self.study.run_log(self.report, run.id), run), set()

    def _header(self, run: str, time: str) -> Run:
        now, experiment = self.now, self.now.experiment
        return Run(
            schema=SCHEMA,
            id=run,
            report=self.report,
            task=experiment.task,
            experiment=msgspec.to_builtins(experiment),
            suites=[
                SuiteRef(
                    id=s.id,
                    hash=s.hash(),
                    title=s.title,
                    version=s.version,
                    licence=s.licence,
                    language=s.language,
                    items=len(s.items),
                )
                for s in now.suites
            ],
            engine=now.engine,
            models=list(now.models.values()),
            host=now.host,
            software=now.software,
            git=now.git,
            contributor=now.contributor,
            hypothesis=(
                Hypothesis(text=experiment.hypothesis, hash=hypothesis_hash(experiment.hypothesis))
                if experiment.hypothesis
                else None
            ),
            started=time,
            planned=self.workload.planned,
            concurrency=self.wish.concurrency or experiment.concurrency,
        )


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
    """Connect, ask the server and its models what they are, and choose the log. `stack` closes the engine.

    Raises `Problem` for a server that does not answer, models it does not have, and an experiment that cannot be asked.
    """
    # Asked while the server and its models are: each takes a process of its own.
    around = asyncio.create_task(_around(study))
    stack.push_async_callback(_leave, around)
    widest = max((width(c, wish.concurrency or experiment.concurrency) for c in conditions), default=1)
    try:
        engine = await stack.enter_async_context(await asyncio.to_thread(connect, name, wish.host, widest))
        models = await _models(engine, conditions, experiment, say)
        workload = Workload(task.get(experiment.task), experiment, suites, models, conditions)
        workload.check()
        kept = await keepable(engine, workload)
        workload = kept.workload
        measured = await probe(engine, workload) if wish.probe else None
        info = await engine.describe()
        info.lacks = [*info.lacks, *kept.lacks]
    except EngineError as error:
        raise _engine_problem(error, name) from None
    host, software, git = await around
    now = Now(experiment, suites, info, models, host, software, git, wish.contributor)
    choice = Choice(None) if wish.mode == "new" else choose(study.run_logs(report), now)
    if choice.path is not None and not _asks_alike(choice.path, workload):
        choice = Choice(None, None, ("this version of llmxsite asks the questions in other words",))
    if wish.mode == "resume" and choice.path is None:
        why = "; ".join(choice.reasons) or "there is no run log of it yet"
        raise Problem.at(
            study.runs / report,
            "run-resume",
            f"no run of '{report}' can be gone on with: {why}",
            hint="without --resume, a new run begins",
        )
    return Session(study, report, engine, workload, now, wish, measured, clock, choice, kept.unload_for_cold)


def _asks_alike(path: Path, workload: Workload) -> bool:
    """Whether the first sample of a log would be asked in the same words today, so that its others fit beside new ones."""
    first = next((line for _, line in iterate(path, Issues()) if isinstance(line, Sample)), None)
    return first is None or workload.asks_alike(first)


async def _around(study: Study) -> tuple[Host, dict[str, str], Git | None]:
    """Machine, software and commit."""
    return await asyncio.gather(
        asyncio.to_thread(provenance.host),
        asyncio.to_thread(provenance.software),
        asyncio.to_thread(provenance.git, study.root),
    )


async def _leave(task: asyncio.Task[Any]) -> None:
    """Wait for a task that nobody needs any more."""
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def _models(
    engine: Engine, conditions: list[Condition], experiment: Resolved, say: Callable[[str], None]
) -> dict[str, ModelInfo]:
    """Every model of the conditions, loaded once with its context so that the header says what is really in force.

    Raises one `Problem` that names all that are missing.
    """
    contexts: dict[str, int] = {}
    for condition in conditions:
        wanted = condition.get("num_ctx", experiment.options.get("num_ctx"))
        contexts.setdefault(str(condition["model"]), wanted if isinstance(wanted, int) else Options().num_ctx)
    found: dict[str, ModelInfo] = {}
    missing: list[str] = []
    for name, context in contexts.items():
        say(f"loading {name}")
        try:
            found[name] = await engine.model(name, num_ctx=context)
        except EngineError as error:
            if error.kind != "missing-model":
                raise
            missing.append(name)
    if missing:
        there = [model.name for model in await engine.models()]
        has = f"it has {', '.join(sorted(there))}" if there else "it has none"
        issues = [
            Issue(
                path="experiment.yaml",
                code="run-model",
                message=f"the server has no model '{name}'; {has}",
                hint=_model_hint(name, there),
            )
            for name in missing
        ]
        raise Problem(*issues)
    return found


def _model_hint(name: str, there: list[str]) -> str:
    near = did_you_mean(name, there) if there else None
    return (
        near
        if near and near.startswith("did")
        else f"`ollama pull {name}`, or `llmxsite models pull {name}` for the embedded engine"
    )


def _engine_problem(error: EngineError, name: str) -> Problem:
    hints = {
        "connection": "start the server, or name another with --host or --engine; `llmxsite doctor` says what is there",
        "memory": "choose a smaller model or a smaller num_ctx",
    }
    return Problem.at(f"engine {name}", f"engine-{error.kind}", str(error), hint=hints.get(error.kind))


def info_of(engine: EngineInfo) -> str:
    """The server in a few words: `ollama 0.20.7 at http://127.0.0.1:11434`."""
    version = f" {engine.version}" if engine.version else ""
    return f"{engine.name}{version}" + (f" at {engine.address}" if engine.address else "")
