"""`{chart}`: a figure in its frame."""

from __future__ import annotations

from llmxsite.press.site import ledger
from llmxsite.press.site.directives.part import place
from llmxsite.press.site.directives.scope import scope
from llmxsite.press.site.figures.drawing import draw
from llmxsite.press.site.figures.markup import figure_markup
from llmxsite.press.site.page_host import PageHost, failed
from llmxsite.press.writing.directive import Directive


def draw_chart(host: PageHost, d: Directive) -> str:
    """A figure in its frame."""
    from llmxsite.press.figure import ChartProblem

    name = f"{host.prefix}-{d.id}" if host.prefix else str(d.id)
    try:
        key, drawn = draw(host.edition, d.argument, d.options, scope(host, d), id=name)
    except ChartProblem as problem:
        issue = problem.issues[0]
        d.add(issue.code, issue.message, key=problem.option, hint=issue.hint)
        return failed(d, issue.message)
    host.figures.append(key)
    if drawn.kind == "differences":
        host.tests += ledger.of_figure(drawn.csv, d.options, **place(host, d))
    return str(figure_markup(host.edition, drawn, host.address, label=d.label, anchor=d.id))
