"""Every write-up rendered without drawing: what `check` finds in texts, links, citations, directives and numbers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from llmxsite.base.diagnostics import Issue, Issues
from llmxsite.press.catalogue import addresses
from llmxsite.press.catalogue.entries import ReportEntry
from llmxsite.press.numbers.remembered import hashes
from llmxsite.press.site.directives.kinds import directives
from llmxsite.press.site.directives.scope import scope
from llmxsite.press.site.edition import Edition
from llmxsite.press.site.page_host import PageHost
from llmxsite.press.site.text import RESERVED
from llmxsite.press.writing.citations import Bibliography
from llmxsite.press.writing.directive import Directive
from llmxsite.press.writing.frontmatter import Article
from llmxsite.press.writing.markdown import Rendered, render


class WriteUp(msgspec.Struct):
    """One write-up of the study and where its page will be."""

    article: Article[Any]
    address: str
    report: ReportEntry | None = None


class _Fault(msgspec.Struct):
    """Why a chart cannot be made, as the check remembers it."""

    code: str
    message: str
    option: str | None
    hint: str | None


class DryHost(PageHost):
    """The page's host, with charts checked but not drawn: a picture takes a hundred times as long as its mistakes."""

    def __init__(self, edition: Edition, issues: Issues, written: WriteUp) -> None:
        super().__init__(edition, issues, written.address, written.article.path, directives(), report=written.report)

    def directive(self, directive: Directive) -> str:
        if directive.name != "chart":
            return super().directive(directive)
        if self.waiting:
            self._options(directive)
            return super().directive(directive)
        runs = scope(self, directive)
        parts = [directive.argument, directive.options, hashes(runs)]

        def make() -> list[_Fault]:
            from llmxsite.press import figure
            from llmxsite.press.figure import ChartProblem

            try:
                figure.check(directive.argument, self.edition.numbers.of(runs), directive.options)
            except ChartProblem as problem:
                issue: Issue = problem.issues[0]
                return [_Fault(issue.code, issue.message, problem.option, issue.hint)]
            return []

        for fault in self.edition.cache.memo("check-chart", parts, list[_Fault], make):
            directive.add(fault.code, fault.message, key=fault.option, hint=fault.hint)
        return ""

    def _options(self, directive: Directive) -> None:
        """Where there are no samples to build a chart from, its kind and options can still be wrong."""
        from llmxsite.press.figure import ChartProblem, kind_named, parse

        try:
            parse(kind_named(directive.argument), directive.options)
        except ChartProblem as problem:
            issue = problem.issues[0]
            directive.add(issue.code, issue.message, key=problem.option, hint=issue.hint)


def articles(edition: Edition) -> Iterator[WriteUp]:
    """Every write-up, with the report it belongs to."""
    c = edition.catalogue
    if c.home is not None:
        yield WriteUp(c.home.article, addresses.HOME)
    for report in c.reports:
        if report.article is not None:
            yield WriteUp(report.article, report.address, report)
    for model in c.models:
        if model.article is not None:
            yield WriteUp(model.article, model.address)
    for page in c.pages:
        yield WriteUp(page.article, addresses.page(page.slug))


def read(edition: Edition, written: WriteUp, issues: Issues) -> Rendered:
    """Render one write-up for its mistakes."""
    article = written.article
    return render(
        article.body,
        article.path,
        DryHost(edition, issues, written),
        first_line=article.first_line,
        bibliography=Bibliography.load(Path(article.path).parent, article.meta.bibliography, issues),
        language=article.meta.language or edition.config.language,
        reserved=RESERVED,
    )
