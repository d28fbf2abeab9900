"""Scoring a logged sample anew, from its line alone: neither the suite nor the experiment is needed."""

from __future__ import annotations

import math
from typing import Any

import msgspec

from llmxsite import task
from llmxsite.engine.protocol import Reply, TokenLogprob
from llmxsite.experiment import parse_prompt
from llmxsite.record import Answer, Sample, Scalar
from llmxsite.suite import LETTERS
from llmxsite.task import Question, Scored

_KINDS = frozenset({"choice", "numeric", "text"})
_NOT_KEPT = frozenset({"first_token_letter"})
"""Scores that need alternatives the log does not keep at that place."""
_TOLD = frozenset({"mmlu_pro"})
"""What another tool made of the same reply: kept beside our score, and nobody's to score again."""


def rescore(sample: Sample, *, older: bool = False) -> Scored | None:
    """What the scorer of today makes of a logged sample; None where it cannot be known.

    With `older`, also of a sample that an older version of the scorer scored, which may have read it otherwise.
    """
    scorer = task.current(sample.scorer) if older else sample.scorer
    if scorer is None:
        return None
    question = asked(sample)
    if question is None:
        return None
    if sample.reply is None and sample.draws is None:
        if sample.outcome != "truncated":
            return None
        return task.rescore(scorer, question, [Reply(text="", done_reason="length")])
    answers = sample.draws or ([sample.reply] if sample.reply else [])
    replies = [_reply(answer) for answer in answers]
    return task.rescore(scorer, question, replies)


def read_otherwise(sample: Sample, today: Scored) -> bool:
    """Whether today's scorer finds another answer in a reply than its line says, or judges it otherwise."""
    before, now = ((s.get("answer"), s.get("correct")) for s in (sample.scores, today.scores))
    return before != now or today.outcome != sample.outcome


def differing(logged: dict[str, Any], today: dict[str, Any]) -> list[str]:
    """In words, the scores that differ; numbers that differ by rounding alone do not."""
    names = [n for n in {**today, **logged} if n not in _TOLD and (n not in _NOT_KEPT or n in today)]
    wrong = [n for n in names if not _alike(logged.get(n), today.get(n))]
    words = [f"{name} is {_shown(logged.get(name))}, not {_shown(today.get(name))}" for name in wrong]
    return words if len(words) <= 3 else [*words[:3], f"and {len(words) - 3} more"]


def asked(sample: Sample) -> Question | None:
    """The question as it was shown, from the line alone; None where the line does not hold it, as after an error."""
    kind = (sample.scorer or "").partition("/")[0]
    expected, choices = sample.scores.get("expected"), sample.shown.choices if sample.shown else None
    if kind not in _KINDS or expected is None or (kind == "choice" and not choices):
        return None
    order = sample.scores.get("order")
    known = _text(sample.condition.get("language")) or sample.language
    try:
        shown = [choices[i] for i in order] if choices and order else choices or []
        question = msgspec.convert(
            {
                "kind": kind,
                "choices": shown,
                "expected": expected,
                "accepted": sample.scores.get("accepted") or ([expected] if kind == "text" else []),
                "unit": sample.scores.get("unit"),
                "control": sample.scores.get("control") or [],
                "order": order,
                "language": task.primary(known),
                "spoken": task.primary(known) if known else None,
                "style": task.style_of(parse_prompt(str(sample.condition.get("prompt")))),
            },
            Question,
        )
    except (msgspec.ValidationError, IndexError, TypeError):
        return None
    return question if _answerable(question) else None


def _answerable(question: Question) -> bool:
    """Whether a right answer is of the question's kind: lines are anybody's."""
    expected, shown = question.expected, len(question.choices)
    if question.kind == "choice":
        ordered = question.order is None or sorted(question.order) == list(range(shown))
        return isinstance(expected, str) and len(expected) == 1 and expected in LETTERS[:shown] and ordered
    return isinstance(expected, str) == (question.kind == "text")


def _reply(answer: Answer) -> Reply:
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


def _alike(a: Any, b: Any) -> bool:
    if isinstance(a, bool) or isinstance(b, bool):
        return a is b
    if isinstance(a, int | float) and isinstance(b, int | float):
        return math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-12)
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(_alike(a[k], b[k]) for k in a)
    return bool(a == b)


def _shown(value: object) -> str:
    text = "missing" if value is None else str(value)
    return text if len(text) <= 60 else text[:59] + "…"


def _text(value: Scalar) -> str | None:
    return value if isinstance(value, str) else None
