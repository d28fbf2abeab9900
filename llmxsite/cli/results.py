"""`results`: the table that feeds every figure, in the terminal or for another program."""

from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from llmxsite.cli.determinism_text import determinism_table
from llmxsite.cli.terminal import err, finish, out, plain, study_here
from llmxsite.diagnostics import Issues, Problem, did_you_mean

if TYPE_CHECKING:
    import pandas as pd
    from rich.table import Table

    from llmxsite.study import Study
    from llmxsite.tables import Samples

DEFAULT_BY = ("experiment", "suite", "model")
_COUNTS = ("unparsed", "truncated", "errors")
_MEASURES = {
    "mean_confidence": ("confidence", 2),
    "confidence_gap": ("gap", 2),
    "ece": ("ECE", 2),
    "brier": ("Brier", 2),
    "latency_ms": ("latency ms", 0),
    "tokens_per_second": ("tokens/s", 1),
}
"""Columns of the terminal's table after the counts, with the title and the decimals they have there."""


def register(app: typer.Typer) -> None:
    app.command(name="results")(results)


def results(
    by: Annotated[
        str | None,
        typer.Option(
            "--by",
            metavar="COLUMNS",
            help="Columns to group by, with commas between: model,suite,category,temperature, ... "
            "Experiment, suite, model and the factors that vary when not given.",
        ),
    ] = None,
    report: Annotated[str | None, typer.Option("--report", help="Only the runs of this report.")] = None,
    where: Annotated[
        list[str] | None,
        typer.Option("--where", metavar="COLUMN=VALUE", help="Only these samples; may be given several times."),
    ] = None,
    format: Annotated[  # noqa: A002
        Literal["table", "csv", "json"], typer.Option("--format", help="table, csv (all columns) or json.")
    ] = "table",
    reruns: Annotated[
        bool, typer.Option("--reruns", help="Show reruns too, every run by itself; they are left out when not given.")
    ] = False,
    sort: Annotated[
        str | None, typer.Option("--sort", metavar="COLUMN", help="Sort by a column, with - before it downwards.")
    ] = None,
    determinism: Annotated[
        Literal["agreement", "pairs", "items", "fragile"] | None,
        typer.Option(
            "--determinism",
            help="Instead, how far the same request gave the same reply: by condition, between two regimes, by item, "
            "or which answers were likely to flip and did.",
        ),
    ] = None,
    readings: Annotated[
        bool,
        typer.Option(
            "--readings",
            help="Instead, the accuracy under other rules of reading replies: strict, last statement, lm-eval's expressions.",
        ),
    ] = False,
    factor: Annotated[
        str,
        typer.Option("--factor", metavar="COLUMN", help="What --determinism compares: regime, or run for other days."),
    ] = "regime",
) -> None:
    """Show what was measured: counts, accuracy with its interval, confidence, calibration, speed.

    \b
    Example: llmxsite results --by model,category --where suite=everyday-science
             llmxsite results --by model,temperature --sort -accuracy --format csv > results.csv
             llmxsite results --report same-again --determinism pairs
    """
    from llmxsite import tables
    from llmxsite.results import reading_notes, summarise, warnings
    from llmxsite.results import readings as read_otherwise

    issues = Issues()
    study = study_here()
    _check_report(study, report)
    samples = _filtered(tables.load(study, issues, report=report, reruns=reruns), where or [])
    given = [part.strip() for part in by.split(",") if part.strip()] if by else None
    columns = given or [*DEFAULT_BY, *samples.varying()]
    columns += ["run"] if reruns else []  # never pooled: a rerun is no further evidence
    try:
        if determinism is not None:
            summary = _sorted(_determinism(samples, determinism, given, factor), sort)
        else:
            summary = _sorted((read_otherwise if readings else summarise)(samples, columns), sort)
    except KeyError as error:
        raise typer.BadParameter(str(error.args[0])) from None
    if format == "csv":
        summary.to_csv(sys.stdout, index=False, lineterminator="\n")
    elif format == "json":
        _print_json(summary)
    elif len(samples):
        if not out().is_terminal:
            out().width = 1000  # a file or a pipe has no right edge
        if readings and determinism is None:
            out().print(_readings_table(summary, _keys(summary)))
        else:
            out().print(
                _table(summary, _keys(summary)) if determinism is None else determinism_table(determinism, summary)
            )
    if not len(samples):
        err().print(
            "Nothing measured yet: `llmxsite run REPORT` collects, `llmxsite import` takes in other tools' results."
        )
    elif format == "table" and determinism is None:
        for sentence in [] if readings else [*warnings(summary), *reading_notes(samples, columns)]:
            err().print(f"· {sentence}", markup=False)
        if count := len(samples.repeats):
            words = "1 rerun is" if count == 1 else f"{count:,} reruns are"
            err().print(f"· {words} left out, being no further evidence: --reruns shows every run by itself.")
    finish(issues)


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


