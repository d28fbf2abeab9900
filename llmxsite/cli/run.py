"""`plan` and `run`: what an experiment will ask, and asking it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from llmxsite.base.diagnostics import Issues, several
from llmxsite.cli import collection, expected, run_cluster
from llmxsite.cli.collection import Contributor, Host, Live, Resume
from llmxsite.cli.terminal import finish, out, study_here

if TYPE_CHECKING:
    from contextlib import AsyncExitStack

    from llmxsite.collect.session import Session
    from llmxsite.study.experiment import Condition, Resolved
    from llmxsite.study.study import Study
    from llmxsite.study.suite import Suite

Report = Annotated[str, typer.Argument(help="The report whose experiment.yaml is meant.")]
Engine = Annotated[
    Literal["auto", "ollama", "openai", "embedded"],
    typer.Option(
        "--engine",
        metavar="ENGINE",
        help="What answers: ollama, openai, embedded, or auto for the server that is named, else Ollama where it runs, else the embedded engine.",
    ),
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
    from llmxsite.log.runlog import Clock
    from llmxsite.study.scaffold import words

    study, issues = study_here(), Issues()
    wish = Wish(engine=engine, host=host, limit=limit, concurrency=concurrency)
    experiment, suites = prepare(study, report, wish, issues)
    issues.extend(words.find(study, report))
    expected.introduce(study, report, experiment)
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
                    say=collection.say,
                )
                _requests(study, experiment, suites, conditions, session)

        asyncio.run(ask())
    expected.power(experiment, suites)
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
    anyway: Annotated[
        bool,
        typer.Option(
            "--anyway", help="Collect although question, hypothesis, predictions or summary are the template's."
        ),
    ] = False,
) -> None:
    """Run an experiment, or go on with it where it stopped. Ctrl-C finishes the samples in hand and keeps everything."""
    from llmxsite.collect.session import Wish, engines, open_session, prepare
    from llmxsite.collect.subject import of_experiment
    from llmxsite.log.runlog import Clock

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
        mode=collection.mode_of(resume),
    )
    experiment, suites = prepare(study, report, wish, issues)
    expected.refuse_template(study, report, anyway, issues)
    expected.introduce(study, report, experiment)
    interrupts = collection.interrupts()
    for name, conditions in engines(experiment, wish):
        if cluster:
            _requests(study, experiment, suites, conditions)
            expected.power(experiment, suites)
            about = of_experiment(study, report, experiment, suites, conditions, contributor)
            result = run_cluster.watch(about, wish, name, cluster, weights or [], interrupts, issues, study)
            if result is not None and result.reason == "stopped":
                break
            continue

        async def opened(stack: AsyncExitStack, name: str = name, conditions: list[Condition] = conditions) -> Session:
            return await open_session(
                stack, study, report, experiment, suites, conditions, wish, name=name, clock=Clock(), say=collection.say
            )

        def introduce(session: Session, conditions: list[Condition] = conditions) -> None:
            _requests(study, experiment, suites, conditions, session)
            expected.power(experiment, suites)

        result = collection.watch(
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
    else:
        collection.following([_look(report, experiment, suites), "llmxsite serve"])
    finish(issues)


def _look(report: str, experiment: Resolved, suites: list[Suite]) -> str:
    """The command that shows what a run has found: the task's own first table, where it has one."""
    from llmxsite.base import registry
    from llmxsite.study.experiment import expand, varied

    if tables := getattr(registry.part(experiment.task, "results"), "TABLES", ()):
        return f"llmxsite results --report {report} --table {tables[0].name}"
    by = [*(["suite"] if len(suites) > 1 else []), *(varied(expand(experiment)) or ["model"])]
    return f"llmxsite results --report {report} --by {','.join(by)}"


def _requests(
    study: Study,
    experiment: Resolved,
    suites: list[Suite],
    conditions: list[Condition],
    session: Session | None = None,
) -> None:
    """How much there is to do, how much of it is done, and how long the rest may take."""
    from llmxsite.study.experiment import parse_prompt, select

    console = out()
    items = sum(len(select(s.items, experiment.limit, experiment.limit_seed)) for s in suites)
    samples = items * experiment.repeats * len(conditions)
    repeats = f" × {experiment.repeats} repeats" if experiment.repeats > 1 else ""
    console.print(
        f"{several(len(conditions), 'condition')}{repeats} × {several(items, 'item')} = {several(samples, 'sample')}",
        markup=False,
    )
    prompts = [parse_prompt(str(condition["prompt"])) for condition in conditions]
    extra = sum(prompt.n - 1 for prompt in prompts if prompt is not None and prompt.kind == "self-consistency")
    if extra:
        requests = samples + items * experiment.repeats * extra
        console.print(f"  {requests:,} requests, because each vote takes several", markup=False)
    if session is None:
        return
    collection.surroundings(session)
    collection.remaining(session, study)
