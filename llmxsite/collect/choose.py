"""Which log a run goes on in, or why it begins a new one."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import msgspec

from llmxsite.base.diagnostics import Problem
from llmxsite.exchange.engine.protocol import ModelInfo
from llmxsite.log.record import Resume, Run
from llmxsite.log.runlog import read_header
from llmxsite.study.experiment import essence, fingerprint

_OTHER = {
    True: "is set up otherwise by the server, with the same weights",  # in a log that does not tell the weights by themselves
    False: "has other weights",
    None: "is another model by its digest",
}
_FORM = "%Y-%m-%d-%H%M%S"
_STAMP = re.compile(r"\d{4}-\d\d-\d\d-\d{6}(?=-[0-9a-f]{4}(?:-m\d+)?\.jsonl$)")


class Choice(NamedTuple):
    """The log to go on in, or None and the reasons why the newest one cannot be."""

    path: Path | None
    header: Run | None = None
    reasons: tuple[str, ...] = ()


def choose(logs: Iterable[Path], now: Run) -> Choice:
    """The newest of `logs` that a run can go on in whose header would be `now`.

    Logs that cannot be read, imported ones, repetitions of another log, and those of a run on several machines are passed over.
    """
    reasons: tuple[str, ...] | None = None
    for path in sorted(logs, key=lambda p: p.name, reverse=True):
        try:
            header = read_header(path)
        except Problem:
            continue
        if header.source is not None or header.cluster is not None or _repeats(header) != _repeats(now):
            continue
        found = differences(header, now)
        if not found:
            return Choice(path, header)
        reasons = reasons or tuple(found)
    return Choice(None, None, reasons or ())


def differences(header: Run, now: Run) -> list[str]:
    """In words, what keeps a run from going on in the log with this header: what a sample's value depends on."""
    found = []
    if fingerprint(header.experiment) != fingerprint(now.experiment):
        changed = _changed(header.experiment, now.experiment)
        found.append(f"the experiment changed ({', '.join(changed)})" if changed else "the experiment changed")
    old_suites = {s.id: s.hash for s in header.suites}
    for suite in now.suites:
        if old_suites.get(suite.id, suite.hash) != suite.hash:
            found.append(f"the suite '{suite.id}' changed")
    if header.engine.name != now.engine.name:
        found.append(f"the engine was {header.engine.name} and is {now.engine.name}")
    models = {model.name: model for model in now.models}
    for model in header.models:
        here = models.get(model.name)
        if here is not None and model.digest != here.digest and not (model.weights and model.same_weights(here)):
            digests = f"digest {_short(model.digest)}, now {_short(here.digest)}"
            found.append(f"'{model.name}' {_OTHER[model.same_weights(here)]} ({digests})")
    if now.contributor is not None and header.contributor != now.contributor:
        found.append("it is another contributor's")
    if header.rerun_of != now.rerun_of:
        found.append("the log that it repeats changed")
    return found


def as_told(header: Run, models: Mapping[str, ModelInfo]) -> dict[str, ModelInfo]:
    """The models as the log with this header knows them, which its keys are made of: one from before the weights were told by
    themselves goes by digests."""
    before = {model.name: model for model in header.models}
    return {
        name: msgspec.structs.replace(model, weights=None)
        if name in before and before[name].weights is None and before[name].digest == model.digest
        else model
        for name, model in models.items()
    }


def new_id(logs: Iterable[Path], time: str) -> str:
    """A name for a run that starts at `time`: `2026-11-22-142330-958b`.

    It sorts after every run in `logs`, whatever the clock says: the newest run is the last by name.
    """
    stamp = datetime.fromisoformat(time).replace(microsecond=0, tzinfo=None)
    for path in logs:
        if match := _STAMP.match(path.name):
            with suppress(ValueError):  # a name that only looks like a time
                stamp = max(stamp, datetime.strptime(match[0], _FORM) + timedelta(seconds=1))
    return f"{stamp:{_FORM}}-{secrets.token_hex(2)}"


def resumed(header: Run, now: Run, time: str) -> Resume:
    """The `resume` line: what is different from the header."""
    before = {model.name: model for model in header.models}
    changed = [model for model in now.models if before.get(model.name) != model]
    return Resume(
        time=time,
        host=now.host if now.host != header.host else None,
        software=now.software if now.software != header.software else None,
        engine=now.engine if now.engine != header.engine else None,
        models=changed or None,
        git=now.git if now.git != header.git else None,
        planned=now.planned if now.planned != header.planned else None,
        concurrency=now.concurrency if now.concurrency != header.concurrency else None,
    )


def _repeats(header: Run) -> str | None:
    return header.rerun_of.id if header.rerun_of is not None else None


def _changed(before: dict[str, object], now: dict[str, object]) -> list[str]:
    """The keys of the experiment that differ and that samples depend on."""
    old, new = essence(before), essence(now)
    return sorted(key for key in old.keys() | new.keys() if old.get(key) != new.get(key))


def _short(digest: str | None) -> str:
    return digest[:12] if digest else "not told"
