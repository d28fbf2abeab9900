"""The turns of a sample, from its line alone and back: each call with what came back for it."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from llmxsite.exchange.asking.plan import Call, Turn
from llmxsite.exchange.engine.protocol import Options, Reply, Request, TokenLogprob
from llmxsite.exchange.engine.vectors import Vectors
from llmxsite.log.record import Answer, Rows, Sample, Sent

SILENCE = Reply(text="", done_reason="length")
"""What came back where a prompt did not fit the context: it counts as no answer, because leaving it out would favour small ones."""


def turns_of(sample: Sample) -> list[Turn] | None:
    """The turns of a logged sample, in their order; None where its line does not hold them, as after an error."""
    if isinstance(sample.turns, list):
        return _conversation(sample)
    calls = _opening(sample)
    if sample.reply is None and sample.draws is None:
        return [Turn(call, SILENCE) for call in calls] if sample.outcome == "truncated" else None
    answers = sample.draws or ([sample.reply] if sample.reply else [])
    calls = calls if len(calls) == len(answers) else [calls[0]] * len(answers)
    return [Turn(call, reply_of(answer)) for call, answer in zip(calls, answers, strict=True)]


def follows(call: Call, before: Sequence[Turn]) -> int | None:
    """The latest turn with whose messages a call begins, and goes on from there."""
    if not isinstance(call, Request):
        return None
    for place in range(len(before) - 1, -1, -1):
        other = before[place].call
        if (
            isinstance(other, Request)
            and other.messages
            and call.model == other.model
            and call.messages[: len(other.messages)] == other.messages
        ):
            return place
    return None


def reply_of(answer: Answer) -> Reply | Vectors:
    """A reply again, as far as its line keeps it."""
    if isinstance(answer.vectors, Rows):
        rows = answer.vectors
        return Vectors(rows=rows.rows, dimensions=rows.dimensions, tokens=rows.tokens, warnings=answer.warnings)
    tokens = answer.tokens
    if tokens is not None and answer.answer_token is not None and answer.alternatives is not None:
        place = answer.answer_token
        tokens = [
            TokenLogprob(token=t.token, logprob=t.logprob, top=answer.alternatives if i == place else t.top)
            for i, t in enumerate(tokens)
        ]
    return Reply(
        text=answer.text or "",
        thinking=answer.thinking,
        tool_calls=answer.tool_calls,
        done_reason=answer.done_reason,
        tokens=tokens,
        model_failure=answer.failure,
        warnings=answer.warnings,
    )


def _conversation(sample: Sample) -> list[Turn] | None:
    assert isinstance(sample.turns, list)
    opening = iter(_opening(sample))
    model = str(sample.condition.get("model"))
    turns: list[Turn] = []
    for line in sample.turns:
        call = next(opening, None) if line.request is None else _calls(line.request, model)[0]
        if call is None or (line.follows is not None and not 0 <= line.follows < len(turns)):
            return None
        if line.follows is not None:
            before = turns[line.follows].call
            if not isinstance(call, Request) or not isinstance(before, Request):
                return None
            call = msgspec.structs.replace(call, messages=[*before.messages, *call.messages])
        turns.append(Turn(call, SILENCE if line.reply is None else reply_of(line.reply)))
    return turns


def _opening(sample: Sample) -> list[Call]:
    return _calls(sample.request, str(sample.condition.get("model")))


def _calls(sent: Sent, model: str) -> list[Call]:
    try:
        return list(sent.calls(model))
    except msgspec.ValidationError:  # options that are none: what was said is known all the same
        return [Request(model=model, messages=sent.messages, raw_prompt=sent.prompt, options=Options())]
