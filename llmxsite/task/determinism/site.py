"""What determinism adds to pages: the directive `{parting}`, and a run's agreement by regime with the places where replies part."""

from __future__ import annotations

from markupsafe import Markup

from llmxsite.analysis.results.tables import Asked
from llmxsite.press.catalogue.entries import RunEntry
from llmxsite.press.site.directives.scope import scope
from llmxsite.press.site.edition import Edition
from llmxsite.press.site.page_host import PageHost, failed
from llmxsite.press.site.parts import DirectiveKind, Part
from llmxsite.press.writing.directive import Directive
from llmxsite.task.determinism import parting_html

TASK = "determinism"
PARTED = 8
"""Requests whose replies part that are shown on the run's page."""


def draw_parting(host: PageHost, d: Directive) -> str:
    """Where the replies to one request part, and how each goes on."""
    try:
        rows = host.edition.numbers.table("partings", scope(host, d), where=d.options.get("where") or {})
    except KeyError as error:
        d.add("table-column", str(error.args[0]), key="where")
        return failed(d, str(error.args[0]))
    row = next((r for r in rows if d.options.get("item") in (None, r["item"])), None)
    if row is None:
        why = "no request has several replies here"
        d.add("sample-missing", why, key="item", hint="look them up on the run's page, or leave `item` out")
        return failed(d, why)
    return host.edition.piece(
        f"task/{TASK}/parting.html",
        host.address,
        row=row,
        words=parting_html.words(row),
        setting=parting_html.setting(row, parting_html.varied(rows)),
        html=Markup(parting_html.variants(row)),  # escapes
    )


def agreement(edition: Edition, entry: RunEntry) -> Markup | None:
    """The same reply within a regime and between two, and the requests whose replies part first."""
    within = edition.numbers.table("agreement", [entry], Asked(slow=()))
    if not within:
        return None
    rows = edition.numbers.table("partings", [entry])
    varied = parting_html.varied(rows)
    names = list(within[0])
    keys = [name for name in names[: names.index("n_items")] if name not in ("suite", "model")]
    return edition.piece(
        f"task/{TASK}/run.html",
        entry.address,
        entry=entry,
        agreement=within,
        agreement_keys=keys,
        pairs=edition.numbers.table("pairs", [entry]),
        pair_keys=[name for name in keys if name != "regime"],
        partings=[
            (
                r["item"],
                parting_html.setting(r, varied),
                parting_html.words(r),
                Markup(parting_html.variants(r)),
            )  # escapes
            for r in rows[:PARTED]
        ],
        parted=len(rows),
    )


DIRECTIVES = (DirectiveKind("parting", draw_parting, frozenset({"item", "where", "name", "caption"})),)
PARTS = (Part("run", "outcomes", agreement),)
