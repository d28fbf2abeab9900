"""Which log a run goes on in, or why it begins a new one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

import msgspec

from llmxsite.diagnostics import Problem
from llmxsite.engine.protocol import EngineInfo, ModelInfo
from llmxsite.experiment import Resolved, essence, fingerprint
from llmxsite.record import Git, Host, Resume, Run
from llmxsite.runlog import read_header
from llmxsite.suite import Suite


class Now(NamedTuple):
    """What a run would write into its header today."""

    experiment: Resolved
    suites: list[Suite]
    engine: EngineInfo
    models: Mapping[str, ModelInfo]
    host: Host
    software: dict[str, str]
    git: Git | None
    contributor: str | None = None


class Choice(NamedTuple):
    """The log to go on in, or None and the reasons why the newest one cannot be."""

    path: Path | None
    header: Run | None = None
    reasons: tuple[str, ...] = ()


def choose(logs: Iterable[Path], now: Now) -> Choice:
    """The newest of `logs` that the run can go on in.

    Logs that cannot be read, imported ones, and those of a run on several machines are passed over.
    """
    reasons: tuple[str, ...] | None = None
    for path in sorted(logs, key=lambda p: p.name, reverse=True):
        try:
            header = read_header(path)
        except Problem:
            continue
        if header.source is not None or header.cluster is not None:
            continue
        found = differences(header, now)
        if not found:
            return Choice(path, header)
        reasons = reasons or tuple(found)
    return Choice(None, None, reasons or ())


def differences(header: Run, now: Now) -> list[str]:
    """In words, what keeps a run from going on in the log with this header: what a sample's value depends on."""
    found = []
    if fingerprint(header.experiment) != fingerprint(now.experiment):
        changed = _changed(header.experiment, now.experiment)
        found.append(f"the experiment changed ({', '.join(changed)})" if changed else "the experiment changed")
    old_suites = {s.id: s.hash for s in header.suites}
    for suite in now.suites:
        if suite.id in old_suites and old_suites[suite.id] != suite.hash():
            found.append(f"the suite '{suite.id}' changed")
    if header.engine.name != now.engine.name:
        found.append(f"the engine was {header.engine.name} and is {now.engine.name}")
    for model in header.models:
        here = now.models.get(model.name)
        if here is not None and model.digest != here.digest:
            found.append(f"'{model.name}' has other weights (digest {_short(model.digest)}, now {_short(here.digest)})")
    if now.contributor is not None and header.contributor != now.contributor:
        found.append("it is another contributor's")
    return found


def resumed(header: Run, now: Now, time: str, planned: int) -> Resume:
    """The `resume` line: what is different from the header."""
    before = {model.name: model for model in header.models}
    changed = [model for name, model in now.models.items() if before.get(name) != model]
    return Resume(
        time=time,
        host=now.host if now.host != header.host else None,
        software=now.software if now.software != header.software else None,
        engine=now.engine if now.engine != header.engine else None,
        models=changed or None,
        git=now.git if now.git != header.git else None,
        planned=planned if planned != header.planned else None,
    )


def _changed(before: dict[str, object], now: Resolved) -> list[str]:
    """The keys of the experiment that differ and that samples depend on."""
    old, new = essence(before), essence(msgspec.to_builtins(now))
    return sorted(key for key in old.keys() | new.keys() if old.get(key) != new.get(key))


def _short(digest: str | None) -> str:
    return digest[:12] if digest else "not told"
