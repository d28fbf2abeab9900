"""What opens the home page: the study's main report, its first figure, and its finding in one sentence."""

from __future__ import annotations

from typing import NamedTuple

from llmxsite.press.catalogue.entries import ReportEntry
from llmxsite.press.site import predictions
from llmxsite.press.site.edition import Edition
from llmxsite.press.site.figures.drawing import Drawn

SAID = {
    "supported": "The data support it",
    "equivalent": "The data show no difference beyond what was predicted",
    "refuted": "The data speak against it",
    "inconclusive": "The data do not decide it",
}
"""Verdicts of a prediction as the start of a sentence: each says no more than its interval does."""


class Finding(NamedTuple):
    """The main report with what is shown of it."""

    report: ReportEntry
    sentence: str | None
    """Its finding; None where it states none and has no prediction that was answered."""
    stated: str | None
    """The prediction that a verdict is about, as it was written."""
    support: str | None
    """The number behind a verdict, with its interval."""
    chip: tuple[str, str] | None
    figure: Drawn | None


def main(edition: Edition) -> ReportEntry | None:
    """The report that opens the home page: featured by its front matter, else written to its end, else any; of several the newest.

    One without data is none.
    """
    known = [r for r in edition.catalogue.reports if r.runs]
    featured = [r for r in known if r.article is not None and r.article.meta.featured]
    final = [r for r in known if r.article is not None and r.article.meta.status == "final"]
    among = featured or final or known
    return max(among, key=lambda r: (r.date, r.slug)) if among else None


def finding(edition: Edition) -> Finding | None:
    """What the home page opens with; None where no report has data."""
    report = main(edition)
    if report is None:
        return None
    stated = report.article.meta.finding if report.article else None
    sentence, predicted, support, chip = stated, None, None, None
    if sentence is None:
        answered = [row for row in predictions.answers(edition, report) if row.verdict in SAID]
        if answered:
            row = answered[0]
            sentence, predicted = f"{SAID[row.verdict]}:", row.sentence
            support, chip = row.words, (row.chip, row.verdict)
        else:
            sentence = report.summary
    return Finding(report, sentence, predicted, support, chip, first_figure(edition, report))


def first_figure(edition: Edition, report: ReportEntry) -> Drawn | None:
    """The first figure of a report's page, which is made before any page that lists reports."""
    keys = edition.figures.get(report.address, [])
    return edition.cache.recall(keys[0], Drawn) if keys else None
