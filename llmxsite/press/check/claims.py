"""Claims that the data do not carry: a title, a summary or a sentence that says "no effect" over a comparison that shows nothing.

A sentence beside a difference (`{value}`) is held to that difference. A title, a summary, and a sentence that names a measure are
held to the report's predictions on it, or without any to the comparisons of its own factor.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from llmxsite.base.diagnostics import Issue
from llmxsite.press.catalogue.entries import ReportEntry
from llmxsite.press.check.claim_words import Claim, claims
from llmxsite.press.numbers.query import QueryError, parse
from llmxsite.press.site import predictions
from llmxsite.press.site.edition import Edition
from llmxsite.press.site.templates import value
from llmxsite.press.writing.markdown import Rendered
from llmxsite.press.writing.rendering import Paragraph
from llmxsite.press.writing.source import Source
from llmxsite.study.experiment import MEASURES

CODE = "claim-beyond-interval"
_KEYS = re.compile(r"\b(?:right|correct|wrong) (?:options?|letters?|keys?|choices?)\b")
"""Words of a question's design, not of how often a model is right."""
_OTHER = re.compile(r"\b(?:of|measure|format|digits|interval)=(?:'[^']*'|\"[^\"]*\"|\S+)\s*")


class JudgedSentence(NamedTuple):
    """A comparison that a claim may be about, and what the data say to it."""

    what: str
    said: str
    verdict: str
    measure: str
    suites: tuple[str, ...] = ()

    @property
    def open(self) -> bool:
        """Whether the data decide nothing: then neither "nothing differs" nor "it is certain" is theirs."""
        return self.verdict in ("inconclusive", "not shown")


def find(edition: Edition, report: ReportEntry, rendered: Rendered, source: Source, language: str) -> None:
    """A warning for each claim of a report that the comparison it is about does not carry."""
    if report.article is None or not report.runs:
        return
    every = list(_of_report(edition, report))
    for key in ("title", "subtitle", "summary"):
        text = getattr(report.article.meta, key)
        document = report.article.document
        if not text or document is None:
            continue
        for claim in claims(text, language):
            wrong = _wrong(claim, _spoken_of(claim.clause, every, alone=key == "title"))
            if wrong is not None:
                line, column = document.where(key)
                source.issues.extend([_issue(source, claim, wrong, line, column, document.excerpt(line))])
    for paragraph in rendered.paragraphs:
        text, lines = _joined(paragraph)
        beside = list(_of_paragraph(edition, report, paragraph))
        for claim in claims(text, language):
            wrong = _wrong(claim, beside) if beside else _wrong(claim, _spoken_of(claim.clause, every, alone=False))
            if wrong is not None:
                line = max((number for start, number in lines if start <= claim.offset), default=source.first_line)
                at = (source.line(line) or "").lower().find(claim.words.lower())
                source.issues.extend([_issue(source, claim, wrong, line, max(at, 0) + 1, source.line(line))])


def _issue(source: Source, claim: Claim, wrong: JudgedSentence, line: int, column: int, excerpt: str | None) -> Issue:
    says = "says that nothing differs" if claim.nothing else "says that it is certain"
    if claim.nothing:
        mend = (
            "write what the interval allows, such as 'not shown' with the difference that could have been; only a margin stated "
            "before the data (predictions: ... = within 5 points) can show that there is none"
        )
    else:
        mend = "write what the interval allows: the estimate, its interval, and that the difference is not shown"
    return Issue(
        path=source.shown,
        line=line,
        column=column,
        code=CODE,
        message=f"'{claim.words}' {says}; the data say of {wrong.what}: {wrong.verdict} ({wrong.said.rstrip('.')})",
        hint=mend,
        severity="warning",
        excerpt=excerpt,
    )


def _wrong(claim: Claim, judged: Sequence[JudgedSentence]) -> JudgedSentence | None:
    """The first comparison that a claim goes beyond. Words of certainty are wrong only where nothing at all was decided."""
    undecided = [j for j in judged if j.open]
    if not undecided or (not claim.nothing and len(undecided) < len(judged)):
        return None
    return undecided[0]


def _spoken_of(clause: str, judged: Sequence[JudgedSentence], *, alone: bool) -> list[JudgedSentence]:
    """The comparisons that a clause is about: on the measures and suites that it names.

    A clause that names no measure is about none of them, but for a title (`alone`), which is about the report.
    """
    words = _KEYS.sub("", clause.lower())
    named = {name for name, m in MEASURES.items() if any(re.search(rf"\b{w}", words) for w in m.words)}
    found = [j for j in judged if j.measure in named] if named else list(judged) if alone else []
    nearer = [j for j in found if any(suite.replace("-", " ") in words for suite in j.suites)]
    return nearer or found


def _of_report(edition: Edition, report: ReportEntry) -> Iterator[JudgedSentence]:
    """The report's predictions; for accuracy without one, every comparison of the factor that the report varies."""
    rows = predictions.answers(edition, report)
    for row in rows:
        if row.difference is not None:
            yield JudgedSentence(row.compared, row.words, row.verdict, row.measure, row.suites)
    if not any(row.measure == "accuracy" for row in rows):
        from llmxsite.press.site.pages.compare import pairs

        for pair in pairs(edition):
            if pair.report is report:
                a, b = (value(level) for level in (pair.row["a"], pair.row["b"]))
                what = f"accuracy of {pair.factor}={a} minus {pair.factor}={b}"
                yield JudgedSentence(
                    what,
                    _ends(pair.row["difference"], pair.row["ci_low"], pair.row["ci_high"], pair.row["n"]),
                    pair.row["verdict"],
                    "accuracy",
                )


def _of_paragraph(edition: Edition, report: ReportEntry, paragraph: Paragraph) -> Iterator[JudgedSentence]:
    """The differences that a paragraph shows, each as the interval that stands there judges it."""
    for text in paragraph.values:
        try:
            query = parse(text)
        except QueryError:
            continue  # said where it is drawn
        if query.metric != "difference":
            continue
        plain = f"difference of={query.measure} " + _OTHER.sub("", text.partition(" ")[2])
        found = edition.numbers.value(plain, report.slug)
        low, high = found.get("low"), found.get("high")
        if low is None or high is None:
            continue
        options = query.options
        what = f"{query.measure} of {options['factor']}={options['a']} minus {options['factor']}={options['b']}"
        yield JudgedSentence(what, found["text"], "not shown" if low <= 0 <= high else "different", query.measure)


def _ends(difference: float | None, low: float | None, high: float | None, n: int) -> str:
    if difference is None:
        return "nothing measured"
    said = predictions.shown(difference, "accuracy", unit=True)
    if low is not None and high is not None:
        said += f", 95% interval {predictions.shown(low, 'accuracy')} to {predictions.shown(high, 'accuracy')}"
    return f"{said}, n = {n} items"


def _joined(paragraph: Paragraph) -> tuple[str, list[tuple[int, int]]]:
    """A paragraph's text, and where each of its lines begins in it."""
    text, starts = "", []
    for line, words in paragraph.lines:
        text += " " if text else ""
        starts.append((len(text), line))
        text += words
    return text, starts
