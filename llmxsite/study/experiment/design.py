"""The records of an experiment: as a person writes it, and as a run resolves it."""

from __future__ import annotations

import hashlib
from typing import Any, Literal

import msgspec

from llmxsite.study.experiment.prediction import Prediction, Scalar

TaskName = Literal["benchmark", "compare", "embeddings", "tools", "rag", "determinism", "context", "freeform"]
Preset = Literal["temperature-sweep", "deterministic-pair"]
AVAILABLE: tuple[TaskName, ...] = ("benchmark", "determinism")
"""The tasks that this version can run."""


class Analysis(msgspec.Struct, kw_only=True):
    """What the report will test, fixed before the data."""

    primary: str = "accuracy"
    compare: list[str] = []
    """Factors whose levels are compared, paired by item."""
    alpha: float = 0.05
    correction: Literal["holm", "none"] = "holm"
    margin: float | None = None
    """Largest difference that counts as none, for an equivalence test."""


class Experiment(msgspec.Struct, kw_only=True):
    """`experiment.yaml` as a person writes it."""

    task: TaskName = "benchmark"
    question: str | None = None
    hypothesis: str | None = None
    predictions: list[str | Prediction] = []
    """What of the hypothesis the data will answer, each as a sentence or as a mapping; once resolved, all as records."""
    suites: list[str] = []
    models: list[str] = []
    sweep: dict[str, list[Scalar]] = {}
    """Factor to levels; all are crossed."""
    conditions: list[dict[str, Scalar]] = []
    """Conditions listed one by one, each crossed with the sweep, and with the models when it names none."""
    preset: Preset | None = None
    options: dict[str, Any] = {}
    """Engine options that are the same everywhere; what is not named here is sent with `engine.protocol.Options`' value."""
    prompt: str = "letter"
    system: str | None = None
    think: bool | None = None
    """None lets a model think that can; False keeps it from thinking."""
    repeats: int = 1
    limit: int | None = None
    """First n items of each suite, of a seeded shuffle stratified by category."""
    limit_seed: int = 0
    """Seed of that shuffle."""
    shuffle_options: int | None = None
    """Seed; each item's options are put in an order of its own, to measure position bias."""
    logprobs: Literal["answer", "all", "none"] = "answer"
    concurrency: int = 1
    analysis: Analysis = msgspec.field(default_factory=Analysis)


class Resolved(Experiment, kw_only=True):
    """An experiment that needs nothing but its suites to run: presets applied, template files read."""

    report: str = ""
    """Slug of the report it stands beside."""
    templates: dict[str, str] = {}
    """Text of each template file that a prompt names."""

    @property
    def predicted(self) -> list[Prediction]:
        """The predictions as records: what loading makes of all of them."""
        return [p for p in self.predictions if isinstance(p, Prediction)]


_PROSE = {"question", "hypothesis", "predictions", "analysis", "preset"}
_EXTENT = {"limit", "repeats", "concurrency", "report"}


def essence(experiment: dict[str, Any]) -> dict[str, Any]:
    """What a sample depends on, of an experiment as a header holds it.

    Words about the experiment are not in it, nor how much of it is run: a run of 20 items goes on to 200 in its log. How many
    requests are under way at once is what the determinism task measures, and elsewhere only a matter of time.
    """
    extent = _EXTENT - {"concurrency"} if experiment.get("task") == "determinism" else _EXTENT
    return {k: v for k, v in experiment.items() if k not in _PROSE | extent}


def fingerprint(experiment: Resolved | dict[str, Any]) -> str:
    """sha256 of the essence. Two experiments that agree in it can share one run log."""
    whole = msgspec.to_builtins(experiment)
    return hashlib.sha256(msgspec.json.encode(essence(whole), order="sorted")).hexdigest()
