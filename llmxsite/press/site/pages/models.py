"""Model cards in Mitchell et al.'s nine sections: the logs fill in what they can, a person the rest, and gaps are visible.

Mitchell et al. 2019, "Model Cards for Model Reporting", FAT*. A card here describes an evaluation of a packaged model on
a machine, and says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from typing import Any, NamedTuple

from markupsafe import Markup

from llmxsite.analysis.results.tables import Row
from llmxsite.base.diagnostics import Issues, Problem
from llmxsite.press.catalogue import addresses
from llmxsite.press.catalogue.entries import ModelEntry, RunEntry
from llmxsite.press.catalogue.known_models import KnownModel, known
from llmxsite.press.site import populations
from llmxsite.press.site.directives import setup
from llmxsite.press.site.edition import Edition, Made
from llmxsite.press.site.figures.drawing import draw
from llmxsite.press.site.figures.markup import figure_markup
from llmxsite.press.site.pages import Page
from llmxsite.press.site.pages.profile import profile
from llmxsite.press.site.pages.shared import model_rows, run_rows
from llmxsite.press.site.parts import added
from llmxsite.press.site.search import SearchEntry
from llmxsite.press.site.text import Text, article_key, render_article
from llmxsite.press.writing.frontmatter import ModelMeta


class Section(NamedTuple):
    """A section of the card: its anchor, its title, and what a person should say in it."""

    id: str
    title: str
    asks: str


SECTIONS = (
    Section("details", "Model details", "who made it, how it was trained, and where its paper and licence are"),
    Section("use", "Intended use", "what it is for, for whom, and what it is not for"),
    Section("factors", "Factors", "groups, instruments and environments that matter for this model"),
    Section("metrics", "Metrics", "which measures matter here, and which thresholds"),
    Section("data", "Evaluation data", "why these suites"),
    Section("training", "Training data", "what it was trained on; “unknown” is an honest answer"),
    Section("results", "Quantitative analyses", "what to make of the numbers"),
    Section("ethics", "Ethical considerations", "data, human life, mitigations, risks and harms, use cases"),
    Section("caveats", "Caveats and recommendations", "what else a user should know"),
)
DETAILS = {
    "developer": "Developer",
    "released": "Released",
    "licence": "Licence",
    "context": "Context, as published",
    "languages": "Languages",
    "paper": "Paper",
    "homepage": "Home page",
    "contact": "Contact",
}
FILLED = 0.6
"""Least share of a heatmap's cells that must have been measured: suites seldom share their categories."""
FILLED_IN = frozenset(["details", "factors", "metrics", "data", "results", "caveats"])
"""Sections that logs say something for: the others stand only where a person wrote them."""
_HEADING = re.compile(r"^##\s+(.+?)\s*#*\s*$")


def pages(edition: Edition) -> Iterator[Page]:
    """One card a model."""
    for model in edition.catalogue.models:
        runs = runs_of(edition, model)
        yield Page(
            model.address,
            "model",
            model.name,
            partial(_card, edition, model),
            [
                edition.names,
                model.slug,
                model.name,
                model.versions,
                article_key(edition, model.article),
                [(r.id, r.hash) for r in runs],
            ],
            updated=max((r.date for r in runs), default=""),
            summary=model.article.meta.summary if model.article else None,
        )


def runs_of(edition: Edition, model: ModelEntry) -> list[RunEntry]:
    """Every run the model answered in, newest first."""
    wanted = set(model.runs)
    return [r for r in edition.catalogue.runs if r.id in wanted]


