"""In which order the samples of an experiment are made, and how many at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from llmxsite.collect.job import Job
from llmxsite.study.experiment import Condition, Resolved
from llmxsite.study.suite import Item, Suite

Asked = Sequence[tuple[Suite, Sequence[Item]]]
"""The items that are asked, suite by suite."""


class Schedule:
    """Every item under each condition, then all of them again. `conduct.Conduct` is what a task makes of it."""

    def order(self, experiment: Resolved, condition: Condition, asked: Asked) -> Iterator[tuple[Suite, Item, int]]:
        """Suite, item and repeat of a condition's samples, in the order in which they run: each repeat over all items, so that
        each condition meets the same prompts in the same order and the server's prompt cache favours none."""
        for repeat in range(experiment.repeats):
            for suite, items in asked:
                for item in items:
                    yield suite, item, repeat

    def width(self, condition: Condition, wished: int) -> int:
        """Requests under way at once under a condition, where `wished` are wished for: the factor's, where it is one."""
        wanted = condition.get("concurrency", wished)
        return wanted if isinstance(wanted, int) else 1

    def together(self, job: Job) -> object:
        """Equal for jobs that may be under way at once."""
        return None
