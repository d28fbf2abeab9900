"""`results`: the table that feeds every figure, in the terminal or for another program."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from llmxsite.base.diagnostics import Issues, Problem, did_you_mean
from llmxsite.cli.terminal import err, finish, study_here

if TYPE_CHECKING:
    import pandas as pd

    from llmxsite.analysis.results.tables import Asked, TableKind
    from llmxsite.analysis.tables import Samples
    from llmxsite.study.study import Study


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
    from llmxsite.analysis.results import reading_notes, warnings
    from llmxsite.analysis.results.core import DEFAULT_BY
    from llmxsite.analysis.results.tables import Asked, rows
    from llmxsite.cli.table_text import print_table

    kind = _kind(table, measure)
    issues = Issues()
    study = study_here()
    _check_report(study, report)
    samples = _filtered(tables.load(study, issues, report=report, reruns=reruns), where or [])
    given = [part.strip() for part in by.split(",") if part.strip()] if by else None
    if reruns:  # never pooled: a rerun is no further evidence
        given = [*(given or [*DEFAULT_BY, *samples.varying()]), "run"]
    drawn = tuple(part.strip() for part in (intervals or "").split(",") if part.strip())
    asked = Asked(
        by=None if given is None else tuple(given), factor=factor or kind.factor, measure=measure, intervals=drawn
    )
    try:
        found = _sorted(_made(kind, samples, asked), sort)
    except KeyError as error:
        raise typer.BadParameter(str(error.args[0])) from None
    if format == "csv":
        found.to_csv(sys.stdout, index=False, lineterminator="\n")
    elif format == "json":
        import msgspec

        sys.stdout.write(msgspec.json.format(msgspec.json.encode(rows(found))).decode() + "\n")
    elif len(found):
        print_table(kind, found, wide=wide, kept=drawn)
    if not len(samples):
        err().print(
            "Nothing measured yet: `llmxsite run REPORT` collects, `llmxsite import` takes in other tools' results."
        )
    elif format == "table" and kind.name in ("summary", "readings"):
        by_group = [str(name) for name in found.columns[: list(found.columns).index("n")]]
        for sentence in [*warnings(found), *reading_notes(samples, by_group)] if kind.name == "summary" else []:
            err().print(f"· {sentence}", markup=False)
        if count := len(samples.repeats):
            words = "1 rerun is" if count == 1 else f"{count:,} reruns are"
            err().print(f"· {words} left out, being no further evidence: --reruns shows every run by itself.")
    finish(issues)


def _kind(name: str, measure: str) -> TableKind:
    """The kind of table, for a measure. Usage error for one there is not."""
    from llmxsite.analysis.results import tables

    try:
        kind = tables.table(name)
        if measure == "accuracy":
            return kind
        if kind.measuring is None:
            raise typer.BadParameter(f"a table '{name}' has no --measure: it belongs to `--table comparison`")
        return kind.measuring(measure)
    except KeyError as error:
        raise typer.BadParameter(str(error.args[0]), param_hint="--table") from None


def _made(kind: TableKind, samples: Samples, asked: Asked) -> pd.DataFrame:
    """The table. Raises `Problem` where no sample is of its task, or a table of pairs has none."""
    from llmxsite.analysis.results.tables import fitting

    fit = fitting(samples, kind)
    if kind.task is None and not len(samples):
        return kind.make(samples, asked) if kind.name == "summary" else samples.frame.iloc[:0, :0]
    frame = kind.make(fit, asked) if len(fit) else fit.frame
    if not frame.empty or (kind.task is None and not kind.pair):
        return frame
    nothing = f"nothing to compare by '{asked.factor}'" if kind.pair else f"no sample is for the table '{kind.name}'"
    if len(fit):
        raise Problem.at("--table", "no-samples", nothing, hint="--factor names another column" if kind.pair else None)
    raise Problem.at(
        "--table",
        "no-samples",
        f"no sample of a {kind.task} experiment fits",
        hint=f"`llmxsite new report NAME --task {kind.task}` starts one",
    )


def _check_report(study: Study, report: str | None) -> None:
    if report is None or study.run_logs(report):
        return
    known = {*study.report_slugs(), *(path.parent.name for path in study.run_logs())}
    if report not in known:
        raise Problem.at(
            study.runs / report, "report-missing", f"no report '{report}'", hint=did_you_mean(report, known)
        )


def _filtered(samples: Samples, where: list[str]) -> Samples:
    """The samples that fit every `column=value`. Usage error for a column that is not there, problem where none fits."""
    for condition in where:
        column, equals, value = condition.partition("=")
        if not equals:
            raise typer.BadParameter(f"'{condition}' is not of the form column=value", param_hint="--where")
        try:
            fitting = samples.where(**{column.strip(): value.strip() or None})
        except KeyError as error:
            raise typer.BadParameter(str(error.args[0]), param_hint="--where") from None
        if len(samples) and not len(fitting):
            met = samples.frame[column.strip()].dropna().unique()
            raise Problem.at(
                "--where", "no-samples", f"no sample has {condition}", hint=did_you_mean(value, map(str, met))
            )
        samples = fitting
    return samples


def _sorted(summary: pd.DataFrame, sort: str | None) -> pd.DataFrame:
    """Sorted by a column; rows that are equal there, and missing values at the end, keep their order."""
    if sort is None:
        return summary
    column = sort.removeprefix("-")
    if column not in summary.columns:
        raise KeyError(f"cannot sort by '{column}': no such column; {did_you_mean(column, map(str, summary.columns))}")
    return summary.sort_values(column, ascending=not sort.startswith("-"), kind="stable")