def _determinism(samples: Samples, what: str, by: list[str] | None, factor: str) -> pd.DataFrame:
    """One of the tables of `results.determinism`. Raises `Problem` where no sample is of such an experiment."""
    from llmxsite import results

    samples = samples.where(task="determinism")
    frame: pd.DataFrame = getattr(results.determinism(samples, by, factor), what) if len(samples) else samples.frame
    if frame.empty:
        one = len(samples) > 0
        raise Problem.at(
            "--determinism",
            "no-samples",
            f"nothing to compare by '{factor}'" if one else "no sample of a determinism experiment fits",
            hint="--factor names another column" if one else "`llmxsite new report NAME --task determinism` starts one",
        )
    return frame


def _sorted(summary: pd.DataFrame, sort: str | None) -> pd.DataFrame:
    """Sorted by a column; rows that are equal there, and missing values at the end, keep their order."""
    if sort is None:
        return summary
    column = sort.removeprefix("-")
    if column not in summary.columns:
        raise KeyError(f"cannot sort by '{column}': no such column; {did_you_mean(column, map(str, summary.columns))}")
    return summary.sort_values(column, ascending=not sort.startswith("-"), kind="stable")


def _print_json(summary: pd.DataFrame) -> None:
    import msgspec

    rows = [{name: plain(value) for name, value in row.items()} for row in summary.to_dict("records")]
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(rows)).decode() + "\n")


def _keys(summary: pd.DataFrame) -> list[str]:
    """The columns before `n`: what was grouped by."""
    names = [str(name) for name in summary.columns]
    return names[: names.index("n")]


def _table(summary: pd.DataFrame, keys: list[str]) -> Table:
    """The summary for a person: what is the same everywhere goes into the title, what was never measured is left out."""
    from rich.table import Table
    from rich.text import Text

    rows = [{str(name): plain(value) for name, value in row.items()} for row in summary.to_dict("records")]
    same = [key for key in keys if len(rows) > 1 and len({row[key] for row in rows}) == 1]
    shown = [key for key in keys if key not in same]
    title = ", ".join(f"{key} {_cell(rows[0][key])}" for key in same)
    table = Table(
        title=Text(title) if title else None, title_justify="left", box=None, header_style="bold", pad_edge=False
    )
    measured = [name for name in _MEASURES if any(row[name] is not None for row in rows)]
    for key in shown:
        table.add_column(Text(key), justify="right" if _numeric(rows, key) else "left", overflow="fold")
    table.add_column("accuracy", no_wrap=True)
    for name in ("n", *_COUNTS, *(_MEASURES[name][0] for name in measured)):
        table.add_column(Text(name), justify="right", no_wrap=True)
    for row in rows:
        cells = [*(_cell(row[key]) for key in shown), _interval(row), *(f"{row[name]:,}" for name in ("n", *_COUNTS))]
        cells += [_number(row[name], _MEASURES[name][1]) for name in measured]
        table.add_row(*map(Text, cells))
    return table


def _readings_table(found: pd.DataFrame, keys: list[str]) -> Table:
    """The accuracy of each group as scored and by each other rule."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, header_style="bold", pad_edge=False)
    names = [str(name) for name in found.columns]
    for name in names:
        table.add_column(Text(name), justify="left" if name in keys else "right", overflow="fold")
    for row in found.to_dict("records"):
        values = (plain(row[name]) for name in names)
        table.add_row(
            *(
                Text(f"{v:.3f}" if isinstance(v, float) and n not in keys else _cell(v))
                for n, v in zip(names, values, strict=True)
            )
        )
    return table


def _interval(row: dict[str, Any]) -> str:
    """`0.62 [0.55, 0.69]`."""
    if row["accuracy"] is None:
        return "–"
    if row["ci_low"] is None or row["ci_high"] is None:
        return f"{row['accuracy']:.2f}"
    return f"{row['accuracy']:.2f} [{row['ci_low']:.2f}, {row['ci_high']:.2f}]"


def _number(value: float | None, decimals: int) -> str:
    return "–" if value is None or math.isnan(value) else f"{value:,.{decimals}f}"


def _cell(value: Any) -> str:
    return "–" if value is None else str(value)


def _numeric(rows: list[dict[str, Any]], key: str) -> bool:
    return all(isinstance(row[key], int | float | None) for row in rows)
