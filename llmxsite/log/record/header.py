"""The header of a run log: everything that holds for all samples."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec

from llmxsite.exchange.engine.protocol import EngineInfo, ModelInfo

SCHEMA = 3


class SuiteRef(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A suite as the run used it."""

    id: str
    hash: str
    title: str | None = None
    version: str | None = None
    licence: str | None = None
    language: str | None = None
    items: int | None = None
    """Items in the suite; with a limit fewer are asked."""


class Gpu(msgspec.Struct, kw_only=True, omit_defaults=True):
    name: str
    memory_bytes: int | None = None
    driver: str | None = None


class Host(msgspec.Struct, kw_only=True, omit_defaults=True):
    """The machine, without anything that names it or its owner. None is `could not be read`."""

    os: str | None = None
    """`Linux 6.1`, `macOS 15.1`, `Windows 11`."""
    machine: str | None = None
    """`x86_64`, `arm64`."""
    cpu: str | None = None
    cores: int | None = None
    memory_bytes: int | None = None
    gpus: list[Gpu] | None = None
    """None when it could not be asked; empty when there is none."""

    @property
    def hardware(self) -> str | None:
        """What computes, in a line: `AMD EPYC 9V74, 4 cores, NVIDIA H200`; None where nothing of it is known."""
        cores = f"{self.cores} core{'' if self.cores == 1 else 's'}" if self.cores else None
        return ", ".join(part for part in (self.cpu, cores, *(gpu.name for gpu in self.gpus or ())) if part) or None


class Git(msgspec.Struct, kw_only=True, omit_defaults=True):
    """The study's repository when the run started."""

    commit: str
    dirty: bool | None = None


class Hypothesis(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What was expected, fixed before the first sample: the hypothesis, or a prediction as its sentence."""

    text: str
    hash: str
    """sha256 of the text with white space squeezed."""
    commit: str | None = None
    """The newest commit, when the run started, whose experiment.yaml has these words; None where no commit has."""


class RerunOf(msgspec.Struct, kw_only=True):
    """The log that a run repeats: sent once more, request by request."""

    id: str
    """Its run."""
    sha256: str
    """Of all bytes of its file when the repetition began."""


class Share(msgspec.Struct, kw_only=True):
    """A log's place in a run that several machines made together: each has a log of its own."""

    id: str
    """The run of all of them."""
    machine: int
    """Counted from 1. A number and nothing else: no log names a machine."""


class Run(msgspec.Struct, kw_only=True, omit_defaults=True, tag_field="type", tag="run"):
    """The first line: everything that holds for all samples."""

    schema: int
    id: str
    report: str
    """Slug of the report the experiment stands beside."""
    task: str
    package: str | None = None
    """Distribution that brings the task, where that is not llmxsite; `software` has its version."""
    experiment: dict[str, Any]
    """The experiment as resolved: defaults filled in, presets expanded."""
    suites: list[SuiteRef]
    engine: EngineInfo
    models: list[ModelInfo]
    host: Host | None = None
    software: dict[str, str] = {}
    """Versions: `llmxsite`, `python`, and the packages that touch a number."""
    git: Git | None = None
    contributor: str | None = None
    hypothesis: Hypothesis | None = None
    predictions: list[Hypothesis] = []
    """What of it the data will answer, in the order of `experiment`, which has the parts of each."""
    started: str | None = None
    """UTC, ISO 8601 with `Z`; None in an import whose source does not say."""
    planned: int | None = None
    """Samples the experiment asks for; of several machines, of all together."""
    cluster: Share | None = None
    """For a run on several machines."""
    concurrency: int | None = None
    """Requests under way at once, where no condition says otherwise: as wished for this run, else the experiment's."""
    rerun_of: RerunOf | None = None
    """For a repetition made from a log alone; what it repeats. Its samples are no further evidence beside the original's."""
    source: dict[str, Any] | None = None
    """For an imported log: tool, file names, sha256, and counts of what could not be read."""


_SHAPES: dict[str, Any] = {
    "sweep": dict[str, list[str | int | float | bool | None]] | None,
    "options": dict[str, Any] | None,
    "conditions": list[dict[str, Any]] | None,
    "question": str | None,
    "hypothesis": str | None,
    "models": list[str] | None,
    "analysis": dict[str, Any] | None,
}
"""What of an experiment's keys everybody who reads a header relies on."""
_ANALYSIS: dict[str, Any] = {"alpha": float | None, "margin": float | None, "compare": list[str] | None}


def misshapen(run: Run) -> list[str]:
    """Takes out of a header's experiment what is of another kind than its name says, as in a log that somebody wrote by hand; the
    names of what was taken out."""
    found = _unfit(run.experiment, _SHAPES)
    plan = run.experiment.get("analysis")
    return found + ([f"analysis.{name}" for name in _unfit(plan, _ANALYSIS)] if isinstance(plan, dict) else [])


def _unfit(plan: dict[str, Any], shapes: dict[str, Any]) -> list[str]:
    found = []
    for name, shape in shapes.items():
        try:
            msgspec.convert(plan.get(name), shape)
        except msgspec.ValidationError:
            found.append(name)
            del plan[name]
    return found


def hypothesis_hash(text: str) -> str:
    """sha256 of the words, so that wrapping a line differently is no change."""
    return hashlib.sha256(" ".join(text.split()).encode()).hexdigest()
