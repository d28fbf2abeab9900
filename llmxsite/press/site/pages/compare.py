"""Two conditions side by side: how often each was right, the items where they part, and the words that differ."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

import msgspec

from llmxsite.analysis.results.tables import Asked, Row
from llmxsite.base.diagnostics import Issues
from llmxsite.press.catalogue import addresses
from llmxsite.press.catalogue.entries import ReportEntry
from llmxsite.press.numbers.remembered import hashes
from llmxsite.press.site import populations
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


class Choice(NamedTuple):
    """A report as the chooser has it: what can be put side by side, and the pages there are of it."""

    title: str
    report: str
    groups: list[tuple[str, list[tuple[str, str, str]]]]
    """Heading, and under it `(key, words, condition)`: the condition as `name=value` pairs, as the samples' page knows it."""
    pages: dict[str, str]
    """Two keys, joined by a line, to the address of their page."""


def pages(edition: Edition) -> Iterator[Page]:
    """The list of comparisons, and a page a pair of levels."""
    found = pairs(edition)
    if not edition.catalogue.runs:
        return
    listed = [(p.address, p.report.title, p.row) for p in found]
    choices = [choice for report in edition.catalogue.reports if (choice := choose(edition, report, found)) is not None]
    yield Page(
        addresses.index("compare"), "compare", "Compare", partial(_list, edition, found, choices), [listed, choices]
    )
    for pair in found:
        yield Page(
            pair.address,
            "compare",
            f"{pair.report.title}: {pair.words}",
            partial(_pair, edition, pair),
            [pair.row, pair.report.title, hashes(pair.report.runs), edition.asking(pair.report.runs)],
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


def choose(edition: Edition, report: ReportEntry, found: list[ComparedPair]) -> Choice | None:
    """What a reader may choose of a report; None where there are no two conditions."""
    if not report.runs:
        return None
    factor, names = varied(report), edition.numbers.settings(report.runs)
    columns = list(dict.fromkeys(["model", *([factor] if factor else []), *names]))
    rows = edition.numbers.summary(report.runs, columns)
    groups = []
    if factor is not None:
        levels = list(dict.fromkeys(str(value(r[factor])) for r in rows if r.get(factor) is not None))
        if len(levels) > 1:
            written = {str(value(r[factor])): _query(r, [factor]) for r in rows}
            groups.append((factor.replace("_", " "), [(f"{factor}:{x}", x, written[x]) for x in levels]))
    several = [c for c in columns if len({str(r.get(c)) for r in rows}) > 1]
    if len(several) > 1 and len(rows) > 1:
        options = [(query := _query(r, several), populations.condition(r, several), query) for r in rows]
        groups.append(("single conditions", options))
    if not groups:
        return None
    known: dict[str, str] = {}
    for pair in found:
        if pair.report is report:
            keys = [f"{pair.factor}:{name}" for name in pair.names]
            to = addresses.relative(addresses.index("compare"), pair.address)
            known |= {"|".join(keys): to, "|".join(reversed(keys)): to}
    return Choice(report.title, report.slug, groups, known)


def _query(row: Row, names: list[str]) -> str:
    return urlencode({n: addresses.level(row[n]) for n in names if row.get(n) is not None}, quote_via=quote)


def _extremes(edition: Edition, report: ReportEntry, factor: str) -> tuple[Any, ...] | None:
    """The levels to compare where there are many; None for all of them."""
    rows = [r for r in edition.numbers.summary(report.runs, [factor]) if r.get("accuracy") is not None]
    if len(rows) <= MOST_LEVELS:
        return None
    ordered = sorted(rows, key=lambda r: float(r["accuracy"]))
    return tuple(r[factor] for r in [*ordered[: MOST_LEVELS // 2], *ordered[-MOST_LEVELS // 2 :]])


def _list(edition: Edition, found: list[ComparedPair], choices: list[Choice], _: Issues) -> Made:
    html = edition.html(
        "compares.html",
        addresses.index("compare"),
        title="Compare",
        section="compare",
        pairs=found,
        choices=msgspec.json.encode([c._asdict() for c in choices]).decode() if choices else None,
        explorer=addresses.relative(addresses.index("compare"), addresses.explorer()),
        description="Two conditions side by side: differences with intervals, and the items where they part.",
    )
    return Made(html)


def _pair(edition: Edition, pair: ComparedPair, _: Issues) -> Made:
    levels = [p.names for p in pairs(edition) if p.report is pair.report]
    runs = list(reversed(pair.report.runs))
    met = edition.cache.memo(
        "met",
        [pair.factor, levels, hashes(runs), edition.asking(runs)],
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
