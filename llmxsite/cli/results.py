"""`results`: the table that feeds every figure, in the terminal or for another program."""

from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from llmxsite.base.diagnostics import Issues
from llmxsite.cli.determinism_text import print_determinism
from llmxsite.cli.terminal import err, finish, plain, study_here
from llmxsite.library import selection
from llmxsite.library.tables import DEFAULT_BY, Asked, left_out, make, notes

if TYPE_CHECKING:
    import pandas as pd

    from llmxsite.analysis.tables import Samples

_COUNTS = ("unparsed", "truncated", "errors")
_MEASURES: dict[str, tuple[str, str]] = {
    "mean_confidence": ("confidence", "percent"),
    "confidence_gap": ("gap, points", "points"),
    "ece": ("ECE", "percent"),
    "brier": ("Brier", ".3f"),
    "latency_ms": ("latency ms", ",.0f"),
    "tokens_per_second": ("tokens/s", ",.1f"),
    "item_agreement": ("same again", "percent"),
}
"""Columns of the terminal's table after the counts, with their head and form. Shares are in percent, as on the site."""


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
    determinism: Annotated[
        Literal["agreement", "pairs", "items", "fragile"] | None,
        typer.Option(
            "--determinism",
            metavar="WHAT",
            help="Instead, how far the same request gave the same reply: agreement (by condition), pairs (of two "
            "regimes), items, or fragile (which answers were likely to flip, and did).",
        ),
    ] = None,
    wide: Annotated[
        bool, typer.Option("--wide", help="Every column, in a narrow terminal too; otherwise those that fit are shown.")
    ] = False,
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
             llmxsite results --by temperature --intervals ece,item_agreement
             llmxsite results --report same-again --determinism pairs
    """
    from llmxsite.analysis import tables

    issues = Issues()
    study = study_here()
    selection.check_report(study, report)
    samples = _filtered(tables.load(study, issues, report=report, reruns=reruns), where or [])
    given = [part.strip() for part in by.split(",") if part.strip()] if by else None
    columns = given or [*DEFAULT_BY, *samples.varying()]
    columns += ["run"] if reruns else []  # never pooled: a rerun is no further evidence
    kind = {"items": "requests"}.get(determinism, determinism) if determinism else "readings" if readings else "summary"
    drawn = tuple(part.strip() for part in (intervals or "").split(",") if part.strip())
    asked = Asked(by=tuple(given or ()) or None if determinism else tuple(columns), factor=factor, intervals=drawn)
    try:
        summary = selection.ordered(make(samples, kind, asked), sort)
    except KeyError as error:
        raise typer.BadParameter(str(error.args[0])) from None
    if format == "csv":
        summary.to_csv(sys.stdout, index=False, lineterminator="\n")
    elif format == "json":
        _print_json(summary)
    elif len(samples):
        if determinism is not None:
            print_determinism(determinism, summary, wide=wide)
        elif readings:
            print_readings(summary, wide=wide)
        else:
            print_summary(summary, wide=wide)
    if not len(samples):
        err().print(
            "Nothing measured yet: `llmxsite run REPORT` collects, `llmxsite import` takes in other tools' results."
        )
    elif format == "table" and determinism is None:
        for sentence in [*notes(kind, summary, samples), *left_out(samples, "--reruns")]:
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


def _print_json(summary: pd.DataFrame) -> None:
    import msgspec

    rows = [{name: plain(value) for name, value in row.items()} for row in summary.to_dict("records")]
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(rows)).decode() + "\n")


def _keys(summary: pd.DataFrame) -> list[str]:
    """The columns before `n`: what was grouped by."""
    names = [str(name) for name in summary.columns]
    return names[: names.index("n")]


def print_summary(summary: pd.DataFrame, *, wide: bool) -> None:
    """The summary for a person: what is the same everywhere goes into the title, what was never measured is left out."""
    from llmxsite.cli.columns import Column, aligned, print_columns

    rows = [{str(name): plain(value) for name, value in row.items()} for row in summary.to_dict("records")]
    keys = _keys(summary)
    same = [key for key in keys if len(rows) > 1 and len({row[key] for row in rows}) == 1]
    columns = [
        Column(key, [_cell(row[key]) for row in rows], "key", right=_numeric(rows, key))
        for key in keys
        if key not in same
    ]
    columns.append(Column("accuracy", aligned([_interval(row) for row in rows]), "kept"))
    columns.append(Column("n", [f"{row['n']:,}" for row in rows], "kept", right=True))
    columns += [Column(name, [f"{row[name]:,}" for row in rows], right=True) for name in _COUNTS]
    for name, (head, form) in _MEASURES.items():
        if any(row[name] is not None for row in rows):
            asked = f"{name}_method" in rows[0]  # with an interval, which is never cut off
            cells = [_ranged(row, name, form) if asked else _number(row[name], form) for row in rows]
            cells = aligned(cells) if asked else cells
            columns.append(Column(head, cells, "kept" if asked else "more", right=not asked))
    print_columns(columns, title=", ".join(f"{key} {_cell(rows[0][key])}" for key in same), wide=wide)


def print_readings(found: pd.DataFrame, *, wide: bool) -> None:
    """The accuracy of each group as scored and by each other rule of reading."""
    from llmxsite.cli.columns import Column, print_columns

    rows = [{str(name): plain(value) for name, value in row.items()} for row in found.to_dict("records")]
    keys = _keys(found)
    columns = [Column(key, [_cell(row[key]) for row in rows], "key", right=_numeric(rows, key)) for key in keys]
    columns.append(Column("n", [f"{row['n']:,}" for row in rows], "kept", right=True))
    for name in map(str, found.columns[len(keys) + 1 :]):
        if name == "apart":
            columns.append(Column("apart, points", [f"{100 * row[name]:.1f}" for row in rows], "kept", right=True))
        else:
            columns.append(Column(name, [_number(row[name], "percent") for row in rows], "kept", right=True))
    print_columns(columns, wide=wide)


def _interval(row: dict[str, Any]) -> str:
    """`62.0% [55.1, 68.7]`."""
    from llmxsite.analysis.drift.words import percent

    if row["accuracy"] is None or row["ci_low"] is None or row["ci_high"] is None:
        return percent(row["accuracy"])
    return f"{percent(row['accuracy'])} [{100 * row['ci_low']:.1f}, {100 * row['ci_high']:.1f}]"


def _number(value: float | None, form: str) -> str:
    from llmxsite.analysis.drift.words import percent, points

    if value is None or math.isnan(value):
        return "–"
    return percent(value) if form == "percent" else points(value) if form == "points" else format(value, form)


def _ranged(row: dict[str, Any], name: str, form: str) -> str:
    """A measure with its interval: `24.0% [17.1, 42.3]`, `0.240 [0.171, 0.423]`."""
    low, high = (row.get(f"{name}_{end}") for end in ("low", "high"))
    text = _number(row[name], form)
    if low is None or high is None or math.isnan(low) or math.isnan(high):
        return text
    ends = (f"{100 * end:.1f}" if form in ("percent", "points") else format(end, form) for end in (low, high))
    return f"{text} [{', '.join(ends)}]"


def _cell(value: Any) -> str:
    return "–" if value is None else str(value)


def _numeric(rows: list[dict[str, Any]], key: str) -> bool:
    return all(isinstance(row[key], int | float | None) for row in rows)
