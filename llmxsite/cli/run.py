"""`plan` and `run`: what an experiment will ask, and asking it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from llmxsite.cli.terminal import err, finish, out, study_here
from llmxsite.diagnostics import Issue, Issues

if TYPE_CHECKING:
    from llmxsite.collect.interrupt import Interrupts
    from llmxsite.collect.loop import Result
    from llmxsite.collect.progress import Display
    from llmxsite.collect.session import Session, Wish
    from llmxsite.experiment import Condition, Resolved
    from llmxsite.study import Study
    from llmxsite.suite import Suite

Report = Annotated[str, typer.Argument(help="The report whose experiment.yaml is meant.")]
Engine = Annotated[
    Literal["auto", "ollama", "openai", "embedded"],
    typer.Option("--engine", help="What answers; auto takes Ollama where it runs, else the embedded engine."),
]
Host = Annotated[
    str | None, typer.Option("--host", help="Address of the server; OLLAMA_HOST or this machine without it.")
]
Limit = Annotated[
    int | None, typer.Option("--limit", min=1, help="Ask only the first N items of each suite's shuffle.")
]
Concurrency = Annotated[
    int | None,
    typer.Option("--concurrency", min=1, max=256, help="Requests under way at once; the experiment's own without it."),
]


def register(app: typer.Typer) -> None:
    app.command("plan", epilog="Example: llmxsite plan temperature --limit 20")(plan)
    app.command("run", epilog="Example: llmxsite run temperature --limit 20")(run)


def plan(
    report: Report,
    engine: Engine = "auto",
    host: Host = None,
    limit: Limit = None,
    concurrency: Concurrency = None,
    offline: Annotated[bool, typer.Option("--offline", help="Ask no server: no models, no expected time.")] = False,
) -> None:
    """Say what a run would ask, how long it would take here, and what difference its n can show."""
    import asyncio
    from contextlib import AsyncExitStack

    from llmxsite.collect.session import Wish, engines, open_session, prepare
    from llmxsite.runlog.writer import now

    study, issues = study_here(), Issues()
    wish = Wish(engine=engine, host=host, limit=limit, concurrency=concurrency)
    experiment, suites = prepare(study, report, wish, issues)
    _introduce(study, report, experiment, suites)
    for name, conditions in engines(experiment, wish):
        if offline:
            _requests(experiment, suites, conditions)
            continue

        async def ask(name: str = name, conditions: list[Condition] = conditions) -> None:
            async with AsyncExitStack() as stack:
                session = await open_session(
                    stack, study, report, experiment, suites, conditions, wish, name=name, clock=now, say=_say
                )
                _requests(experiment, suites, conditions, session)

        asyncio.run(ask())
    _power(experiment, suites)
    finish(issues)


def run(
    report: Report,
    engine: Engine = "auto",
    host: Host = None,
    limit: Limit = None,
    resume: Annotated[
        bool | None,
        typer.Option(
            "--resume/--new", help="Go on in a run log, or begin a new one; goes on where it can when not given."
        ),
    ] = None,
    concurrency: Concurrency = None,
    live: Annotated[bool, typer.Option("--live", help="Show every reply as it streams, thinking included.")] = False,
    contributor: Annotated[
        str | None, typer.Option("--contributor", help="Name to record in the log; none without it.")
    ] = None,
) -> None:
    """Run an experiment, or go on with it where it stopped. Ctrl-C finishes the samples in hand and keeps everything."""
    import asyncio

    from llmxsite.collect.interrupt import Interrupts
    from llmxsite.collect.session import Wish, engines, prepare

    study, issues = study_here(), Issues()
    wish = Wish(
        engine=engine,
        host=host,
        limit=limit,
        concurrency=1 if live and concurrency is None else concurrency,
        contributor=contributor,
        mode="auto" if resume is None else "resume" if resume else "new",
    )
    experiment, suites = prepare(study, report, wish, issues)
    _introduce(study, report, experiment, suites)
    interrupts = Interrupts(lambda message: err().print(message, style="yellow"))
    for name, conditions in engines(experiment, wish):
        try:
            result = asyncio.run(
                _collect(study, report, experiment, suites, conditions, wish, name, live, interrupts, issues)
            )
        except asyncio.CancelledError:
            raise typer.Exit(130) from None
        if result is not None and result.reason == "interrupted":
            raise typer.Exit(130)
        if result is not None and result.reason == "stopped":
            break
    finish(issues)


async def _collect(
    study: Study,
    report: str,
    experiment: Resolved,
    suites: list[Suite],
    conditions: list[Condition],
    wish: Wish,
    name: str,
    live: bool,
    interrupts: Interrupts,
    issues: Issues,
) -> Result | None:
    """One engine's run, watched."""
    from contextlib import AsyncExitStack

    from llmxsite.collect.session import open_session
    from llmxsite.runlog.writer import now

    with interrupts.watching():
        async with AsyncExitStack() as stack:
            session = await open_session(
                stack, study, report, experiment, suites, conditions, wish, name=name, clock=now, say=_say
            )
            _requests(experiment, suites, conditions, session)
            _power(experiment, suites)
            display = _display(live)
            with display:
                path, result = await session.collect(display, started=lambda c: interrupts.finish_with(c.stop))
            shown = study.relative(path)
            if result is None:
                out().print(
                    f"Everything is done: {shown} holds all {session.workload.planned:,} samples.", soft_wrap=True
                )
                out().print("A new run begins with --new.")
                return None
            display.summary()
            _outcome(result, shown, report, issues)
            return result


