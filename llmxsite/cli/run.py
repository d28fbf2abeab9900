"""`plan` and `run`: what an experiment will ask, and asking it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from llmxsite.cli import collecting, run_cluster
from llmxsite.cli.collecting import Contributor, Host, Live, Resume
from llmxsite.cli.terminal import finish, out, study_here
from llmxsite.diagnostics import Issues

if TYPE_CHECKING:
    from contextlib import AsyncExitStack

    from llmxsite.collect.session import Session
    from llmxsite.experiment import Condition, Resolved
    from llmxsite.study import Study
    from llmxsite.suite import Suite

Report = Annotated[str, typer.Argument(help="The report whose experiment.yaml is meant.")]
Engine = Annotated[
    Literal["auto", "ollama", "openai", "embedded"],
    typer.Option("--engine", help="What answers; auto takes Ollama where it runs, else the embedded engine."),
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
    from llmxsite.runlog import Clock

    study, issues = study_here(), Issues()
    wish = Wish(engine=engine, host=host, limit=limit, concurrency=concurrency)
    experiment, suites = prepare(study, report, wish, issues)
    _introduce(study, report, experiment, suites)
    for name, conditions in engines(experiment, wish):
        if offline:
            _requests(study, experiment, suites, conditions)
            continue

        async def ask(name: str = name, conditions: list[Condition] = conditions) -> None:
            async with AsyncExitStack() as stack:
                session = await open_session(
                    stack,
                    study,
                    report,
                    experiment,
                    suites,
                    conditions,
                    wish,
                    name=name,
                    clock=Clock(),
                    say=collecting.say,
                )
                _requests(study, experiment, suites, conditions, session)

        asyncio.run(ask())
    _power(experiment, suites)
    finish(issues)


def run(
    report: Report,
    engine: Engine = "auto",
    host: Host = None,
    limit: Limit = None,
    resume: Resume = None,
    concurrency: Concurrency = None,
    live: Live = False,
    contributor: Contributor = None,
    cluster: Annotated[
        str | None,
        typer.Option(
            "--cluster",
            metavar="ADDRESS",
            help="Spread the run over the machines of the Dask scheduler at this address.",
        ),
    ] = None,
    weights: Annotated[
        list[str] | None,
        typer.Option(
            "--weights", metavar="DIGEST", help="With --cluster: of a model that differs between machines, take these."
        ),
    ] = None,
) -> None:
    """Run an experiment, or go on with it where it stopped. Ctrl-C finishes the samples in hand and keeps everything."""
    from llmxsite.collect.session import Wish, engines, open_session, prepare
    from llmxsite.collect.subject import of_experiment
    from llmxsite.runlog import Clock

    if live and cluster:
        raise typer.BadParameter("replies on other machines cannot be shown as they stream", param_hint="--live")
    if weights and not cluster:
        raise typer.BadParameter("says which machines of a --cluster take part", param_hint="--weights")
    study, issues = study_here(), Issues()
    wish = Wish(
        engine=engine,
        host=host,
        limit=limit,
        concurrency=1 if live and concurrency is None else concurrency,
        contributor=contributor,
        mode=collecting.mode_of(resume),
    )
    experiment, suites = prepare(study, report, wish, issues)
    _introduce(study, report, experiment, suites)
    interrupts = collecting.interrupts()
    for name, conditions in engines(experiment, wish):
        if cluster:
            _requests(study, experiment, suites, conditions)
            _power(experiment, suites)
            about = of_experiment(study, report, experiment, suites, conditions, contributor)
            result = run_cluster.watch(about, wish, name, cluster, weights or [], interrupts, issues, study)
            if result is not None and result.reason == "stopped":
                break
            continue

        async def opened(stack: AsyncExitStack, name: str = name, conditions: list[Condition] = conditions) -> Session:
            return await open_session(
                stack, study, report, experiment, suites, conditions, wish, name=name, clock=Clock(), say=collecting.say
            )

        def introduce(session: Session, conditions: list[Condition] = conditions) -> None:
            _requests(study, experiment, suites, conditions, session)
            _power(experiment, suites)

        result = collecting.watch(
            opened,
            introduce,
            f"llmxsite run {report}",
            live=live,
            interrupts=interrupts,
            issues=issues,
            study=study,
        )
        if result is not None and result.reason == "stopped":
            break
    finish(issues)


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
    study: Study,
    experiment: Resolved,
    suites: list[Suite],
    conditions: list[Condition],
    session: Session | None = None,
) -> None:
    """How much there is to do, how much of it is done, and how long the rest may take."""
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
    collecting.surroundings(session)
    collecting.remaining(session, study)


def _power(experiment: Resolved, suites: list[Suite]) -> None:
    """The smallest difference that this n can show between two conditions; of the same request again, the bound it can give."""
    from llmxsite.experiment import select
    from llmxsite.stats.power import detectable, never_seen, variance_per_item

    chosen = [(s, select(s.items, experiment.limit, experiment.limit_seed)) for s in suites]
    n = sum(len(items) for _, items in chosen)
    k = experiment.repeats
    if experiment.task == "determinism":
        # Over several requests the request is the try, or a cluster of them, however often each is repeated.
        units = len({(s.id, i.cluster or (i.id,)) for s, items in chosen for i in items})
        one, every = never_seen(k - 1), never_seen(units)
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
