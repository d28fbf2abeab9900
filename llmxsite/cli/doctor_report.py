"""`llmxsite doctor --report`: what a server does, written where it can be published and compared."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from llmxsite.base.diagnostics import Problem
from llmxsite.cli.doctor_machine import Check
from llmxsite.cli.terminal import err

if TYPE_CHECKING:
    from llmxsite.exchange.engine.behaviour.report import Row
    from llmxsite.exchange.engine.protocol import EngineInfo

_SUFFIXES = (".md", ".json")


def write_report(info: EngineInfo, host: str | None, path: str | None) -> Check:
    """Ask the Ollama server at `host`, which is `info`, everything and write it down. Raises `Problem` where that cannot be done.

    `path` is a folder, or the files' path without their suffixes; they lie in the working directory without one. Files
    that are there already are written over where they are such reports.
    """
    import asyncio
    import datetime
    import os

    from llmxsite.exchange.engine import problem
    from llmxsite.exchange.engine.address import ollama_address
    from llmxsite.exchange.engine.behaviour.report import ask, to_json, to_markdown
    from llmxsite.exchange.engine.protocol import EngineError

    if info.name != "ollama":
        raise Problem.at(
            host or info.name,
            "engine-unsupported",
            f"the report is about Ollama's own API, and what answers here is the engine '{info.name}'",
            hint="--engine ollama --host ADDRESS asks an Ollama; what any engine does stands above",
        )
    today = datetime.datetime.now().astimezone().date()
    base = _base(path, f"ollama-{info.version}-{today.isoformat()}")
    files = [base.with_name(base.name + suffix) for suffix in _SUFFIXES]
    _make_room(files)
    address = ollama_address(host or os.environ.get("OLLAMA_HOST"))
    try:
        with _Progress() as progress:
            report = asyncio.run(ask(address, _machine(address.url), today, progress.row))
    except EngineError as error:
        raise problem(error, host or "ollama") from None
    try:
        for file, data in zip(files, (to_markdown(report).encode(), to_json(report)), strict=True):
            file.write_bytes(data)
    except OSError as error:
        raise _unwritable(base, error.strerror or str(error)) from None
    counted = ", ".join(f"{number} {kind}" for kind, number in report.count().items() if number)
    return Check("report", "ok", f"{base}.md and .json: {counted}")


def _base(path: str | None, name: str) -> Path:
    """The path of both files, without their suffixes; `name` is for a folder."""
    if path is None or path.endswith(("/", "\\")) or Path(path).is_dir():
        return Path(path or "") / name
    return Path(path).with_suffix("") if path.endswith(_SUFFIXES) else Path(path)


def _make_room(files: list[Path]) -> None:
    """Look before asking, which takes minutes. Raises `Problem`."""
    import msgspec

    from llmxsite.exchange.engine.behaviour.report import TITLE, from_json

    try:
        files[0].parent.mkdir(parents=True, exist_ok=True)
        there = [file for file in files if file.exists()]
        for file in there:
            data = file.read_bytes()
            if file.suffix == ".json":
                from_json(data)
            elif not data.startswith(TITLE.encode()):
                raise _unwritable(file, "it is there already, and is no report")
    except OSError as error:
        raise _unwritable(files[0], error.strerror or str(error)) from None
    except msgspec.MsgspecError:
        raise _unwritable(file, "it is there already, and is no report") from None


def _unwritable(path: Path, words: str) -> Problem:
    return Problem.at(str(path), "report-unwritable", words, hint="name another folder or file: --report PATH")


def _machine(url: str) -> str:
    """This machine in words, where the server is on it."""
    from urllib.parse import urlsplit

    if urlsplit(url).hostname not in ("127.0.0.1", "localhost", "::1"):
        return "another one, of which the server tells nothing"
    from llmxsite.log.provenance import host
    from llmxsite.press.site.directives.setup import host_words

    return host_words(host())


class _Progress:
    """A bar of the questions asked so far, where a person sees it."""

    def __init__(self) -> None:
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

        from llmxsite.exchange.engine.behaviour.report import TOPICS

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
