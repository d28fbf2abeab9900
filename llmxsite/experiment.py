"""An experiment: `experiment.yaml` beside a report, its factors, and their expansion into conditions."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

TaskName = Literal["benchmark", "compare", "embeddings", "tools", "rag", "determinism", "context", "freeform"]
Scalar = str | int | float | bool | None


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
    suites: list[str] = []
    models: list[str] = []
    sweep: dict[str, list[Scalar]] = {}
    """Factor to levels; all are crossed."""
    conditions: list[dict[str, Scalar]] = []
    """Conditions listed one by one, each crossed with the models when it names none."""
    preset: Literal["temperature-sweep", "deterministic-pair"] | None = None
    options: dict[str, Any] = {}
    prompt: str = "letter"
    system: str | None = None
    think: bool | None = None
    repeats: int = 1
    limit: int | None = None
    shuffle_options: int | None = None
    """Seed; each item's options are put in an order of its own, to measure position bias."""
    logprobs: Literal["answer", "all", "none"] = "answer"
    concurrency: int = 1
    analysis: Analysis = msgspec.field(default_factory=Analysis)
