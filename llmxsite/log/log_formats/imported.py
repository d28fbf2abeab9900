"""A foreign run on its way into a study: what a format gives, and how it becomes a run log."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from llmxsite.base.diagnostics import Problem
from llmxsite.base.written import away
from llmxsite.exchange.engine.protocol import EngineInfo, ModelInfo
from llmxsite.log import runlog
from llmxsite.log.record import SCHEMA, Run, Sample, SuiteRef
from llmxsite.study.study import Study, slugify
from llmxsite.study.suite import Item, Suite

_TIME = re.compile(r"\d{8}-\d{6}")
"""What may stand before the name in a run's id."""


class Imported(msgspec.Struct, kw_only=True):
    """One run as a foreign file tells it."""

    model: ModelInfo
    suites: list[SuiteRef]
    samples: list[Sample]
    engine: EngineInfo
    source: dict[str, Any]
    """Tool, file, sha256, and counts of what could not be read; goes into the header."""
    identity: str
    """What makes the run itself, whatever file or format it comes in: its own ids, or else what its samples say."""
    said: list[str] = []
    """Sentences about the whole run that a person should see at once."""
    goes_on: bool = False
    """Whether it takes the place of a shorter log of the same run that came before."""
    task: str = "benchmark"
    experiment: dict[str, Any] = {}
    software: dict[str, str] = {}
    started: str | None = None
    """UTC, ISO 8601 with `Z`."""
    ended: str | None = None

    @property
    def run_id(self) -> str:
        """Time (where the file tells it), model, and eight digits of the identity's hash."""
        day = "".join(c for c in (self.started or "")[:19] if c.isdigit())
        time = [f"{day[:8]}-{day[8:]}"] if len(day) == 14 else []
        return "-".join([*time, self.run_name])

    @property
    def run_name(self) -> str:
        """The id without the time."""
        digits = hashlib.sha256(self.identity.encode()).hexdigest()[:8]
        return f"{slugify(self.model.name)[:60].strip('-.')}-{digits}"


class Stored(msgspec.Struct, kw_only=True):
    """Where an imported run went."""

    path: Path
    counts: dict[str, int] | None
    """Samples by outcome; None when the run was there already."""


def store(study: Study, report: str, imported: Imported, *, replace: bool = False) -> Stored:
    """Write the run as a log under `runs/<report>/`, unless it is there already."""
    path = study.run_log(report, imported.run_id)
    known = [p for p in sorted(path.parent.glob("*.jsonl")) if _holds(p, imported)]
    if known and not replace:
        return Stored(path=path if path in known else known[0], counts=None)
    run = Run(
        schema=SCHEMA,
        id=imported.run_id,
        report=report,
        task=imported.task,
        experiment=imported.experiment,
        suites=imported.suites,
        engine=imported.engine,
        models=[imported.model],
        software=imported.software,
        started=imported.started,
        source=imported.source,
    )
    # A tool that tells its end by the second ends before its last reply, which it tells by the millisecond.
    times = [imported.ended, *(sample.time for sample in imported.samples)] if imported.ended else []
    ended = max((time for time in times if time), default=None)
    samples = imported.samples
    if all(sample.time for sample in samples):
        samples = sorted(samples, key=lambda sample: sample.time or "")  # a log is in the order of completion
    counts = runlog.write(path, run, samples, ended=ended)
    for other in known:
        if other != path:
            away(other)
    return Stored(path=path, counts=counts)


def _holds(path: Path, imported: Imported) -> bool:
    """Whether a log is of this run: by its name, in which one format tells when it was and another does not, or by its file.

    The second knows what earlier versions imported, whose names followed from the bytes of the file.
    """
    if path.stem == imported.run_id or path.stem == imported.run_name:
        return True
    if path.stem.endswith(f"-{imported.run_name}"):
        return _TIME.fullmatch(path.stem.removesuffix(f"-{imported.run_name}")) is not None
    try:
        header = runlog.read_header(path)
    except Problem:
        return False
    source = header.source or {}
    same_file = source.get("sha256") == imported.source["sha256"] and source.get("file") == imported.source["file"]
    return same_file and (
        (header.started, header.models, header.suites) == (imported.started, [imported.model], imported.suites)
    )


class Repeats:
    """How often each question of a file came already. The same id with another text or key is another question."""

    def __init__(self) -> None:
        self.items: dict[tuple[str, str], Item] = {}
        self._times: dict[tuple[str, str], int] = {}
        self._first: dict[str, str] = {}

    def next(self, item: Item, digest: str) -> int:
        """The repeat that this meeting is: 0 for the first."""
        key = item.id, digest
        times = self._times.get(key, 0)
        self._times[key] = times + 1
        self.items.setdefault(key, item)
        self._first.setdefault(item.id, digest)
        return times

    def differs(self, item: Item, digest: str) -> bool:
        """Whether its id was met before with another text or key."""
        return self._first.get(item.id, digest) != digest


def fingerprint(samples: Iterable[Sample], *, conditions: bool = True) -> str:
    """What the samples say, whatever order, file or format they come in: the identity of a run that has no id of its own.

    What was read here out of a reply is no part of it (a better reader makes no other run), unless there is no reply. Without
    `conditions`, a format may leave out how the model was asked.
    """
    told = sorted(
        msgspec.json.encode(
            [
                s.item,
                s.item_hash,
                s.condition if conditions else None,
                s.repeat,
                s.reply.text if s.reply else None,
                s.scores if s.scorer is None else s.scores["expected"],
            ],
            order="sorted",
        )
        for s in samples
    )
    return hashlib.sha256(b"\n".join(told)).hexdigest()


def utc(moment: str | float | None) -> str | None:
    """A time as other tools write it (ISO 8601, seconds or milliseconds since 1970) as UTC with `Z`; None for anything else."""
    try:
        if isinstance(moment, str):
            when = datetime.fromisoformat(moment)
            if when.tzinfo is None:
                return None  # no telling which time it is
        elif moment is None or isinstance(moment, bool):
            return None
        else:
            when = datetime.fromtimestamp(moment / 1000 if abs(moment) > 1e11 else moment, UTC)
        when = when.astimezone(UTC)  # a time of the year 1 may be one of the year before it
    except (ValueError, OverflowError, OSError):
        return None
    return when.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def suite_ref(suite_id: str, title: str | None, items: Iterable[Item]) -> SuiteRef:
    """The suite that a foreign file shows: its hash covers exactly the questions asked there."""
    every = list(items)
    suite = Suite(id=suite_id, title=title or suite_id, items=every)
    return SuiteRef(id=suite_id, hash=suite.hash(), title=title, items=len(every))