def _outcome(result: Result, shown: str, report: str, issues: Issues) -> None:
    """Where the log is, and how to go on."""
    again = f"llmxsite run {report}"
    if result.reason == "interrupted":
        err().print(f"Interrupted; everything so far is in {shown}. `{again}` goes on.")
        return
    for issue in result.issues:
        issues.extend([Issue(path=shown, code=issue.code, message=issue.message, hint=issue.hint)])
    if result.reason == "complete":
        out().print(f"Done: {shown}")
        if result.errors:
            words = "1 sample" if result.errors == 1 else f"{result.errors:,} samples"
            issues.add(shown, "run-errors", f"{words} ended in an error", hint=f"`{again}` asks them again")


def _display(live: bool) -> Display:
    from llmxsite.collect.progress import Picture, Plain, Stream

    console = err()
    if live:
        return Stream(out())
    return Picture(console) if console.is_terminal else Plain(console)


def _say(message: str) -> None:
    if err().is_terminal:
        err().print(message, style="dim", markup=False)


def _introduce(study: Study, report: str, experiment: Resolved, suites: list[Suite]) -> None:
    """The question, the hypothesis, and whether it was there before the data."""
    from llmxsite import provenance
    from llmxsite.record import hypothesis_hash

    console = out()
    console.print(experiment.question or report, style="bold", markup=False)
    if experiment.hypothesis:
        fixed = provenance.committed(study.experiment(report))
        words = {True: "committed", False: "not committed yet", None: "no git repository"}[fixed]
        console.print(f"Hypothesis {hypothesis_hash(experiment.hypothesis)[:12]} ({words})", markup=False)
        if fixed is False:
            console.print(
                "  commit experiment.yaml first, and its history shows that it was there before the data", style="dim"
            )
    else:
        console.print("No hypothesis: the report will say that none was stated before the data.", style="dim")


def _requests(
    experiment: Resolved, suites: list[Suite], conditions: list[Condition], session: Session | None = None
) -> None:
    """How much there is to do, how much of it is done, and how long the rest may take."""
    from llmxsite.collect.session import info_of
    from llmxsite.collect.tally import duration
    from llmxsite.experiment import parse_prompt, select

    console = out()
    items = sum(len(select(s.items, experiment.limit, experiment.limit_seed)) for s in suites)
    samples = items * experiment.repeats * len(conditions)
    repeats = f" × {experiment.repeats} repeats" if experiment.repeats > 1 else ""
    plural = "s" if len(conditions) != 1 else ""
    console.print(f"{len(conditions)} condition{plural}{repeats} × {items:,} items = {samples:,} samples", markup=False)
    prompts = [parse_prompt(str(condition["prompt"])) for condition in conditions]
    extra = sum(prompt.n - 1 for prompt in prompts if prompt is not None and prompt.kind == "self-consistency")
    if extra:
        requests = samples + items * experiment.repeats * extra
        console.print(f"  {requests:,} requests, because each vote takes several", markup=False)
    if session is None:
        return
    console.print(f"Engine: {info_of(session.now.engine)}", markup=False)
    for lack in session.now.engine.lacks:
        console.print(f"  {lack}", style="yellow", markup=False)
    if session.choice.reasons:
        console.print(f"A new run log begins: {'; '.join(session.choice.reasons)}", markup=False)
    left = session.left()
    if session.choice.path is not None and any(left):
        console.print(
            f"Going on in {session.study.relative(session.choice.path)}: {samples - sum(left):,} done, {sum(left):,} to go",
            markup=False,
        )
    if session.measured is not None and any(left):
        seconds = session.measured.expected(session.workload, left, session.wish.concurrency)
        each = ", ".join(f"{model} {value:.2f} s" for model, value in session.measured.seconds.items())
        if seconds is not None:
            console.print(f"Expected time: about {duration(seconds)} ({each} a request)", markup=False)


def _power(experiment: Resolved, suites: list[Suite]) -> None:
    """The smallest difference that this n can show between two conditions; of the same request again, the bound it can give."""
    from llmxsite.experiment import select
    from llmxsite.stats.power import detectable, variance_per_item
    from llmxsite.stats.proportion import never_seen

    n = sum(len(select(s.items, experiment.limit, experiment.limit_seed)) for s in suites)
    k = experiment.repeats
    if experiment.task == "determinism":
        one, every = never_seen(k - 1), never_seen(n * (k - 1))
        if one is not None and every is not None:
            words = f"{100 * one:.0f} % for one request and {100 * every:.1f} % over all {n:,}"
            out().print(f"Where no reply differs, the chance that one does will be below {words}", markup=False)
        return
    # Miller 2024, section 5: difficulties spread evenly over 0 to 1, and differences of variance 1/9.
    variance = variance_per_item(1 / 9, 1 / 6, 1 / 6, k, k)
    smallest = detectable(n, variance, alpha=experiment.analysis.alpha)
    if smallest is None:
        return
    several = f"{n:,} items" if n != 1 else "1 item"
    if smallest < 1:
        words = f"{several} can show a difference of {100 * smallest:.0f} points between two conditions"
        out().print(f"{words} (80 % power, level {experiment.analysis.alpha:g})", markup=False)
    else:
        out().print(f"{several} cannot show any difference between two conditions", markup=False)
