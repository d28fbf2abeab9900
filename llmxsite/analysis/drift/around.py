"""What stood around the samples of two runs, value by value. What is not recorded on one side is never equal."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, get_args

import msgspec

from llmxsite.analysis.drift.log import Log
from llmxsite.analysis.drift.record import Fact, FactState
from llmxsite.analysis.drift.reply import recorded
from llmxsite.log.record import Sample, Sent
from llmxsite.log.runlog import facts
from llmxsite.log.runlog.facts import Group, Key

GROUPS: tuple[Group, ...] = get_args(Group)
"""In the order they are shown."""
MOST_VALUES = 12
"""Distinct values of an option that are listed."""


def around(before: Log, after: Log) -> list[Fact]:
    """What the headers and `resume` lines of the two runs say. Of models and suites, those that both runs have."""
    first, second = facts.recorded(before), facts.recorded(after)
    shared = _subjects(first) & _subjects(second)
    found = []
    for key in {**first, **second}:
        group, name, subject = key
        a, b = first.get(key, []), second.get(key, [])
        if (a or b) and (subject is None or (group, subject) in shared):
            found.append(Fact(group=group, subject=subject, name=name, state=state_of(a, b), before=a, after=b))
    return sorted(found, key=_rank)


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


def same_machine(facts: Iterable[Fact]) -> bool | None:
    """Whether both runs were made on machines that look alike; None where too little is recorded."""
    found = {fact.name: fact.state for fact in facts if fact.group == "machine"}
    if "changed" in found.values():
        return False
    return True if found.get("cpu") == "same" else None


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
