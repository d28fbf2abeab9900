"""What an experiment asks for: every sample, one after another, with the key that says whether it is there already."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

from llmxsite.engine.protocol import ModelInfo
from llmxsite.experiment import Condition, Resolved, expand, select
from llmxsite.record import Sample, Sent, sample_key
from llmxsite.suite import Item, Suite, item_hash
from llmxsite.task import Plan, Task


class Job(NamedTuple):
    """One sample to make."""

    key: str
    suite: Suite
    item: Item
    hash: str
    condition: Condition
    repeat: int
    plan: Plan
    sent: Sent


class Workload:
    """An experiment on one engine: conditions, items and models, and the jobs they make.

    Jobs are made one at a time, so that memory does not grow with their number. All items of a condition come before
    the next condition, and all items of a repeat before the next repeat: each condition then meets the same prompts in
    the same order, and the server's prompt cache favours none.
    """

    def __init__(
        self,
        task: Task,
        experiment: Resolved,
        suites: Sequence[Suite],
        models: Mapping[str, ModelInfo],
        conditions: Sequence[Condition] | None = None,
    ) -> None:
        self.task, self.experiment, self.suites, self.models = task, experiment, list(suites), dict(models)
        self.conditions = expand(experiment) if conditions is None else list(conditions)
        self._items = [(s, select(s.items, experiment.limit, experiment.limit_seed)) for s in suites]
        self._hashes = {(s.id, i.id): item_hash(i) for s, items in self._items for i in items}

    @property
    def items(self) -> int:
        """Items asked under each condition."""
        return sum(len(items) for _, items in self._items)

    @property
    def totals(self) -> list[int]:
        """Samples of each condition, in their order."""
        return [self.items * self.experiment.repeats] * len(self.conditions)

    @property
    def planned(self) -> int:
        """Samples in all."""
        return sum(self.totals)

    def categories(self) -> list[str]:
        """Categories of the items asked, in the order of the suites; empty names left out."""
        return list(dict.fromkeys(i.category for _, items in self._items for i in items if i.category))

    def check(self) -> None:
        """Plan the first item of each suite under each condition. Raises the `Problem` that the run would meet."""
        for condition in self.conditions:
            for suite, items in self._items:
                if items:
                    self._job(suite, items[0], condition, 0)

    def jobs(self, done: Collection[str] = (), conditions: Sequence[Condition] | None = None) -> Iterator[Job]:
        """Every job that is not in `done`, in the order in which they run."""
        for condition in self.conditions if conditions is None else conditions:
            for repeat in range(self.experiment.repeats):
                for suite, items in self._items:
                    for item in items:
                        job = self._job(suite, item, condition, repeat)
                        if job.key not in done:
                            yield job

    def asks_alike(self, sample: Sample) -> bool:
        """Whether a logged sample would be asked in the same words today; True where it would not be asked at all."""
        for suite, _ in self._items:
            if suite.id == sample.suite and sample.condition in self.conditions:
                item = next((i for i in suite.items if i.id == sample.item), None)
                condition = self.conditions[self.conditions.index(sample.condition)]
                return item is None or self._job(suite, item, condition, sample.repeat).key == sample.key
        return True

    def left(self, done: Collection[str]) -> list[int]:
        """How many samples of each condition are not in `done`."""
        if not done:
            return self.totals
        return [sum(1 for _ in self.jobs(done, [condition])) for condition in self.conditions]

    def width(self, condition: Condition, default: int | None = None) -> int:
        """Requests under way at once under a condition: the factor's, else `default`, else the experiment's."""
        wanted = condition.get("concurrency", default or self.experiment.concurrency)
        return wanted if isinstance(wanted, int) else 1

    def blocks(self, default: int | None = None) -> Iterator[tuple[int, list[Condition]]]:
        """Conditions that run together, with their width."""
        block: list[Condition] = []
        width = 0
        for condition in self.conditions:
            here = self.width(condition, default)
            if block and here != width:
                yield width, block
                block = []
            width = here
            block.append(condition)
        if block:
            yield width, block

    def _job(self, suite: Suite, item: Item, condition: Condition, repeat: int) -> Job:
        model = self.models[str(condition["model"])]
        plan = self.task.plan(self.experiment, suite, item, condition, repeat, model)
        sent = Sent.of(plan.requests)
        key = sample_key(model.digest, suite.id, item.id, condition, sent, repeat)
        known = self._hashes.get((suite.id, item.id))
        return Job(key, suite, item, known or item_hash(item), condition, repeat, plan, sent)
