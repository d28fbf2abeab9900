"""The HTML of each directive that is drawn from data: `{chart}`, `{table}`, `{setup}`, `{hypothesis}`, `{transcript}`,
`{diff}`, `{parting}`, `{checklist}`. What a directive cannot show becomes an issue at its line, and a note in the page.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from typing import Any

from llmxsite.diagnostics import Issues, did_you_mean
from llmxsite.record import Sample
from llmxsite.site import checklist, data_table, expected, ledger, partings, paths, setup, transcript
from llmxsite.site.directive import Directive
from llmxsite.site.drawing import draw
from llmxsite.site.entries import RunEntry
from llmxsite.site.frame import frame
from llmxsite.site.nearest import item_hint
from llmxsite.site.page_host import Draw, PageHost
from llmxsite.site.query import MEASURED
from llmxsite.site.worddiff import word_diff


def chart(host: PageHost, d: Directive) -> str:
    """A figure in its frame."""
    from llmxsite.figure import ChartProblem

    name = f"{host.prefix}-{d.id}" if host.prefix else str(d.id)
    try:
        key, drawn = draw(host.edition, d.argument, d.options, scope(host, d), id=name)
    except ChartProblem as problem:
        issue = problem.issues[0]
        d.add(issue.code, issue.message, key=problem.option, hint=issue.hint)
        return failed(d, issue.message)
    host.figures.append(key)
    if drawn.kind == "differences":
        host.tests += ledger.of_figure(drawn.csv, d.options, **_place(host, d))
    return str(frame(host.edition, drawn, host.address, label=d.label, anchor=d.id))


def table(host: PageHost, d: Directive) -> str:
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
        host.tests += ledger.of_rows(rows, factor, by, where, measure=measure, **_place(host, d))
    elif kind == "pairs" and "mcnemar_p" in shown:
        host.tests += ledger.of_pairs(rows, str(d.options.get("factor") or "regime"), by, **_place(host, d))
    heads = data_table.heads(kind, shown, measure)
    caption = d.inline(str(d.options["caption"]), d.where("caption")[0]) if d.options.get("caption") else ""
    return str(part(host, "table", rows=rows, heads=heads, caption=caption, label=d.label, anchor=d.id))


def _place(host: PageHost, d: Directive) -> dict[str, str]:
    """Where the ledger says that a test is shown."""
    report = host.report.slug if host.report is not None else ""
    return {"report": report, "address": f"{host.address}#{d.id}", "place": d.label or "Figure"}


def setup_box(host: PageHost, d: Directive) -> str:
    """Models, settings, machines and versions, from the logs."""
    runs = scope(host, d)
    if not runs:
        d.add("setup-empty", "there are no runs to describe yet", severity="warning")
        return failed(d, "no runs yet")
    return str(part(host, "setup", setup=setup.describe(host.edition, runs)))


def hypothesis(host: PageHost, d: Directive) -> str:
    """What was expected, and whether it was stated before the data."""
    report = host.report
    if report is None or not (report.hypothesis or report.predictions):
        d.add(
            "hypothesis-missing",
            "no hypothesis is stated in experiment.yaml",
            hint="add `hypothesis:` before the first run",
        )
        return failed(d, "no hypothesis is stated")
    return str(part(host, "hypothesis", report=report, hypothesis=expected.registration(host.edition, report)))


def show_transcript(host: PageHost, d: Directive) -> str:
    """One sample, as its own page shows it, opened."""
    if not check_options(d, {"run", "item", "where", "key", "name", "caption"}):
        return failed(d, "an option is not known")
    found = next(find(host, d, d.options.get("where") or {}), None)
    if found is None:
        return missing_sample(host, d)
    run, line, sample = found
    words = transcript.condition(sample, set(sample.condition))
    html = transcript.article(sample, line, words).replace("<details ", "<details open ", 1)
    link = paths.relative(host.address, run.address)
    return (
        f'<div class="shown-sample">{html}<p class="said"><a href="{escape(link)}">Run {escape(run.id)}</a></p></div>'
    )


def diff(host: PageHost, d: Directive) -> str:
    """Two replies to one item under two conditions, side by side, words that differ marked."""
    if not check_options(d, {"run", "item", "a", "b", "where", "name", "caption"}):
        return failed(d, "an option is not known")
    sides = []
    for key in ("a", "b"):
        chosen = d.options.get(key)
        if not isinstance(chosen, dict):
            d.add("diff-side", f"'{key}' must name a condition", key=key, hint=f"{key}: {{temperature: 0}}")
            return failed(d, "two conditions are needed")
        found = next(find(host, d, {**(d.options.get("where") or {}), **chosen}), None)
        if found is None:
            return missing_sample(host, d)
        sides.append((", ".join(f"{k} {v}" for k, v in chosen.items()), found[2]))
    texts = [(s.reply.text if s.reply else None) or "" for _, s in sides]
    left, right = word_diff(*texts)
    return str(
        part(
            host,
            "diff",
            item=sides[0][1].item,
            asked=transcript.asked(sides[0][1]),
            sides=[
                (words, transcript.state(sample), transcript.answer(sample), html)
                for (words, sample), html in zip(sides, (left, right), strict=True)
            ],
        )
    )


def show_parting(host: PageHost, d: Directive) -> str:
    """Where the replies to one request of a determinism experiment part, and how each goes on."""
    if not check_options(d, {"item", "where", "name", "caption"}):
        return failed(d, "an option is not known")
    try:
        rows = host.edition.numbers.partings(scope(host, d), d.options.get("where") or {})
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


def show_checklist(host: PageHost, d: Directive) -> str:
    """GUIDE-LLM's items, from the logs where they say it, from the front matter where a person did."""
    if host.report is None:
        d.add("checklist-place", "a checklist belongs to a report")
        return failed(d, "a checklist belongs to a report")
    return str(part(host, "checklist", items=checklist.fill(host.edition, host.report)))


