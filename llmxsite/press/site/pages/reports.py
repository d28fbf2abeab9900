"""Reports: the write-up with its figures and numbers, and around it what the logs say: runs, limits, how to reproduce and cite."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import partial
from typing import Any

from markupsafe import Markup

from llmxsite.base import origin
from llmxsite.base.diagnostics import Issues
from llmxsite.press.catalogue import addresses
from llmxsite.press.catalogue.entries import ReportEntry
from llmxsite.press.site import predictions
from llmxsite.press.site.directives import setup
from llmxsite.press.site.edition import Edition, Made, linked_data
from llmxsite.press.site.pages import Page
from llmxsite.press.site.pages.shared import run_rows
from llmxsite.press.site.parts import added
from llmxsite.press.site.samples import sheets
from llmxsite.press.site.search import SearchEntry
from llmxsite.press.site.text import Text, article_key, render_article
from llmxsite.study.study import Author


def pages(edition: Edition) -> Iterator[Page]:
    """One page a report."""
    for report in edition.catalogue.reports:
        yield Page(
            report.address,
            "report",
            report.title,
            partial(_report, edition, report),
            [
                edition.names,
                article_key(edition, report.article),
                origin.installed(),
                report.experiment,
                report.commits,
                report.looked_up,
                [(r.id, r.hash) for r in predictions.logs(edition, report)],
                [(b.id, a.drift) for b, a in edition.lineage if report.slug in (a.report, b.report)],
            ],
            updated=report.date,
            summary=report.summary or report.question,
        )


def _report(edition: Edition, report: ReportEntry, issues: Issues) -> Made:
    text = (
        render_article(edition, report.article, report.address, issues, report=report, prefix=report.slug)
        if report.article
        else Text("", None, [], 0)
    )
    meta = report.article.meta if report.article else None
    title = report.title
    headings = [*text.headings]
    warnings = edition.numbers.warnings(report.runs)
    headings += [(2, "limits", "Limits")] if warnings else []
    headings += [(2, "runs", "Runs")] if predictions.logs(edition, report) else []
    headings += [(2, "reproduce", "Reproduce"), (2, "cite", "Cite")]
    lead = (meta.subtitle or meta.summary) if meta else None
    if lead is None and report.question and report.question != title:
        lead = report.question
    html = edition.html(
        "report.html",
        report.address,
        title=title,
        section="reports",
        crumbs=[("Reports", addresses.index("reports"))],
        report=report,
        added=added(edition, "report", report),
        meta=meta,
        lead=lead,
        people=_people(edition, report),
        text=Markup(text.html),  # cleaned by the Markdown room
        headings=headings,
        drawn=text.directives,
        hypothesis=predictions.registration(edition, report) if report.hypothesis or report.predictions else None,
        warnings=warnings,
        runs=run_rows(edition, report.runs),
        drifts=[(b.id, a.id, a.drift) for b, a in edition.lineage if report.slug in (a.report, b.report)],
        listed=run_rows(edition, predictions.logs(edition, report)),
        setup=setup.describe(edition, report.runs) if report.runs else None,
        commands=commands(edition, report),
        bibtex=bibtex(edition, report),
        source=_source(edition, report),
        charts=bool(text.figures),
        minutes=max(1, round(text.words / 220)) if text.words else None,
        description=(meta.summary if meta else None) or report.question,
        linked=_linked(edition, report),
        card=_card(edition, report, text),
        language=(meta.language if meta else None) or edition.config.language,
    )
    entry = SearchEntry(
        address=report.address,
        title=title,
        kind="Report",
        summary=lead or "",
        headings=[words for _, _, words in text.headings],
        text=text.words_for_search,
    )
    return Made(html, text.files, text.figures, [entry], text.wanted, text.tests)


def commands(edition: Edition, report: ReportEntry) -> str:
    """What to type to collect and build this report again. Without an address of the study it begins in a copy of its folder."""
    lines = []
    commit = next((r.run.git.commit for r in report.runs if r.run.git), None)
    if edition.config.repository:
        lines += [f"git clone {edition.config.repository} study", "cd study"]
        lines += [f"git checkout {commit}"] if commit else []
    else:
        lines.append(f"# in a copy of this study's folder{f', as of commit {commit}' if commit else ''}")
    versions = sorted({v for r in report.runs if (v := r.run.software.get("llmxsite"))})
    if versions:
        lines.append(f"# collected with llmxsite {', '.join(versions)}")
    extras = ["embedded"] if _embedded(report) else []
    if (edition.study.root / "llmxsite" / "base" / "origin.py").is_file():  # the study in llmxsite's own repository
        lines.append("pip install '.[embedded]'" if extras else "pip install .")
    else:
        lines.append(origin.how_to_install(*extras))
    imported = any(r.run.source for r in report.runs)
    lines.append(f"llmxsite verify {report.slug}" if imported else f"llmxsite run {report.slug}")
    lines.append("llmxsite build")
    return "\n".join(lines)


def _embedded(report: ReportEntry) -> bool:
    return any(run.run.engine.name == "embedded" for run in report.runs)


def bibtex(edition: Edition, report: ReportEntry) -> str:
    """The report as a BibTeX entry, with the address of its page, or of the study's source where that is all that is known."""
    people = " and ".join(
        f"{{{_tex(a.name)}}}" if " and " in a.name else _tex(a.name) for a in _people(edition, report)
    )
    year = report.date[:4]
    fields = {
        "author": people or f"{{{_tex(edition.config.title)}}}",
        "title": f"{{{_tex(report.title)}}}",
        "year": year,
        "howpublished": _tex(edition.config.title),
        "url": edition.absolute(report.address) or edition.config.repository,
        "doi": (report.article.meta.doi if report.article else None) or edition.config.doi,
    }
    rows = [f"  {name} = {{{value}}}," for name, value in fields.items() if value]
    return "\n".join([f"@misc{{{report.slug.replace('.', '-')}{year},", *rows, "}"])


