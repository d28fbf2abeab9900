"""Making a log's line out of a job and what came back for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple, TypeVar

import msgspec
from msgspec import UNSET

from llmxsite.base import registry
from llmxsite.base.diagnostics import Problem
from llmxsite.collect.job import Job, LoggedItem, model_of
from llmxsite.exchange.answer.scorer import Scored, scorer
from llmxsite.exchange.answer.scores import Scores
from llmxsite.exchange.asking.plan import Asking, Call, Plan, Turn
from llmxsite.exchange.engine.protocol import EngineError, Reply, Request, Timing, TokenLogprob, Usage
from llmxsite.exchange.engine.vectors import Vectors
from llmxsite.log.record import Answer, Fault, Rows, Sample, Sent, Shown, TurnLine
from llmxsite.log.runlog.turns import SILENCE, follows
from llmxsite.study.suite import Item, QuestionItem

Keep = Literal["answer", "all", "none"]
N = TypeVar("N", int, float)


class Said(NamedTuple):
    """What has been said for a sample so far, and how it is scored once it is over."""

    asking: Asking
    plan: Plan
    turns: Sequence[Turn]
    task: str

    def then(self, turns: Sequence[Turn]) -> Said:
        return self._replace(turns=turns)

    @property
    def rubric(self) -> msgspec.Struct:
        with registry.running(self.task, "rubric"):
            return self.asking.rubric(self.plan, self.turns)

    def next_calls(self) -> tuple[Call, ...]:
        """What is asked after these turns."""
        with registry.running(self.task, "next_calls"):
            return tuple(self.asking.next_calls(self.plan, self.turns))

    def scored(self) -> Scored:
        """Raises `Problem` where the plan names a scorer that is not installed."""
        known = scorer(self.plan.scorer)
        if known is None:
            raise Problem.at(
                "experiment.yaml", "task-broken", f"the task scores by '{self.plan.scorer}', which is not installed"
            )
        rubric = self.rubric
        with registry.running(self.task, f"scorer {known.id}"):
            return known.score(rubric, self.turns)


def answered(job: Job, said: Said, keep: Keep, time: str, before: list[str] | None = None) -> Sample:
    """The line of a sample whose turns are over. `before`: what the stage was set with."""
    scored = said.scored()
    opened = len(job.plan.opening)
    replies = [turn.reply for turn in said.turns]
    talk = len(replies) != opened or not opened
    reply = replies[scored.shown] if replies else None
    plain = Scored(scored.outcome, scored.scores)
    draws = [_answer(reply, plain, keep) for reply in replies] if not talk and len(replies) > 1 else None
    turns = _turns(job, said.turns, scored, keep) if talk else None
    return _line(
        job,
        outcome=scored.outcome,
        scores=scored.written(),
        rubric=said.rubric,
        reply=None if reply is None else _answer(reply, scored, keep),
        draws=draws,
        turns=turns,
        timing=_timing(replies),
        usage=_usage(replies),
        before=before,
        time=time,
    )


def failed(job: Job, said: Said, call: Call | None, error: EngineError, attempts: int, keep: Keep, time: str) -> Sample:
    """The line of a sample that no reply came for: to its opening, or to a later `call`; without
    one, what was to be prepared for it failed.

    A prompt that does not fit the context is no fault of the machine: it is truncated and scored as no answer, because
    leaving it out would favour small contexts.
    """
    fault = Fault(kind=error.kind, message=str(error), attempts=attempts)
    if call is None or not overflows(error):
        return _line(job, outcome="error", scores={}, error=fault, time=time)
    opened = len(job.plan.opening)
    if len(said.turns) < opened:
        silent = said.then([Turn(call, SILENCE) for call in job.plan.opening])
        turns = None
    else:
        silent = said.then([*said.turns, Turn(call, SILENCE)])
        turns = _turns(job, silent.turns, None, keep)
        turns[-1].reply = None
    scored = silent.scored()
    return _line(
        job,
        outcome="truncated",
        scores=scored.written(),
        rubric=silent.rubric,
        turns=turns,
        error=fault,
        time=time,
    )


def overflows(error: EngineError) -> bool:
    """Whether the server refused a prompt for being longer than the context."""
    return error.kind == "context"


def _line(
    job: Job,
    *,
    outcome: Literal["ok", "failure", "truncated", "error"],
    scores: dict[str, Any],
    time: str,
    rubric: msgspec.Struct | None = None,
    turns: list[TurnLine] | None = None,
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
        shown=_shown(item),
        reply=reply,
        draws=draws,
        turns=UNSET if turns is None else turns,
        timing=timing or Timing(),
        usage=usage or Usage(),
        outcome=outcome,
        error=error,
        scores=scores,
        rubric=UNSET if rubric is None else msgspec.to_builtins(rubric),
        scorer=None if outcome == "error" else job.plan.scorer,
        of=UNSET if job.of is None else job.of,
        time=time,
    )


def _shown(item: Item) -> Shown | None:
    """What of an item its request may not tell: the order of a question's options, and what an item of another kind is."""
    if isinstance(item, LoggedItem):
        return item.logged
    if not isinstance(item, QuestionItem):
        return Shown(question=item.shown())
    return Shown(choices=item.choices) if item.choices else None


