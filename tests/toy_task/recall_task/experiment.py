"""What an experiment of the task may vary, and which models it calls."""

from __future__ import annotations

from collections.abc import Iterable

from llmxsite.study.experiment import Condition, Experiment, Factor, Terms

HELPERS = ("embedder", "judge")
"""Factors that name a model which is called beside the condition's own."""


class _Terms(Terms):
    def called(self, experiment: Experiment, condition: Condition) -> Iterable[str]:
        helpers = [str(condition[name]) for name in HELPERS if condition.get(name) is not None]
        return *super().called(experiment, condition), *helpers


def _rounds(value: object) -> str | None:
    return None if type(value) is int and 1 <= value <= 9 else "a whole number from 1 to 9"


def _model(value: object) -> str | None:
    return None if value is None or (isinstance(value, str) and value) else "the name of a model, or null"


TERMS = _Terms(
    title="Recall",
    summary="A sentence is told, and asked for again and again: how much of it comes back.",
    items=("sentences",),
    factors=(
        Factor("rounds", "request", "How often the sentence is asked for again.", _rounds),
        Factor("embedder", "request", "Model whose vectors compare the last reply with the sentence.", _model),
        Factor("judge", "request", "Model that is asked whether the last reply and the sentence say the same.", _model),
    ),
)
