"""What an experiment asks for: every sample, one after another, with the key that says whether it is there already."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from copy import copy
from itertools import groupby
from typing import NamedTuple, Self

import msgspec

from llmxsite.base.diagnostics import Problem
from llmxsite.exchange.asking.plan import Plan
from llmxsite.exchange.engine.protocol import ModelInfo, Request
from llmxsite.log.record import Sample, Sent, sample_key
from llmxsite.study.experiment import OPTIONS, Condition, Resolved, expand, regime_of, select, width
from llmxsite.study.suite import Item, Suite, item_hash
from llmxsite.task import Task


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

    def as_sent(self, requests: Sequence[Request], identity: str | None) -> Job:
        """The same sample where something else went over the wire than was planned: a server turned out not to take it."""
        if all(a is b for a, b in zip(requests, self.plan.requests, strict=True)):
            return self
        sent = Sent.of(requests)
        key = sample_key(identity, self.suite.id, self.item.id, self.condition, sent, self.repeat)
        return self._replace(plan=self.plan._replace(requests=tuple(requests)), sent=sent, key=key)


class Workload:
    """An experiment on one engine: conditions, items and models, and the jobs they make.

    Jobs are made one at a time, so that memory does not grow with their number. All items of a condition come before
    the next condition, and all items of a repeat before the next repeat: each condition then meets the same prompts in
    the same order, and the server's prompt cache favours none. Under some regimes of a determinism experiment all repeats
    of an item come before the next item; what else a regime asks for is `Stage`'s.
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
        self.settle: Callable[[Request], Request] = _as_asked
        self._items = [(s, select(s.items, experiment.limit, experiment.limit_seed)) for s in suites]
        self._hashes = {(s.id, i.id): item_hash(i) for s, items in self._items for i in items}

    def settle_with(self, settle: Callable[[Request], Request]) -> None:
        """From now on plan what really goes over the wire: `settle` leaves out of a request what its server does not take."""
        self.settle = settle

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
            if self.items == 1 and (regime := regime_of(condition)) and regime.name == "interleaved":
                raise _alone()
            for suite, items in self._items:
                if items:
                    self._job(suite, items[0], condition, 0)

    def jobs(self, done: Collection[str] = (), conditions: Sequence[Condition] | None = None) -> Iterator[Job]:
        """Every job that is not in `done`, in the order in which they run."""
        for condition in self.conditions if conditions is None else conditions:
            for suite, item, repeat in self._order(condition):
                job = self._job(suite, item, condition, repeat)
                if job.key not in done:
                    yield job

    def request_before(self, job: Job) -> Request:
        """What is asked just before a job where every item is asked in turn; before the first item comes the last.

        Raises `Problem` where there is no other item.
        """
        firsts: dict[tuple[str, str], Job] = {}
        for other in self.jobs(conditions=[job.condition]):
            firsts.setdefault((other.suite.id, other.item.id), other)
        if len(firsts) < 2:
            raise _alone()
        order = list(firsts)
        return firsts[order[order.index((job.suite.id, job.item.id)) - 1]].plan.requests[0]

    def only(self, conditions: Sequence[Condition]) -> Self:
        """The same with some of its conditions."""
        left = copy(self)
        left.conditions = list(conditions)
        return left

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
        return width(condition, default or self.experiment.concurrency)

    def blocks(self, done: Collection[str] = (), default: int | None = None) -> Iterator[tuple[int, Iterator[Job]]]:
        """The jobs that are not in `done`, in blocks that run one after another, each with its width.

        A block must be used up before the next one is asked for. Conditions of one width run together; where a regime asks
        one item several times at once, each item is a block.
        """
        for wide, conditions in groupby(self.conditions, lambda condition: self.width(condition, default)):
            for _, jobs in groupby(self.jobs(done, list(conditions)), _together):
                yield wide, jobs

    def _order(self, condition: Condition) -> Iterator[tuple[Suite, Item, int]]:
        """Suite, item and repeat of a condition's samples, in the order in which they run."""
        regime = regime_of(condition)
        repeats = range(self.experiment.repeats)
        if regime is not None and regime.order == "item":
            yield from ((suite, item, n) for suite, items in self._items for item in items for n in repeats)
        else:
            yield from ((suite, item, n) for n in repeats for suite, items in self._items for item in items)

    def _job(self, suite: Suite, item: Item, condition: Condition, repeat: int) -> Job:
        model = self.models[str(condition["model"])]
        plan = self.task.plan(self.experiment, suite, item, condition, repeat, model)
        own = self._own(condition)
        requests = tuple(self.settle(msgspec.structs.replace(request, own=own)) for request in plan.requests)
        plan = plan._replace(requests=requests)
        sent = Sent.of(requests)
        key = sample_key(model.identity, suite.id, item.id, condition, sent, repeat)
        known = self._hashes.get((suite.id, item.id))
        return Job(key, suite, item, known or item_hash(item), condition, repeat, plan, sent)

    def _own(self, condition: Condition) -> frozenset[str]:
        """The options that the experiment itself sets: every one that a condition names, for that is what tables say of it."""
        return frozenset(self.experiment.options) | {name for name in condition if name in OPTIONS or name == "think"}


def _as_asked(request: Request) -> Request:
    return request


def _together(job: Job) -> object:
    """Equal for jobs that may be under way at once."""
    regime = regime_of(job.condition)
    return (id(job.condition), job.suite.id, job.item.id) if regime is not None and regime.at_once else None


def _alone() -> Problem:
    return Problem.at(
        "experiment.yaml",
        "experiment-regime",
        "the regime 'interleaved' needs a second item to ask between the requests of the first",
        hint="ask at least two items, or leave the regime out",
    )
