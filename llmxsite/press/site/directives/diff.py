"""`{diff}`: two replies side by side."""

from __future__ import annotations

from llmxsite.press.numbers.outcomes import state
from llmxsite.press.site.directives.part import part
from llmxsite.press.site.directives.scope import find, missing_sample
from llmxsite.press.site.page_host import PageHost, failed
from llmxsite.press.site.samples import transcript
from llmxsite.press.site.samples.asked import asked, own
from llmxsite.press.site.samples.worddiff import word_diff
from llmxsite.press.writing.directive import Directive


def draw_diff(host: PageHost, d: Directive) -> str:
    """Two replies to one item under two conditions, side by side, words that differ marked."""
    sides = []
    for key in ("a", "b"):
        chosen = d.options.get(key)
        if not isinstance(chosen, dict):
            d.add("diff-side", f"'{key}' must name a condition", key=key, hint=f"{key}: {{temperature: 0}}")
            return failed(d, "two conditions are needed")
        found = next(find(host, d, {**(d.options.get("where") or {}), **chosen}), None)
        if found is None:
            return missing_sample(host, d)
        sides.append((", ".join(f"{k} {v}" for k, v in chosen.items()), found[2]))
    texts = [(s.reply.text if s.reply else None) or "" for _, s in sides]
    left, right = word_diff(*texts)
    return str(
        part(
            host,
            "diff",
            item=sides[0][1].item,
            asked=own(asked(sides[0][1], host.edition.questions(host.edition.catalogue.runs)), chosen=False),
            sides=[
                (words, state(sample), transcript.answer(sample), html)
                for (words, sample), html in zip(sides, (left, right), strict=True)
            ],
        )
    )
