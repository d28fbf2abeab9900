"""What a task has an experiment say: factors of its own, what it leaves open filled in, what makes no sense."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from llmxsite.base import registry
from llmxsite.study.experiment.factor import FACTORS, Factor

if TYPE_CHECKING:
    from llmxsite.base.diagnostics import Issue
    from llmxsite.base.document import Document
    from llmxsite.study.experiment.design import Experiment, Resolved
    from llmxsite.study.experiment.prediction import Scalar


class Terms:
    """The terms of an experiment of one task. A task sets what is different, and overrides `fill`, `check` and `called`."""

    def __init__(
        self,
        *,
        title: str = "",
        summary: str = "",
        items: tuple[str, ...] = ("questions",),
        factors: tuple[Factor, ...] = (),
        essential: Iterable[str] = (),
        seeds_apart: bool = True,
        needs_model: bool = True,
    ) -> None:
        self.title, self.summary = title, summary
        self.items = items
        """Kinds of items that it asks."""
        self.factors = factors
        """What only this task can vary."""
        self.essential = frozenset(essential)
        """Keys that elsewhere say only how fast, and here what is measured: a sample depends on them."""
        self.seeds_apart = seeds_apart
        """Whether each repeat has a seed of its own."""
        self.needs_model = needs_model
        """Whether `models` must name one. Where not, a condition's `model` may be null."""

    def fill(self, experiment: Experiment, given: set[str]) -> Experiment:
        """The experiment with what it leaves open; `given` are the keys that its file sets."""
        return experiment

    def check(self, document: Document, resolved: Resolved, conditions: list[dict[str, Scalar]]) -> Iterator[Issue]:
        """What makes no sense in a whole experiment, each at its place."""
        return iter(())

    def called(self, experiment: Experiment, condition: dict[str, Scalar]) -> Iterable[str]:
        """Every model that a condition calls, judges and embedders among them: each is loaded, and described in the header."""
        model = condition.get("model")
        return () if model is None else (str(model),)


_PLAIN = Terms()
"""For a task that says nothing of its experiments, or is not installed."""


@registry.remembered
def terms_of(task: str) -> Terms:
    """The terms of a task. Raises `Problem` for one that is broken."""
    terms: Any = getattr(registry.part(task, "experiment"), "TERMS", _PLAIN)
    return terms if isinstance(terms, Terms) else _PLAIN


def factors_of(task: str) -> dict[str, Factor]:
    """Every factor that an experiment of a task may set, by name."""
    return FACTORS | {factor.name: factor for factor in terms_of(task).factors}


def task_of(factor: str) -> str | None:
    """The task that has a factor which is not everybody's."""
    for task in registry.names():
        if registry.part(task, "experiment") and any(f.name == factor for f in terms_of(task).factors):
            return task
    return None
