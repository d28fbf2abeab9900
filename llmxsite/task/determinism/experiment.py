"""Regimes of the determinism task: what comes before a request that is asked again and again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal, NamedTuple

import msgspec

from llmxsite.base.diagnostics import Issue
from llmxsite.base.document import Document
from llmxsite.study.experiment import Condition, Experiment, Factor, Resolved, Terms, parse_prompt

FACTOR = "regime"
REPEATS = 10
"""Times a request is asked under each regime, where the experiment does not say."""
AT_ONCE = 4
"""Requests under way at once in `concurrent`, where the experiment does not say."""


class Regime(NamedTuple):
    """One way of asking the same request again."""

    name: str
    meaning: str
    cache: bool
    """Whether the server may take the prompt from its cache."""
    order: Literal["item", "pass"]
    """`item`: all repeats of an item, then the next item. `pass`: every item once, then all of them again."""
    at_once: bool = False
    """Whether several requests are under way at once."""


REGIMES: dict[str, Regime] = {
    regime.name: regime
    for regime in (
        Regime("cold", "Nothing of the prompt is in the server's cache.", cache=False, order="item"),
        Regime("warm", "Back to back, after one request that put the prompt into the cache.", cache=True, order="item"),
        Regime("interleaved", "Requests of other items come between two of the same item.", cache=True, order="pass"),
        Regime("concurrent", "As warm, but several at once.", cache=True, order="item", at_once=True),
        Regime("reload", "As interleaved, but unloaded and loaded before each pass.", cache=True, order="pass"),
    )
}
"""Each differs from one of the others in one thing: cold, interleaved and concurrent from warm, reload from interleaved."""


def regime_of(condition: Condition) -> Regime | None:
    """The regime of a condition; None outside the determinism task."""
    return REGIMES.get(str(condition.get(FACTOR)))


def _regime(value: Any) -> str | None:
    return None if value in REGIMES else f"one of {', '.join(REGIMES)}"


class _Terms(Terms):
    def fill(self, experiment: Experiment, given: set[str]) -> Experiment:
        """All regimes, ten repeats, four at once."""
        changes: dict[str, Any] = {}
        if FACTOR not in experiment.sweep and not any(FACTOR in condition for condition in experiment.conditions):
            changes["sweep"] = {**experiment.sweep, FACTOR: list(REGIMES)}
        if "repeats" not in given:
            changes["repeats"] = REPEATS
        if "concurrency" not in given:
            changes["concurrency"] = AT_ONCE
        return msgspec.structs.replace(experiment, **changes)

    def check(self, document: Document, resolved: Resolved, conditions: list[Condition]) -> Iterator[Issue]:
        """What makes no sense of an experiment's regimes."""
        code = "experiment-regime"
        if resolved.repeats < 2:
            yield document.issue(
                ("repeats",), code, "one repeat cannot be compared with another", hint=f"set repeats: {REPEATS}"
            )
        if any(FACTOR not in condition for condition in conditions):
            yield document.issue(
                ("conditions",),
                code,
                "a condition names no regime, and others do",
                hint=f"the regimes are {', '.join(REGIMES)}",
            )
        if any("concurrency" in c and not (regime_of(c) or REGIMES["concurrent"]).at_once for c in conditions):
            where = ("sweep", "\0concurrency") if "concurrency" in resolved.sweep else ("conditions",)
            yield document.issue(
                where,
                code,
                "only the regime 'concurrent' asks several at once: 'concurrency' would be without effect in the others",
                hint="list it as in conditions: [{regime: concurrent, concurrency: 8}], or set it for the whole experiment",
            )
        prompts = (parse_prompt(str(condition["prompt"])) for condition in conditions)
        if any(prompt is not None and prompt.kind == "self-consistency" for prompt in prompts):
            yield document.issue(
                ("prompt",),
                code,
                "a vote is several requests with seeds of their own, not one that is asked again",
                hint="prompt: cot asks for reasoning once",
            )


TERMS = _Terms(
    title="Determinism",
    summary="The same request again and again: whether a machine gives the same answer twice.",
    factors=(Factor(FACTOR, "run", "What comes before a request that is asked again.", _regime, "Way of asking"),),
    essential={"concurrency"},
    seeds_apart=False,
)
