"""Drift: a run against the one it repeats or follows, sample by sample."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any, NamedTuple

from llmxsite.analysis.drift import Drift, Fact, Slice, fact_words, quantities, words
from llmxsite.base.diagnostics import Issues
from llmxsite.press.catalogue import addresses
from llmxsite.press.catalogue.entries import RunEntry
from llmxsite.press.site.edition import Edition, Made
from llmxsite.press.site.pages import Page
from llmxsite.press.site.samples.drifts import SHOWN, compared
from llmxsite.press.site.search import SearchEntry


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
    headline = words.headline(drift)
    html = edition.html(
        "drift.html",
        after.drift,
        title=f"Drift of run {after.id}",
        section="runs",
        crumbs=[("Runs", addresses.index("runs")), (after.id, after.address)],
        before=before,
        after=after,
        report=report,
        headline=headline,
        drift=drift,
        found=found,
        quantities=quantities,
        facts=[_fact(f) for f in drift.of("changed", "mixed")],
        unchanged=fact_words.grouped(drift.of("same")),
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
        description=f"{headline} Run {after.id} against run {before.id}.",
    )
    entry = SearchEntry(address=after.drift, title=f"Drift of run {after.id}", kind="Run", summary=headline)
    return Made(html, search=[entry])


class FactRow(NamedTuple):
    """A fact around two runs, in words."""

    title: str
    before: str
    after: str
    known: tuple[bool, bool]
    pairs: int | None


class SliceTable(NamedTuple):
    """Rows of one kind with the heads of their labels."""

    heads: list[str]
    rows: list[Slice]
    scored: bool
    """Whether one of them has an accuracy."""
    still: bool
    """Whether there are several and nothing changed in any: then one sentence says it."""


def _fact(fact: Fact) -> FactRow:
    before, after = (fact_words.value(fact, known) for known in (fact.before, fact.after))
    return FactRow(fact_words.title(fact), before, after, (bool(fact.before), bool(fact.after)), fact.pairs)


def _shares(drift: Drift) -> list[dict[str, Any]]:
    """Rows of the table of agreement, as the filter `mark` draws them."""
    named = (
        ("Requests, in every part", drift.requests),
        ("Replies, byte for byte", drift.replies),
        ("Answers", drift.answers),
        ("Log-probabilities of shared tokens, bit for bit", drift.shift.pairs),
    )
    return [
        {"name": name, "accuracy": s.share, "ci_low": s.low, "ci_high": s.high, "share": s} for name, s in named if s.n
    ]


def _table(rows: list[Slice]) -> SliceTable | None:
    """None where there are none."""
    if not rows:
        return None
    still = (
        len(rows) > 1
        and all(share.alike == share.n for r in rows for share in (r.replies, r.answers) if share.n)
        and not any(r.accuracy.lost or r.accuracy.gained or r.accuracy.difference for r in rows)
    )
    return SliceTable(list(rows[0].label), rows, any(r.accuracy.n for r in rows), still)
