"""Every write-up rendered without drawing: what `check` finds in texts, links, citations, directives and numbers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from llmxsite.diagnostics import Issue, Issues
from llmxsite.site import paths
from llmxsite.site.citations import Bibliography
from llmxsite.site.directive import Directive
from llmxsite.site.directives import DRAW, scope
from llmxsite.site.edition import Edition
from llmxsite.site.entries import ReportEntry
from llmxsite.site.frontmatter import Article
from llmxsite.site.markdown import Rendered, render
from llmxsite.site.numbers import hashes
from llmxsite.site.page_host import PageHost
from llmxsite.site.text import RESERVED


class Written(msgspec.Struct):
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

    def __init__(self, edition: Edition, issues: Issues, written: Written) -> None:
        super().__init__(edition, issues, written.address, written.article.path, DRAW, report=written.report)

    def directive(self, directive: Directive) -> str:
        if directive.name != "chart":
            return super().directive(directive)
        if self.waiting:
            self._options(directive)
            return super().directive(directive)
        runs = scope(self, directive)
        parts = [directive.argument, directive.options, hashes(runs)]

        def make() -> list[_Fault]:
            from llmxsite import figure
            from llmxsite.figure import ChartProblem

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
        from llmxsite.figure.options import ChartProblem, kind_named, parse

        try:
            parse(kind_named(directive.argument), directive.options)
        except ChartProblem as problem:
            issue = problem.issues[0]
            directive.add(issue.code, issue.message, key=problem.option, hint=issue.hint)


def articles(edition: Edition) -> Iterator[Written]:
    """Every write-up, with the report it belongs to."""
    c = edition.catalogue
    if c.home is not None:
        yield Written(c.home.article, paths.HOME)
    for report in c.reports:
        if report.article is not None:
            yield Written(report.article, report.address, report)
    for model in c.models:
        if model.article is not None:
            yield Written(model.article, model.address)
    for page in c.pages:
        yield Written(page.article, paths.page(page.slug))


def read(edition: Edition, written: Written, issues: Issues) -> Rendered:
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
