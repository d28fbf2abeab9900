"""`{table}`: numbers in rows, with their heads and caption."""

from __future__ import annotations

from llmxsite.base.diagnostics import did_you_mean
from llmxsite.press.numbers import data_table
from llmxsite.press.numbers.query import MEASURED
from llmxsite.press.site import ledger
from llmxsite.press.site.directives.part import check_options, failed, names, part, place
from llmxsite.press.site.directives.scope import scope
from llmxsite.press.site.page_host import PageHost
from llmxsite.press.writing.directive import Directive


def draw_table(host: PageHost, d: Directive) -> str:
    """Numbers in rows: a summary, a comparison of a factor's levels, calibration, or how far replies agree."""
    kind = d.argument or "summary"
    known = {"by", "columns", "where", "factor", "caption", "name", "sort", "measure"}
    if kind not in data_table.KINDS:
        d.add("table-kind", f"no table is called '{kind}'", hint=did_you_mean(kind, data_table.KINDS))
        return failed(d, f"no table is called '{kind}'")
    if not check_options(d, known):
        return failed(d, "an option is not known")
    runs = scope(host, d)
    by = names(d.options.get("by")) or {"comparison": [], "pairs": [], "agreement": ["regime"]}.get(kind, ["model"])
    measure = str(d.options.get("measure") or "accuracy")
    if measure not in ("accuracy", *MEASURED) or (kind != "comparison" and "measure" in d.options):
        why = f"no measure is called '{measure}'" if kind == "comparison" else "'measure' belongs to a comparison"
        d.add("table-column", why, key="measure", hint=did_you_mean(measure, ("accuracy", *MEASURED)))
        return failed(d, why)
    shown = [*by, *(names(d.options.get("columns")) or data_table.SHOWN[kind if measure == "accuracy" else "contrast"])]
    try:
        rows = data_table.rows(host.edition.numbers, kind, runs, by, shown, d.options)
    except KeyError as error:
        message = str(error.args[0]) if error.args else "no such column"
        d.add("table-column", message, key="by" if "by" in d.options else None)
        return failed(d, message)
    if rows and (wrong := [c for c in shown if c not in rows[0]]):
        d.add("table-column", f"no column '{wrong[0]}'", key="columns", hint=did_you_mean(wrong[0], rows[0]))
        return failed(d, f"no column '{wrong[0]}'")
    if not rows:
        d.add("table-empty", "no sample is left by these filters", key="where")
        return failed(d, "no sample is left by these filters")
    if kind == "comparison":
        factor, where = str(d.options.get("factor") or "model"), d.options.get("where")
        host.tests += ledger.of_rows(rows, factor, by, where, measure=measure, **place(host, d))
    elif kind == "pairs" and "mcnemar_p" in shown:
        host.tests += ledger.of_pairs(rows, str(d.options.get("factor") or "regime"), by, **place(host, d))
    heads = data_table.heads(kind, shown, measure)
    caption = d.inline(str(d.options["caption"]), d.where("caption")[0]) if d.options.get("caption") else ""
    return str(part(host, "table", rows=rows, heads=heads, caption=caption, label=d.label, anchor=d.id))
