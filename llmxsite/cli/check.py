"""`check`: what is wrong with a study, and what publishing it would give away."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Literal

import typer

from llmxsite.cli.terminal import err, finish, study_here


def register(app: typer.Typer) -> None:
    app.command("check", epilog="Example: llmxsite check --publish --strict")(check)


def check(
    publish: Annotated[
        bool,
        typer.Option("--publish", help="Also look for keys, names, paths and addresses, and for what is not stated."),
    ] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Fail on warnings too.")] = False,
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder of the built site, for --publish; site/ when not given.")
    ] = None,
    format: Annotated[  # noqa: A002
        Literal["text", "json"],
        typer.Option("--format", help="How problems are written: text to stderr, or json to stdout."),
    ] = "text",
) -> None:
    """Check everything of the study at once: site.yaml, reports, experiments, suites, logs, links, citations, numbers."""
    from llmxsite.press.check.check import check as check_study

    issues = check_study(study_here(), publish=publish, out=out, jobs=os.cpu_count() or 1)
    if not len(issues) and format == "text":
        err().print("No problems found.")
    finish(issues, strict=strict, format=format)
