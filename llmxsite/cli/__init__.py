"""The command line: parse, call, print. What a command does lives in the room it calls."""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from llmxsite import __version__
from llmxsite.base.diagnostics import Issues, Problem, plain
from llmxsite.cli import terminal

app = typer.Typer(
    name="llmxsite",
    help="Run experiments on local language models and publish what they found.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Start with: llmxsite demo · llmxsite init my-study · llmxsite doctor",
)


def _version(asked: bool) -> None:
    if asked:
        sys.stdout.write(f"llmxsite {__version__}\n")
        raise typer.Exit


@app.callback()
def _options(
    study: Annotated[
        Path | None,
        typer.Option("--study", help="Folder of the study; the one around the working directory when not given."),
    ] = None,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and leave.")
    ] = False,
) -> None:
    terminal.choose_study(study)


_MODULES = (
    *("demo", "init", "doctor", "models", "suite"),
    *("run", "results", "verify", "score", "rerun", "drift", "import_"),
    *("build", "serve", "check", "export"),
)
"""Modules with commands, in the order of the help: to begin with, to measure, to publish. The others hold what these print."""
for _module in _MODULES:
    importlib.import_module(f"{__name__}.{_module}").register(app)


def main() -> None:
    """Entry point: runs a command and turns problems into messages and exit codes (0 done, 1 problems, 2 usage, 130 interrupted)."""
    try:
        app()
    except Problem as problem:
        issues = Issues()
        issues.extend(problem.issues)
        terminal.print_issues(issues)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        # The reader went away (`llmxsite results | head`): say nothing, and keep Python from complaining at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except Exception as error:
        if os.environ.get("LLMXSITE_DEBUG"):
            raise
        sys.stderr.write(
            plain(f"llmxsite: internal error: {type(error).__name__}: {error}") + "\n"
            "    hint: this is a fault of llmxsite; run again with LLMXSITE_DEBUG=1 and report what it prints\n"
        )
        sys.exit(1)