DRAW: dict[str, Draw] = {
    "chart": chart,
    "table": table,
    "setup": setup_box,
    "hypothesis": hypothesis,
    "transcript": show_transcript,
    "diff": diff,
    "parting": show_parting,
    "checklist": show_checklist,
}


def scope(host: PageHost, d: Directive) -> Sequence[RunEntry]:
    """The runs a directive is about: those its filters name, else the page's own."""
    where = d.options.get("where")
    named = {"run", "experiment", "contributor"} & set(where if isinstance(where, dict) else {})
    if "run" in named:  # a rerun counts where it is asked for by its name
        return host.edition.catalogue.logs
    return host.edition.catalogue.runs if named else host.runs


def find(host: PageHost, d: Directive, where: dict[str, Any]) -> Iterator[tuple[RunEntry, int, Sample]]:
    """Samples of the item named, under a condition that has all of `where`."""
    from llmxsite.runlog import iterate
    from llmxsite.site.samples import last_lines

    wanted = d.options.get("run")
    for run in [r for r in host.runs if wanted in (None, r.id)]:
        log = host.edition.study.root / run.path
        final = last_lines(log)
        for line, record in iterate(log, Issues()):
            if not isinstance(record, Sample) or line not in final:
                continue
            if d.options.get("item") not in (None, record.item) or d.options.get("key") not in (None, record.key):
                continue
            known = {
                **record.condition,
                "repeat": record.repeat,
                "outcome": record.outcome,
                "state": transcript.state(record),
            }
            if all(known.get(k) == v for k, v in where.items()):
                yield run, line, record


def part(host: PageHost, name: str, **context: Any) -> Any:
    """One block of `directives.html`."""
    module = host.edition.templates.get_template("directives.html").module
    return getattr(module, name)(to=lambda target: paths.relative(host.address, target), **context)


def check_options(d: Directive, known: set[str]) -> bool:
    """Whether every option is one of `known`; each that is not becomes an issue."""
    wrong = [key for key in d.options if key not in known]
    for key in wrong:
        d.add("directive-option", f"'{d.name}' has no option '{key}'", key=key, hint=did_you_mean(key, known))
    return not wrong


def names(value: Any) -> list[str]:
    """`model, category` or a list of names, as a list."""
    if value is None:
        return []
    return (
        [str(v) for v in value] if isinstance(value, list) else [v.strip() for v in str(value).split(",") if v.strip()]
    )


def failed(d: Directive, why: str) -> str:
    """What stands in the page where a directive could not be drawn."""
    return f'<p class="problem">{{{escape(d.name)}}}: {escape(why)}</p>'


def missing_sample(host: PageHost, d: Directive) -> str:
    wanted = d.options.get("run")
    runs = [run for run in host.runs if wanted in (None, run.id)]
    hint = item_hint(host.edition.study, runs, d.options.get("item"))
    d.add("sample-missing", "no sample has this item and condition", key="item", hint=hint)
    return failed(d, "no sample has this item and condition")