def _turns(job: Job, turns: Sequence[Turn], scored: Scored | None, keep: Keep) -> list[TurnLine]:
    """Each turn as it is logged: a call with what is new in it, and the alternatives of the answer's token where it is shown."""
    found: list[TurnLine] = []
    opened, model = len(job.plan.opening), model_of(job.condition)
    for place, turn in enumerate(turns):
        since = follows(turn.call, turns[:place]) if place >= opened else None
        call = turn.call
        if since is not None and isinstance(call, Request):
            call = msgspec.structs.replace(call, messages=call.messages[_length(turns[since].call) :])
        shown = scored if scored is not None and scored.shown == place else _PLAIN
        found.append(
            TurnLine(
                follows=since,
                request=None if place < opened else Sent.of([call], model),
                reply=_answer(turn.reply, shown, keep),
                timing=turn.reply.timing,
                usage=turn.reply.usage,
            )
        )
    return found


def _length(call: Call) -> int:
    return len(call.messages) if isinstance(call, Request) else 0


def _answer(reply: Reply | Vectors, scored: Scored, keep: Keep) -> Answer:
    if isinstance(reply, Vectors):
        rows = Rows(rows=reply.rows, dimensions=reply.dimensions, tokens=reply.tokens)
        return Answer(vectors=rows, warnings=reply.warnings)
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


def _timing(replies: Sequence[Reply | Vectors]) -> Timing:
    """A vote, or a conversation, takes as long as its calls together; its first token is the first call's."""
    return Timing(
        total_ms=_sum([r.timing.total_ms for r in replies]),
        first_token_ms=replies[0].timing.first_token_ms if replies else None,
        load_ms=_sum([r.timing.load_ms for r in replies]),
        prompt_ms=_sum([r.timing.prompt_ms for r in replies]),
        eval_ms=_sum([r.timing.eval_ms for r in replies]),
    )


def _usage(replies: Sequence[Reply | Vectors]) -> Usage:
    return Usage(
        prompt_tokens=_sum([r.usage.prompt_tokens for r in replies]),
        cached_tokens=_sum([r.usage.cached_tokens for r in replies]),
        completion_tokens=_sum([r.usage.completion_tokens for r in replies]),
    )


def _sum(values: Sequence[N | None]) -> N | None:
    """None where one of them is not known, and of none."""
    known = [value for value in values if value is not None]
    return sum(known) if known and len(known) == len(values) else None


_PLAIN = Scored("ok", Scores())
"""For a reply of which nothing more is to be kept."""
