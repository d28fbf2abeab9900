"""`results`: the table that feeds every figure, in the terminal or for another program."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from llmxsite.base import cells
from llmxsite.base.diagnostics import Issues, Problem
from llmxsite.cli.terminal import err, finish, print_json, study_here
from llmxsite.library import selection

if TYPE_CHECKING:
    from llmxsite.analysis.tables import Samples


def register(app: typer.Typer) -> None:
    app.command(name="results")(results)


def results(
    by: Annotated[
        str | None,
        typer.Option(
            "--by",
            metavar="COLUMNS",
            help="Columns to group by, with commas between, such as model,temperature. "
            "Experiment, suite, model and the factors that vary when not given.",
        ),
    ] = None,
    report: Annotated[str | None, typer.Option("--report", help="Only the runs of this report.")] = None,
    where: Annotated[
        list[str] | None,
        typer.Option("--where", metavar="COLUMN=VALUE", help="Only these samples; may be given several times."),
    ] = None,
    format: Annotated[  # noqa: A002
        Literal["table", "csv", "json"],
        typer.Option("--format", metavar="FORMAT", help="table, csv (all columns) or json."),
    ] = "table",
    reruns: Annotated[
        bool, typer.Option("--reruns", help="Show reruns too, every run by itself; they are left out when not given.")
    ] = False,
    sort: Annotated[
        str | None, typer.Option("--sort", metavar="COLUMN", help="Sort by a column, with - before it downwards.")
    ] = None,
    intervals: Annotated[
        str | None,
        typer.Option(
            "--intervals",
            metavar="MEASURES",
            help="Measures to give an interval by resampling items, with commas between: ece, brier, auroc, mean_confidence, "
            "confidence_gap, latency_ms, item_agreement, ... It takes a while for many samples.",
        ),
    ] = None,
    table: Annotated[
        str,
        typer.Option(
            "--table",
            metavar="KIND",
            help="Another table than the summary: comparison, calibration, items, repeats, readings, or one of a task's, such as "
            "agreement or pairs.",
        ),
    ] = "summary",
    wide: Annotated[
        bool, typer.Option("--wide", help="Every column, in a narrow terminal too; otherwise those that fit are shown.")
    ] = False,
    factor: Annotated[
        str | None,
        typer.Option(
            "--factor", metavar="COLUMN", help="What a table of pairs compares: model, a factor, run for other days."
        ),
    ] = None,
    measure: Annotated[
        str,
        typer.Option(
            "--measure", metavar="MEASURE", help="What `--table comparison` compares, such as ece or latency_ms."
        ),
    ] = "accuracy",
    determinism: Annotated[str | None, typer.Option("--determinism", hidden=True)] = None,
    readings: Annotated[bool, typer.Option("--readings", hidden=True)] = False,
) -> None:
    """Show what was measured: counts, accuracy with its interval, confidence, calibration, speed.

    \b
    Example: llmxsite results --by model,category --where suite=everyday-science
             llmxsite results --by model,temperature --sort -accuracy --format csv > results.csv
             llmxsite results --by temperature --intervals ece,item_agreement
             llmxsite results --report same-again --table pairs
    """
    if determinism is not None or readings:
        old = "--readings" if readings else f"--determinism {determinism}"
        now = "readings" if readings else {"items": "requests"}.get(str(determinism), determinism)
        raise typer.BadParameter(f"{old} is now --table {now}")
    from llmxsite.analysis import tables
    from llmxsite.analysis.results.tables import rows
    from llmxsite.cli.table_text import print_table
    from llmxsite.library.tables import Asked, grouping, kind, left_out, make, notes

    try:
        of = kind(table, measure)
    except KeyError as error:
        raise typer.BadParameter(str(error.args[0]), param_hint="--measure") from None
    except Problem as problem:
        issue = problem.issues[0]
        raise typer.BadParameter(f"{issue.message}; {issue.hint}", param_hint="--table") from None
    issues = Issues()
    study = study_here()
    selection.check_report(study, report)
    samples = _filtered(tables.load(study, issues, report=report, reruns=reruns), where or [])
    given = [part.strip() for part in by.split(",") if part.strip()] if by else None
    drawn = tuple(part.strip() for part in (intervals or "").split(",") if part.strip())
    try:
        asked = Asked(by=grouping(samples, given, reruns), factor=factor or of.factor, measure=measure, intervals=drawn)
        found = selection.ordered(make(samples, of, asked), sort)
    except KeyError as error:
        raise typer.BadParameter(str(error.args[0])) from None
    if format == "csv":
        cells.frame(found).to_csv(sys.stdout, index=False, lineterminator="\n")
    elif format == "json":
        print_json(rows(found))
    elif len(found):
        print_table(of, found, wide=wide, kept=drawn)
    if not len(samples):
        err().print(
            "Nothing measured yet: `llmxsite run REPORT` collects, `llmxsite import` takes in other tools' results."
        )
    elif format == "table" and of.name in ("summary", "readings"):
        for sentence in [*notes(of, found, samples), *left_out(samples, "--reruns")]:
            err().print(f"· {sentence}", markup=False)
    finish(issues)


def _filtered(samples: Samples, where: list[str]) -> Samples:
    """The samples that fit every `column=value`. Usage error for a column that is not there, problem where none fits."""
    for condition in where:
        column, equals, value = condition.partition("=")
        if not equals:
            raise typer.BadParameter(f"'{condition}' is not of the form column=value", param_hint="--where")
        try:
            samples = selection.narrow(samples, {column.strip(): value.strip() or None}, "--where")
        except KeyError as error:
            raise typer.BadParameter(str(error.args[0]), param_hint="--where") from None
    return samples