def _tex(text: str) -> str:
    """Words with the characters escaped that mean something in LaTeX; braces go, as they would have to come in pairs."""
    return re.sub(r"([&%$#_])", r"\\\1", re.sub(r"[{}\\]", "", text)).replace("~", "\\textasciitilde{}")


def _people(edition: Edition, report: ReportEntry) -> list[Author]:
    own = report.article.meta.people if report.article else []
    return own or edition.config.authors


def _source(edition: Edition, report: ReportEntry) -> str | None:
    """Where the text can be edited, on a host that spells it as GitHub does."""
    if not edition.config.repository or report.article is None:
        return None
    return (
        f"{edition.config.repository.rstrip('/').removesuffix('.git')}/edit/HEAD/content/reports/{report.slug}/index.md"
    )


def _card(edition: Edition, report: ReportEntry, text: Text) -> str | None:
    """Absolute address of the picture for social cards: the one the report names, else its first figure's."""
    from llmxsite.press.site.figures.drawing import Drawn

    if edition.base_url is None:
        return None
    for key in text.figures[:1]:
        drawn = edition.cache.recall(key, Drawn)
        if drawn is not None:
            return edition.absolute(drawn.photo("light"))
    return None


def _linked(edition: Edition, report: ReportEntry) -> str:
    """schema.org: the article, and the data behind it (methods of docs/site.md, linked data)."""
    config = edition.config
    licence = (report.article.meta.licence if report.article else None) or config.licence
    authors = [
        {k: v for k, v in {"@type": "Person", "name": a.name, "@id": _orcid(a), "url": a.url}.items() if v}
        for a in _people(edition, report)
    ]
    url = edition.absolute(report.address)
    data: dict[str, Any] = {
        "@type": "Dataset",
        "name": f"Run logs of “{report.title}”",
        "description": report.summary or report.question or f"Samples behind “{report.title}”.",
        "license": licence,
        "creator": authors,
        "isAccessibleForFree": True,
        "measurementTechnique": "llmxsite run logs; accuracy with 95% intervals",
        "variableMeasured": ["accuracy", "confidence", "latency"],
        "isBasedOn": sorted({s.id for r in report.runs for s in r.run.suites}),
        "temporalCoverage": _span([r.date for r in report.runs if r.date]),
        "distribution": [
            {
                "@type": "DataDownload",
                "encodingFormat": "application/gzip",
                "contentUrl": edition.absolute(sheets.packed_log(r.report, r.id)),
            }
            for r in report.runs
            if edition.base_url and sheets.is_packed(r.size)
        ],
    }
    article: dict[str, Any] = {
        "@type": "ScholarlyArticle",
        "headline": report.title,
        "abstract": report.summary,
        "author": authors,
        "datePublished": report.date or None,
        "license": licence,
        "url": url,
        "isPartOf": {"@type": "WebSite", "name": config.title, "url": edition.absolute(addresses.HOME)},
    }
    graph = [{k: v for k, v in thing.items() if v not in (None, [], "")} for thing in (article, data)]
    return linked_data({"@context": "https://schema.org", "@graph": json.loads(json.dumps(graph))})


def _orcid(author: Author) -> str | None:
    return f"https://orcid.org/{author.orcid.rsplit('/', 1)[-1]}" if author.orcid else None


def _span(dates: list[str]) -> str | None:
    return f"{min(dates)}/{max(dates)}" if dates else None
