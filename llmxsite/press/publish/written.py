"""A report read once more for another place: its figures drawn, its numbers found, its tables kept, in the order of the text.

The site's own host does the work, so a number or a picture is the same wherever it is published.
"""

from __future__ import annotations

from dataclasses import dataclass

from llmxsite.base.diagnostics import Issues, Problem, did_you_mean
from llmxsite.base.memory import Cache
from llmxsite.press.catalogue import catalogue
from llmxsite.press.catalogue.entries import ReportEntry
from llmxsite.press.site.directives.kinds import directives
from llmxsite.press.site.edition import Edition
from llmxsite.press.site.figures.drawing import Drawn
from llmxsite.press.site.page_host import PageHost
from llmxsite.press.site.text import RESERVED
from llmxsite.press.writing.citations import Bibliography
from llmxsite.press.writing.directive import Directive
from llmxsite.press.writing.markdown import render
from llmxsite.study.study import Study


@dataclass
class ShownDirective:
    """A directive of the text with what it drew."""

    directive: Directive
    html: str
    figure: Drawn | None = None


@dataclass
class Written:
    """A report and everything its text shows."""

    report: ReportEntry
    edition: Edition
    host: RecordingHost
    shown: list[ShownDirective]
    bibliography: Bibliography
    anchors: dict[str, str]
    """Name of a figure or table to its words: `fig-sizes` to `Figure 2`."""

    @property
    def figures(self) -> list[Drawn]:
        return [s.figure for s in self.shown if s.figure is not None]


class RecordingHost(PageHost):
    """The page's host, which remembers what each directive drew."""

    def __init__(self, edition: Edition, issues: Issues, report: ReportEntry) -> None:
        source = report.article.path if report.article else edition.study.reports / report.slug / "index.md"
        super().__init__(edition, issues, report.address, source, directives(), report=report, prefix=report.slug)
        self.shown: list[ShownDirective] = []

    def directive(self, directive: Directive) -> str:
        before = len(self.figures)
        html = super().directive(directive)
        key = self.figures[before] if len(self.figures) > before else None
        drawn = self.edition.cache.recall(key, Drawn) if key else None
        self.shown.append(ShownDirective(directive, html, drawn))
        return html


def open_edition(study: Study, issues: Issues, base_url: str | None = None) -> Edition:
    """The study as the site's pages see it, with the memory that `build` fills."""
    cache = Cache(study.cache / "site", study.root / "site")
    base = base_url or study.config.base_url
    return Edition(study, catalogue.read(study, cache, issues), cache, issues, base)


def read(edition: Edition, slug: str, issues: Issues) -> Written:
    """One report, its figures drawn. Raises `Problem` where there is no such report."""
    report = edition.catalogue.report(slug)
    if report is None:
        raise Problem.at(
            edition.study.reports,
            "report-missing",
            f"no report is called '{slug}'",
            hint=did_you_mean(slug, (r.slug for r in edition.catalogue.reports)),
        )
    host = RecordingHost(edition, issues, report)
    article = report.article
    if article is None:
        return Written(report, edition, host, [], Bibliography(), {})
    books = Bibliography.load(article.path.parent, article.meta.bibliography, issues)
    render(
        article.body,
        article.path,
        host,
        first_line=article.first_line,
        bibliography=books,
        language=article.meta.language or edition.config.language,
        reserved=RESERVED,
    )
    anchors = {s.directive.id: s.directive.label for s in host.shown if s.directive.id and s.directive.label}
    return Written(report, edition, host, host.shown, books, anchors)
