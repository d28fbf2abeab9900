"""Where replies to one request part, as HTML: what they share, and beside each other how each goes on. Everything is escaped."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

from llmxsite.analysis.results.tables import Row
from llmxsite.base.diagnostics import several
from llmxsite.press.numbers.outcomes import WORDS
from llmxsite.press.site.samples.transcript import probability

SHARED, SHOWN = 24, 60
"""Tokens shown of what the replies share, counted from its end, and of how each goes on."""


def words(row: Row) -> str:
    """`2 replies, alike for 7 tokens`."""
    count, shared = len(row["variants"]), len(row["shared"])
    alike = "apart from the first token" if not shared else f"alike for {several(shared, 'token')}"
    return f"{count} different replies, {alike}"


def varied(rows: Sequence[Row]) -> list[str]:
    """The columns by which these requests differ."""
    return [name for name in (rows[0]["key"] if rows else ()) if len({str(r["key"][name]) for r in rows}) > 1]


def setting(row: Row, varied: Sequence[str]) -> str:
    """The condition of the request, as far as it varies: `temperature 0.7`."""
    return ", ".join(f"{name} {_level(row['key'][name])}" for name in varied if name in row["key"])


def variants(row: Row) -> str:
    """The replies side by side, the most frequent first; each with who gave it and how often."""
    return f"<div class=pair>{''.join(_variant(row['shared'], variant) for variant in row['variants'])}</div>"


def _variant(shared: list[str], variant: Row) -> str:
    given = ", ".join(f"{_level(level)} {count}×" for level, count in variant["given"])
    correct = variant["correct"]
    kind = (
        "unparsed"
        if variant["answer"] is None
        else "unscored"
        if correct is None
        else "right"
        if correct >= 1
        else "wrong"
    )
    chip = f"<span class='chip {kind}'>{escape(str(variant['answer'] or WORDS[kind]))}</span>"
    before = ("…" if len(shared) > SHARED else "") + "".join(shared[-SHARED:])
    return (
        f"<div class=reply><p>{escape(given)} {chip}</p><pre><span class=against>{escape(before, quote=False)}</span>"
        f"{_tokens(variant['tokens'], variant['logprobs'])}</pre></div>"
    )


def _tokens(tokens: list[str], logprobs: list[float | None]) -> str:
    """How a reply goes on: the first token marked, each tinted by its probability where that is known."""
    if not tokens:
        return "<span class='missing tk'>(ends here)</span>"
    parts = []
    for i, token in enumerate(tokens[:SHOWN]):
        share = probability(logprobs[i]) if logprobs else None
        kinds = [*(["tk"] if i == 0 else []), *([f"t{min(int(share * 10), 9)}"] if share is not None else [])]
        title = "" if share is None else f" title='{100 * share:.1f}%'"
        shown = token.replace("\n", "⏎\n") if i == 0 and not token.strip() else token
        parts.append(f"<span class='{' '.join(kinds)}'{title}>{escape(shown, quote=False)}</span>")
    return "".join(parts) + ("…" if len(tokens) > SHOWN else "")


def _level(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else "not set" if value is None else str(value)
