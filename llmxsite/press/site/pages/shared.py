"""Rows that several kinds of page show: runs, models, suites and reports with their headline numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from llmxsite.analysis.measure import FEW
from llmxsite.analysis.results.tables import Row
from llmxsite.press.catalogue import addresses
from llmxsite.press.catalogue.entries import ModelEntry, ReportEntry, RunEntry, SuiteEntry
from llmxsite.press.site import populations
from llmxsite.press.site.edition import Edition
from llmxsite.press.site.figures.drawing import Drawn
from llmxsite.press.site.pages.finding import first_figure
from llmxsite.press.site.templates import count, parameters, percent


@dataclass(frozen=True)
class RunRow:
    """A run, as `runs_table` shows it."""

    id: str
    address: str
    started: str | None
    report_title: str
    report_address: str
    models: list[str]
    suites: list[str]
    summary: list[Row]
    """Its accuracies by model, suite and setting."""
    samples: int
    state: tuple[str, str]
    repeats: str | None
    """The run that it is a rerun of."""


@dataclass(frozen=True)
class VersionRow:
    """A model under one digest in one suite."""

    parameters: str | None = None
    quantization: str | None = None
    digest: str | None = None
    suite: str | None = None
    suite_address: str | None = None
    summary: Sequence[Row] = ()
    """Its accuracies there side by side, one a run and setting."""
    n: int | None = None
    chance: float | None = None


@dataclass(frozen=True)
class ModelRow:
    """A model, as `models_table.html` shows it."""

    name: str
    address: str
    rows: list[VersionRow]


@dataclass(frozen=True)
class SuiteRow:
    """A suite, as `suites_table.html` shows it."""

    id: str
    title: str
    address: str
    size: int | None
    categories: str | None
    language: str | None
    licence: str | None
    runs: int
    summary: list[Row]
    chance: float | None


@dataclass(frozen=True)
class Headline:
    """The number that a report is listed with, and the rows that it sums up."""

    number: str
    words: str
    rows: list[Row]
    chance: float | None


@dataclass(frozen=True)
class ReportRow:
    """A report, as `report_entries.html` shows it."""

    title: str
    address: str
    question: str | None
    summary: str | None
    date: str
    draft: bool
    registered: str
    headline: Headline | None
    figure: Drawn | None
    """Its first, for a small picture of it."""


def run_rows(edition: Edition, runs: Sequence[RunEntry], model: str | None = None) -> list[RunRow]:
    """One row a run; with `model`, its accuracies of that model alone."""
    outcomes: dict[str, list[Row]] = {}
    for row in populations.rows(edition, edition.catalogue.logs, ["model", "suite"]):
        if model in (None, row["model"]):
            outcomes.setdefault(str(row["run"]), []).append(row)
    rows = []
    for entry in runs:
        report = edition.catalogue.report(entry.report)
        summary = outcomes.get(entry.id, [])
        rows.append(
            RunRow(
                id=entry.id,
                address=entry.address,
                started=entry.run.started,
                report_title=report.title if report else entry.report,
                report_address=addresses.report(entry.report),
                models=[m.name for m in entry.run.models],
                suites=[s.title or s.id for s in entry.run.suites],
                summary=summary,
                samples=sum(row["n"] for row in summary),
                state=run_state(entry),
                repeats=entry.run.rerun_of.id if entry.run.rerun_of is not None else None,
            )
        )
    return rows


def run_state(entry: RunEntry) -> tuple[str, str]:
    """Chip and words for how a run ended."""
    if entry.end is None:
        return "warn", "not finished"
    if entry.end.reason == "complete":
        return "right", "complete"
    return "warn", entry.end.reason


def model_rows(edition: Edition, models: Sequence[ModelEntry]) -> list[ModelRow]:
    """Each model with one row a digest and suite."""
    found: dict[tuple[str, str | None], dict[str, list[Row]]] = {}
    for row in populations.rows(edition, edition.catalogue.runs, ["model", "digest", "suite"]):
        found.setdefault((row["model"], row["digest"] or None), {}).setdefault(row["suite"], []).append(row)
    return [ModelRow(m.name, m.address, _versions(edition, m, found)) for m in models]


def _versions(
    edition: Edition, model: ModelEntry, found: dict[tuple[str, str | None], dict[str, list[Row]]]
) -> list[VersionRow]:
    rows = []
    for version in model.versions:
        info = version.info
        measured: dict[str, list[Row]] = found.get((model.name, version.digest), {})
        for name, own in (measured or {"": []}).items():
            suite = edition.catalogue.suite(name) if name else None
            rows.append(
                VersionRow(
                    parameters=info.parameter_size or (parameters(info.parameters) if info.parameters else None),
                    quantization=info.quantization,
                    digest=version.digest,
                    suite=suite.title if suite else None,
                    suite_address=suite.address if suite else None,
                    summary=own,
                    n=sum(row["n"] for row in own) if own else None,
                    chance=edition.guessing(name) if name else None,
                )
            )
    return rows or [VersionRow()]


def suite_rows(edition: Edition, suites: Sequence[SuiteEntry]) -> list[SuiteRow]:
    """One row a suite."""
    summary: dict[str, list[Row]] = {}
    for row in populations.rows(edition, edition.catalogue.runs, ["suite", "model", "digest"]):
        summary.setdefault(str(row["suite"]), []).append(row)
    rows = []
    for entry in suites:
        suite = entry.suite
        ref = next(reversed(entry.refs.values()), None)
        categories = sorted({i.category for i in suite.items if i.category}) if suite else []
        rows.append(
            SuiteRow(
                id=entry.id,
                title=entry.title,
                address=entry.address,
                size=len(suite.items) if suite else (ref.items if ref else None),
                categories=_listed(categories),
                language=(suite.language if suite else None) or (ref.language if ref else None),
                licence=(suite.licence if suite else None) or (ref.licence if ref else None),
                runs=len(entry.run_ids),
                summary=summary.get(entry.id, []),
                chance=edition.guessing(entry.id),
            )
        )
    return rows


def report_rows(edition: Edition, reports: Sequence[ReportEntry]) -> list[ReportRow]:
    """One entry a report."""
    return [
        ReportRow(
            title=r.title,
            address=r.address,
            question=r.question,
            summary=r.summary,
            date=r.date,
            draft=r.article is None or r.article.meta.status == "draft",
            registered=r.registered,
            headline=headline(edition, r),
            figure=first_figure(edition, r),
        )
        for r in reports
    ]


def headline(edition: Edition, report: ReportEntry) -> Headline | None:
    """The number a report is listed with: accuracy, or its range over suites, models and settings, none of them averaged."""
    if not report.runs:
        return None
    rows = populations.rows(edition, report.runs, ["suite", "model"])
    known = [r for r in rows if r.get("accuracy") is not None]
    # Numbers of a few answers are shown where their interval is, and are no headline.
    span = populations.span([r for r in known if r["answered"] >= FEW])
    if not known:
        return None
    total = count(sum(r["n"] for r in known), "sample")
    chances = {edition.guessing(suite.id) for r in report.runs for suite in r.run.suites}
    chance = chances.pop() if len(chances) == 1 else None
    if span is None:
        return Headline(total, f"fewer than {FEW} answers everywhere: too few for a number here", known, chance)
    low, high = span.low, span.high
    if span.count == 1:
        ends = (
            f"95% interval {percent(low['ci_low'])} to {percent(low['ci_high'])}, " if low["ci_low"] is not None else ""
        )
        return Headline(percent(low["accuracy"]), f"accuracy; {ends}{total}", known, chance)
    apart = [noun for noun in ("suite", "model", "setting") if len({r[noun] for r in known}) > 1] or ["run"]
    first, last = (percent(end["accuracy"], 0) for end in (low, high))
    if first == last:
        alike = "both" if span.count == 2 else f"all {span.count}"
        return Headline(f"{first} at {alike}", f"accuracy by {' and '.join(apart)}; {total}", known, chance)
    return Headline(
        f"{first.rstrip('%')}–{last}",
        f"accuracy by {' and '.join(apart)}, lowest to highest of {span.count}; {total}",
        known,
        chance,
    )


def varied(report: ReportEntry) -> str | None:
    """The factor the report is about: the first it compares, else the first it sweeps, else the model where there are several."""
    planned: dict[str, Any] = report.runs[0].run.experiment if report.runs else {}
    compare = (planned.get("analysis") or {}).get("compare") or []
    sweep = list(planned.get("sweep") or {})
    if compare or sweep:
        return str((compare or sweep)[0])
    return "model" if len({m.name for r in report.runs for m in r.run.models}) > 1 else None


def _listed(names: list[str], most: int = 4) -> str | None:
    if not names:
        return None
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
