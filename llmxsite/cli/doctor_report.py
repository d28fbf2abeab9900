"""`llmxsite doctor --report`: what a server does, written where it can be published and compared."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from llmxsite.cli.doctor import Check
from llmxsite.cli.terminal import err
from llmxsite.diagnostics import Problem

if TYPE_CHECKING:
    from llmxsite.engine.behaviour.report import Report, Row

_SUFFIXES = (".md", ".json")


def write_report(engine: str | None, host: str | None, path: Path | None) -> Check:
    """Ask the Ollama server at `host` everything and write it down. Raises `Problem` where that cannot be done.

    `engine` is the name of what answered there; `path` a folder, or the files' path without their suffix.
    """
    import asyncio
    import datetime
    import os

    from llmxsite.engine import problem
    from llmxsite.engine.address import ollama_address
    from llmxsite.engine.behaviour.report import ask, to_json, to_markdown
    from llmxsite.engine.protocol import EngineError

    if engine != "ollama":
        raise Problem.at(
            host or engine or "engine",
            "engine-unsupported",
            f"the report is about Ollama's own API, and what answers here is the engine '{engine}'",
            hint="--engine ollama --host ADDRESS asks an Ollama; what any engine does stands above",
        )
    address = ollama_address(host or os.environ.get("OLLAMA_HOST"))
    machine = _machine(address.url)
    try:
        with _Progress() as progress:
            report = asyncio.run(ask(address, machine, datetime.datetime.now().astimezone().date(), progress.row))
    except EngineError as error:
        raise problem(error, host or "ollama") from None
    base = _base(path, report)
    try:
        base.parent.mkdir(parents=True, exist_ok=True)
        for suffix, data in zip(_SUFFIXES, (to_markdown(report).encode(), to_json(report)), strict=True):
            base.with_name(base.name + suffix).write_bytes(data)
    except OSError as error:
        raise Problem.at(str(base), "report-unwritable", error.strerror or str(error)) from None
    counted = ", ".join(f"{number} {kind}" for kind, number in report.count().items() if number)
    return Check("report", "ok", f"{base}.md and .json: {counted}")


def _base(path: Path | None, report: Report) -> Path:
    """The path of both files, without their suffixes."""
    if path is None or path.is_dir():
        return (path or Path()) / report.name
    return path.with_suffix("") if path.suffix in _SUFFIXES else path


def _machine(url: str) -> str:
    """This machine in words, where the server is on it."""
    from urllib.parse import urlsplit

    if urlsplit(url).hostname not in ("127.0.0.1", "localhost", "::1"):
        return "another one, of which the server tells nothing"
    from llmxsite.provenance import host
    from llmxsite.site.setup import host_words

    return host_words(host())


class _Progress:
    """A bar of the questions asked so far, where a person sees it."""

    def __init__(self) -> None:
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

        from llmxsite.engine.behaviour.report import TOPICS

        columns = (TextColumn("Asking: {task.description}"), BarColumn(), MofNCompleteColumn())
        self._bar = Progress(*columns, console=err(), transient=True, disable=not err().is_terminal)
        self._task = self._bar.add_task("the server", total=sum(map(len, TOPICS.values())))

    def __enter__(self) -> _Progress:
        self._bar.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._bar.stop()

    def row(self, row: Row) -> None:
        self._bar.update(self._task, description=row.topic.lower(), advance=1)
