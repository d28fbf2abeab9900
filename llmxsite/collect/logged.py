"""The samples of a run log, to be asked once more: the workload of a rerun, which needs neither suite nor experiment."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, Self

import msgspec

from llmxsite.base.diagnostics import Issues, Problem
from llmxsite.base.lines import raw_lines
from llmxsite.base.regular import opened
from llmxsite.collect.conduct import conduct_of
from llmxsite.collect.job import Job, LoggedItem
from llmxsite.collect.workload import Workload
from llmxsite.exchange.answer.scorer import current
from llmxsite.exchange.asking.plan import Asking, Call, Plan, asking_of
from llmxsite.exchange.engine.protocol import ModelInfo, Options, Request
from llmxsite.exchange.engine.vectors import EmbedRequest
from llmxsite.log import runlog
from llmxsite.log.record import Run, Sample, Sent, Shown, decode_line, sample_key
from llmxsite.log.runlog.final import put_last
from llmxsite.study.experiment import Condition, Resolved
from llmxsite.study.suite import Suite

_CONTEXT = Options().num_ctx or 0
_OPTIONS = frozenset(field.name for field in msgspec.structs.fields(Options))


class Logged(NamedTuple):
    """What of a log can be asked once more."""

    path: Path
    header: Run
    conditions: list[Condition]
    """Each once, in the order of their first samples."""
    contexts: dict[str, int]
    """Every model and the context its first request asked for."""
    lines: dict[int, int]
    """The lines that count, each with the place of its condition."""
    errors: int
    """Samples that ended in an error: their lines do not say what would have been right, so they cannot be scored."""


def survey(path: Path, limit: int | None, issues: Issues) -> Logged:
    """Read a log and check that all of it can be asked again; with `limit`, only the first items of each suite.

    Lines that cannot be read go to `issues`. Raises `Problem` for a log that does not hold its requests, or whose
    replies could not be scored here.
    """
    header: Run | None = None
    last: dict[str, tuple[int, bytes | None]] = {}
    """The last line of each key, and its condition; None after an error."""
    contexts: dict[str, int] = {}
    items: dict[str, dict[str, None]] = {}
    for number, line in runlog.iterate(path, issues):
        if isinstance(line, Run):
            header = line
            _check_task(path, line.task)
        elif isinstance(line, Sample) and not line.judges:  # what judges is asked for anew, of the new reply
            asked = items.setdefault(line.suite, {})
            if line.item not in asked and limit is not None and len(asked) >= limit:
                continue
            asked[line.item] = None
            failed = line.outcome == "error"
            if not failed:
                _check(path, number, line, header.schema if header is not None else 1)
                contexts.setdefault(str(line.condition["model"]), line.request.options.get("num_ctx", _CONTEXT))
            put_last(last, line.key, (number, None if failed else msgspec.json.encode(line.condition)))
    assert header is not None  # `iterate` begins with it or raises
    found = sorted((number, condition) for number, condition in last.values() if condition is not None)
    if not found:
        raise Problem.at(path, "rerun-empty", "no sample in this log was answered, so there is nothing to repeat")
    places = {condition: place for place, condition in enumerate(dict.fromkeys(c for _, c in found))}
    conditions: list[Condition] = [msgspec.json.decode(condition) for condition in places]
    lines = {number: places[condition] for number, condition in found}
    return Logged(path, header, conditions, contexts, lines, len(last) - len(found))


def _check_task(path: Path, task: str) -> None:
    """Raise the `Problem` of a task whose later calls a log does not hold the plan of."""
    asking = asking_of(task)
    if type(asking).next_calls is not Asking.next_calls or type(asking).prepare is not Asking.prepare:
        raise Problem.at(
            path,
            "rerun-request",
            f"a log of the task '{task}' does not hold all that its conversations are made of",
            line=1,
            hint="run the experiment again: `llmxsite run` asks it from its suite",
        )


def _check(path: Path, number: int, sample: Sample, schema: int) -> None:
    """Raise the `Problem` of a line that cannot be asked, or not scored, once more."""
    request = sample.request
    # Logs of the first version name every option; since then one that is not named was not sent.
    named = {*_OPTIONS} if schema < 2 else {"num_predict"}
    missing = set() if request.texts else named - request.options.keys()
    why = hint = None
    if not request.messages and request.prompt is None and not request.texts:
        why, hint = "the request is not in the log", "an import has only what the other tool wrote down"
    elif missing or not isinstance(sample.condition.get("model"), str):
        why = f"the log does not say all that was sent: {', '.join(sorted(missing)) or 'the model'} is missing"
    elif len(sample.draws or [0]) != 1 + len(request.draws):
        why = "the sample is a vote, and the log keeps only the first of its requests"
    elif (today := current(sample.scorer)) is None or today.rubric_of(sample) is None:
        why = f"this version of llmxsite cannot score it: its scorer is {sample.scorer or 'not known'}"
    if why is not None:
        message = f"'{sample.item}' cannot be asked once more: {why}"
        raise Problem.at(path, "rerun-request", message, line=number, hint=hint)


class LoggedWorkload(Workload):
    """The samples of a log, in its order, on the models of today."""

    def __init__(self, logged: Logged, experiment: Resolved, models: Mapping[str, ModelInfo]) -> None:
        task = logged.header.task
        super().__init__(asking_of(task), conduct_of(task), experiment, [], models, logged.conditions)
        self._path = logged.path
        ids = {suite.id: suite.language for suite in logged.header.suites}
        self._suites = {name: Suite(id=name, title=name, language=language) for name, language in ids.items()}
        self._only = next(iter(ids)) if len(ids) == 1 else ""
        self._lines = logged.lines
        self._contexts = logged.contexts
        self._known: list[tuple[int, int, str]] | None = None

    def settle_with(self, settle: Callable[[Request], Request]) -> None:
        super().settle_with(settle)
        self._known = None  # a key is made of what is sent

    @property
    def _rows(self) -> list[tuple[int, int, str]]:
        """Each sample's line, the place of its condition, and the key that it gets here."""
        if self._known is None:
            self._known = [(number, place, self._key(sample)) for number, place, sample in self._samples(self._lines)]
        return self._known

    @property
    def totals(self) -> list[int]:
        return self._count(place for _, place, _ in self._rows)

    def categories(self) -> list[str]:
        rows = {number: place for number, place, _ in self._rows}
        return list(dict.fromkeys(s.category for _, _, s in self._samples(rows) if s.category))

    def check(self) -> None:
        """Nothing is left to plan: `survey` has looked at every line."""

    def jobs(self, done: Collection[str] = (), conditions: Sequence[Condition] | None = None) -> Iterator[Job]:
        wanted = self.conditions if conditions is None else conditions
        places = {self.conditions.index(condition) for condition in wanted}
        rows = {number: place for number, place, key in self._rows if place in places and key not in done}
        for _, place, sample in self._samples(rows):
            yield self._logged(sample, self.conditions[place])

    def only(self, conditions: Sequence[Condition]) -> Self:
        left = super().only(conditions)
        places = {self.conditions.index(condition): place for place, condition in enumerate(conditions)}
        left._lines = {number: places[place] for number, place in self._lines.items() if place in places}
        left._known = None
        return left

    def asks_alike(self, sample: Sample) -> bool:
        """The words come from the log, whatever version of llmxsite sends them."""
        return True

    def left(self, done: Collection[str]) -> list[int]:
        return self._count(place for _, place, key in self._rows if key not in done)

    def _count(self, places: Iterator[int]) -> list[int]:
        counts = Counter(places)
        return [counts[place] for place in range(len(self.conditions))]

    def _samples(self, lines: Mapping[int, int]) -> Iterator[tuple[int, int, Sample]]:
        """Number, place of the condition and record of the given lines, one at a time."""
        try:
            with opened(self._path) as stream:
                for number, raw in raw_lines(stream):
                    if number in lines:
                        line = decode_line(raw)
                        if isinstance(line, Sample):
                            yield number, lines[number], line
        except (OSError, msgspec.DecodeError) as error:
            raise Problem.at(
                self._path,
                "log-changed",
                f"the log that is repeated changed or went away meanwhile: {error}",
                hint="put it back as it was and run the same command again: it goes on where it stopped",
            ) from None

    def _key(self, sample: Sample) -> str:
        identity = self.models[str(sample.condition["model"])].identity
        suite = sample.suite or self._only
        sent = Sent.of(self._requests(sample))
        return sample_key(identity, suite, sample.item, sample.condition, sent, sample.repeat)

    def _requests(self, sample: Sample) -> tuple[Call, ...]:
        """What was sent, as it can be sent today. A log of a server whose context no request sets does not name one."""
        model, own = str(sample.condition["model"]), self._own(sample.condition)
        requests: list[Call] = []
        for request in sample.request.calls(model):
            if isinstance(request, EmbedRequest):
                requests.append(request)
                continue
            options = request.options
            if options.num_ctx is None:
                options = msgspec.structs.replace(options, num_ctx=self._contexts[model])
            requests.append(self.settle(msgspec.structs.replace(request, options=options, own=own)))
        return tuple(requests)

    def _logged(self, sample: Sample, condition: Condition) -> Job:
        today = current(sample.scorer)
        rubric = None if today is None else today.rubric_of(sample)
        assert today is not None and rubric is not None  # `survey` has seen this very line
        name = sample.suite or self._only
        words = [message.content for message in sample.request.messages if message.role == "user"]
        shown = sample.shown or Shown()
        item = LoggedItem(
            id=sample.item,
            category=sample.category,
            subcategory=sample.subcategory,
            difficulty=sample.difficulty,
            language=sample.language,
            cluster=sample.cluster,
            words=shown.question or (words[-1] if words else sample.request.prompt or ""),
            logged=sample.shown,
        )
        requests = self._requests(sample)
        return Job(
            key=self._key(sample),
            suite=self._suites.get(name) or Suite(id=name, title=name),
            item=item,
            hash=sample.item_hash,
            condition=condition,
            repeat=sample.repeat,
            plan=Plan(requests, rubric, today.id),
            sent=Sent.of(requests),
            models=self.called(condition),
        )
