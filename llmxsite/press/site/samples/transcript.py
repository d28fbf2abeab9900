"""One sample as HTML: what was asked, what came back with each token tinted by its probability, and what it scored.

Written with plain strings, not a template: a study may hold hundreds of thousands of samples. Everything from a log is
escaped here.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Collection, Iterable
from html import escape
from typing import Any

from msgspec import UNSET

from llmxsite.analysis.measure import show
from llmxsite.base import registry
from llmxsite.base.diagnostics import Problem
from llmxsite.exchange.answer.scores import ChoiceScores
from llmxsite.exchange.engine.protocol import Alternative, TokenLogprob
from llmxsite.log.record import Rows, Sample, scores_of
from llmxsite.press.catalogue.addresses import sample_anchor
from llmxsite.press.numbers.outcomes import WORDS, state
from llmxsite.press.site.samples.asked import Asked, own, sent, turn, vector
from llmxsite.press.site.sketch.steps import wide

ALTERNATIVES = 6
"""Alternatives drawn at the answer's token; the log has all."""
Folds = Callable[[Sample], Iterable[tuple[str, str]]]
"""What a task adds to a sample's article: titles, each with the HTML that is folded away under it, escaped."""


def folds(task: str) -> Folds:
    """Those of a task; none where it is not installed, or adds nothing."""
    try:
        site = registry.part(task, "site")
    except Problem:
        site = None
    found: Folds = getattr(site, "article", lambda sample: ())
    return found


def article(sample: Sample, line: int, item: Asked, condition: str = "", more: Folds = lambda sample: ()) -> str:
    """The sample as a `<details>`: one line that says what became of it, all of it inside, its own question first.

    Attributes go without quotes where HTML allows it: a study may hold hundreds of thousands of these. `condition` is what
    tells this sample from others of the run (`condition`); `more` gives the further folds of its task.
    """
    kind = state(sample)
    further = "".join(
        f"<details class=think><summary>{escape(title)}</summary>{html}</details>" for title, html in more(sample)
    )
    under = f"<span class=u>{condition}</span>" if condition else ""
    return (
        f'<details class="s {kind}" id={sample_anchor(sample.key)}><summary><span class=chip>{WORDS[kind]}</span>'
        f"<b>{escape(sample.item)}</b><span class=q>{escape(snippet(item.question), quote=False)}</span>{under}"
        f"<span class=a>{answer(sample)}</span></summary>{own(item)}{replied(sample)}{alternatives(sample)}"
        f"{sent(sample, item.question)}{further}"
        f"{_line([*remarks(sample), *timing(sample), f'line {line} of the log'])}</details>\n"
    )


def condition(sample: Sample, varied: Collection[str]) -> str:
    """What varies within the run, escaped: `phi3:mini, temperature 0.7, repeat 2`."""
    parts = [
        _setting(v) if k == "model" else f"{k} {_setting(v)}"
        for k, v in sample.condition.items()
        if k in varied and v is not None
    ]
    if sample.repeat:
        parts.append(f"repeat {sample.repeat + 1}")
    return escape(", ".join(parts))


def snippet(text: str, length: int = 72) -> str:
    """The start of a question on one line: its first line, where that says enough."""
    whole = text[: length * 4].strip()
    first = whole.partition("\n")[0]
    line = " ".join((first if len(first) >= 20 else whole).split())
    return line if len(line) <= length else line[: length - 1].rstrip() + "…"


def answer(sample: Sample) -> str:
    """`B, expected C · 81%`; of a sample that judges another and answers nothing, what it said."""
    scores = scores_of(sample, ChoiceScores)
    if sample.judges and scores.answer is UNSET and sample.reply is not None and sample.reply.text:
        return f"<b>{escape(_short(sample.reply.text))}</b>"
    given, wanted, sure = (None if x is UNSET else x for x in (scores.answer, scores.expected, scores.confidence))
    parts = f"<b>{escape(_short(given))}</b>" if given is not None else "<b>–</b>"
    if wanted is not None and wanted != given:
        parts += f", expected {escape(_short(wanted))}"
    return parts + (f" · {show(sure, 'percent', digits=0)}" if isinstance(sure, int | float) else "")


def replied(sample: Sample) -> str:
    """The reply, thinking folded away, tool calls as JSON; for an error, what went wrong."""
    if sample.error is not None:
        tries = f" after {sample.error.attempts} attempts" if sample.error.attempts > 1 else ""
        return turn("reply", f"No reply{tries}: {sample.error.kind}", sample.error.message)
    reply = sample.reply
    if reply is None:
        return ""
    if isinstance(reply.vectors, Rows):
        return turn("reply", "Vectors", vector(reply))
    html = ""
    if reply.thinking:
        words = len(reply.thinking.split())
        html += (
            f'<details class="think thought"><summary>Thinking, {words:,} words</summary>'
            f"<pre>{escape(reply.thinking, quote=False)}</pre></details>"
        )
    text = reply.text or ""
    coloured = token_spans(text, reply.tokens, reply.answer_token) if reply.tokens else None
    who = "Reply" + (", each token tinted by its probability" if coloured else "")
    if text or not reply.tool_calls:
        plain = escape(text.strip("\n"), quote=False) if text.strip() else "<span class=missing>(empty)</span>"
        html += f"<div class=reply><p>{who}</p><pre>{coloured or plain}</pre></div>"
    for call in reply.tool_calls or []:
        arguments = call.raw if call.arguments is None else json.dumps(call.arguments, ensure_ascii=False)
        html += turn("reply", f"Called {call.name}", arguments or "")
    if reply.failure:
        html += turn("reply", "The server said", reply.failure)
    return html


