"""`{table}`: numbers in rows, with their heads and caption."""

from __future__ import annotations

from llmxsite.analysis.results.measured import COMPARED
from llmxsite.analysis.results.tables import kinds, table
from llmxsite.base.diagnostics import did_you_mean
from llmxsite.press.numbers import data_table
from llmxsite.press.site import ledger
from llmxsite.press.site.directives.part import names, part, place
from llmxsite.press.site.directives.scope import scope
from llmxsite.press.site.page_host import PageHost, failed
from llmxsite.press.writing.directive import Directive


def draw_table(host: PageHost, d: Directive) -> str:
    """Numbers in rows: a table of any kind there is."""
    name = d.argument or "summary"
    try:
        kind = table(name)
    except KeyError:
        d.add("table-kind", f"no table is called '{name}'", hint=did_you_mean(name, [k.name for k in kinds()]))
        return failed(d, f"no table is called '{name}'")
    runs = scope(host, d)
    by = names(d.options.get("by")) or list(kind.by)
    measure = str(d.options.get("measure") or "accuracy")
    if kind.measuring is None and "measure" in d.options:
        d.add("table-column", "'measure' belongs to a comparison", key="measure")
        return failed(d, "'measure' belongs to a comparison")
    try:
        kind = kind if kind.measuring is None or measure == "accuracy" else kind.measuring(measure)
    except KeyError:
        why = f"no measure is called '{measure}'"
        d.add("table-column", why, key="measure", hint=did_you_mean(measure, ("accuracy", *COMPARED)))
        return failed(d, why)
    columns = names(d.options.get("columns"))
    shown = list(dict.fromkeys([*by, *(kind.keys if columns else ()), *(columns or kind.shown)]))
    asked = data_table.asked(kind, by, shown, d.options)
    try:
        rows = data_table.rows(host.edition.numbers, kind, runs, asked, d.options)
    except KeyError as error:
        message = str(error.args[0]) if error.args else "no such column"
        d.add("table-column", message, key="by" if "by" in d.options else None)
        return failed(d, message)
    if rows and (wrong := [c for c in shown if c not in rows[0]]):
        d.add(
            "table-column",
            f"no column '{wrong[0]}'",
            key="columns",
            hint=did_you_mean(wrong[0], data_table.columns(kind, rows[0])),
        )
        return failed(d, f"no column '{wrong[0]}'")
    if not rows:
        d.add("table-empty", "no sample is left by these filters", key="where")
        return failed(d, "no sample is left by these filters")
    if kind.measuring is not None:
        host.tests += ledger.of_rows(rows, asked.factor, by, d.options.get("where"), measure=measure, **place(host, d))
    elif kind.test is not None and kind.test.column in shown:
        host.tests += ledger.of_pairs(rows, kind.test, asked.factor, by, **place(host, d))
    caption = d.inline(str(d.options["caption"]), d.where("caption")[0]) if d.options.get("caption") else ""
    heads = data_table.heads(kind, shown)
    return str(part(host, "table", rows=rows, heads=heads, caption=caption, label=d.label, anchor=d.id))
