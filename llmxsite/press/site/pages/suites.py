"""A suite: what it is, its items with how hard they turned out, and its datasheet.

Gebru et al. 2021, "Datasheets for Datasets", CACM 64(12).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple

from markupsafe import Markup

from llmxsite.analysis.results.tables import Row
from llmxsite.base.diagnostics import Issues, Problem
from llmxsite.press.catalogue import addresses
from llmxsite.press.catalogue.entries import RunEntry, SuiteEntry
from llmxsite.press.numbers.items import ItemRow as MetItem
from llmxsite.press.numbers.items import ItemRows
from llmxsite.press.site import populations
from llmxsite.press.site.edition import Edition, Made
from llmxsite.press.site.figures.drawing import draw
from llmxsite.press.site.figures.markup import figure_markup
from llmxsite.press.site.pages import Page
from llmxsite.press.site.pages.shared import run_rows
from llmxsite.press.site.parts import added
from llmxsite.press.site.samples.sheets import page_numbers
from llmxsite.press.site.search import MOST_QUESTIONS, QUESTION, SearchEntry
from llmxsite.press.site.sketch.items import Point, scatter, strip
from llmxsite.press.site.templates import count
from llmxsite.study.study import slugify
from llmxsite.study.suite import Item, choices_of, item_hash
from llmxsite.study.suite.datasheet import QUESTIONS, TITLES

ITEMS_A_PAGE = 100


def pages(edition: Edition) -> Iterator[Page]:
    """A page a suite, and pages of items where they are many."""
    for entry in edition.catalogue.suites:
        runs = runs_of(edition, entry)
        parts = [edition.names, entry.hash, [(r.id, r.hash) for r in runs]]
        total = len(entry.suite.items) if entry.suite else 0
        for number in range(1, max(1, -(-total // ITEMS_A_PAGE)) + 1):
            yield Page(
                addresses.suite(entry.id, number),
                "suite",
                entry.title,
                partial(_suite, edition, entry, number),
                parts,
                updated=max((r.date for r in runs), default=""),
                summary=entry.suite.description if entry.suite else None,
            )


def runs_of(edition: Edition, entry: SuiteEntry) -> list[RunEntry]:
    """Every run that used the suite, under any of its hashes, newest first."""
    wanted = set(entry.run_ids)
    return [r for r in edition.catalogue.runs if r.id in wanted]


def _suite(edition: Edition, entry: SuiteEntry, number: int, _: Issues) -> Made:
    runs = runs_of(edition, entry)
    suite = entry.suite
    items = suite.items if suite else []
    met = edition.numbers.table("items", runs, where={"suite": entry.id})
    difficulty = {(r["item"], r["item_hash"]): r for r in met}
    statistics = edition.numbers.items(runs, suite, entry.hash or "") if suite else ItemRows()
    met_by = {row.item: row for row in statistics.rows}
    shown = items[(number - 1) * ITEMS_A_PAGE : number * ITEMS_A_PAGE]
    address = addresses.suite(entry.id, number)
    ref = next(reversed(entry.refs.values()), None)
    figures: list[str] = []
    known = populations.rows(edition, runs, ["model", "digest"], where={"suite": entry.id}) if number == 1 else []
    chart = _chart(edition, entry, runs, known, figures) if number == 1 else None
    html = edition.html(
        "suite.html",
        address,
        title=entry.title if number == 1 else f"{entry.title}, items, page {number}",
        section="suites",
        crumbs=[("Suites", addresses.index("suites"))] + ([(entry.title, entry.address)] if number > 1 else []),
        entry=entry,
        added=added(edition, "suite", entry) if number == 1 else None,
        suite=suite,
        ref=ref,
        first=number == 1,
        items=[_item(item, difficulty, met_by) for item in shown],
        takers=statistics.takers,
        correlated=statistics.correlated,
        hardness=_hardness(entry, statistics) if number == 1 else None,
        never=[_named(entry, row, items) for row in statistics.rows if row.verdict == "all wrong"],
        always=[_named(entry, row, items) for row in statistics.rows if row.verdict == "all right"],
        suspect=[_named(entry, row, items) for row in statistics.rows if row.verdict == "suspect key"],
        total=len(items),
        start=(number - 1) * ITEMS_A_PAGE,
        numbers=page_numbers(number, -(-len(items) // ITEMS_A_PAGE)),
        number=number,
        page_href=lambda n: addresses.relative(address, addresses.suite(entry.id, n)),
        categories=_counted(i.category for i in items),
        difficulties=_counted(i.difficulty for i in items),
        chart=chart,
        charts=bool(figures),
        by_model=populations.by_setting(known),
        several=len({r["setting"] for r in known}) > 1,
        runs=run_rows(edition, runs[:20]),
        run_count=len(runs),
        other_hashes=[(h, ids) for h, ids in entry.runs.items() if h != entry.hash],
        datasheet=_datasheet(entry, len(runs)),
        description=(suite.description if suite else None) or f"Suite {entry.title}: items, difficulty and datasheet.",
        headings=[
            (2, "results", "Results"),
            *([(2, "hardness", "Difficulty")] if any(row.share is not None for row in statistics.rows) else []),
            (2, "items", "Items"),
            (2, "datasheet", "Datasheet"),
            (2, "using", "Using it"),
        ],
    )
    summary = (suite.description if suite else None) or ""
    questions = [
        SearchEntry(address=f"{address}#item-{item.id}", title=item.shown()[:200], kind=QUESTION, summary=entry.title)
        for item in shown[:MOST_QUESTIONS]
    ]
    return Made(
        html,
        figures=figures,
        search=[SearchEntry(address=address, title=entry.title, kind="Suite", summary=summary), *questions],
    )


def _chart(
    edition: Edition, entry: SuiteEntry, runs: list[RunEntry], known: list[dict[str, Any]], figures: list[str]
) -> Markup | None:
    """Accuracy by model and category under one setting, that under which most models met the suite; with two categories or more."""
    one = populations.widest([{**r, "taker": (r["model"], r["digest"])} for r in known], "taker")
    if one is None:
        return None
    where = {"suite": entry.id, **one}
    cells = edition.numbers.summary(runs, ["category"], where=where)
    if len([c for c in cells if c.get("category")]) < 2:
        return None
    options: dict[str, Any] = {"rows": "model", "columns": "category", "where": where}
    if (chance := edition.guessing(entry.id)) is not None:
        options["chance"] = round(chance, 4)
    setting = next(r["setting"] for r in known if r["settings"] == {k: v for k, v in one.items() if k != "run"})
    title = f"{entry.title}: accuracy by model and category" + (f" ({setting})" if setting else "")
    try:
        key, drawn = draw(edition, "heatmap", options, runs, id=f"suite-{slugify(entry.id)}-models", title=title)
    except Problem:
        return None  # more rows or columns than a picture holds: the table above says the same
    figures.append(key)
    return figure_markup(edition, drawn, entry.address)


class ItemRow(NamedTuple):
    """An item with how hard it turned out."""

    item: Item
    letters: list[str]
    """Of its options."""
    accuracy: float | None
    n: int | None
    met: MetItem | None
    """The same over models, with its discrimination."""


def _item(item: Item, difficulty: dict[tuple[str, str], Row], met: dict[str, MetItem]) -> ItemRow:
    known = difficulty.get((item.id, item_hash(item))) or {}
    letters = [chr(65 + i) for i in range(len(choices_of(item)))]
    return ItemRow(item, letters, known.get("accuracy"), known.get("n"), met.get(item.id))


def _hardness(entry: SuiteEntry, found: ItemRows) -> Markup | None:
    """Difficulty by discrimination where there are takers enough, else how many items were got right how often."""
    known = [row for row in found.rows if row.share is not None]
    if not known:
        return None
    if found.correlated:
        points = [
            Point(row.item, row.share, row.rest, _place(entry, row.item))
            for row in known
            if row.rest is not None and row.share is not None
        ]
        words = (
            f"{count(len(points), 'item')}: share right from 0 to 100% across, item-rest correlation from −1 to 1 up"
        )
        return scatter(points, words)
    shares = [row.share for row in known if row.share is not None]
    right, wrong = (sum(share == end for share in shares) for end in (1, 0))
    return strip(shares, f"{count(len(shares), 'item')} from never to always right: {wrong} never, {right} always")


def _named(entry: SuiteEntry, row: MetItem, items: Sequence[Item]) -> tuple[str, str, str]:
    """Id, address from the suite's page, and question of an item that stands out."""
    shown = next((item.shown() for item in items if item.id == row.item), "")
    return row.item, _place(entry, row.item), shown


