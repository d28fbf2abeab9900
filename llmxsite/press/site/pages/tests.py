"""The ledger of tests: every comparison that this study shows or declared, and when data came after results were seen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from llmxsite.base.diagnostics import Issues
from llmxsite.press.catalogue import addresses
from llmxsite.press.catalogue.entries import ReportEntry
from llmxsite.press.site import ledger, predictions
from llmxsite.press.site.edition import Edition, Made
from llmxsite.press.site.ledger import LedgerEntry, Line
from llmxsite.press.site.looks import Look, looks
from llmxsite.press.site.pages import Page, compare
from llmxsite.press.site.search import SearchEntry

LEVEL = 0.05
"""The level at which the page counts what is left after correction."""


def pages(edition: Edition, shown: Sequence[LedgerEntry]) -> Iterator[Page]:
    """One page, where there are runs. `shown` are the tests of the texts' figures, tables and numbers, as their pages gave them."""
    if not edition.catalogue.runs:
        return
    lines = ledger.lines([*_declared(edition), *shown, *_compared(edition)])
    seen = [(r, looks(predictions.logs(edition, r))) for r in edition.catalogue.reports]
    yield Page(
        addresses.TESTS,
        "tests",
        "Tests",
        partial(_tests, edition, lines, seen),
        [
            lines,
            [[(look.run.id, look.kind, look.time, look.seen.id) for look in found] for _, found in seen],
            edition.names,
        ],
    )


def _declared(edition: Edition) -> Iterator[LedgerEntry]:
    for report in edition.catalogue.reports:
        if report.runs:
            yield from predictions.tests(edition, report)


def _compared(edition: Edition) -> Iterator[LedgerEntry]:
    """The pairs of the compare pages; where a report has no predictions from before the data, its `analysis.compare` declared them."""
    for pair in compare.pairs(edition):
        plan: dict[str, Any] = pair.report.runs[0].run.experiment.get("analysis") or {}
        predicted = any(state != "added" for _, state in predictions.predicted(pair.report))
        declared = not predicted and pair.factor in (plan.get("compare") or [])
        yield from ledger.of_rows(
            [pair.row],
            pair.factor,
            [],
            None,
            report=pair.report.slug,
            address=pair.address,
            place="Compare page",
            declared="analysis.compare" if declared else "",
        )


def _tests(edition: Edition, lines: list[Line], seen: Sequence[tuple[ReportEntry, list[Look]]], _: Issues) -> Made:
    titles = {report.slug: report for report in edition.catalogue.reports}
    known = [line for line in lines if line.p_study is not None]
    logs = [log for report in edition.catalogue.reports for log in predictions.logs(edition, report)]
    html = edition.html(
        "tests.html",
        addresses.TESTS,
        title="Tests",
        section="methods",
        crumbs=[("Methods", "methods.html")],
        groups=[
            (titles.get(slug), [x for x in lines if x.test.report == slug])
            for slug in dict.fromkeys(x.test.report for x in lines)
        ],
        tested=len(known),
        waiting=sum(line.test.verdict == "not measured yet" for line in lines),
        alike=sum(line.test.verdict == "identical" for line in lines),
        declared=sum(bool(line.test.declared) for line in lines),
        left=sum(line.p_study < LEVEL for line in known if line.p_study is not None),
        alone=sum(line.test.p < LEVEL for line in known if line.test.p is not None),
        level=LEVEL,
        seen=[(report, found) for report, found in seen if found],
        untimed=sum(log.run.source is not None or not log.run.started for log in logs),
        description="Every test that this study shows or declared, with p adjusted over the figure, the report and the study.",
    )
    return Made(
        html,
        search=[SearchEntry(address=addresses.TESTS, title="Tests", kind="Page", summary="Every test of this study")],
    )
