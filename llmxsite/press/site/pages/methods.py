"""How each number on this site is computed: the sections of `methods.md` that the study's numbers make use of, and the tasks' own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from markupsafe import Markup

from llmxsite.base import registry
from llmxsite.base.diagnostics import Issues
from llmxsite.base.reading import own_text
from llmxsite.press.catalogue import addresses
from llmxsite.press.site.directives.kinds import directives
from llmxsite.press.site.edition import Edition, Made
from llmxsite.press.site.page_host import PageHost
from llmxsite.press.site.pages import Page
from llmxsite.press.site.pages.shared import varied
from llmxsite.press.site.predictions import predicted
from llmxsite.press.site.search import SearchEntry

ADDRESS = "methods.html"
SOURCE = Path(__file__).with_name("methods.md")
BEFORE = "latency"
"""The section that those of tasks come before."""
_SECTION = re.compile(r"^## (?P<title>.+?) \{#(?P<id>[a-z-]+)\}$", re.MULTILINE)


class Section(NamedTuple):
    """One method: its anchor, its title, its text, the line that starts at, and the task that it is of."""

    id: str
    title: str
    body: str
    line: int
    task: str | None = None


def pages(edition: Edition) -> Iterator[Page]:
    """One page, where there are numbers to explain."""
    if edition.catalogue.runs:
        parts = [
            edition.numbers.fingerprint,
            len(edition.lineage),
            [(r.slug, r.title, r.registered, len(predicted(r))) for r in edition.catalogue.reports],
        ]
        yield Page(ADDRESS, "methods", "Methods", lambda issues: _methods(edition, issues), parts)


def sections() -> list[Section]:
    """Every section there is: the core's, with those of tasks where `BEFORE` says."""
    own = _split(own_text(SOURCE))
    at = next(i for i, section in enumerate(own) if section.id == BEFORE)
    tasks = [s for task, text in registry.written("methods.md") for s in _split(text, task)]
    return [*own[:at], *tasks, *own[at:]]


def _split(text: str, task: str | None = None) -> list[Section]:
    found = list(_SECTION.finditer(text))
    ends = [m.start() for m in found[1:]] + [len(text)]
    return [
        Section(m["id"], m["title"], text[m.end() : end], text.count("\n", 0, m.end()) + 1, task)
        for m, end in zip(found, ends, strict=True)
    ]


def used(edition: Edition) -> dict[str, str]:
    """Section to where it is used, in words, for the sections this study uses."""
    c = edition.catalogue
    runs = edition.numbers.summary(c.runs, ["run"])
    pooled = edition.numbers.summary(c.runs, ["model", "digest", "suite"])
    said: dict[str, str] = {}

    def note(section: str, rows: int, one: str, many: str) -> None:
        if rows:
            said[section] = f"Used for {rows:,} {one if rows == 1 else many}."

    note("accuracy", len(runs), "run", "runs")
    wilson = sum(r.get("interval_method") == "wilson" for r in runs)
    note("interval", wilson, "run with one sample an item", "runs with one sample an item")
    clustered = sum("clustered" in str(r.get("interval_method")) for r in [*runs, *pooled])
    note("clusters", clustered, "number", "numbers")
    compared = sum(varied(r) is not None for r in c.reports if r.runs)
    note("comparison", compared, "report that varies a factor", "reports that vary a factor")
    note("detectable", compared, "report", "reports")
    sure = sum(r.get("mean_confidence") is not None for r in runs)
    note("confidence", sure, "run with logprobs", "runs with logprobs")
    note("calibration", sure, "run with logprobs", "runs with logprobs")
    note("repeats", sum(bool(r.get("repeated")) for r in runs), "run that asks again", "runs that ask again")
    note("latency", sum(r.get("latency_ms") is not None for r in runs), "run with timing", "runs with timing")
    note("drift", len(edition.lineage), "pair of runs", "pairs of runs")
    note("pooling", sum(len(m.runs) > 1 for m in c.models), "model with several runs", "models with several runs")
    note("hypotheses", sum(r.hypothesis is not None for r in c.reports), "report", "reports")
    note("predictions", sum(len(predicted(r)) for r in c.reports), "prediction", "predictions")
    for section in sections():
        if section.task is not None:
            n = sum(run.run.task == section.task for run in c.runs)
            note(section.id, n, f"{section.task} experiment", f"{section.task} experiments")
    said["tests"] = ""
    said["sources"] = ""
    return said


def _methods(edition: Edition, issues: Issues) -> Made:
    from llmxsite.press.writing.markdown import render

    host = PageHost(edition, issues, ADDRESS, SOURCE, directives())
    where = used(edition)
    shown = [s for s in sections() if s.id in where]
    rendered = [(s, Markup(render(s.body, SOURCE, host, first_line=s.line).html), where[s.id]) for s in shown]
    html = edition.html(
        "methods.html",
        ADDRESS,
        title="Methods",
        section="methods",
        glossed=False,  # it explains its words itself
        rendered=rendered,  # the package's own text, cleaned by the Markdown room
        headings=[(2, s.id, s.title) for s in shown],
        figures_index=addresses.index("figures"),
        description="How each number on this site is computed, with its source.",
    )
    entry = SearchEntry(address=ADDRESS, title="Methods", kind="Page", headings=[s.title for s in shown])
    return Made(html, search=[entry])
