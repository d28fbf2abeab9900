"""A foreign run on its way into a study: what a format gives, and how it becomes a run log."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from llmxsite import runlog
from llmxsite.engine.protocol import EngineInfo, ModelInfo
from llmxsite.record import SCHEMA, Run, Sample, SuiteRef
from llmxsite.study import Study, slugify
from llmxsite.suite import Item, Suite


class Imported(msgspec.Struct, kw_only=True):
    """One run as a foreign file tells it."""

    model: ModelInfo
    suites: list[SuiteRef]
    samples: list[Sample]
    engine: EngineInfo
    source: dict[str, Any]
    """Tool, file, sha256, and counts of what could not be read; goes into the header."""
    identity: str
    """What makes the run itself: the same file gives the same run, whenever it is imported."""
    task: str = "benchmark"
    experiment: dict[str, Any] = {}
    software: dict[str, str] = {}
    started: str | None = None
    """UTC, ISO 8601 with `Z`."""
    ended: str | None = None

    @property
    def run_id(self) -> str:
        """Time (where the file tells it), model, and eight digits of the identity's hash."""
        digits = hashlib.sha256(self.identity.encode()).hexdigest()[:8]
        day = "".join(c for c in (self.started or "")[:19] if c.isdigit())
        time = [f"{day[:8]}-{day[8:]}"] if len(day) == 14 else []
        return "-".join([*time, slugify(self.model.name)[:60].strip("-."), digits])


class Stored(msgspec.Struct, kw_only=True):
    """Where an imported run went."""

    path: Path
    counts: dict[str, int] | None
    """Samples by outcome; None when the run was there already."""


def store(study: Study, report: str, imported: Imported, *, replace: bool = False) -> Stored:
    """Write the run as a log under `runs/<report>/`, unless it is there already."""
    path = study.run_log(report, imported.run_id)
    if path.exists() and not replace:
        return Stored(path=path, counts=None)
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
    return Stored(path=path, counts=runlog.write(path, run, imported.samples, ended=imported.ended))


def suite_ref(suite_id: str, title: str | None, items: Iterable[Item]) -> SuiteRef:
    """The suite that a foreign file shows: its hash covers exactly the questions asked there."""
    every = list(items)
    suite = Suite(id=suite_id, title=title or suite_id, items=every)
    return SuiteRef(id=suite_id, hash=suite.hash(), title=title, items=len(every))
