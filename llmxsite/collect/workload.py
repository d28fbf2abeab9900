"""What an experiment asks for: every sample, one after another, with the key that says whether it is there already."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from copy import copy
from itertools import groupby
from pathlib import Path
from typing import Self

import msgspec

from llmxsite.base import registry
from llmxsite.collect.job import Job, keyed, model_of
from llmxsite.collect.schedule import Asked, Schedule
from llmxsite.exchange.asking.material import Material
from llmxsite.exchange.asking.plan import Asking, Call, Case, Plan
from llmxsite.exchange.engine.protocol import ModelInfo, Request
from llmxsite.exchange.engine.vectors import EmbedRequest
from llmxsite.log.record import Sample
from llmxsite.log.runlog.reader import final_samples
from llmxsite.study.experiment import OPTIONS, Condition, Resolved, expand, select, terms_of
from llmxsite.study.suite import Item, Suite, item_hash


class Workload:
    """An experiment on one engine: conditions, items and models, and the jobs they make.

    Jobs are made one at a time, so that memory does not grow with their number. All samples of a condition come before the next
    condition; in which order, says the task's schedule.
    """

    def __init__(
        self,
        asking: Asking,
        schedule: Schedule,
        experiment: Resolved,
        suites: Sequence[Suite],
        models: Mapping[str, ModelInfo],
        conditions: Sequence[Condition] | None = None,
    ) -> None:
        self.asking, self.schedule = asking, schedule
        self.experiment, self.suites, self.models = experiment, list(suites), dict(models)
        self.conditions = expand(experiment) if conditions is None else list(conditions)
        self.settle: Callable[[Request], Request] = _as_asked
        self.prepares = type(asking).prepare is not Asking.prepare
        self._items = [(s, select(s.items, experiment.limit, experiment.limit_seed)) for s in suites]
        self.materials: dict[tuple[str, bytes], Material] = {}
        """By suite and condition."""
        self._terms = terms_of(experiment.task)
        self._called: dict[int, tuple[str, ...]] = {}
        """By identity of the condition: the workload keeps each."""
        self.making = asyncio.Lock()
        """Held by whoever makes vectors for it."""
        self._hashes = {(s.id, i.id): item_hash(i) for s, items in self._items for i in items}

    def settle_with(self, settle: Callable[[Request], Request]) -> None:
        """From now on plan what really goes over the wire: `settle` leaves out of a request what its server does not take."""
        self.settle = settle

    @property
    def asked(self) -> Asked:
        """The items asked under each condition."""
        return self._items

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
            for suite, item, repeat in self.schedule.order(self.experiment, condition, self.asked):
                job = self._job(suite, item, condition, repeat)
                if job.key not in done:
                    yield job

    def only(self, conditions: Sequence[Condition]) -> Self:
        """The same with some of its conditions."""
        left = copy(self)
        left.conditions = list(conditions)
        return left

    def first_request(self, condition: Condition) -> Request | None:
        """The request that opens a condition's first sample; None where it opens with none for words."""
        job = next(self.jobs(conditions=[condition]), None)
        return None if job is None else job.plan.request

    def asks_alike(self, sample: Sample) -> bool:
        """Whether a logged sample would be asked in the same words today; True where it would not be asked at all."""
        for suite, _ in self._items:
            if suite.id == sample.suite and (condition := self._condition_of(sample)) is not None:
                item = next((i for i in suite.items if i.id == sample.item), None)
                return item is None or self._job(suite, item, condition, sample.repeat).key == sample.key
        return True

    def left(self, done: Collection[str]) -> list[int]:
        """How many samples of each condition are not in `done`."""
        if not done:
            return self.totals
        return [sum(1 for _ in self.jobs(done, [condition])) for condition in self.conditions]

    def width(self, condition: Condition, default: int | None = None) -> int:
        """Requests under way at once under a condition: the factor's, else `default`, else the experiment's."""
        return self.schedule.width(condition, default or self.experiment.concurrency)

    def blocks(self, done: Collection[str] = (), default: int | None = None) -> Iterator[tuple[int, Iterator[Job]]]:
        """The jobs that are not in `done`, in blocks that run one after another, each with its width.

        A block must be used up before the next one is asked for. Conditions of one width run together; where a schedule keeps jobs
        apart that may not be under way at once, those that may are a block.
        """
        for wide, conditions in groupby(self.conditions, lambda condition: self.width(condition, default)):
            for _, jobs in groupby(self.jobs(done, list(conditions)), self.schedule.together):
                yield wide, jobs

    def material(self, suite: Suite, condition: Condition) -> Material:
        """The vectors of a suite under a condition: empty until they have been made."""
        return self.materials.setdefault((suite.id, msgspec.json.encode(condition, order="sorted")), Material())

    @property
    def follows(self) -> bool:
        """Whether samples are judged by samples of their own."""
        return type(self.asking).follow is not Asking.follow

    def unjudged(self, logs: Sequence[Path], done: Collection[str]) -> Iterator[Job]:
        """The samples still to be made that judge one of these logs."""
        if not self.follows:
            return
        items = {(suite.id, item.id): (suite, item) for suite, items in self._items for item in items}
        for log in logs:
            for sample in final_samples(log):
                found = items.get((sample.suite, sample.item))
                if sample.outcome == "error" or sample.judges or found is None:
                    continue
                if (condition := self._condition_of(sample)) is None:
                    continue
                for plan in self._judges(sample):
                    job = self._planned(*found, condition, sample.repeat, plan, sample.key)
                    if job.key not in done:
                        yield job

    def following(self, job: Job, sample: Sample) -> Iterator[Job]:
        """The samples that judge one that was made."""
        for plan in self._judges(sample):
            yield self._planned(job.suite, job.item, job.condition, job.repeat, plan, sample.key)

    def settled(self, call: Call, condition: Condition) -> Call:
        """A call as it goes over the wire, with what the experiment itself sets named in it."""
        if isinstance(call, EmbedRequest):
            return call
        return self.settle(msgspec.structs.replace(call, own=self._own(condition)))

    def model(self, condition: Condition) -> ModelInfo:
        """A condition's model; without a digest where it names none."""
        name = model_of(condition)
        return ModelInfo(name="") if name is None else self.models[name]

    def _job(self, suite: Suite, item: Item, condition: Condition, repeat: int) -> Job:
        material = self.material(suite, condition) if self.prepares else _NOTHING
        case = Case(self.experiment, suite, item, condition, repeat, self.model(condition), material)
        with registry.running(self.experiment.task, "plan"):
            plan = self.asking.plan(case)
        return self._planned(suite, item, condition, repeat, plan)

    def _condition_of(self, sample: Sample) -> Condition | None:
        """The condition of a logged sample, as the workload keeps it; None where it is none of its own."""
        return next((condition for condition in self.conditions if condition == sample.condition), None)

    def _judges(self, sample: Sample) -> list[Plan]:
        with registry.running(self.experiment.task, "follow"):
            return list(self.asking.follow(sample))

    def _planned(
        self, suite: Suite, item: Item, condition: Condition, repeat: int, plan: Plan, of: str | None = None
    ) -> Job:
        opening = tuple(self.settled(call, condition) for call in plan.opening)
        plan = msgspec.structs.replace(plan, opening=opening)
        sent, key = keyed(suite, item, condition, repeat, opening, self.models, of)
        known = self._hashes.get((suite.id, item.id)) or item_hash(item)
        return Job(key, suite, item, known, condition, repeat, plan, sent, self.called(condition), of)

    def called(self, condition: Condition) -> tuple[str, ...]:
        """Every model that a condition calls."""
        known = self._called.get(id(condition))
        if known is None:
            known = self._called[id(condition)] = tuple(self._terms.called(self.experiment, condition))
        return known

    def _own(self, condition: Condition) -> frozenset[str]:
        """The options that the experiment itself sets: every one that a condition names, for that is what tables say of it."""
        return frozenset(self.experiment.options) | {name for name in condition if name in OPTIONS or name == "think"}


def _as_asked(request: Request) -> Request:
    return request


_NOTHING = Material()
"""For tasks that prepare nothing."""
