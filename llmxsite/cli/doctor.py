"""`llmxsite doctor`: is everything there to collect and build, and does the engine do what it says?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from llmxsite.analysis.measure import show
from llmxsite.base.diagnostics import several
from llmxsite.cli.doctor_machine import Check, look
from llmxsite.cli.models import EngineName, Format, Host, described, print_table
from llmxsite.cli.terminal import out, print_json

if TYPE_CHECKING:
    from llmxsite.exchange.engine.protocol import Engine, EngineInfo, ModelInfo

_WIDEST = 9
"""Letters of the longest name of a check."""


def register(app: typer.Typer) -> None:
    example = (
        "Examples: llmxsite doctor --engine ollama --host http://127.0.0.1:11434; llmxsite doctor --report reports/"
    )
    app.command(epilog=example)(doctor)


def doctor(
    path: Annotated[
        str | None,
        typer.Argument(help="For --report: a folder, or the file's path without .md and .json.", show_default=False),
    ] = None,
    engine: EngineName = "auto",
    host: Host = None,
    model: Annotated[
        str | None, typer.Option("--model", help="Model to try; the smallest that completes text when not given.")
    ] = None,
    report: Annotated[
        bool,
        typer.Option(
            "--report", help="Write what this Ollama does to PATH.md and PATH.json, a table to publish and to compare."
        ),
    ] = False,
    format: Format = "table",  # noqa: A002
) -> None:
    """Look at Python, packages, cache, study and engine; ask the engine what it really does; say how to mend the rest.

    With --report the server is then asked some sixty questions, a few tokens each, of the smallest models suited.

    Exit code 1 when nothing can be run.
    """
    if path is not None and not report:
        raise typer.BadParameter("a path is for --report", param_hint="PATH")
    checks: list[Check] = []

    def add(check: Check) -> None:
        checks.append(check)
        if format == "table":
            _print(check)  # at once: loading a model takes a while

    for check in look():
        add(check)
    answered = _engine(engine, host, model, add)
    if report and answered is not None:
        from llmxsite.cli.doctor_report import write_report

        add(write_report(answered, host, path))
    if format == "json":
        print_json([c._asdict() for c in checks])
    else:
        out().print(_verdict(checks), markup=False)
    if any(check.status == "fail" for check in checks):
        raise typer.Exit(1)


def _print(check: Check) -> None:
    from rich.table import Table
    from rich.text import Text

    styles = {"ok": "green", "note": "cyan", "warn": "yellow", "fail": "red bold"}
    row = Table.grid(padding=(0, 2, 0, 0))
    row.add_column(width=4)
    row.add_column(width=_WIDEST)
    row.add_column(overflow="fold")
    row.add_row(Text(check.status, style=styles[check.status]), check.what, check.detail)
    if check.mend:
        row.add_row("", "", Text(f"to mend it: {check.mend}", style="italic"))
    print_table(row)


def _verdict(checks: list[Check]) -> str:
    """One sentence over all of it."""
    failed, doubtful = (sum(check.status == status for check in checks) for status in ("fail", "warn"))
    if failed:
        return "\nNothing can be run until what failed is mended."
    if doubtful:
        return f"\nExperiments can be run. {several(doubtful, 'line')} above {'is' if doubtful == 1 else 'are'} worth a look."
    return "\nExperiments can be run."


def _engine(name: str, host: str | None, model: str | None, add: Callable[[Check], None]) -> EngineInfo | None:
    """Look at the engine; what answered, or None where nothing did."""
    import asyncio

    from llmxsite.exchange.engine import connect, problem
    from llmxsite.exchange.engine.protocol import EngineError

    answered: EngineInfo | None = None

    async def ask() -> None:
        nonlocal answered
        async with connect(name, host) as engine:
            answered = await engine.describe()
            await _ask_engine(engine, answered, model, add)

    try:
        asyncio.run(ask())
    except EngineError as error:
        issue = problem(error, host or name).issues[0]
        mend = issue.hint
        if error.kind == "connection" and name == "ollama":
            mend = "`ollama serve` starts it; --host names another address; --engine embedded needs no server"
        add(Check("engine", "fail", issue.message, mend))
    return answered


async def _ask_engine(engine: Engine, info: EngineInfo, wanted: str | None, add: Callable[[Check], None]) -> None:
    """Look at the server, then at one model. Raises `EngineError` where nothing can be run."""
    from llmxsite.exchange.engine.probe import CONTEXT, probe
    from llmxsite.exchange.engine.protocol import EngineError

    what = " ".join(filter(None, (info.name, info.version if info.backend is None else None)))
    where = info.address and f"at {info.address}"
    add(Check("engine", "ok", ", ".join(filter(None, (" ".join(filter(None, (what, where))), info.backend)))))
    for check in _tried(info):
        add(check)
    models, refused = await described(engine)
    for sentence in refused.values():
        add(Check("models", "note", sentence))
    name = wanted or _smallest([m for m in models if m.name not in refused])
    if elsewhere := sorted(m.name for m in models if m.remote):
        add(Check("models", "note", f"not local, as another machine computes: {', '.join(elsewhere)}"))
    if name is None:
        mend = "ollama pull smollm2:135m" if info.name == "ollama" else "llmxsite models pull smollm2:135m"
        add(Check("models", "fail", "none here that completes text", mend))
        return
    add(Check("models", "ok", f"{len(models)} here; trying {name}"))
    try:
        model = await engine.model(name, num_ctx=CONTEXT)
        if model.remote:
            add(
                Check(
                    "model",
                    "warn",
                    f"{name} is not local: what it does is not this machine's",
                    "--model NAME tries a local one",
                )
            )
            return
        for check in (*_loaded(model, CONTEXT), *_stored(model)):
            add(check)
        findings = await probe(engine, name)
    except EngineError as error:
        add(
            Check(
                "model", "fail", f"{name}: {error}", "`llmxsite models list` shows what there is; --model NAME tries it"
            )
        )
        return
    for finding in findings:
        add(Check(finding.what, "ok" if finding.verdict == "yes" else "warn", finding.detail))
    for lack in (await engine.describe()).lacks:
        if lack not in refused.values():
            add(Check("lacks", "note", lack))


def _tried(info: EngineInfo) -> Iterator[Check]:
    """A server newer or older than any that was tried is asked like all others, and a person is told."""
    from llmxsite.exchange.engine.tried import OLLAMA

    if info.name == "ollama" and info.version not in OLLAMA:
        tried = f"{', '.join(OLLAMA[:-1])} and {OLLAMA[-1]}"
        yield Check(
            "version",
            "note",
            f"llmxsite has not been tried with Ollama {info.version}, but with {tried}: what it does is asked, and below",
        )


def _loaded(model: ModelInfo, asked: int) -> Iterator[Check]:
    """What came of loading a model."""
    context = model.context_in_force
    told = "the context in force is not told" if context is None else f"{context:,} tokens in force, {asked} asked for"
    # llama.cpp rounds a context up; only less than was asked for harms a run.
    yield Check("context", "ok" if context is not None and context >= asked else "warn", told)
    if model.gpu_share is not None:
        shares = {0.0: "the model computes on the processor alone", 1.0: "the whole model is on the GPU"}
        part = f"{show(model.gpu_share, 'percent', digits=0)} of the model is on the GPU, the rest on the processor"
        yield Check("GPU", "ok", shares.get(model.gpu_share, part))


def _stored(model: ModelInfo) -> Iterator[Check]:
    """Words that the server adds by itself."""
    if model.stored_messages:
        yield Check("stored", "note", f"{several(model.stored_messages, 'message')}, put before every conversation")
    if model.system:
        yield Check("stored", "note", "a system prompt, added where an experiment sets none")


def _smallest(models: list[ModelInfo]) -> str | None:
    """The smallest local model that completes text, or that does not say what it does."""
    fit = [m for m in models if not m.remote and "completion" in (m.capabilities or ["completion"])]
    return min(fit, key=lambda m: (m.size_bytes or 0, m.name)).name if fit else None