def _card(edition: Edition, model: ModelEntry, issues: Issues) -> Made:
    runs = runs_of(edition, model)
    meta = model.article.meta if model.article else None
    written = _written(edition, model, issues)
    figures = [key for text in written.texts for key in text.figures]
    where = {"model": model.name}
    by_suite = populations.rows(edition, runs, ["suite", "digest"], where=where, floor=True)
    chart = _chart(edition, model, runs, by_suite, figures)
    stated = known(model.versions[-1].info) if model.versions else None
    html = edition.html(
        "model.html",
        model.address,
        title=model.name,
        section="models",
        crumbs=[("Models", addresses.index("models"))],
        model=model,
        added=added(edition, "model", model),
        meta=meta,
        stated=stated,
        details=_details(model, meta, stated),
        gaps=_gaps(model, meta, stated, written.sections),
        file=f"content/models/{model.article.path.name if model.article else f'{model.slug}.md'}",
        profile=profile(edition, model, runs, by_suite),
        card_sections=SECTIONS,
        written=written.sections,
        headings=[
            (2, s.id, s.title)
            for s in SECTIONS
            if s.id in FILLED_IN or written.sections[s.id] or (s.id == "training" and stated and stated.training)
        ]
        + [(2, "gaps", "Not stated")],
        runs=run_rows(edition, runs, model.name),
        rows=model_rows(edition, [model])[0].rows if model.versions else [],
        by_suite=by_suite,
        heads=_heads(edition, by_suite),
        several=len({r["setting"] for r in by_suite}) > 1,
        repeated=any(r["repeated"] for r in by_suite),
        by_difficulty=_levels(populations.rows(edition, runs, ["suite", "difficulty"], where=where), "difficulty"),
        chart=chart,
        charts=bool(figures),
        whole=next(iter(edition.numbers.summary(runs, [], where=where)), None),
        setup=setup.describe(edition, runs),
        warnings=_warnings(edition, model, runs),
        description=f"Model card of {model.name}: what it is, how it was evaluated here, and what came out.",
    )
    entry = SearchEntry(
        address=model.address, title=model.name, kind="Model", text=" ".join(t.words_for_search for t in written.texts)
    )
    files = {address: content for text in written.texts for address, content in text.files.items()}
    wanted, tests = ([x for text in written.texts for x in getattr(text, name)] for name in ("wanted", "tests"))
    return Made(html, files, figures, [entry], wanted, tests)


class Detail(NamedTuple):
    """A fact about the model, said by a person, by its file, or by its publisher."""

    name: str
    value: str
    link: bool = False
    published: bool = False
    """Whether it is the publisher's, from the catalogue of known models."""


def _details(model: ModelEntry, meta: ModelMeta | None, stated: KnownModel | None) -> list[Detail]:
    """What is known of the model beside its file: a person's word before the publisher's."""
    told = model.versions[-1].info.licence if model.versions else None
    written = (
        {name: getattr(meta, name) for name in ("developer", "released", "licence", "paper", "homepage", "contact")}
        if meta
        else {}
    )
    published = (
        {name: getattr(stated, name) for name in ("developer", "released", "licence", "languages", "paper")}
        if stated
        else {}
    )
    if stated and stated.context:
        published["context"] = f"{stated.context:,} tokens"
    found = []
    for name, title in DETAILS.items():
        value = written.get(name) or (told if name == "licence" else None)
        if value or published.get(name):
            found.append(Detail(title, value or published[name], name in ("paper", "homepage"), not value))
    return found


def _gaps(
    model: ModelEntry, meta: ModelMeta | None, stated: KnownModel | None, sections: dict[str, Markup]
) -> list[str]:
    """What nobody has stated, in the order of the card."""
    there = {detail.name for detail in _details(model, meta, stated)}
    missing = [
        title.lower() for name, title in DETAILS.items() if title not in there and name not in ("languages", "context")
    ]
    told = {"training"} if stated and stated.training else set()
    asked = [
        f"{s.title.lower()} ({s.asks})"
        for s in SECTIONS
        if not sections[s.id] and s.id not in told and s.id != "details"
    ]
    return missing + asked


class CardText(NamedTuple):
    """What a person wrote on a card, and what came with it."""

    sections: dict[str, Markup]
    """By the section's id; `intro` stands before them, `more` has headings that are no section."""
    texts: list[Text]


def _written(edition: Edition, model: ModelEntry, issues: Issues) -> CardText:
    """The card's text at its headings."""
    found = dict.fromkeys([*(s.id for s in SECTIONS), "intro", "more"], Markup(""))
    texts: list[Text] = []
    for title, body, line in split(model.article.body, model.article.first_line) if model.article else []:
        if not body.strip() or model.article is None:
            continue
        section = next((s for s in SECTIONS if title and title.lower() in (s.title.lower(), s.id)), None)
        text = render_article(
            edition, model.article, model.address, issues, prefix=f"model-{model.slug}", body=body, first_line=line
        )
        place = section.id if section else ("intro" if title is None else "more")
        head = Markup("<h3>{}</h3>").format(title) if place == "more" else Markup("")
        found[place] += head + Markup(text.html)  # cleaned by the Markdown room
        texts.append(text)
    return CardText(found, texts)


