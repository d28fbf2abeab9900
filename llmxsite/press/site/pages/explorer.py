"""The sample explorer: one page over all samples of the study, and without scripts the way to each run's own pages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from llmxsite.press.catalogue import addresses
from llmxsite.press.site.edition import Edition, Made
from llmxsite.press.site.pages import Page
from llmxsite.press.site.samples import index


class ExploredRun(NamedTuple):
    """A run as the explorer knows it before its samples are read."""

    id: str
    report: str
    models: str
    samples: int
    first: str
    """Address of the first of its pages of samples."""
    columns: str
    """Address of the script with its columns."""


def pages(edition: Edition) -> Iterator[Page]:
    """One page, where a run has samples. Made when the runs' own pages of samples are: it needs their numbers."""
    runs = []
    for entry in edition.catalogue.logs:
        tally = edition.numbers.tally(entry)
        samples = sum(tally.states.values()) + tally.judging
        if samples:
            models = ", ".join(model.name for model in entry.run.models)
            first, columns = addresses.samples(entry.report, entry.id, 1), index.index_script(entry.report, entry.id)
            runs.append(ExploredRun(entry.id, entry.report, models, samples, first, columns))
    if runs:
        yield Page(addresses.explorer(), "explorer", "Samples", lambda _: _explorer(edition, runs), [runs])


def _explorer(edition: Edition, runs: list[ExploredRun]) -> Made:
    return Made(
        edition.html(
            "explorer.html",
            addresses.explorer(),
            title="Samples",
            section="samples",
            runs=runs,
            total=sum(run.samples for run in runs),
            per=addresses.SAMPLES_A_PAGE,
            description="Every question that was asked in this study, every reply, and what became of it: found, sorted and put side by side.",
        )
    )
