"""Making a log's line out of a job and what came back for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from llmxsite.collect.workload import Job
from llmxsite.exchange.answer.scorer import Scored
from llmxsite.exchange.engine.protocol import EngineError, Reply, Timing, TokenLogprob, Usage
from llmxsite.log.record import Answer, Fault, Sample, Shown
from llmxsite.task import Task

Keep = Literal["answer", "all", "none"]


def answered(
    job: Job, task: Task, replies: Sequence[Reply], keep: Keep, time: str, before: list[str] | None = None
) -> Sample:
    """The line of a sample that was answered: once, or as often as its vote takes. `before`: what the stage was set with."""
    scored = task.score(job.plan, replies)
    draws = None
    if len(replies) > 1:
        draws = [_answer(reply, Scored(scored.outcome, {}), keep) for reply in replies]
    reply = replies[scored.reply]
    return _line(
        job,
        outcome=scored.outcome,
        scores=scored.scores,
        reply=_answer(reply, scored, keep),
        draws=draws,
        timing=reply.timing if draws is None else _timing(replies),
        usage=reply.usage if draws is None else _usage(replies),
        before=before,
        time=time,
    )


def failed(job: Job, task: Task, error: EngineError, attempts: int, time: str) -> Sample:
    """The line of a sample that no reply came for.

    A prompt that does not fit the context is no fault of the machine: it is truncated and scored as no answer, because
    leaving it out would favour small contexts.
    """
    fault = Fault(kind=error.kind, message=str(error), attempts=attempts)
    if overflows(error):
        silence = Reply(text="", done_reason="length")
        scored = task.score(job.plan, [silence] * len(job.plan.requests))
        return _line(job, outcome="truncated", scores=scored.scores, error=fault, time=time)
    return _line(job, outcome="error", scores={}, error=fault, time=time)


def overflows(error: EngineError) -> bool:
    """Whether the server refused a prompt for being longer than the context."""
    return error.kind == "context"


def _line(
    job: Job,
    *,
    outcome: Literal["ok", "failure", "truncated", "error"],
    scores: dict[str, object],
    time: str,
    reply: Answer | None = None,
    draws: list[Answer] | None = None,
    timing: Timing | None = None,
    usage: Usage | None = None,
    error: Fault | None = None,
    before: list[str] | None = None,
) -> Sample:
    item = job.item
    return Sample(
        key=job.key,
        suite=job.suite.id,
        item=item.id,
        item_hash=job.hash,
        category=item.category,
        subcategory=item.subcategory,
        difficulty=item.difficulty,
        language=item.language or job.suite.language,
        cluster=item.cluster,
        condition=job.condition,
        repeat=job.repeat,
        request=job.sent,
        before=before,
        shown=Shown(choices=item.choices) if item.choices else None,
        reply=reply,
        draws=draws,
        timing=timing or Timing(),
        usage=usage or Usage(),
        outcome=outcome,
        error=error,
        scores=scores,
        scorer=None if outcome == "error" else job.plan.scorer,
        time=time,
    )


def _answer(reply: Reply, scored: Scored, keep: Keep) -> Answer:
    tokens, token = reply.tokens, scored.token
    alternatives = None
    if keep == "none":
        tokens = token = None
    elif tokens is not None:
        alternatives = tokens[token].top if token is not None else None
        if keep == "answer":
            tokens = [TokenLogprob(token=t.token, logprob=t.logprob) for t in tokens]
    return Answer(
        text=reply.text,
        thinking=reply.thinking,
        tool_calls=reply.tool_calls,
        done_reason=reply.done_reason,
        tokens=tokens,
        answer_token=token,
        alternatives=alternatives,
        failure=reply.model_failure,
        warnings=reply.warnings,
    )


def _timing(replies: Sequence[Reply]) -> Timing:
    """A vote takes as long as its draws together; its first token is the first draw's."""
    return Timing(
        total_ms=_sum([r.timing.total_ms for r in replies]),
        first_token_ms=replies[0].timing.first_token_ms,
        load_ms=_sum([r.timing.load_ms for r in replies]),
        prompt_ms=_sum([r.timing.prompt_ms for r in replies]),
        eval_ms=_sum([r.timing.eval_ms for r in replies]),
    )


def _usage(replies: Sequence[Reply]) -> Usage:
    def total(values: Sequence[int | None]) -> int | None:
        known = _sum(values)
        return None if known is None else int(known)

    return Usage(
        prompt_tokens=total([r.usage.prompt_tokens for r in replies]),
        cached_tokens=total([r.usage.cached_tokens for r in replies]),
        completion_tokens=total([r.usage.completion_tokens for r in replies]),
    )


def _sum(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if len(known) == len(values) else None
