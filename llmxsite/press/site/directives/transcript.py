"""`{transcript}`: one sample, opened."""

from __future__ import annotations

from html import escape

from llmxsite.press.catalogue import addresses
from llmxsite.press.site.directives.scope import find, missing_sample
from llmxsite.press.site.page_host import PageHost
from llmxsite.press.site.samples import transcript
from llmxsite.press.site.samples.asked import asked
from llmxsite.press.writing.directive import Directive


def draw_transcript(host: PageHost, d: Directive) -> str:
    """One sample, as its own page shows it, opened."""
    found = next(find(host, d, d.options.get("where") or {}), None)
    if found is None:
        return missing_sample(host, d)
    run, line, sample = found
    words = transcript.condition(sample, set(sample.condition))
    html = transcript.article(
        sample, line, asked(sample, host.edition.questions([run])), words, transcript.folds(run.run.task)
    ).replace("<details ", "<details open ", 1)
    link = addresses.relative(host.address, run.address)
    return (
        f'<div class="shown-sample">{html}<p class="said"><a href="{escape(link)}">Run {escape(run.id)}</a></p></div>'
    )
