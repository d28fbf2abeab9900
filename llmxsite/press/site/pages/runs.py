"""A run: how it was set up, what became of its samples, and a way into every one of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from markupsafe import Markup

from llmxsite.base import registry
from llmxsite.base.diagnostics import Issues
from llmxsite.exchange.engine.protocol import ModelInfo
from llmxsite.log import provenance
from llmxsite.log.record import Run
from llmxsite.press.catalogue import addresses
from llmxsite.press.catalogue.entries import RunEntry
from llmxsite.press.numbers.outcomes import STATES, WORDS
from llmxsite.press.site import populations
from llmxsite.press.site.directives import setup
from llmxsite.press.site.edition import Edition, Made
from llmxsite.press.site.pages import Page, overview
from llmxsite.press.site.pages.shared import run_state
from llmxsite.press.site.parts import added
from llmxsite.press.site.samples import sheets, transcript
from llmxsite.press.site.samples.asked import asked
from llmxsite.press.site.search import SearchEntry
from llmxsite.press.site.templates import count

SHOWN = 12
"""Samples on the run's own page; the rest stand on the pages of samples."""
WARNED = {
    "context-truncated": "the server seems to have cut the prompt",
    "logprobs-missing": "no log-probabilities came back",
    "token-mismatch": "the tokens do not spell the text",
    "repetition-stopped": "the server ended the reply, which repeated itself",
    "unread-fields": "the server told something in a shape that is not known, and it was passed over",
    "duplicate-alternatives": "an alternative was listed twice",
    "invalid-utf8": "some bytes were no text",
}
"""What the warnings of replies mean (docs/engines.md)."""


def pages(edition: Edition) -> Iterator[Page]:
    """One page a run. Its pages of samples are written by `samples.sheets`, from the frame `sheet_page` gives."""
    for entry in edition.catalogue.logs:
        yield Page(
            entry.address,
            "run",
            f"Run {entry.id}",
            partial(_run, edition, entry),
            [entry.hash, entry.path, edition.names, *relatives(edition, entry)],
            updated=entry.date,
        )


def _run(edition: Edition, entry: RunEntry, _: Issues) -> Made:
    run = entry.run
    whole = edition.numbers.outcomes([entry]).get(entry.id)
    known = populations.rows(edition, [entry], ["model", "suite"])
    by_model = [
        (model, populations.span([row for row in known if row["model"] == model]))
        for model in dict.fromkeys(row["model"] for row in known)
    ]
    tally = edition.numbers.tally(entry)
    states = tally.states
    total = sum(states.values())
    written = total + tally.judging
    by_category = _cells(edition.numbers.summary([entry], ["model", "suite", "category"]))
    factors = [f for f in (run.experiment.get("sweep") or {}) if f != "model"]
    by_condition = edition.numbers.summary([entry], ["model", "suite", *factors])
    report = edition.catalogue.report(entry.report)
    log = edition.study.root / entry.path
    more, items = transcript.folds(run.task), edition.questions([entry])
    html = edition.html(
        "run.html",
        entry.address,
        title=f"Run {entry.id}",
        section="runs",
        crumbs=[("Runs", addresses.index("runs"))],
        entry=entry,
        run=run,
        report=report,
        relatives=relatives(edition, entry),
        repeated=edition.catalogue.run(run.rerun_of.id) if run.rerun_of is not None else None,
        counted=entry in edition.catalogue.runs,
        state=run_state(entry),
        whole=whole,
        by_model=by_model,
        left_out=left_out(run.source or {}),
        states=[(k, WORDS[k], states[k], states[k] / total) for k in STATES if states.get(k)],
        remarks=remarks(entry, tally.warned, tally.lacks),
        total=total,
        judging=tally.judging,
        written=written,
        grid=overview.accuracies(edition, entry, factors),
        course=overview.course(tally.moments),
        by_category=by_category,
        by_condition=by_condition if len(by_condition) > 1 else [],
        factors=factors,
        again=any(r["repeated"] for r in by_condition),
        added=added(edition, "run", entry),
        not_installed=not_installed(run),
        setup=setup.describe(edition, [entry]),
        settings=setup.settings([entry]),
        models=[(m, edition.catalogue.model(m.name)) for m in run.models],
        host=setup.host_words(run.host) if run.host else None,
        samples=[
            Markup(
                transcript.article(s, line, asked(s, items), transcript.condition(s, varied(entry)), more)
            )  # escapes
            for line, s in sheets.first(log, SHOWN)
        ],
        shown=SHOWN,
        ranges=ranges(entry, written),
        packed=sheets.packed_log(entry.report, entry.id) if sheets.is_packed(entry.size) else None,
        description=f"Every sample of run {entry.id}, with setup, outcomes and accuracy by category.",
    )
    return Made(html, search=[_search_entry(entry)])


def not_installed(run: Run) -> str | None:
    """What to say of a run of a task that is not there: its own numbers and parts of pages are in its package."""
    if run.task in registry.names():
        return None
    known = {"llmxsite", "python", *provenance.PACKAGES}
    others = [f"{name} {version}" for name, version in run.software.items() if name not in known]
    with_it = f": {' or '.join(others)}, when it was collected" if others else ""
    return (
        f"This is a run of the task “{run.task}”, which is not installed where this page was built. What every run has is here; "
        f"numbers of its own need the package with that task{with_it}."
    )


