"""Drift: a run against the one it repeats or follows, sample by sample."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from llmxsite.diagnostics import Issues
from llmxsite.drift import Drift, Fact, words
from llmxsite.figure import ChartProblem
from llmxsite.site import paths
from llmxsite.site.catalogue import RunEntry
from llmxsite.site.drifting import SHOWN, compared
from llmxsite.site.edition import Edition, Made
from llmxsite.site.frame import frame
from llmxsite.site.pages import Page
from llmxsite.site.search import Entry
from llmxsite.study import slugify


def pages(edition: Edition) -> Iterator[Page]:
    """A page for each run that has an earlier one to be compared with."""
    for before, after in edition.lineage:
        yield Page(
            after.drift,
            "drift",
            f"Drift of run {after.id}",
            partial(_drift, edition, before, after),
            [before.path, before.hash, after.path, after.hash, edition.names],
            updated=after.date,
        )


def _drift(edition: Edition, before: RunEntry, after: RunEntry, _: Issues) -> Made:
    found = compared(edition, before, after)
    drift = found.drift
    report = edition.catalogue.report(after.report)
    key, figure = _figure(edition, before, after, drift)
    headline = words.headline(drift)
    html = edition.html(
        "drift.html",
        after.drift,
        title=f"Drift of run {after.id}",
        section="runs",
        crumbs=[("Runs", paths.index("runs")), (after.id, after.address)],
        before=before,
        after=after,
        report=report,
        headline=headline,
        drift=drift,
        found=found,
        words=words,
        facts=[_fact(f) for f in drift.of("changed", "mixed")],
        unchanged=words.grouped(drift.of("same")),
        unknown=[_fact(f) for f in drift.of("not recorded")],
        shares=_shares(drift),
        lost=[
            ("before", words.reasons(drift.paired.lost_before)),
            ("after", words.reasons(drift.paired.lost_after)),
        ],
        tables=[
            ("conditions", "By condition", _table(drift.by_condition)),
            ("categories", "By category", _table(drift.by_category)),
        ],
        names=["Before", "After"],
        shown=SHOWN,
        command=f"llmxsite drift {before.id} {after.id}",
        figure=figure,
        charts=figure is not None,
        description=f"{headline} Run {after.id} against run {before.id}.",
    )
    entry = Entry(address=after.drift, title=f"Drift of run {after.id}", kind="Run", summary=headline)
    return Made(html, figures=[key] if key else [], search=[entry])


def _figure(edition: Edition, before: RunEntry, after: RunEntry, drift: Drift) -> tuple[str | None, Any]:
    """Differences by category, where any score moved and there are categories to tell apart."""
    from llmxsite.site.drawing import draw

    if not drift.by_category or not drift.accuracy.lost + drift.accuracy.gained:
        return None, None
    options = {"factor": "run", "baseline": before.id, "by": "category"}
    name = slugify(f"{after.report}-{after.id}-drift")
    title = "Change in accuracy by category"
    try:
        key, drawn = draw(edition, "differences", options, [after, before], id=name, title=title)
    except ChartProblem:
        return None, None  # the tables say all that it would have shown
    return key, frame(edition, drawn, after.drift)


def _fact(fact: Fact) -> dict[str, Any]:
    return {
        "title": words.title(fact),
        "before": words.value(fact, fact.before),
        "after": words.value(fact, fact.after),
        "known": (bool(fact.before), bool(fact.after)),
        "pairs": fact.pairs,
    }


def _shares(drift: Drift) -> list[dict[str, Any]]:
    """Rows of the table of agreement, as the filter `mark` draws them."""
    named = (
        ("Requests, in every part", drift.requests),
        ("Replies, byte for byte", drift.replies),
        ("Answers", drift.answers),
        ("Log-probabilities of all shared tokens, to the last bit", drift.shift.pairs),
    )
    return [
        {"name": name, "accuracy": s.share, "ci_low": s.low, "ci_high": s.high, "share": s} for name, s in named if s.n
    ]


def _table(rows: list[Any]) -> dict[str, Any] | None:
    """Rows of one kind with the heads of their labels; None where there are none."""
    if not rows:
        return None
    return {"heads": list(rows[0].label), "rows": rows, "scored": any(r.accuracy.n for r in rows)}
