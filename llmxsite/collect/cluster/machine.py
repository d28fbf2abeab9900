"""A machine of a cluster: what its station found there, whether it fits the run, and how far it has come."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple
from urllib.parse import urlsplit

import msgspec

from llmxsite.base.diagnostics import Issue, Problem
from llmxsite.collect.cluster.remote import Remote
from llmxsite.collect.cluster.station import Facts
from llmxsite.collect.job import Job
from llmxsite.collect.loop import Collector
from llmxsite.collect.observer import Observer
from llmxsite.collect.subject import Subject
from llmxsite.collect.workload import Workload
from llmxsite.exchange.engine.address import is_here
from llmxsite.exchange.engine.protocol import EngineError, EngineInfo, ModelInfo
from llmxsite.log.record import Run, Sample

RECENT = 60
"""Samples that a machine's rate is taken over."""


class Found(NamedTuple):
    """A worker with an open station."""

    address: str
    """The worker's, as Dask has it: for the terminal, never for a log."""
    remote: Remote
    facts: Facts

    @property
    def place(self) -> tuple[str | None, str | None]:
        """The machine whose engine this is: workers side by side that use the same server are one."""
        server = self.facts.engine.address
        return (None, server) if server is not None and not is_here(server) else (_host(self.address), server)


class Weights(NamedTuple):
    """What every machine of one run must have in common."""

    engine: str
    models: Mapping[str, ModelInfo]
    """As the first machine that has them describes them."""


def agree(found: Sequence[Found], asked: Iterable[str], wanted: Collection[str]) -> Weights:
    """The engine and the weights of a run, which are the same on all its machines.

    `asked` are the models of the experiment, `wanted` the beginnings of digests that were chosen. Raises `Problem` where
    machines differ and nothing was chosen (`cluster-engines`, `cluster-weights`): pooling them is nobody's to decide in
    silence.
    """
    engines: dict[str, list[str]] = {}
    for machine in found:
        engines.setdefault(machine.facts.engine.name, []).append(machine.address)
    if len(engines) > 1:
        words = "; ".join(f"{name} on {', '.join(places)}" for name, places in engines.items())
        raise Problem.at(
            "--cluster",
            "cluster-engines",
            f"the machines answer with different engines: {words}",
            hint="name one with --engine: machines that do not have it are left out",
        )
    models: dict[str, ModelInfo] = {}
    issues: list[Issue] = []
    for name in asked:
        kinds: dict[str | None, list[Found]] = {}
        for machine in found:
            if name in machine.facts.models:
                model = machine.facts.models[name]
                kinds.setdefault(model.weights or model.digest, []).append(machine)
        chosen: list[str | None] = [d for d in kinds if d and any(d.startswith(start) for start in wanted)]
        chosen = chosen or list(kinds)
        if len(chosen) > 1:
            words = "; ".join(
                f"{_short(digest)} on {', '.join(m.address for m in machines)}" for digest, machines in kinds.items()
            )
            issues.append(
                Issue(
                    path="--cluster",
                    code="cluster-weights",
                    message=f"'{name}' is not the same on all machines: {words}",
                    hint=f"pull it anew where it is old, or choose: --weights {_short(chosen[0])}",
                )
            )
        elif chosen:
            models[name] = kinds[chosen[0]][0].facts.models[name]
    if issues:
        raise Problem(*issues)
    return Weights(next(iter(engines), ""), models)


def fits(facts: Facts, weights: Weights, about: Subject) -> tuple[set[str], list[str]]:
    """The models whose samples a machine can make in this run, and in words what keeps it from others."""
    if facts.engine.name != weights.engine:
        return set(), [f"its engine is {facts.engine.name}, and {weights.engine} on the others"]
    takes: set[str] = set()
    reasons: list[str] = []
    for name, shared in weights.models.items():
        if name in facts.lacking:
            fault = facts.lacking[name]
            reasons.append(f"it has no '{name}'" if fault.kind == "missing-model" else f"'{name}': {fault.message}")
            continue
        here = facts.models[name]
        if here.digest != shared.digest and not here.same_weights(shared):
            reasons.append(f"its '{name}' has other weights ({_short(here.digest)}, not {_short(shared.digest)})")
        elif not _asked_alike(about, weights, here):
            reasons.append(f"its server describes '{name}' otherwise, and would be asked in other words")
        else:
            takes.add(name)
    return takes, reasons


def shareable(info: EngineInfo) -> EngineInfo:
    """A server's description without an address that would name a machine: one of its own network goes, loopback stays."""
    return info if info.address is None or is_here(info.address) else msgspec.structs.replace(info, address=None)


@dataclass
class Machine:
    """One machine in a run, from its first sample to its last. It may go and come back."""

    number: int
    found: Found
    header: Run
    """What its log says of it, as a new one would have it, but for id and start."""
    models: set[str]
    """Those whose samples it takes."""
    collectors: list[Collector] = field(default_factory=list)
    """One for each time it came; the last one works."""
    state: Literal["waiting", "working", "done", "gone", "stopped"] = "waiting"
    made: int = 0
    errors: int = 0
    _times: deque[float] = field(default_factory=lambda: deque(maxlen=RECENT))

    @property
    def name(self) -> str:
        return f"machine {self.number}"

    @property
    def address(self) -> str:
        """The worker's: for the terminal."""
        return self.found.address

    @property
    def issues(self) -> list[Issue]:
        """What stopped it, or a model on it."""
        return [issue for collector in self.collectors for issue in collector.result.issues]

    def rate(self, clock: float) -> float | None:
        """Samples a second over the last ones; None before there are two."""
        until = clock if self.state == "working" else self._times[-1] if self._times else clock
        if len(self._times) < 2 or until <= self._times[0]:
            return None
        return (len(self._times) - 1) / (until - self._times[0])

    def count(self, sample: Sample, clock: float) -> None:
        self.made += not sample.judges  # what judges another was not planned
        self.errors += sample.outcome == "error"
        self._times.append(clock)


class Watch:
    """The observer of one machine's collector: counts for the machine, and passes on to the run's observer."""

    wants_text = False

    def __init__(self, machine: Machine, observer: Observer, clock: Callable[[], float]) -> None:
        self._machine, self._observer, self._clock = machine, observer, clock

    def begin(self, workload: Workload, left: list[int]) -> None: ...

    def start(self, job: Job) -> None:
        self._observer.start(job)

    def text(self, job: Job, piece: str, thinking: bool) -> None: ...

    def retry(self, job: Job, error: EngineError, attempt: int, wait: float) -> None:
        self._observer.retry(job, error, attempt, wait)

    def sample(self, job: Job, sample: Sample) -> None:
        self._machine.count(sample, self._clock())
        self._observer.sample(job, sample)

    def note(self, message: str) -> None:
        self._observer.note(f"{self._machine.name}: {message}")


def _asked_alike(about: Subject, weights: Weights, here: ModelInfo) -> bool:
    """Whether the first sample of each condition of a model would have the same key with this description of it."""
    shared = about.workload(dict(weights.models))
    other = about.workload({**weights.models, here.name: here})
    try:
        return all(
            next((job.key for job in shared.jobs(conditions=[c])), None)
            == next((job.key for job in other.jobs(conditions=[c])), None)
            for c in about.conditions
            if here.name in shared.called(c)
        )
    except Problem:  # asked for something that this description says it cannot
        return False


def _host(address: str) -> str | None:
    return urlsplit(address).hostname


def _short(digest: str | None) -> str:
    return digest[:12] if digest else "not told"
