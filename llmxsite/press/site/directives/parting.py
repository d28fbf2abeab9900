"""`{parting}`: where replies to one request part."""

from __future__ import annotations

from llmxsite.press.site.directives.part import check_options, failed, part
from llmxsite.press.site.directives.scope import scope
from llmxsite.press.site.page_host import PageHost
from llmxsite.press.site.samples import partings
from llmxsite.press.writing.directive import Directive


def draw_parting(host: PageHost, d: Directive) -> str:
    """Where the replies to one request of a determinism experiment part, and how each goes on."""
    if not check_options(d, {"item", "where", "name", "caption"}):
        return failed(d, "an option is not known")
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
    varied = [name for name in row["key"] if len({str(r["key"][name]) for r in rows}) > 1]
    html = partings.variants(row)
    words, setting = partings.words(row), partings.setting(row, varied)
    return str(part(host, "parting", row=row, words=words, setting=setting, html=html))
