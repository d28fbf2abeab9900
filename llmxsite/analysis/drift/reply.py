"""Two replies to the same request: whether they are the same, where they part, and how far their probabilities moved."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from msgspec import UNSET

from llmxsite.analysis.drift.log import Condition, SampleHead
from llmxsite.analysis.drift.record import Pair
from llmxsite.analysis.stats import determinism
from llmxsite.exchange.answer.scores import ChoiceScores
from llmxsite.exchange.engine.protocol import TokenLogprob
from llmxsite.log.record import Answer, Rows, Sample, Scalar, Sent, scores_of

SHOWN = 60
"""Characters kept of what two replies share and of how each goes on."""


class Timed(NamedTuple):
    """How long one reply took, in milliseconds, and how many tokens it has."""

    total: float | None
    generating: float | None
    tokens: int | None


class Seen(NamedTuple):
    """A pair, with what only the sums over all pairs need."""

    pair: Pair
    margin: float | None
    """How far apart the two likeliest tokens at the answer were before, in nats."""
    shift: determinism.LogprobShift
    times: tuple[Timed, Timed]


def compare(heads: tuple[SampleHead, SampleHead], before: Sample, after: Sample) -> Seen:
    """One pair of samples, neither of them an error."""
    a, b = before.reply or Answer(), after.reply or Answer()
    first, second = said(before), said(after)
    kept = first is not None and second is not None
    pair = Pair(
        suite=heads[0].suite,
        item=heads[0].item,
        category=heads[0].category if heads[0].category is not None else heads[1].category,
        condition=_settings(heads[0].condition),
        repeat=before.repeat,
        line_before=heads[0].line,
        line_after=heads[1].line,
        outcome_before=heads[0].outcome,
        outcome_after=heads[1].outcome,
        same_request=same_request(before.request, after.request),
        same_reply=first == second if kept else None,
        same_answer=_same_answer(before, after),
        answer_before=_known(scores_of(before).answer),
        answer_after=_known(scores_of(after).answer),
        correct_before=heads[0].correct,
        correct_after=heads[1].correct,
        confidence_before=_number(scores_of(before, ChoiceScores).confidence),
        confidence_after=_number(scores_of(after, ChoiceScores).confidence),
        latency_before=before.timing.total_ms,
        latency_after=after.timing.total_ms,
    )
    tokens = bool(a.tokens) and bool(b.tokens)
    length = _tokens(pair, a.tokens or [], b.tokens or []) if tokens else 0
    if pair.same_reply is False and pair.first_token is None:
        _characters(pair, _spoken(a), _spoken(b))
    shift = _shift((a.tokens or [])[:length], (b.tokens or [])[:length])
    if shift.tokens:
        pair.tokens_compared, pair.tokens_identical = shift.tokens, round((shift.identical or 0) * shift.tokens)
        pair.shift_mean, pair.shift_largest = shift.mean, shift.largest
    return Seen(pair, _margin(a), shift, (_timed(before), _timed(after)))


@lru_cache(maxsize=4096)
def _settings(condition: Condition) -> dict[str, Scalar]:
    """A condition as a mapping, one for all pairs under it: nothing writes to it."""
    return dict(condition)


def said(sample: Sample) -> list[tuple[Any, ...]] | None:
    """All that was replied, every vote and every turn of a sample that has several, to be compared byte for byte; None where it
    is not kept."""
    replies = sample.draws or ([sample.reply] if sample.reply is not None else [])
    if isinstance(sample.turns, list):
        replies = [turn.reply for turn in sample.turns if turn.reply is not None]
    found = [words for words in map(_words, replies) if words is not None]
    return found if replies and len(found) == len(replies) else None


def _words(reply: Answer) -> tuple[Any, ...] | None:
    if isinstance(reply.vectors, Rows):
        return tuple(reply.vectors.rows)
    if reply.text is None and not reply.tool_calls:
        return None
    calls = [(c.name, c.arguments, c.raw) for c in reply.tool_calls or []]
    # Thinking that is empty and thinking that is absent are the same words.
    return reply.text or "", reply.thinking or "", calls


def same_request(a: Sent, b: Sent) -> bool | None:
    """Whether two requests agree in every part; None where one is not kept."""
    return a == b if recorded(a) and recorded(b) else None


def recorded(sent: Sent) -> bool:
    return bool(sent.messages or sent.prompt or sent.options or sent.texts)


def _known(score: Any) -> Any:
    """A score as a table has it: what is unset is missing."""
    return None if score is UNSET else score


def _same_answer(before: Sample, after: Sample) -> bool | None:
    """None where one of them was not read for an answer at all."""
    first, second = scores_of(before).answer, scores_of(after).answer
    return None if UNSET in (first, second) else bool(first == second)


def _tokens(pair: Pair, a: Sequence[TokenLogprob], b: Sequence[TokenLogprob]) -> int:
    """How many tokens the two share from their start; notes on the pair where they part."""
    first, second = [t.token for t in a], [t.token for t in b]
    length = determinism.common_prefix([first, second])
    if pair.same_reply is False and length < max(len(first), len(second)):
        pair.first_token = length
        pair.shared = "".join(first[:length])[-SHOWN:]
        pair.next_before, pair.next_after = ("".join(t[length : length + SHOWN])[:SHOWN] for t in (first, second))
    return length


def _characters(pair: Pair, a: str, b: str) -> None:
    """The same by characters, where there are no tokens to go by."""
    length = determinism.common_prefix([a, b])
    pair.shared = a[:length][-SHOWN:]
    pair.next_before, pair.next_after = a[length : length + SHOWN], b[length : length + SHOWN]


def _spoken(reply: Answer) -> str:
    """Thinking, text and calls in the order they are written."""
    calls = [f"{c.name}({c.raw if c.arguments is None else c.arguments})" for c in reply.tool_calls or []]
    return "".join([reply.thinking or "", reply.text or "", *calls])


def _shift(a: Sequence[TokenLogprob], b: Sequence[TokenLogprob]) -> determinism.LogprobShift:
    """A token of probability 0 on one side has no distance, and one without a number none that is known: left out."""
    known = [
        (x.logprob, y.logprob) for x, y in zip(a, b, strict=True) if x.logprob is not None and y.logprob is not None
    ]
    return determinism.drift([x for x, _ in known], [y for _, y in known])


def _margin(reply: Answer) -> float | None:
    top = sorted((a.logprob for a in reply.alternatives or [] if a.logprob is not None), reverse=True)
    return top[0] - top[1] if len(top) > 1 else None


def _timed(sample: Sample) -> Timed:
    return Timed(sample.timing.total_ms, sample.timing.eval_ms, sample.usage.completion_tokens)


def _number(value: object) -> float | None:
    known = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return float(value) if known else None  # type: ignore[arg-type]
