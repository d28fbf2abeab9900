"""The home page and the lists of reports, models, suites and runs."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from markupsafe import Markup

from llmxsite.base.diagnostics import Issues
from llmxsite.press.catalogue import addresses
from llmxsite.press.site.edition import Edition, Made, linked_data
from llmxsite.press.site.pages import Page, finding
from llmxsite.press.site.pages.shared import model_rows, report_rows, run_rows, suite_rows
from llmxsite.press.site.search import SearchEntry
from llmxsite.press.site.text import article_key, render_article

LATEST = 6
RUNS_A_PAGE = 100


def pages(edition: Edition) -> Iterator[Page]:
    """The home page and one list a section that has anything."""
    c = edition.catalogue
    pictured = [edition.figures.get(r.address, [])[:1] for r in c.reports]
    main = finding.main(edition)
    listed = [edition.numbers.fingerprint, edition.names]
    opening = [main.article.meta.finding if main and main.article else None, main.slug if main else None]
    committed = main.commits if main else None
    yield Page(
        addresses.HOME,
        "home",
        c.config.title,
        partial(_home, edition),
        [listed, pictured, opening, committed, article_key(edition, c.home.article if c.home else None)],
        summary=c.config.description,
    )
    if c.reports:
        yield Page(addresses.index("reports"), "reports", "Reports", partial(_reports, edition), [listed, pictured])
    if c.models:
        yield Page(addresses.index("models"), "models", "Models", partial(_models, edition), listed)
    if c.suites:
        yield Page(addresses.index("suites"), "suites", "Suites", partial(_suites, edition), listed)
    for number in range(1, -(-len(c.logs) // RUNS_A_PAGE) + 1):
        yield Page(_runs_address(number), "runs", "Runs", partial(_runs, edition, number), listed)


def _home(edition: Edition, issues: Issues) -> Made:
    c = edition.catalogue
    text = render_article(edition, c.home.article, addresses.HOME, issues) if c.home else None
    samples = sum(row["n"] or 0 for row in edition.numbers.outcomes(c.runs).values())
    counts = [
        ("reports", len(c.reports)),
        ("models", len(c.models)),
        ("suites", len(c.suites)),
        ("runs", len(c.runs)),
        ("samples", samples),
    ]
    opening = finding.finding(edition)
    html = edition.html(
        "home.html",
        addresses.HOME,
        opening=opening,
        card=edition.absolute(opening.figure.photo("light")) if opening and opening.figure else None,
        title=c.config.title,
        heading=(text.title if text else None) or c.config.title,
        lead=c.config.subtitle or c.config.description,
        description=c.config.description or c.config.subtitle,
        counts=[(words, n) for words, n in counts if n],
        text=Markup(text.html) if text and text.html.strip() else None,  # cleaned by the Markdown room
        charts=bool(text and text.figures),
        reports=report_rows(edition, c.reports[:LATEST]),
        models=model_rows(edition, c.models[:12]),
        suites=suite_rows(edition, c.suites[:12]),
        runs=run_rows(edition, c.runs[:LATEST]),
        linked=linked_data(
            {
                "@context": "https://schema.org",
                "@type": "WebSite",
                "name": c.config.title,
                "description": c.config.description,
                "url": edition.absolute(addresses.HOME),
                "license": c.config.licence,
                "author": [{"@type": "Person", "name": a.name} for a in c.config.authors],
            }
        ),
    )
    if text is None:
        return Made(html)
    entry = SearchEntry(address=addresses.HOME, title=c.config.title, kind="Page", text=text.words_for_search)
    return Made(html, text.files, text.figures, [entry], text.wanted, text.tests)


def _reports(edition: Edition, _: Issues) -> Made:
    reports = report_rows(edition, edition.catalogue.reports)
    return _list(
        edition,
        "reports",
        "Reports",
        "Each asks one question, states what it expected, and shows what came out.",
        reports=reports,
    )


def _models(edition: Edition, _: Issues) -> Made:
    lead = "Every model that answered here, under each digest its name stood for."
    return _list(edition, "models", "Models", lead, models=model_rows(edition, edition.catalogue.models))


def _suites(edition: Edition, _: Issues) -> Made:
    lead = "Named sets of questions. A suite whose content changes gets another hash, and is another suite."
    return _list(edition, "suites", "Suites", lead, suites=suite_rows(edition, edition.catalogue.suites))


def _runs(edition: Edition, number: int, _: Issues) -> Made:
    from llmxsite.press.site.samples.sheets import page_numbers

    runs = edition.catalogue.logs
    shown = runs[(number - 1) * RUNS_A_PAGE : number * RUNS_A_PAGE]
    address = _runs_address(number)
    return _list(
        edition,
        "runs",
        "Runs",
        "One execution of an experiment on one machine each, with every sample it gathered.",
        address=address,
        runs=run_rows(edition, shown),
        numbers=page_numbers(number, -(-len(runs) // RUNS_A_PAGE)),
        number=number,
        page_href=lambda n: addresses.relative(address, _runs_address(n)),
    )


def _runs_address(number: int) -> str:
    return addresses.index("runs") if number == 1 else f"runs/page-{number:03d}.html"


def _list(edition: Edition, section: str, title: str, lead: str, address: str | None = None, **context: object) -> Made:
    return Made(
        edition.html(
            "list.html",
            address or addresses.index(section),
            title=title,
            section=section,
            lead=lead,
            kind=section,
            description=lead,
            **context,
        )
    )
