"""Scoring a logged sample anew, from its line alone: neither the suite nor the experiment is needed."""

from __future__ import annotations

import math
from typing import Any

from llmxsite.exchange.answer.scorer import Scored, current, scorer
from llmxsite.log.record import Sample
from llmxsite.log.runlog.turns import turns_of

_TOLD = frozenset({"mmlu_pro"})
"""What another tool made of the same reply: kept beside our score, and nobody's to score again."""


def rescore(sample: Sample, *, older: bool = False) -> Scored | None:
    """What its scorer makes of a logged sample; None where it cannot be known.

    With `older`, what today's version makes of a sample that an older one scored, and may have read otherwise.
    """
    known = current(sample.scorer) if older else scorer(sample.scorer)
    if known is None:
        return None
    try:
        rubric, turns = known.rubric_of(sample), turns_of(sample)
        return None if rubric is None or turns is None else known.score(rubric, turns)
    except (LookupError, TypeError, ValueError, AttributeError):  # lines are anybody's, and so are scorers
        return None


def read_otherwise(sample: Sample, today: Scored) -> bool:
    """Whether today's scorer finds another answer in a reply than its line says, or judges it otherwise."""
    before, now = ((s.get("answer"), s.get("correct")) for s in (sample.scores, today.written()))
    return before != now or today.outcome != sample.outcome


def differing(sample: Sample, again: Scored) -> list[str]:
    """In words, the scores that differ; numbers that differ by rounding alone do not."""
    logged, today, known = sample.scores, again.written(), scorer(sample.scorer)
    not_kept = frozenset() if known is None else known.not_kept
    names = [n for n in {**today, **logged} if n not in _TOLD and (n not in not_kept or n in today)]
    wrong = [n for n in names if not _alike(logged.get(n), today.get(n))]
    words = [f"{name} is {_shown(logged.get(name))}, not {_shown(today.get(name))}" for name in wrong]
    return words if len(words) <= 3 else [*words[:3], f"and {len(words) - 3} more"]


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