def sheet_page(edition: Edition, entry: RunEntry) -> str:
    """The page around a run's samples, with marks where the samples go."""
    address = addresses.samples(entry.report, entry.id, 1)
    return (
        edition.html(
            "samples.html",
            address,
            title=f"Samples of run {entry.id}, page {sheets.NUMBER}",
            section="runs",
            crumbs=[("Runs", addresses.index("runs")), (entry.id, entry.address)],
            entry=entry,
            description=f"Every question and reply of run {entry.id}, with what was read and what was right.",
            setup=setup.describe(edition, [entry]),
            marks={"body": Markup(sheets.BODY), "number": Markup(sheets.NUMBER), "pager": Markup(sheets.PAGER)},
        )
        .replace("&lt;!--number--&gt;", sheets.NUMBER)
        .replace(f'<link rel="canonical" href="{edition.absolute(address)}">\n', "")
    )


def left_out(source: dict[str, Any]) -> list[tuple[int, str, str]]:
    """Rows that an import left out, as the log's header lists them: how many, why, and the first numbers they stand at.

    A header is somebody else's text: what has another shape than an importer writes is not shown here, but as it stands.
    """
    kinds = source.get("left_out")
    if not isinstance(kinds, dict):
        return []
    found = []
    for kind, listed in kinds.items():
        if not isinstance(listed, dict) or not isinstance(rows := listed.get("rows"), int):
            return []
        first = listed.get("first")
        places = ", ".join(str(number) for number in first) if isinstance(first, list) else ""
        more = ", ..." if places and isinstance(first, list) and len(first) < rows else ""
        found.append((rows, str(listed.get("why") or kind.replace("_", " ")), places + more))
    return found


def relatives(edition: Edition, entry: RunEntry) -> tuple[list[str], list[tuple[str, str]]]:
    """The id of the run this one is compared with, and the runs that are compared with this one, each with its address."""
    earlier = [before.id for before, after in edition.lineage if after is entry]
    return earlier, [(after.id, after.drift) for before, after in edition.lineage if before is entry]


def varied(entry: RunEntry) -> frozenset[str]:
    """The factors that vary within a run, so that each sample names its own value."""
    plan = entry.run.experiment
    named = {*(plan.get("sweep") or {}), *(k for c in plan.get("conditions") or [] for k in c)}
    return frozenset(
        named
        | ({"model"} if len(entry.run.models) > 1 else set())
        | ({"seed"} if plan.get("repeats", 1) != 1 else set())
    )


def ranges(entry: RunEntry, total: int) -> list[tuple[str, str]]:
    """Each page of samples as words and address: `1–200`."""
    per = addresses.SAMPLES_A_PAGE
    return [
        (f"{start + 1:,}–{min(start + per, total):,}", addresses.samples(entry.report, entry.id, start // per + 1))
        for start in range(0, total, per)
    ]


def _cells(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows that name a category; a run without categories has nothing to show by them."""
    named = [r for r in rows if r.get("category")]
    return named if len({r["category"] for r in named}) > 1 else []


def _search_entry(entry: RunEntry) -> SearchEntry:
    names = [m.name for m in entry.run.models] + [s.title or s.id for s in entry.run.suites]
    return SearchEntry(address=entry.address, title=f"Run {entry.id}", kind="Run", summary=", ".join(names))


def remarks(entry: RunEntry, warned: Mapping[str, int], lacks: Sequence[str] = ()) -> list[str]:
    """What a reader should know of a run's server before trusting its answers.

    `warned` counts replies by warning; `lacks` is what the server turned out to lack while the run went on.
    """
    replies = [
        f"{count(n, 'reply', 'replies')}: {WARNED.get(name, name.replace('-', ' '))}"
        for name, n in sorted(warned.items(), key=lambda pair: (-pair[1], pair[0]))
    ]
    models = [remark for model in entry.run.models for remark in _model(model, _asked(entry))]
    late = [
        f"{lack} (found while the run went on)" for lack in dict.fromkeys(lacks) if lack not in entry.run.engine.lacks
    ]
    return [*entry.run.engine.lacks, *late, *models, *replies]


def _model(model: ModelInfo, asked: int | None) -> Iterator[str]:
    if model.remote:
        yield f"{model.name} is not local: another machine computed"
    if asked is not None and model.context_in_force is not None and model.context_in_force < asked:
        yield f"{model.name} had a context of {model.context_in_force:,} tokens where {asked:,} were asked for"
    if model.stored_messages:
        put = count(model.stored_messages, "message")
        yield f"{model.name} has {put} stored with it, put before every conversation"
    if model.system:
        yield f"{model.name} has a system prompt stored with it, added where the experiment sets none"


def _asked(entry: RunEntry) -> int | None:
    """The longest context that the experiment asks for."""
    plan = entry.run.experiment
    asked = [(plan.get("options") or {}).get("num_ctx"), *((plan.get("sweep") or {}).get("num_ctx") or ())]
    asked += [condition.get("num_ctx") for condition in plan.get("conditions") or ()]
    return max((n for n in asked if isinstance(n, int)), default=None)
