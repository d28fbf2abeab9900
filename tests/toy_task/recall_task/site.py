"""What the task adds to pages: the directive `{echo}`, a part of a run's page, and a fold of a sample's article."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from markupsafe import Markup

from llmxsite.log.record import Sample
from llmxsite.press.catalogue.entries import RunEntry
from llmxsite.press.site.directives.scope import find, missing_sample
from llmxsite.press.site.edition import Edition
from llmxsite.press.site.page_host import PageHost
from llmxsite.press.site.parts import DirectiveKind, Part
from llmxsite.press.writing.directive import Directive
from recall_task.results import TASK


def draw_echo(host: PageHost, d: Directive) -> str:
    """A sentence, and what came back of it."""
    found = next((s for _, _, s in find(host, d, d.options.get("where") or {}) if not s.judges), None)
    if found is None:
        return missing_sample(host, d)
    return host.edition.piece(f"task/{TASK}/echo.html", host.address, sample=found)


def recalled(edition: Edition, entry: RunEntry) -> Markup | None:
    """The run's own table, after what became of its samples."""
    rows = edition.numbers.table(TASK, [entry])
    return edition.piece(f"task/{TASK}/run.html", entry.address, rows=rows) if rows else None


def article(sample: Sample) -> Iterator[tuple[str, str]]:
    """Word by word: those of the sentence that did not come back are struck out."""
    if sample.judges or not sample.scores.get("expected"):
        return
    left = str(sample.scores.get("answer") or "").split()
    words = [escape(w) if w in left else f"<del>{escape(w)}</del>" for w in str(sample.scores["expected"]).split()]
    yield "Word by word", f"<p>{' '.join(words)}</p>"


DIRECTIVES = (DirectiveKind("echo", draw_echo, frozenset({"item", "where", "run", "name", "caption"})),)
PARTS = (Part("run", "outcomes", recalled),)
