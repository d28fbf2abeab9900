"""`llmxsite doctor`: is everything there to collect and build, and does the engine do what it says?"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple

import typer

from llmxsite.cli.models import EngineName, Format, Host, print_table
from llmxsite.cli.terminal import err, study_here

if TYPE_CHECKING:
    from llmxsite.engine.protocol import Engine, ModelInfo

Status = Literal["ok", "warn", "fail"]


class Check(NamedTuple):
    """One thing looked at."""

    what: str
    status: Status
    detail: str
    mend: str | None = None


def register(app: typer.Typer) -> None:
    app.command(epilog="Example: llmxsite doctor --engine ollama --host http://127.0.0.1:11434")(doctor)


def doctor(
    engine: EngineName = "auto",
    host: Host = None,
    model: Annotated[
        str | None, typer.Option("--model", help="Model to try; the smallest that completes text when not given.")
    ] = None,
    format: Format = "table",  # noqa: A002
) -> None:
    """Look at Python, packages, cache, study and engine; ask the engine what it really does; say how to mend the rest.

    Exit code 1 when nothing can be run.
    """
    checks: list[Check] = []
    for look in (_python, _packages, _cache, _study, _terminal):
        checks += look()
    checks += _engine(engine, host, model)
    if format == "json":
        import msgspec

        sys.stdout.write(msgspec.json.format(msgspec.json.encode([c._asdict() for c in checks])).decode() + "\n")
    else:
        _print(checks)
    if any(check.status == "fail" for check in checks):
        raise typer.Exit(1)


def _print(checks: list[Check]) -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    styles = {"ok": "green", "warn": "yellow", "fail": "red bold"}
    for check in checks:
        detail = Text(check.detail)
        if check.mend:
            detail.append(f"\nto mend it: {check.mend}", style="italic")
        table.add_row(Text(check.status, style=styles[check.status]), check.what, detail)
    print_table(table)


def _python() -> Iterator[Check]:
    version = ".".join(map(str, sys.version_info[:3]))
    yield Check("Python", "ok", version)


def _packages() -> Iterator[Check]:
    from importlib.metadata import PackageNotFoundError, requires, version

    try:
        wanted = [r.partition(";")[0] for r in requires("llmxsite") or [] if "extra ==" not in r]
    except PackageNotFoundError:
        yield Check("packages", "warn", "llmxsite runs from its source folder and is not installed", "pip install -e .")
        return
    import re

    missing = []
    for name in (re.split(r"[<>=!~ \[]", requirement)[0] for requirement in wanted):
        try:
            version(name)
        except PackageNotFoundError:
            missing.append(name)
    if missing:
        yield Check("packages", "fail", f"missing: {', '.join(missing)}", "pip install --force-reinstall llmxsite")
    else:
        yield Check("packages", "ok", f"all {len(wanted)} are here")


def _cache() -> Iterator[Check]:
    import shutil

    from llmxsite.engine.weights import cache_dir

    folder = cache_dir()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(folder).free
    except OSError as error:
        yield Check(
            "cache", "warn", f"{folder}: {error.strerror}", "set LLMXSITE_CACHE to a folder that can be written"
        )
        return
    if free < 2e9:
        yield Check(
            "cache", "warn", f"{folder}: {free / 1e9:.1f} GB free", "make room, or set LLMXSITE_CACHE elsewhere"
        )
    else:
        yield Check("cache", "ok", f"{folder}: {free / 1e9:.0f} GB free")


def _study() -> Iterator[Check]:
    from llmxsite.diagnostics import Problem

    try:
        study = study_here()
    except Problem as problem:
        issue = problem.issues[0]
        yield Check("study", "warn", issue.message, issue.hint)
        return
    reports, runs = len(study.report_slugs()), len(study.run_logs())
    yield Check("study", "ok", f"{study.root}: {reports} reports, {runs} run logs")


def _terminal() -> Iterator[Check]:
    encoding = (sys.stdout.encoding or "").lower()
    if "utf" not in encoding:
        yield Check("terminal", "warn", f"writes {encoding or 'an unknown encoding'}", "set PYTHONUTF8=1")
    elif not err().is_terminal:
        yield Check("terminal", "ok", "not one: progress is not drawn")
    else:
        colours = "no colours (NO_COLOR)" if err().no_color else "colours"
        yield Check("terminal", "ok", f"{err().width} columns, {colours}, UTF-8")


def _engine(name: str, host: str | None, model: str | None) -> list[Check]:
    import asyncio

    from llmxsite.engine import connect, problem
    from llmxsite.engine.protocol import EngineError

    checks: list[Check] = []

    async def ask() -> None:
        async with connect(name, host) as engine:
            await _ask_engine(engine, model, checks.append)

    try:
        asyncio.run(ask())
    except EngineError as error:
        issue = problem(error, host or name).issues[0]
        checks.append(Check("engine", "fail", issue.message, issue.hint))
    return checks


async def _ask_engine(engine: Engine, wanted: str | None, add: Callable[[Check], None]) -> None:
    """Look at the server, then at one model. Raises `EngineError` where nothing can be run."""
    from llmxsite.engine.probe import CONTEXT, probe
    from llmxsite.engine.protocol import EngineError

    info = await engine.describe()
    add(Check("engine", "ok", " ".join(filter(None, (info.name, info.version, info.address and f"at {info.address}")))))
    models = await engine.models()
    name = wanted or _smallest([await engine.model(m.name) if m.capabilities is None else m for m in models])
    if name is None:
        mend = "ollama pull smollm2:135m" if info.name == "ollama" else "llmxsite models pull smollm2:135m"
        add(Check("models", "fail", "none that completes text", mend))
        return
    add(Check("models", "ok", f"{len(models)} here; trying {name}"))
    try:
        model = await engine.model(name, num_ctx=CONTEXT)
        findings = await probe(engine, name)
    except EngineError as error:
        add(Check(name, "fail", str(error), "llmxsite models list"))
        return
    in_force = model.context_in_force
    told = (
        "the context in force is not told" if in_force is None else f"{in_force} tokens in force, {CONTEXT} asked for"
    )
    # llama.cpp rounds a context up; only less than was asked for harms a run.
    add(Check("context", "ok" if in_force is not None and in_force >= CONTEXT else "warn", told))
    for finding in findings:
        add(Check(finding.what, "ok" if finding.verdict == "yes" else "warn", finding.detail))
    for lack in (await engine.describe()).lacks:
        add(Check("lacks", "warn", lack))


def _smallest(models: list[ModelInfo]) -> str | None:
    """The smallest local model that completes text, or that does not say what it does."""
    fit = [m for m in models if not m.remote and "completion" in (m.capabilities or ["completion"])]
    return min(fit, key=lambda m: (m.size_bytes or 0, m.name)).name if fit else None
