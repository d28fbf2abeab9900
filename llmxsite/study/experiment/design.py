"""The records of an experiment: as a person writes it, and as a run resolves it."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from llmxsite.base import registry
from llmxsite.study.experiment.prediction import Prediction, Scalar

Preset = Literal["temperature-sweep", "deterministic-pair"]


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

    task: str = msgspec.field(default_factory=registry.default)
    """A kind of experiment, by its name in the registry."""
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
