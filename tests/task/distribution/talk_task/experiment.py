"""What an experiment of the task calls: the judge beside the model."""

from __future__ import annotations

from collections.abc import Iterable

from llmxsite.study.experiment import Condition, Experiment, Factor, Terms

JUDGE = "judge:1b"


class _Terms(Terms):
    def called(self, experiment: Experiment, condition: Condition) -> Iterable[str]:
        return *super().called(experiment, condition), JUDGE


def _doubts(value: object) -> str | None:
    return None if isinstance(value, int) and 0 <= value <= 5 else "a whole number from 0 to 5"


TERMS = _Terms(title="Talk", factors=(Factor("doubts", "request", "How often an answer is doubted.", _doubts),))
