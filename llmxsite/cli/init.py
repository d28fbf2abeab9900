"""`init` and `new`: a study, a report or a suite to start from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from llmxsite.base.diagnostics import display_path
from llmxsite.cli.terminal import elsewhere, out, quoted, study_here

Id = Annotated[
    str | None,
    typer.Option("--id", metavar="NAME", help="What its folder or file is called; made from the title when not given."),
]
Task = Annotated[
    str | None,
    typer.Option(
        "--task",
        metavar="TASK",
        help="The kind of experiment of its report, a task that is installed; benchmark when not given.",
    ),
]

WRITE_FIRST = "    your question, hypothesis, prediction and its margin; then commit it"


def register(app: typer.Typer) -> None:
    new = typer.Typer(no_args_is_help=True, help="Start a report or a suite in this study, ready to run or build.")
    app.command(
        "init", epilog="Example: llmxsite init my-study --title 'Small models at home' --author 'Ada Lovelace'"
    )(init)
    new.command("report", epilog="Example: llmxsite new report 'Does temperature matter?'")(new_report)
    new.command("suite", epilog="Example: llmxsite new suite 'Kitchen physics'")(new_suite)
    app.add_typer(new, name="new")


def init(
    folder: Annotated[
        Path, typer.Argument(metavar="[DIR]", help="Folder of the new study; made when it is not there.")
    ] = Path(),
    title: Annotated[
        str | None, typer.Option("--title", help="Title of the site; from the folder's name when not given.")
    ] = None,
    author: Annotated[str | None, typer.Option("--author", help="Name of its author, which will be public.")] = None,
    task: Task = None,
) -> None:
    """Write a study to start from: site, report, suite, publishing workflow. Overwrites nothing."""
    from llmxsite.study import scaffold

    written, kept = scaffold.study(folder, title=title, author=author, task=task)
    _tell(written, kept)
    here = [] if folder.resolve() == Path.cwd() else [f"cd {quoted(display_path(folder))}"]
    study_file = Path("content") / "reports" / scaffold.FIRST_REPORT / "experiment.yaml"
    _next(
        [
            *here,
            f"edit {display_path(study_file)}",
            WRITE_FIRST,
            "llmxsite doctor             what this machine can run",
            f"llmxsite plan {scaffold.FIRST_REPORT}  what it will ask, and what it can show",
            f"llmxsite run {scaffold.FIRST_REPORT}   collect answers",
            "llmxsite serve --open       write, and see it at once",
        ]
    )


def new_report(
    name: Annotated[str, typer.Argument(help="Its title, or the question it asks.")],
    id: Id = None,  # noqa: A002 - it is the option's name
    task: Task = None,
) -> None:
    """Start a report: text, experiment and references."""
    from llmxsite.study import scaffold

    written = scaffold.report(study_here(), name, task, slug=id)
    slug = written[0].parent.name
    _tell(written, [])
    _next(
        [
            f"edit {display_path(written[1])}",
            WRITE_FIRST,
            *_there(),
            f"llmxsite plan {slug}",
            f"llmxsite run {slug}",
        ]
    )


def new_suite(
    name: Annotated[str, typer.Argument(help="Its title.")],
    id: Id = None,  # noqa: A002 - it is the option's name
) -> None:
    """Start a suite of questions."""
    from llmxsite.study import scaffold

    written = scaffold.suite(study_here(), name, slug=id)
    _tell(written, [])
    _next([f"edit {display_path(written[0])}", *_there(), f"llmxsite suite check {written[0].stem}"])


def _there() -> list[str]:
    """The step into the study, where commands without `--study` would not find it."""
    where = elsewhere()
    return [f"cd {where}"] if where else []


def _tell(written: list[Path], kept: list[Path]) -> None:
    for path in sorted(written):
        out().print(f"  wrote {display_path(path)}", markup=False)
    for path in sorted(kept):
        out().print(f"  kept  {display_path(path)}, which was there", markup=False)


def _next(steps: list[str]) -> None:
    out().print("\nNext:")
    for step in steps:
        out().print(f"  {step}", markup=False)
