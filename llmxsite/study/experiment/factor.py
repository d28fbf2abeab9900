"""What can vary in an experiment, and which values make sense."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Literal, NamedTuple

from llmxsite.study.experiment.prompt import parse_prompt

Check = Callable[[Any], str | None]
"""Says what a value must be, in words that follow "must be"; None when the value is good."""
ENGINES = ("auto", "ollama", "openai", "embedded")


class Factor(NamedTuple):
    """One thing that can be set for all conditions, swept, or listed."""

    name: str
    role: Literal["who", "option", "request", "run"]
    """`who`: what answers. `option`: a field of the engine's options. `request`: how an item is asked. `run`: how the loop runs."""
    meaning: str
    check: Check
    title: str = ""
    """In words, where the name is none: `num_ctx` is a context length."""


def _number(low: float, high: float, *, above: bool = False) -> Check:
    span = f"a number {'above' if above else 'from'} {low:g}" + ("" if math.isinf(high) else f" to {high:g}")

    def check(value: Any) -> str | None:
        good = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        return None if good and low <= value <= high and not (above and value == low) else span

    return check


def _whole(low: int, high: int | None = None) -> Check:
    span = f"a whole number from {low}" + ("" if high is None else f" to {high}")

    def check(value: Any) -> str | None:
        good = isinstance(value, int) and not isinstance(value, bool)
        return None if good and low <= value and (high is None or value <= high) else span

    return check


def _text(value: Any) -> str | None:
    return None if isinstance(value, str) and value.strip() else "text"


def _name(value: Any) -> str | None:
    return None if isinstance(value, str) and value and not any(c.isspace() for c in value) else "a name without spaces"


def _maybe(check: Check) -> Check:
    return lambda value: None if value is None else check(value)


def _flag(value: Any) -> str | None:
    return None if isinstance(value, bool) else "true or false"


def _prompt(value: Any) -> str | None:
    return (
        None
        if isinstance(value, str) and parse_prompt(value)
        else "letter, cot, few-shot(k), self-consistency(n), completion or a template file"
    )


def _engine(value: Any) -> str | None:
    return None if value in ENGINES else f"one of {', '.join(ENGINES)}"


def _language(value: Any) -> str | None:
    return (
        None
        if isinstance(value, str) and 2 <= len(value) <= 35 and value.replace("-", "").isalnum()
        else "a language tag such as en or fr"
    )


FACTORS: dict[str, Factor] = {
    factor.name: factor
    for factor in (
        Factor("model", "who", "Model, by the name its server knows.", _name),
        Factor("engine", "who", "Engine; each has a run log of its own.", _engine),
        Factor("prompt", "request", "How an item is asked.", _prompt),
        Factor("system", "request", "System prompt; null for none.", _maybe(_text), "System prompt"),
        Factor("think", "request", "Whether a model that can think does.", _flag, "Thinking"),
        Factor("language", "request", "Language of the instructions around an item.", _language),
        Factor(
            "shuffle_options",
            "request",
            "Seed of the order of each item's options; null keeps the suite's.",
            _maybe(_whole(0)),
            "Order of options",
        ),
        Factor("temperature", "option", "Sampling temperature; 0 takes the most probable token.", _number(0, 10)),
        Factor("top_p", "option", "Nucleus: tokens up to this much probability.", _number(0, 1, above=True), "Top-p"),
        Factor("top_k", "option", "Tokens considered; 0 considers all.", _whole(0), "Top-k"),
        Factor("min_p", "option", "Least probability, relative to the likeliest token.", _number(0, 1), "Min-p"),
        Factor("typical_p", "option", "Locally typical sampling; 1 is off.", _number(0, 1, above=True), "Typical-p"),
        Factor("repeat_penalty", "option", "Penalty for repeated tokens; 1 is off.", _number(0, math.inf, above=True)),
        Factor(
            "repeat_last_n",
            "option",
            "Tokens the penalty looks back; -1 is the whole context.",
            _whole(-1),
            "Penalty window",
        ),
        Factor("presence_penalty", "option", "Penalty for tokens that occurred.", _number(-2, 2)),
        Factor("frequency_penalty", "option", "Penalty by how often a token occurred.", _number(-2, 2)),
        Factor("seed", "option", "Seed of the sampler.", _whole(0, 2**31 - 1)),
        Factor("num_ctx", "option", "Context in tokens, prompt and reply together.", _whole(128), "Context length"),
        Factor(
            "num_predict", "option", "Budget: most tokens of a reply, thinking included.", _whole(1), "Reply budget"
        ),
        Factor("concurrency", "run", "Requests under way at once.", _whole(1, 256), "Requests at once"),
    )
}
"""The factors of every task by name, in the order in which conditions show them."""


def as_number(factor: Factor | None, value: Any) -> Any:
    """The value of a factor with whole numbers as floats where the factor takes any number."""
    fractional = factor is not None and factor.check(0.5) is None
    return float(value) if fractional and isinstance(value, int) and not isinstance(value, bool) else value


def check_stop(value: Any) -> str | None:
    """`stop` is an option but no factor: its value is a list."""
    good = isinstance(value, list) and all(isinstance(v, str) and v for v in value) and len(value) <= 16
    return None if good else "a list of at most 16 texts"


OPTIONS: dict[str, Check] = {f.name: f.check for f in FACTORS.values() if f.role == "option"} | {"stop": check_stop}
"""What `options` may hold."""
