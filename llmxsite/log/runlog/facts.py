"""The facts that stand around a run's samples: models, server, machine, software, experiment and suites, value by value.

A value that a log does not have is not recorded, which is never equal to anything. A `resume` line may change a value in mid-log;
every value that a run went through counts. `drift` compares all of them, `rerun` says what moves a sample, and tables over
machines name what differs about one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal, Protocol

from llmxsite.exchange.engine.protocol import EngineInfo, ModelInfo
from llmxsite.log.record import Git, Gpu, Host, Resume, Run
from llmxsite.study.experiment import essence

Group = Literal["model", "server", "machine", "software", "study", "experiment", "suite", "request", "scoring"]
Key = tuple[Group, str, str | None]
"""Group, name, and the model or suite it is about."""
MODEL = (
    "digest",
    "weights",
    "quantization",
    "template_hash",
    "context_in_force",
    "context_length",
    "parameters",
    "size_bytes",
    "family",
    "format",
    "render_hash",
    "system",
    "stored_messages",
    "capabilities",
    "gpu_share",
    "remote",
)
TOLD = ("quantization", "context_in_force", "template_hash", "system")
"""Of `MODEL`, what is said before a repetition beside the weights: the rest follows from these, or moves no sample."""
SERVER = ("name", "version", "backend", "threads", "address", "lacks")
MACHINE = ("os", "machine", "cpu", "cores", "memory_bytes", "gpus")
SUITE = ("hash", "version", "items")


class Told(Protocol):
    """What of a log tells facts: its header, and the lines that say what changed after it."""

    @property
    def run(self) -> Run: ...
    @property
    def resumes(self) -> Sequence[Resume]: ...
    @property
    def lacks(self) -> Sequence[str]: ...


def recorded(log: Told) -> dict[Key, list[Any]]:
    """Each value a run has recorded, as the history of what it was: one that is not recorded has none."""
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


def models(log: Told, name: str) -> list[ModelInfo]:
    """A model as the header has it, and after each `resume` line, which says what differs from the header."""
    own = next(m for m in log.run.models if m.name == name)
    return [own, *(next((m for m in line.models or [] if m.name == name), own) for line in log.resumes)]


def engines(log: Told) -> list[EngineInfo]:
    return [log.run.engine, *(line.engine or log.run.engine for line in log.resumes)]


def hosts(log: Told) -> list[Host]:
    first = log.run.host or Host()
    return [first, *(line.host or first for line in log.resumes)]


def software(log: Told) -> list[dict[str, str]]:
    return [log.run.software, *(line.software or log.run.software for line in log.resumes)]


def commits(log: Told) -> list[Git | None]:
    return [log.run.git, *(line.git or log.run.git for line in log.resumes)]


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


def _server(info: EngineInfo, name: str, log: Told) -> Any:
    if name == "lacks":
        return None if log.run.source is not None else "; ".join(dict.fromkeys([*info.lacks, *log.lacks])) or "nothing"
    return getattr(info, name)


def _machine(host: Host, name: str) -> Any:
    if name == "gpus" and host.gpus is not None:
        return ", ".join(map(gpu, host.gpus)) or "none"
    return getattr(host, name)


def gpu(gpu: Gpu) -> str:
    """`NVIDIA H200 150 GB, driver 570.86`."""
    memory = f" {gpu.memory_bytes / 1e9:.0f} GB" if gpu.memory_bytes else ""
    return f"{gpu.name}{memory}" + (f", driver {gpu.driver}" if gpu.driver else "")


def _commit(git: Git | None) -> str | None:
    return None if git is None else git.commit + (" with uncommitted changes" if git.dirty else "")
