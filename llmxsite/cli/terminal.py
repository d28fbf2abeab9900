"""What every command shares: the two consoles, the study in question, and how a command ends."""

from __future__ import annotations

import os
import re
import shlex
import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import typer

from llmxsite.base.diagnostics import Issues, display_path, plain

if TYPE_CHECKING:
    from rich.console import Console

    from llmxsite.study.study import Study

_chosen: dict[str, Path | None] = {"study": None}


@cache
def out() -> Console:
    """Results: tables, addresses, what a pipe wants."""
    return _console(stderr=False)


@cache
def err() -> Console:
    """Progress and problems."""
    return _console(stderr=True)


def _console(*, stderr: bool) -> Console:
    """A console on which words of a study move no cursor and give no command: its own styles are the only ones."""
    from rich.console import Console, ConsoleOptions, RenderableType
    from rich.segment import Segment

    class Plain(Console):
        def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
            for text, style, control in super().render(renderable, options):
                shown = (
                    text if control or text.replace("\n", "").isprintable() else "\n".join(map(plain, text.split("\n")))
                )
                yield Segment(shown, style, control)

    stream = sys.stderr if stderr else sys.stdout
    return Plain(stderr=stderr, highlight=False, soft_wrap=not stream.isatty())


def choose_study(folder: Path | None) -> None:
    """Remember the global `--study` option."""
    _chosen["study"] = folder


def study_here() -> Study:
    """The study named by `--study`, or the one that holds the working directory. Raises `Problem` when there is none."""
    from llmxsite.study.study import Study

    return Study.find(_chosen["study"])


def elsewhere() -> str | None:
    """The folder that `--study` names, as it can be typed, where commands without the option would not find that study."""
    folder = _chosen["study"]
    if folder is None or Path.cwd().is_relative_to(folder.resolve()):
        return None
    return quoted(display_path(folder))


def finish(issues: Issues, *, strict: bool = False, format: Literal["text", "json"] = "text") -> None:  # noqa: A002
    """Print the problems once, and leave with exit code 1 where they make the command fail."""
    if format == "json":
        print_json(issues.sorted())
    else:
        print_issues(issues)
    if issues.failed(strict=strict):
        raise typer.Exit(1)


def print_json(value: Any) -> None:
    """Write a value for another program to standard output."""
    import msgspec

    sys.stdout.write(msgspec.json.format(msgspec.json.encode(value)).decode() + "\n")


def print_issues(issues: Issues) -> None:
    """Write the problems to standard error."""
    issues.print(sys.stderr, colour=err().is_terminal and not err().no_color)


def quoted(path: str) -> str:
    """A path as it can be typed into this system's shell: in quotes where it has spaces or signs of the shell's own."""
    path = f"./{path}" if path.startswith("-") else path
    if os.name == "nt":  # both of its shells know double quotes, and neither escapes a letter
        return path if re.fullmatch(r"[\w./:\\~-]+", path) else f'"{path}"'
    return path if re.fullmatch(r"[\w./-]+", path) else shlex.quote(path)
