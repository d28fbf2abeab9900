"""`llmxsite demo`: a real study on a machine with nothing but Python, in one command."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from llmxsite.base.diagnostics import several
from llmxsite.cli import models, terminal
from llmxsite.cli.build import build
from llmxsite.cli.run import run
from llmxsite.cli.terminal import err, out

MODEL = "smollm2:135m"
REPORT = "first-experiment"


def register(app: typer.Typer) -> None:
    app.command("demo", epilog="Example: llmxsite demo demo")(demo)


def demo(
    folder: Annotated[Path, typer.Argument(metavar="[DIR]", help="Where the study goes.")] = Path("llmxsite-demo"),
) -> None:
    """Make a real study: pull a small model, ask it questions, build the site, and say where to look.

    What is already there is kept: a second call goes on where the first stopped, and needs no network.
    """
    from llmxsite.study import scaffold

    made = scaffold.demo(folder)
    terminal.choose_study(folder)
    _step(f"1 of 4  A study in {folder}/", f"{several(len(made), 'file')} written" if made else "already there")
    _step("2 of 4  A model small enough for any machine", "about 90 MB, once")
    models.pull_model(MODEL)
    _step("3 of 4  160 questions, asked on this machine", "Ctrl-C stops; the same command goes on")
    run(REPORT, engine="embedded")
    _step("4 of 4  The site", None)
    build(out=None)
    home = (folder / "site" / "index.html").resolve()
    out().print(f"\nOpen this in a browser:\n  {home.as_uri()}\n")
    out().print(f"The report itself: {(folder / 'content' / 'reports' / REPORT / 'index.md').as_posix()}")
    out().print(f"Its run log:       {(folder / 'runs' / REPORT).as_posix()}/")
    out().print(f"While you change things: llmxsite --study {folder.as_posix()} serve")


def _step(title: str, note: str | None) -> None:
    err().print(f"\n[bold]{title}[/bold]" + (f"  [dim]{note}[/dim]" if note else ""))
