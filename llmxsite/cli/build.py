"""`llmxsite build`: the study's site."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from llmxsite.base.diagnostics import Issues, several
from llmxsite.cli.terminal import err, finish, study_here


def build(
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder to write to; `site/` in the study when not given.")
    ] = None,
    base_url: Annotated[
        str | None, typer.Option("--base-url", help="Address the site will have, over the one in site.yaml.")
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Warnings fail too, and then nothing is written.")] = False,
    jobs: Annotated[int, typer.Option("--jobs", min=1, help="Processes at work.")] = os.cpu_count() or 1,
) -> None:
    """Build the static site of the study: reports, models, suites, runs and figures.

    What has not changed since the last build is left as it stands.

    \b
    Example: llmxsite build
    Example: llmxsite build --out /tmp/site --base-url https://example.org/study --strict
    """
    from time import perf_counter

    from llmxsite.press.site.build import build as make

    study, issues, start = study_here(), Issues(), perf_counter()
    target = out or study.root / "site"
    built = make(study, target, issues=issues, base_url=base_url, strict=strict, jobs=jobs)
    took = perf_counter() - start
    if strict and issues.failed(strict=True):
        err().print("Nothing was written.")
    elif built.unchanged:
        err().print(f"{several(built.pages, 'page')}, nothing changed ({took:.2f} s): {target}/index.html")
    else:
        done = f"{built.made:,} of {several(built.pages, 'page')} made, {several(built.written, 'file')} written"
        err().print(f"{done}, {built.deleted:,} deleted ({took:.1f} s): {target}/index.html")
    finish(issues, strict=strict)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("build")(build)