def token_spans(text: str, chosen: list[TokenLogprob], answer_token: int | None) -> str | None:
    """The reply's text with each token in a span; None where the tokens do not spell it (then it is shown plain)."""
    spelt = "".join(t.token for t in chosen)
    start = spelt.rfind(text) if text else -1
    if start < 0:
        return None
    parts, at = [], 0
    for index, token in enumerate(chosen):
        begin, at = at, at + len(token.token)
        piece = spelt[max(begin, start) : min(at, start + len(text))]
        if not piece:
            continue
        share = probability(token.logprob)
        step = min(int(share * 10), 9)
        kind = f'"t{step} tk"' if index == answer_token else f"t{step}"
        parts.append(f"<span class={kind} title={100 * share:.1f}%>{escape(piece, quote=False)}</span>")
    return "".join(parts)


def alternatives(sample: Sample) -> str:
    """What the model might have written at the answer's token, as bars."""
    reply = sample.reply
    if reply is None or not reply.alternatives:
        return ""
    chosen = None
    if reply.tokens and reply.answer_token is not None and reply.answer_token < len(reply.tokens):
        chosen = reply.tokens[reply.answer_token].token
    rows = "".join(_bar(a, a.token == chosen) for a in reply.alternatives[:ALTERNATIVES])
    rest = len(reply.alternatives) - ALTERNATIVES
    more = f", the first {ALTERNATIVES} of {len(reply.alternatives)}" if rest > 0 else ""
    return f"<div class=alts-of><p>Alternatives at the answer’s token{more}</p><div class=alts>{rows}</div></div>"


def remarks(sample: Sample) -> list[str]:
    """Scores beyond right and wrong, and what is suspicious about the reply; escaped."""
    scores, said = scores_of(sample, ChoiceScores), []
    low, high = scores.confidence_low, scores.confidence_high
    if isinstance(low, int | float) and isinstance(high, int | float) and high - low >= 0.005:
        said.append(
            f"confidence between {show(low, 'percent', digits=0)} and {show(high, 'percent', digits=0)}, as some letters were not listed"
        )
    if isinstance(mass := scores.letter_mass, int | float):
        said.append(f"probability on the letters {show(mass, 'percent')}")
    if isinstance(first := scores.first_token_letter, str) and first and first != scores.answer:
        said.append(f"likeliest first letter {escape(str(first))}, not the answer given")
    if sample.judges:
        said.append("judges another sample of this run")
    if sample.reply is not None:
        said += [escape(w.replace("-", " ")) for w in sample.reply.warnings]
        if sample.reply.done_reason and sample.reply.done_reason != "stop":
            said.append(f"ended by {escape(sample.reply.done_reason)}")
    return said


def timing(sample: Sample) -> list[str]:
    """Milliseconds and tokens, as far as they are known."""
    times = sample.timing
    known = [
        ("total", times.total_ms, "ms"),
        ("first token", times.first_token_ms, "ms"),
        ("loading", times.load_ms, "ms"),
        ("prompt", times.prompt_ms, "ms"),
        ("generating", times.eval_ms, "ms"),
        ("prompt", sample.usage.prompt_tokens, "tokens"),
        ("reply", sample.usage.completion_tokens, "tokens"),
    ]
    return [f"{name} {value:,.0f} {unit}" for name, value, unit in known if value]


def probability(logprob: float | None) -> float:
    """From a natural logarithm; None stands for minus infinity."""
    return 0.0 if logprob is None else math.exp(min(logprob, 0.0))


def _line(said: list[str]) -> str:
    return f"<p class=said>{' · '.join(said)}</p>"


def _bar(alternative: Alternative, chosen: bool) -> str:
    share = 100 * probability(alternative.logprob)
    token = escape(json.dumps(alternative.token, ensure_ascii=False)[1:-1]) or "(nothing)"
    width = f"<span><i class={wide(share / 100)}></i></span>"
    return f"<div{' class=chosen' if chosen else ''}><code>{token}</code>{width}<span>{share:.1f}%</span></div>"


def _setting(value: object) -> str:
    return "off" if value is False else "on" if value is True else str(value)


def _short(value: Any, length: int = 24) -> str:
    text = f"{value:g}" if isinstance(value, float) else str(value)
    text = " ".join(text.split())
    return text if len(text) <= length else text[: length - 1] + "…"