def split(body: str, first_line: int) -> list[tuple[str | None, str, int]]:
    """A text at its level-2 headings: title (None before the first), body, and the line the body starts on."""
    parts: list[tuple[str | None, list[str], int]] = [(None, [], first_line)]
    fenced = False
    for number, line in enumerate(body.splitlines(keepends=True), first_line):
        fenced ^= line.lstrip().startswith(("```", "~~~"))
        match = None if fenced else _HEADING.match(line)
        if match:
            parts.append((match[1], [], number + 1))
        else:
            parts[-1][1].append(line)
    return [(title, "".join(lines), start) for title, lines, start in parts]


def _chart(
    edition: Edition, model: ModelEntry, runs: list[RunEntry], rows: list[Row], figures: list[str]
) -> Markup | None:
    """Accuracy by suite and category in one run under one setting, that with most suites; where there is more than one cell."""
    one = populations.widest(rows, "suite")
    if one is None:
        return None
    where = {"model": model.name, **one}
    kind, options, by = _shape(edition, runs, where)
    if kind is None:
        return None
    setting = next(r["setting"] for r in rows if r["settings"] == {k: v for k, v in one.items() if k != "run"})
    title = f"{model.name}: accuracy by {by}" + (f" ({setting})" if setting else "")
    try:
        key, drawn = draw(
            edition, kind, {**options, "where": where}, runs, id=f"model-{model.slug}-suites", title=title
        )
    except Problem:
        return None  # more rows or columns than a picture holds: the tables below say the same
    figures.append(key)
    return figure_markup(edition, drawn, model.address)


def _heads(edition: Edition, found: list[dict[str, Any]]) -> list[tuple[str, populations.Span]]:
    """The first suites with the lowest and the highest accuracy under their settings."""
    suites: dict[str, list[dict[str, Any]]] = {}
    for row in found:
        suites.setdefault(row["suite"], []).append(row)
    spans = [(suite, populations.span(rows)) for suite, rows in suites.items()]
    entries = {suite: edition.catalogue.suite(suite) for suite in suites}
    titled = {suite: entry.title if entry else suite for suite, entry in entries.items()}
    return [(titled[suite], span) for suite, span in spans if span is not None][:3]


def _shape(edition: Edition, runs: list[RunEntry], where: dict[str, Any]) -> tuple[str | None, dict[str, Any], str]:
    """The chart that has fewest empty cells: suites by category or by difficulty, or bars where one of them is alone."""
    suites: set[str] = set()
    for column in ("category", "difficulty"):
        cells = [r for r in edition.numbers.summary(runs, ["suite", column], where=where) if r.get(column)]
        suites, levels = {r["suite"] for r in cells}, {r[column] for r in cells}
        if len(levels) > 1 and len(suites) == 1:
            return "bars", {"by": column}, column
        if len(levels) > 1 and len(cells) >= FILLED * len(suites) * len(levels):
            return "heatmap", {"rows": "suite", "columns": column}, f"suite and {column}"
    return ("bars", {"by": "suite"}, "suite") if len(suites) > 1 else (None, {}, "")


def _levels(rows: list[dict[str, Any]], column: str) -> list[dict[str, Any]]:
    named = [r for r in rows if r.get(column)]
    return named if len({r[column] for r in named}) > 1 else []


def _warnings(edition: Edition, model: ModelEntry, runs: list[RunEntry]) -> list[str]:
    """What the logs themselves advise against concluding."""
    where = {"model": model.name}
    said = edition.numbers.warnings(runs, where, ["suite", *edition.numbers.settings(runs, where)])
    if len(model.versions) > 1:
        said = [f"The name stood for {len(model.versions)} different digests; their numbers are kept apart.", *said]
    return said
