"""Presets, as LLMxRay's users know them: what each stands for, and what it cannot be combined with."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from llmxsite.base.diagnostics import Issue
from llmxsite.base.document import Document
from llmxsite.study.experiment.design import Experiment
from llmxsite.study.experiment.terms import terms_of

SWEEP_TEMPERATURES = [0.2, 0.7, 1.2]
PAIR_TEMPERATURES = [0.0, 0.7]
PAIR_SEED = 42


def check(document: Document, experiment: Experiment) -> Iterator[Issue]:
    """What keeps the experiment's preset from being applied."""
    if experiment.preset is None:
        return
    where = ("preset",)
    code = "experiment-preset"
    clash = _temperature_set(experiment)
    if experiment.preset == "temperature-sweep":
        if clash:
            yield document.issue(
                where,
                code,
                f"the preset temperature-sweep sets the temperature, and so does '{clash}'",
                hint=f"remove it, or the preset: it stands for sweep: {{temperature: {SWEEP_TEMPERATURES}}}",
            )
        return
    if experiment.repeats > 1 and terms_of(experiment.task).seeds_apart:
        yield document.issue(
            ("repeats",),
            code,
            "the preset deterministic-pair holds one seed, but repeats differ in theirs",
            hint="set repeats to 1, or leave the preset out",
        )
    if experiment.conditions:
        yield document.issue(("conditions",), code, "the preset deterministic-pair varies one factor by 'sweep'")
    if "seed" in experiment.sweep:
        yield document.issue(
            ("sweep", "\0seed"), code, "the preset deterministic-pair holds one seed; here it is swept"
        )
    factors = [name for name in experiment.sweep if name not in _beside(experiment)]
    if len(factors) > 1:
        yield document.issue(
            ("sweep",),
            code,
            f"the preset deterministic-pair varies one factor, not {len(factors)}: {', '.join(factors)}",
        )
    for name in factors:
        if len(experiment.sweep[name]) != 2:
            yield document.issue(
                ("sweep", name), code, f"a pair has two levels; '{name}' has {len(experiment.sweep[name])}"
            )
    if not factors and clash:
        yield document.issue(
            where,
            code,
            f"with no sweep, the preset deterministic-pair sets the temperature, and so does '{clash}'",
            hint=f"remove it, or name the pair, as in sweep: {{temperature: {PAIR_TEMPERATURES}}}",
        )


def _beside(experiment: Experiment) -> set[str]:
    """Factors that a pair may be crossed with, the task's own among them: it is compared within each of their levels."""
    return {"model", *(factor.name for factor in terms_of(experiment.task).factors)}


def _temperature_set(experiment: Experiment) -> str | None:
    if "temperature" in experiment.sweep:
        return "sweep"
    if "temperature" in experiment.options:
        return "options"
    return "conditions" if any("temperature" in c for c in experiment.conditions) else None


def apply(experiment: Experiment) -> Experiment:
    """The experiment with its preset written out."""
    sweep, options = dict(experiment.sweep), dict(experiment.options)
    if experiment.preset == "temperature-sweep":
        sweep["temperature"] = list(SWEEP_TEMPERATURES)
    elif experiment.preset == "deterministic-pair":
        if not any(name not in _beside(experiment) for name in sweep):
            sweep["temperature"] = list(PAIR_TEMPERATURES)
        options.setdefault("seed", PAIR_SEED)
    return msgspec.structs.replace(experiment, sweep=sweep, options=options)
