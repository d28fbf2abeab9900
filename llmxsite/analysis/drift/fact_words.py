"""Facts around two runs in words: what they are called, and their values as a person reads them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from llmxsite.analysis.drift.record import Fact
from llmxsite.log.runlog.fact_words import NAMES, called, shown


def title(fact: Fact) -> str:
    """`digest of smollm2:135m`, `server version`, `temperature sent`: what it is called by itself."""
    own = called(fact.group, fact.name)
    if (fact.group, fact.name) not in NAMES:
        own = {"request": f"{own} sent", "experiment": f"planned {own}"}.get(fact.group, own)
    return f"{own} of {fact.subject}" if fact.subject else own


def grouped(facts: Iterable[Fact]) -> list[tuple[str, list[str]]]:
    """The names of facts by what they are about: `("model smollm2:135m", ["digest", "quantization"])`."""
    found: dict[str, list[str]] = {}
    for fact in facts:
        found.setdefault(f"{fact.group} {fact.subject}" if fact.subject else fact.group, []).append(
            called(fact.group, fact.name)
        )
    return list(found.items())


def value(fact: Fact, values: Sequence[Any]) -> str:
    """The values of one side as a person reads them, in the order they held."""
    if not values:
        return (
            "in other words" if fact.pairs and fact.name in ("messages", "prompt", "tools", "draws") else "not recorded"
        )
    joint = ", " if fact.group in ("request", "scoring") else ", then "
    return joint.join(shown(fact.name, v) for v in values)
