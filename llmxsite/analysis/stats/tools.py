"""Tool calling: what happened to each item, with what arguments, and how reliably over repeats."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from jsonschema import Draft202012Validator

from llmxsite.analysis.stats.interval import ratio

Outcome = Literal[
    "correct",
    "wrong_args",
    "wrong_tool",
    "hallucinated_tool",
    "missing_call",
    "unneeded_call",
    "correct_abstention",
]
Schemas = Mapping[str, Mapping[str, Any]]
"""The tools offered: JSON schema of the arguments by name."""


@dataclass(frozen=True, slots=True)
class Call:
    """A call, wanted or made."""

    name: str
    args: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Judged:
    """One item: the call wanted (None: none) against the call made (None: none). Exactly one outcome."""

    expected: Call | None
    actual: Call | None
    outcome: Outcome
    tool_exists: bool | None
    """Whether the tool called was offered; None without a call."""
    right_tool: bool
    """Whether the tool called is the one wanted."""
    schema_valid: bool | None
    """Whether the arguments meet the called tool's schema; None without a call, or a schema to meet."""
    schema_errors: tuple[str, ...]
    """JSON Schema keywords that failed, sorted: `enum`, `required`, ..."""
    args_exact: bool
    """Whether the right tool was called with exactly the arguments wanted."""
    arg_recall: float | None
    """Share of the wanted arguments that were given with their value; None without the right tool or without arguments."""


@dataclass(frozen=True, slots=True)
class ToolScore:
    """One tool over a suite; None where its denominator is 0."""

    precision: float | None
    recall: float | None
    f1: float | None


@dataclass(frozen=True, slots=True)
class Rates:
    """A suite. Each rate has its own denominator; None where that is empty, as where no item is better left alone."""

    items: int
    tool_selection: float | None
    """Right tool or rightly none, of all items."""
    success: float | None
    """`correct` or `correct_abstention`, of all items."""
    args_exact: float | None
    """Of items where the right tool was called."""
    schema_valid: float | None
    """Of calls to tools that exist."""
    hallucinated: float | None
    """Of calls."""
    missing: float | None
    """Of items that need a call."""
    unneeded: float | None
    """Of items that need none."""
    decisions: dict[str, int]
    """Whether to call at all: tp, fp, fn, tn."""
    tools: dict[str, ToolScore]
    """By tool offered."""


@dataclass(frozen=True, slots=True)
class Reliability:
    """k repeats drawn from n tries of which c succeeded."""

    pass_at_k: float | None
    """Any of k succeeds: 1 - C(n - c, k)/C(n, k)."""
    pass_hat_k: float | None
    """All of k succeed: C(c, k)/C(n, k)."""


def judge(expected: Call | None, actual: Call | None, tools: Schemas) -> Judged:
    """Judge one item. A tool that was not offered is `hallucinated_tool` even where no call was wanted.

    Arguments compare as JSON values: 5 equals 5.0, "5" does not. Source: the split of call and no-call items is that of the
    Berkeley Function-Calling Leaderboard.
    """
    if actual is None:
        outcome: Outcome = "correct_abstention" if expected is None else "missing_call"
        return Judged(expected, None, outcome, None, False, None, (), False, None)
    exists = actual.name in tools
    right = exists and expected is not None and expected.name == actual.name
    errors = (
        tuple(sorted(e.validator for e in Draft202012Validator(tools[actual.name]).iter_errors(actual.args)))
        if exists
        else ()
    )
    exact = right and expected is not None and same_json(dict(expected.args), dict(actual.args))
    recall = _arg_recall(expected.args, actual.args) if right and expected is not None else None
    if not exists:
        outcome = "hallucinated_tool"
    elif expected is None:
        outcome = "unneeded_call"
    elif not right:
        outcome = "wrong_tool"
    else:
        outcome = "correct" if exact and not errors else "wrong_args"
    return Judged(expected, actual, outcome, exists, right, not errors if exists else None, errors, exact, recall)


def rates(judged: Sequence[Judged], tools: Sequence[str]) -> Rates:
    """Rates over a suite with the tools it offers."""
    count = Counter(j.outcome for j in judged)
    wanted = [j for j in judged if j.expected is not None]
    called = [j for j in judged if j.actual is not None]
    unneeded = sum(j.expected is None for j in called)
    right = [j for j in judged if j.right_tool]
    existing = [j for j in called if j.tool_exists]
    return Rates(
        items=len(judged),
        tool_selection=ratio(len(right) + count["correct_abstention"], len(judged)),
        success=ratio(count["correct"] + count["correct_abstention"], len(judged)),
        args_exact=ratio(sum(j.args_exact for j in right), len(right)),
        schema_valid=ratio(sum(bool(j.schema_valid) for j in existing), len(existing)),
        hallucinated=ratio(count["hallucinated_tool"], len(called)),
        missing=ratio(count["missing_call"], len(wanted)),
        unneeded=ratio(unneeded, len(judged) - len(wanted)),
        decisions={
            "tp": len(called) - unneeded,
            "fp": unneeded,
            "fn": count["missing_call"],
            "tn": count["correct_abstention"],
        },
        tools={name: _tool(judged, name) for name in tools},
    )


def reliability(tries: int, successes: int, k: int) -> Reliability:
    """pass@k and pass^k without the bias of plugging in the rate; None for k > n.

    Source: Chen et al. 2021 (arXiv:2107.03374); Yao et al. 2024 (arXiv:2406.12045).
    """
    if not 1 <= k <= tries:
        return Reliability(None, None)
    total = math.comb(tries, k)
    return Reliability(1 - math.comb(tries - successes, k) / total, math.comb(successes, k) / total)


def same_json(a: Any, b: Any) -> bool:
    """Whether two JSON values are equal: numbers by value, true and 1 apart, objects without order, arrays with it."""
    if isinstance(a, bool) or isinstance(b, bool):
        return a is b
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        return a.keys() == b.keys() and all(same_json(a[key], b[key]) for key in a)
    if isinstance(a, list | tuple) and isinstance(b, list | tuple):
        return len(a) == len(b) and all(same_json(x, y) for x, y in zip(a, b, strict=True))
    return bool(a == b)


def _arg_recall(expected: Mapping[str, Any], actual: Mapping[str, Any]) -> float | None:
    return ratio(
        sum(name in actual and same_json(value, actual[name]) for name, value in expected.items()), len(expected)
    )


def _tool(judged: Sequence[Judged], name: str) -> ToolScore:
    made = sum(j.actual is not None and j.actual.name == name for j in judged)
    wanted = sum(j.expected is not None and j.expected.name == name for j in judged)
    hits = sum(j.right_tool and j.actual is not None and j.actual.name == name for j in judged)
    return ToolScore(ratio(hits, made), ratio(hits, wanted), ratio(2 * hits, made + wanted))