def _place(entry: SuiteEntry, item: str) -> str:
    """Where an item stands, from the suite's first page."""
    ids = [i.id for i in entry.suite.items] if entry.suite else []
    number = ids.index(item) // ITEMS_A_PAGE + 1 if item in ids else 1
    return addresses.relative(entry.address, f"{addresses.suite(entry.id, number)}#item-{item}")


def _counted(values: Iterator[str | None]) -> list[tuple[str, int]]:
    return sorted(Counter(v for v in values if v).items(), key=lambda kv: (-kv[1], kv[0]))


def _datasheet(entry: SuiteEntry, runs: int) -> list[tuple[str, str, list[tuple[str, str | None]]]]:
    """Sections of the datasheet: `(id, title, [(question, answer)])`. What can be counted is filled in from the items."""
    suite = entry.suite
    answers = suite.datasheet if suite else {}
    known: dict[tuple[str, str], str] = {}
    if suite:
        known["distribution", "licence"] = suite.licence or ""
        known["uses", "used"] = f"{runs} runs in this study." if runs else ""
    sheet: list[tuple[str, str, list[tuple[str, str | None]]]] = []
    for section, questions in QUESTIONS.items():
        given = answers.get(section)
        if isinstance(given, str):
            sheet.append((section, TITLES[section], [(next(iter(questions.values())), given)]))
            continue
        said = given if isinstance(given, dict) else {}
        rows = [(asks, _words(said.get(key)) or known.get((section, key)) or None) for key, asks in questions.items()]
        sheet.append((section, TITLES[section], rows))
    return sheet


def _words(value: Any) -> str | None:
    if value is None:
        return None
    return "yes" if value is True else "no" if value is False else str(value)
