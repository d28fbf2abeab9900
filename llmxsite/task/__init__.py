"""Tasks: how an item becomes requests, and a reply becomes scores. One module a kind; nothing here knows HTTP or files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmxsite.base.diagnostics import Problem, did_you_mean
from llmxsite.exchange.answer.scorer import Scored
from llmxsite.exchange.asking.question import Question
from llmxsite.study.experiment import AVAILABLE
from llmxsite.task.protocol import Task

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmxsite.exchange.engine.protocol import Reply

__all__ = ["Task", "current", "get", "knows", "rescore"]


def get(name: str) -> Task:
    """The task of that name. Raises `Problem` for one that this version cannot run."""
    if name == "benchmark":
        from llmxsite.task.benchmark import Benchmark

        return Benchmark()
    if name == "determinism":
        from llmxsite.task.determinism.asking import Determinism

        return Determinism()
    hint = did_you_mean(name, AVAILABLE) or f"available: {', '.join(AVAILABLE)}"
    raise Problem.at(
        "experiment.yaml",
        "experiment-task",
        f"the task '{name}' is not available in this version of llmxsite",
        hint=hint,
    )


def rescore(scorer: str, question: Question, replies: Sequence[Reply]) -> Scored | None:
    """What the scorer of today makes of replies that were logged; None for a scorer, or a version of it, not known here."""
    from llmxsite.task import benchmark

    return benchmark.score(question, replies) if scorer == benchmark.SCORERS.get(question.kind) else None


def knows(scorer: str | None) -> bool:
    """Whether `rescore` can repeat what this scorer does."""
    from llmxsite.task import benchmark

    return scorer in benchmark.SCORERS.values()


def current(scorer: str | None) -> str | None:
    """The scorer of today for what this one scored: `choice/2` for `choice/1`; None for one that is no task's.

    Of a newer version than this llmxsite has, None as well: what it does is not known here.
    """
    from llmxsite.task import benchmark

    kind, _, version = (scorer or "").partition("/")
    today = benchmark.SCORERS.get(kind)
    if today is None or not version.isdecimal() or int(version) > int(today.partition("/")[2]):
        return None
    return today
