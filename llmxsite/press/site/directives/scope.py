"""The runs that a directive is about, and the samples that it names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from llmxsite.base.diagnostics import Issues
from llmxsite.log.record import Sample
from llmxsite.press.catalogue.entries import RunEntry
from llmxsite.press.numbers.outcomes import state
from llmxsite.press.site.directives.nearest import item_hint
from llmxsite.press.site.page_host import PageHost, failed
from llmxsite.press.writing.directive import Directive


def scope(host: PageHost, d: Directive) -> Sequence[RunEntry]:
    """The runs a directive is about: those its filters name, else the page's own."""
    where = d.options.get("where")
    named = {"run", "experiment", "contributor"} & set(where if isinstance(where, dict) else {})
    if "run" in named:  # a rerun counts where it is asked for by its name
        return host.edition.catalogue.logs
    return host.edition.catalogue.runs if named else host.runs


def find(host: PageHost, d: Directive, where: dict[str, Any]) -> Iterator[tuple[RunEntry, int, Sample]]:
    """Samples of the item named, under a condition that has all of `where`."""
    from llmxsite.log.runlog import iterate
    from llmxsite.log.runlog.final import last_lines

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
                "state": state(record),
            }
            if all(known.get(k) == v for k, v in where.items()):
                yield run, line, record


def missing_sample(host: PageHost, d: Directive) -> str:
    wanted = d.options.get("run")
    runs = [run for run in host.runs if wanted in (None, run.id)]
    hint = item_hint(host.edition.study, runs, d.options.get("item"))
    d.add("sample-missing", "no sample has this item and condition", key="item", hint=hint)
    return failed(d, "no sample has this item and condition")
