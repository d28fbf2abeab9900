"""Two conditions side by side: how often each was right, the items where they part, and the words that differ."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any, NamedTuple

from llmxsite.diagnostics import Issues
from llmxsite.record import Sample
from llmxsite.runlog import iterate
from llmxsite.site import paths, transcript
from llmxsite.site.catalogue import ReportEntry
from llmxsite.site.edition import Edition, Made
from llmxsite.site.numbers import Row, hashes
from llmxsite.site.pages import Page
from llmxsite.site.pages.shared import varied
from llmxsite.site.samples import last_lines
from llmxsite.site.templates import value
from llmxsite.site.worddiff import word_diff
from llmxsite.study import slugify

MOST_PAIRS = 12
"""Pages a report has at most: the pairs with the largest differences."""
SHOWN = 40
"""Items shown in full on a page, those where the two part first."""


class Pair(NamedTuple):
    """Two levels of a report's factor, as `results.compare` measured them."""

    report: ReportEntry
    factor: str
    row: Row

    @property
    def levels(self) -> tuple[Any, Any]:
        return self.row["a"], self.row["b"]

    @property
    def words(self) -> str:
        return f"{value(self.row['a'])} and {value(self.row['b'])}"

    @property
    def address(self) -> str:
        return paths.compare(
            self.report.slug, slugify(f"{self.factor}-{value(self.row['a'])}-vs-{value(self.row['b'])}")
        )


def pages(edition: Edition) -> Iterator[Page]:
    """The list of comparisons, and a page a pair of levels."""
    found = pairs(edition)
    if not edition.catalogue.runs:
        return
    listed = [(p.address, p.report.title, p.row) for p in found]
    yield Page(paths.index("compare"), "compare", "Compare", partial(_list, edition, found), [listed])
    for pair in found:
        yield Page(
            pair.address,
            "compare",
            f"{pair.report.title}: {pair.words}",
            partial(_pair, edition, pair),
            [pair.row, pair.report.title, hashes(pair.report.runs)],
        )


def pairs(edition: Edition) -> list[Pair]:
    """Each report's pairs of levels, the largest differences first."""
    found = []
    for report in edition.catalogue.reports:
        factor = varied(report) if report.runs else None
        if factor is None:
            continue
        plan = report.runs[0].run.experiment.get("analysis") or {}
        rows = edition.numbers.comparison(
            report.runs, factor, alpha=plan.get("alpha") or 0.05, margin=plan.get("margin")
        )
        ordered = sorted(rows, key=lambda r: -abs(r["difference"] or 0))
        seen: dict[str, Pair] = {}
        for row in ordered:
            pair = Pair(report, factor, row)
            seen.setdefault(pair.address, pair)
        found += list(seen.values())[:MOST_PAIRS]
    return found


def _list(edition: Edition, found: list[Pair], _: Issues) -> Made:
    html = edition.html(
        "compares.html",
        paths.index("compare"),
        title="Compare",
        section="compare",
        pairs=found,
        description="Two conditions side by side: differences with intervals, and the items where they part.",
    )
    return Made(html)


def _pair(edition: Edition, pair: Pair, _: Issues) -> Made:
    items = edition.cache.memo(
        "pair", [pair.factor, list(pair.levels), hashes(pair.report.runs)], list[Row], lambda: _items(edition, pair)
    )
    cells = {
        (a, b): sum(1 for i in items if i["a_right"] is a and i["b_right"] is b)
        for a in (True, False)
        for b in (True, False)
    }
    parted = [i for i in items if i["a_right"] is not i["b_right"]]
    worded = [i for i in items if i["a_right"] is i["b_right"] and i["differs"]]
    html = edition.html(
        "compare.html",
        pair.address,
        title=f"{pair.factor.replace('_', ' ').capitalize()} {pair.words}",
        section="compare",
        crumbs=[("Compare", paths.index("compare")), (pair.report.title, pair.report.address)],
        pair=pair,
        row=pair.row,
        factor=pair.factor.replace("_", " "),
        names=[str(value(v)) for v in pair.levels],
        cells=cells,
        items=[*parted, *worded][:SHOWN],
        parted=len(parted),
        worded=len(worded),
        total=len(items),
        description=f"{pair.factor}: {pair.words}, item by item.",
    )
    return Made(html)


def _items(edition: Edition, pair: Pair) -> list[Row]:
    """Each item that both levels met, by the first sample of each under the same other conditions."""
    first: dict[tuple[Any, ...], dict[str, tuple[Sample, str, int]]] = {}
    for run in reversed(pair.report.runs):
        log = edition.study.root / run.path
        final = last_lines(log)
        place = 0
        for line, record in iterate(log, Issues()):
            if not isinstance(record, Sample) or line not in final:
                continue
            place += 1
            level = record.condition.get(pair.factor)
            side = next((s for s, wanted in zip("ab", pair.levels, strict=True) if _equal(level, wanted)), None)
            if side is None or record.outcome == "error":
                continue
            others = tuple(sorted((k, str(v)) for k, v in record.condition.items() if k not in (pair.factor, "seed")))
            address = paths.samples(run.report, run.id, (place - 1) // paths.SAMPLES_A_PAGE + 1)
            key = (record.suite, record.item, record.item_hash, others)
            first.setdefault(key, {}).setdefault(side, (record, f"{address}#{paths.sample_anchor(record.key)}", line))
    rows = []
    for (_, item, _, others), sides in sorted(first.items(), key=lambda kv: str(kv[0])):
        if len(sides) == 2:
            rows.append(_row(item, others, sides["a"], sides["b"]))
    return rows


def _row(item: str, others: tuple[Any, ...], a: tuple[Sample, str, int], b: tuple[Sample, str, int]) -> Row:
    left, right = word_diff(_text(a[0]), _text(b[0]))
    return {
        "item": item,
        "under": ", ".join(f"{k} {v}" for k, v in others if k in ("model", "temperature", "prompt") and v != "None"),
        "question": transcript.snippet(a[0], 160),
        "a_right": transcript.state(a[0]) == "right",
        "b_right": transcript.state(b[0]) == "right",
        "differs": _text(a[0]) != _text(b[0]),
        "sides": [
            {"state": transcript.state(s), "answer": transcript.answer(s), "html": html[:20_000], "address": address}
            for (s, address, _), html in ((a, left), (b, right))
        ],
    }


def _text(sample: Sample) -> str:
    return (sample.reply.text if sample.reply else None) or ""


def _equal(level: Any, wanted: Any) -> bool:
    return bool(level == wanted) or (level is not None and str(value(level)) == str(value(wanted)))
