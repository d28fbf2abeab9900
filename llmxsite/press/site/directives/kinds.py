"""Every directive that shows data: the core's own, one module each, and those of tasks.

What a directive cannot show becomes an issue at its line, and a note in the page.
"""

from __future__ import annotations

from llmxsite.base import registry
from llmxsite.base.diagnostics import Problem
from llmxsite.press.site.directives.chart import draw_chart
from llmxsite.press.site.directives.checklist import draw_checklist
from llmxsite.press.site.directives.diff import draw_diff
from llmxsite.press.site.directives.hypothesis import draw_hypothesis
from llmxsite.press.site.directives.setup import draw_setup
from llmxsite.press.site.directives.table import draw_table
from llmxsite.press.site.directives.transcript import draw_transcript
from llmxsite.press.site.page_host import PageHost, failed
from llmxsite.press.site.parts import DirectiveKind
from llmxsite.press.writing.directive import Directive

DIRECTIVES = (
    DirectiveKind("chart", draw_chart, numbered="Figure"),
    DirectiveKind(
        "table",
        draw_table,
        frozenset({"by", "columns", "where", "factor", "caption", "name", "sort", "measure"}),
        numbered="Table",
    ),
    DirectiveKind("setup", draw_setup),
    DirectiveKind("hypothesis", draw_hypothesis, needs_runs=False, prose=True),
    DirectiveKind("transcript", draw_transcript, frozenset({"run", "item", "where", "key", "name", "caption"})),
    DirectiveKind("diff", draw_diff, frozenset({"run", "item", "a", "b", "where", "name", "caption"})),
    DirectiveKind("checklist", draw_checklist, needs_runs=False),
)


@registry.remembered
def directives() -> dict[str, DirectiveKind]:
    """By name: the core's, then those of tasks, which replace none."""
    found = {kind.name: kind for kind in DIRECTIVES}
    for _, kind in registry.declared("site", "DIRECTIVES"):
        if kind.name not in found:
            found[kind.name] = _only(kind)
    return found


def _only(kind: DirectiveKind) -> DirectiveKind:
    """The directive, or, where two tasks have one of its name, one that says so wherever it stands."""
    try:
        registry.find("site", "DIRECTIVES", kind.name)
    except Problem as problem:
        why = problem.issues[0]

        def draw(_: PageHost, d: Directive) -> str:
            d.add(why.code, why.message, hint=why.hint)
            return failed(d, why.message)

        return DirectiveKind(kind.name, draw)
    return kind
