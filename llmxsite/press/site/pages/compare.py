"""Two conditions side by side: how often each was right, the items where they part, and the words that differ."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any, NamedTuple

from llmxsite.analysis.results.tables import Asked, Row
from llmxsite.base.diagnostics import Issues
from llmxsite.press.catalogue import addresses
from llmxsite.press.catalogue.entries import ReportEntry
from llmxsite.press.numbers.remembered import hashes
from llmxsite.press.site.edition import Edition, Made
from llmxsite.press.site.pages import Page
from llmxsite.press.site.pages.shared import varied
from llmxsite.press.site.samples.pairing import Met, meet
from llmxsite.press.site.templates import value
from llmxsite.study.study import slugify

MOST_PAIRS = 12
"""Pages a report has at most: the pairs with the largest differences."""
MOST_LEVELS = 8
"""Levels compared: of more, the most and the least accurate, since pairs grow with their square."""


class ComparedPair(NamedTuple):
    """Two levels of a report's factor, as `results.compare` measured them."""

    report: ReportEntry
    factor: str
    row: Row

    @property
    def names(self) -> tuple[str, str]:
        """The two levels as a person writes them."""
        return str(value(self.row["a"])), str(value(self.row["b"]))

    @property
    def words(self) -> str:
        return " and ".join(self.names)

    @property
    def address(self) -> str:
        return addresses.compare(self.report.slug, slugify(f"{self.factor}-{'-vs-'.join(self.names)}"))


def pages(edition: Edition) -> Iterator[Page]:
    """The list of comparisons, and a page a pair of levels."""
    found = pairs(edition)
    if not edition.catalogue.runs:
        return
    listed = [(p.address, p.report.title, p.row) for p in found]
    yield Page(addresses.index("compare"), "compare", "Compare", partial(_list, edition, found), [listed])
    for pair in found:
        yield Page(
            pair.address,
            "compare",
            f"{pair.report.title}: {pair.words}",
            partial(_pair, edition, pair),
            [pair.row, pair.report.title, hashes(pair.report.runs), edition.names],
        )


def pairs(edition: Edition) -> list[ComparedPair]:
    """Each report's pairs of levels, the largest differences first."""
    found = []
    for report in edition.catalogue.reports:
        factor = varied(report) if report.runs else None
        if factor is None:
            continue
        plan = report.runs[0].run.experiment.get("analysis") or {}
        levels = _extremes(edition, report, factor)
        asked = Asked(factor=factor, alpha=plan.get("alpha") or 0.05, margin=plan.get("margin"), levels=levels)
        rows = edition.numbers.table("comparison", report.runs, asked)
        ordered = sorted(rows, key=lambda r: -abs(r["difference"] or 0))
        seen: dict[str, ComparedPair] = {}
        for row in ordered:
            pair = ComparedPair(report, factor, row)
            seen.setdefault(pair.address, pair)
        found += list(seen.values())[:MOST_PAIRS]
    return found


def _extremes(edition: Edition, report: ReportEntry, factor: str) -> tuple[Any, ...] | None:
    """The levels to compare where there are many; None for all of them."""
    rows = [r for r in edition.numbers.summary(report.runs, [factor]) if r.get("accuracy") is not None]
    if len(rows) <= MOST_LEVELS:
        return None
    ordered = sorted(rows, key=lambda r: float(r["accuracy"]))
    return tuple(r[factor] for r in [*ordered[: MOST_LEVELS // 2], *ordered[-MOST_LEVELS // 2 :]])


def _list(edition: Edition, found: list[ComparedPair], _: Issues) -> Made:
    html = edition.html(
        "compares.html",
        addresses.index("compare"),
        title="Compare",
        section="compare",
        pairs=found,
        description="Two conditions side by side: differences with intervals, and the items where they part.",
    )
    return Made(html)


def _pair(edition: Edition, pair: ComparedPair, _: Issues) -> Made:
    levels = [p.names for p in pairs(edition) if p.report is pair.report]
    runs = list(reversed(pair.report.runs))
    met = edition.cache.memo(
        "met",
        [pair.factor, levels, hashes(runs), edition.names],
        dict[str, Met],
        lambda: meet(edition.study.root, runs, pair.factor, levels, edition.questions(runs)),
    )["|".join(pair.names)]
    html = edition.html(
        "compare.html",
        pair.address,
        title=f"{pair.factor.replace('_', ' ').capitalize()} {pair.words}",
        section="compare",
        crumbs=[("Compare", addresses.index("compare")), (pair.report.title, pair.report.address)],
        pair=pair,
        row=pair.row,
        factor=pair.factor.replace("_", " "),
        names=[name if pair.factor == "model" else f"{pair.factor.replace('_', ' ')} {name}" for name in pair.names],
        short=pair.names,
        met=met,
        description=f"{pair.factor}: {pair.words}, item by item.",
    )
    return Made(html)
