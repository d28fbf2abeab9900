"""The kinds of chart, one module a kind with its options, and its words beside it where they are many; a task adds its own."""

from __future__ import annotations

from collections.abc import Iterator

from llmxsite.base import registry
from llmxsite.base.diagnostics import Problem, did_you_mean
from llmxsite.press.figure.kinds import (
    bars,
    confidence,
    differences,
    difficulty,
    forest,
    heatmap,
    latency,
    latency_distribution,
    radar,
    reliability,
    sweep,
    tokens,
)
from llmxsite.press.figure.options import ChartProblem, Kind

KINDS: tuple[Kind, ...] = (
    heatmap.KIND,
    bars.KIND,
    radar.KIND,
    reliability.KIND,
    confidence.KIND,
    differences.KIND,
    forest.KIND,
    sweep.KIND,
    latency.KIND,
    latency_distribution.KIND,
    difficulty.KIND,
    tokens.KIND,
)
"""The core's own. Those of tasks are `figure.KINDS` of theirs."""


def kinds() -> Iterator[Kind]:
    """Every kind there is: the core's, then those of tasks."""
    yield from KINDS
    yield from (kind for _, kind in registry.declared("figure", "KINDS"))


def kind_named(name: str) -> Kind:
    """The kind with this name. Raises `ChartProblem` with the nearest known one."""
    found = next((kind for kind in KINDS if kind.name == name), None)
    try:
        found = found or registry.find("figure", "KINDS", name)
    except Problem as problem:
        issue = problem.issues[0]
        raise ChartProblem(issue.code, issue.message, hint=issue.hint) from None
    if found is None:
        hint = did_you_mean(name, (kind.name for kind in kinds()))
        raise ChartProblem("chart-kind", f"no kind of chart is called '{name}'", hint=hint)
    return found
