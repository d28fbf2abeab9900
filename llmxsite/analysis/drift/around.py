"""What stood around the samples of two runs, value by value: models, server, machine, software, experiment, suites.

A value that a log does not have is not recorded, and what is not recorded on one side is never equal. A `resume` line may
change a value in mid-log; every value a run went through counts.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, get_args

import msgspec

from llmxsite.analysis.drift.log import Log
from llmxsite.analysis.drift.record import Fact, FactState, Group
from llmxsite.analysis.drift.reply import recorded
from llmxsite.exchange.engine.protocol import EngineInfo, ModelInfo
from llmxsite.log.record import Git, Gpu, Host, Sample, Sent
from llmxsite.log.runlog.facts import MACHINE, MODEL, SERVER, SUITE
from llmxsite.study.experiment import essence

GROUPS: tuple[Group, ...] = get_args(Group)
"""In the order they are shown."""
MOST_VALUES = 12
"""Distinct values of an option that are listed."""


Key = tuple[Group, str, str | None]
"""Group, name, and the model or suite it is about."""


def around(before: Log, after: Log) -> list[Fact]:
    """What the headers and `resume` lines of the two runs say. Of models and suites, those that both runs have."""
    first, second = _recorded(before), _recorded(after)
    shared = _subjects(first) & _subjects(second)
    facts = []
    for key in {**first, **second}:
        group, name, subject = key
        a, b = first.get(key, []), second.get(key, [])
        if (a or b) and (subject is None or (group, subject) in shared):
            facts.append(Fact(group=group, subject=subject, name=name, state=state_of(a, b), before=a, after=b))
    return sorted(facts, key=_rank)


def _recorded(log: Log) -> dict[Key, list[Any]]:
    """Each value a run has recorded, as the history of what it was."""
    found: dict[Key, list[Any]] = {}
    for model in log.run.models:
        infos = models(log, model.name)
        found |= {("model", n, model.name): _history(_model(info, n) for info in infos) for n in MODEL}
    found |= {("server", n, None): _history(_server(info, n, log) for info in engines(log)) for n in SERVER}
    found |= {("machine", n, None): _history(_machine(host, n) for host in hosts(log)) for n in MACHINE}
    versions = software(log)
    found |= {("software", n, None): _history(v.get(n) for v in versions) for v in versions for n in sorted(v)}
    found["study", "commit", None] = _history(map(_commit, commits(log)))
    found["experiment", "models", None] = [sorted(m.name for m in log.run.models)]
    found["experiment", "suites", None] = [sorted(s.id for s in log.run.suites)]
    widths = [log.run.concurrency, *(line.concurrency or log.run.concurrency for line in log.resumes)]
    found["experiment", "concurrency", None] = _history(widths)
    plan = essence(log.run.experiment)
    # What an experiment sets to null it does record.
    found |= {("experiment", n, None): [plan[n]] for n in sorted(plan) if n not in ("models", "suites")}
    for suite in log.run.suites:
        found |= {("suite", n, suite.id): _history([getattr(suite, n)]) for n in SUITE}
    return found


def _subjects(found: Iterable[Key]) -> set[tuple[Group, str]]:
    return {(group, subject) for group, _, subject in found if subject is not None}


def _rank(fact: Fact) -> tuple[int, str]:
    return GROUPS.index(fact.group), fact.subject or ""


class RequestFacts:
    """What was sent with every request, gathered pair by pair."""

    def __init__(self) -> None:
        self._parts: dict[tuple[Group, str], _Part] = {}

    def add(self, before: Sample, after: Sample) -> None:
        """One pair of samples."""
        a, b = ({**_parts(s.request), ("scoring", "scorer"): s.scorer or ABSENT} for s in (before, after))
        for name in a.keys() | b.keys():
            part = self._parts.get(name)
            if part is None:
                part = self._parts[name] = _Part(listed=name[1] not in WORDS)
            part.add(a.get(name, ABSENT), b.get(name, ABSENT))

    def facts(self) -> list[Fact]:
        """A fact for each part of a request that was ever set, options first. Of words only whether they differ is said."""
        names = [name for name, part in self._parts.items() if part.set]
        return [
            self._parts[name].fact(*name)
            for name in sorted(names, key=lambda n: (GROUPS.index(n[0]), n[1] in WORDS, n[1]))
        ]


class _Part:
    """One part of the requests of all pairs."""

    def __init__(self, *, listed: bool) -> None:
        self.listed = listed
        self.both = self.differ = 0
        self.set = False
        self._values: tuple[dict[str, Any], dict[str, Any]] = ({}, {})
        self._last: tuple[Any, Any] = (ABSENT, ABSENT)

    def add(self, before: Any, after: Any) -> None:
        if before is not ABSENT and after is not ABSENT:
            self.both += 1
            self.differ += before != after
        if (before, after) == self._last:
            return  # of most parts, every pair has the value of the one before
        self._last = before, after
        for known, value in zip(self._values, self._last, strict=True):
            if value is not ABSENT:
                self.set = self.set or value not in (None, [])
                if self.listed and len(known) < MOST_VALUES:
                    known.setdefault(_text(value), value)

    def fact(self, group: Group, name: str) -> Fact:
        state: FactState = "changed" if self.differ else "same" if self.both else "not recorded"
        before, after = ([v for _, v in sorted(known.items())] for known in self._values)
        return Fact(group=group, subject=None, name=name, state=state, before=before, after=after, pairs=self.differ)


class _Absent:
    """Stands for what a log does not have: null is something else."""


ABSENT = _Absent()
WORDS = ("messages", "prompt", "tools", "draws")
"""Parts of a request that are another for every item, or too long to be listed."""


def state_of(before: list[Any], after: list[Any]) -> FactState:
    """What two histories of a value say of a change."""
    if not before or not after:
        return "not recorded"
    if before != after:
        return "changed"
    return "same" if len(before) == 1 else "mixed"


def models(log: Log, name: str) -> list[ModelInfo]:
    """A model as the header has it, and after each `resume` line, which says what differs from the header."""
    own = next(m for m in log.run.models if m.name == name)
    return [own, *(next((m for m in line.models or [] if m.name == name), own) for line in log.resumes)]


def engines(log: Log) -> list[EngineInfo]:
    return [log.run.engine, *(line.engine or log.run.engine for line in log.resumes)]


def hosts(log: Log) -> list[Host]:
    first = log.run.host or Host()
    return [first, *(line.host or first for line in log.resumes)]


def software(log: Log) -> list[dict[str, str]]:
    return [log.run.software, *(line.software or log.run.software for line in log.resumes)]


def commits(log: Log) -> list[Git | None]:
    return [log.run.git, *(line.git or log.run.git for line in log.resumes)]


def same_machine(facts: Iterable[Fact]) -> bool | None:
    """Whether both runs were made on machines that look alike; None where too little is recorded."""
    found = {fact.name: fact.state for fact in facts if fact.group == "machine"}
    if "changed" in found.values():
        return False
    return True if found.get("cpu") == "same" else None


def _history(values: Iterable[Any]) -> list[Any]:
    """The values that are known, each change once."""
    found: list[Any] = []
    for value in values:
        if value is not None and (not found or found[-1] != value):
            found.append(value)
    return found


def _model(info: ModelInfo, name: str) -> Any:
    value = getattr(info, name)
    # Only a cloud model is marked, and stored messages are counted where there are some; of others nothing is said.
    return (value or None) if name in ("remote", "stored_messages") else value


def _server(info: EngineInfo, name: str, log: Log) -> Any:
    if name == "lacks":
        return None if log.run.source is not None else "; ".join(dict.fromkeys([*info.lacks, *log.lacks])) or "nothing"
    return getattr(info, name)


def _machine(host: Host, name: str) -> Any:
    if name == "gpus" and host.gpus is not None:
        return ", ".join(map(_gpu, host.gpus)) or "none"
    return getattr(host, name)


def _gpu(gpu: Gpu) -> str:
    memory = f" {gpu.memory_bytes / 1e9:.0f} GB" if gpu.memory_bytes else ""
    return f"{gpu.name}{memory}" + (f", driver {gpu.driver}" if gpu.driver else "")


def _commit(git: Git | None) -> str | None:
    return None if git is None else git.commit + (" with uncommitted changes" if git.dirty else "")


def _parts(sent: Sent) -> dict[tuple[Group, str], Any]:
    """A request in parts; empty where it was not kept."""
    if not recorded(sent):
        return {}
    parts: dict[tuple[Group, str], Any] = {("request", name): value for name, value in sent.options.items()}
    for name in ("think", "top_logprobs", "keep_alive", *WORDS):
        parts["request", name] = getattr(sent, name)
    return parts


def _text(value: Any) -> str:
    """What tells values apart, and the order they are listed in: numbers by size, then words."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f"0{float(value):+020.6f}"
    return "1" + msgspec.json.encode(value).decode()
