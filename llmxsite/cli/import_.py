"""`import`: other tools' results as run logs of this study."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from llmxsite.base.diagnostics import Issues, several
from llmxsite.cli.terminal import finish, out, study_here

FormatArgument = Annotated[
    str, typer.Argument(metavar="FORMAT", help="mmlu-pro, llmxray, inspect, lm-eval, promptfoo or jsonl.")
]


def register(app: typer.Typer) -> None:
    app.command(name="import")(import_)


def import_(
    format: FormatArgument,  # noqa: A002
    paths: Annotated[list[Path], typer.Argument(metavar="PATH...", help="Files, zip files or folders of them.")],
    into: Annotated[
        str | None, typer.Option("--into", help="Report the runs belong to; `imported-FORMAT` when not given.")
    ] = None,
    model: Annotated[str | None, typer.Option("--model", help="The model's name, where the file does not say.")] = None,
    mapping: Annotated[
        Path | None, typer.Option("--mapping", help="For jsonl (and CSV): YAML file that says which column is what.")
    ] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Write runs anew that were imported before.")] = False,
) -> None:
    """Import the results of another tool as run logs.

    What the other tool did not record stays missing. Importing a file twice changes nothing; a file that cannot be read stops no other.

    \b
    Example: llmxsite import mmlu-pro model_outputs_gemma-7b_5shots.zip
             llmxsite import llmxray results.json --into my-report
             llmxsite import jsonl answers.csv --mapping columns.yaml
    """
    from llmxsite.log import log_formats
    from llmxsite.log.log_formats.foreign import ImportOptions
    from llmxsite.log.log_formats.imported import store

    issues = Issues()
    study = study_here()
    for run in log_formats.read(format, paths, ImportOptions(model=model, mapping=mapping), issues):
        stored = store(study, into or f"imported-{format}", run, replace=replace or run.goes_on)
        place = study.relative(stored.path)
        if stored.counts is None:
            out().print(f"{place}: imported before, left as it is", markup=False)
            continue
        counts = ", ".join(f"{n:,} {outcome}" for outcome, n in stored.counts.items())
        out().print(f"{place}: {several(len(run.samples), 'sample')} of {run.model.name} ({counts})", markup=False)
        left_out = sum(int(listed["rows"]) for listed in run.source.get("left_out", {}).values())
        if left_out:
            out().print(
                f"  {left_out:,} of {several(run.source['rows'], 'row')} left out: listed below and in the log",
                markup=False,
            )
        for line in run.said:
            out().print(f"  {line}", markup=False, soft_wrap=True)
    finish(issues)
