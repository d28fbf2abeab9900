"""From an experiment to its conditions and to the items it asks."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from itertools import product

from llmxsite.study.experiment.design import Experiment
from llmxsite.study.experiment.factor import FACTORS
from llmxsite.study.experiment.prediction import Scalar
from llmxsite.study.suite import Item

Condition = dict[str, Scalar]
"""Every factor that the experiment names, with its value; always `model`, `prompt` and `temperature`. The model is null where a
task needs none and none is named."""
TEMPERATURE = 0.0
"""Where an experiment does not say: the most probable token each time, the least noisy measurement."""
_ORDER: dict[str, float] = {**{name: i for i, name in enumerate(FACTORS)}, "model": -3, "prompt": -2, "temperature": -1}
_OF_TASKS = min(i for i, factor in enumerate(FACTORS.values()) if factor.role == "run") - 0.5
"""A task's own factors stand between how an item is asked and how the loop runs."""


def expand(experiment: Experiment) -> list[Condition]:
    """Every condition, in the order in which they run.

    Models change slowest and the context size next, because both make a server load anew; then the listed conditions,
    then the swept factors, the first named slowest. The same file gives the same list every time.
    """
    fixed: Condition = {"model": None, "prompt": experiment.prompt, "temperature": TEMPERATURE}
    fixed |= {k: v for k, v in experiment.options.items() if k in FACTORS}
    for name in ("system", "think", "shuffle_options"):
        if (value := getattr(experiment, name)) is not None:
            fixed[name] = value
    sweep: dict[str, Sequence[Scalar]] = {"model": experiment.models} if experiment.models else {}
    sweep.update(experiment.sweep)
    found: list[Condition] = []
    for listed in experiment.conditions or [{}]:
        factors = {name: levels for name, levels in sweep.items() if not (name == "model" and "model" in listed)}
        for levels in product(*factors.values()):
            found.append(_ordered(fixed | listed | dict(zip(factors, levels, strict=True))))
    for slow in ("num_ctx", "model", "concurrency", "engine"):
        ranks: dict[Scalar, int] = {}
        for condition in found:
            ranks.setdefault(condition.get(slow), len(ranks))
        found.sort(key=lambda c: ranks[c.get(slow)])
    return found


def select(items: Sequence[Item], limit: int | None, seed: int = 0) -> list[Item]:
    """All items in the suite's order, or the first `limit` of a seeded shuffle stratified by category.

    Every prefix of that shuffle has each category in proportion, as nearly as whole items allow, so a smaller limit is
    a part of a larger one.
    """
    if limit is None or limit >= len(items):
        return list(items)
    groups: dict[str, list[Item]] = {}
    for item in items:
        groups.setdefault(item.category or "", []).append(item)
    placed: list[tuple[float, str, Item]] = []
    for members in groups.values():
        members.sort(key=lambda i: _draw(seed, i.id))
        placed += [((rank + 0.5) / len(members), _draw(seed, item.id), item) for rank, item in enumerate(members)]
    placed.sort(key=lambda p: p[:2])
    return [item for _, _, item in placed[:limit]]


def varied(conditions: Iterable[Condition]) -> list[str]:
    """The factors that differ between conditions, in the order in which conditions show them; not to be set is a level."""
    whole = list(conditions)
    names = sorted({name for condition in whole for name in condition}, key=lambda n: (_ORDER.get(n, _OF_TASKS), n))
    return [name for name in names if any(c.get(name) != whole[0].get(name) for c in whole)]


def _draw(seed: int, key: str) -> str:
    return hashlib.sha256(f"{seed}\0{key}".encode()).hexdigest()


def _ordered(condition: Condition) -> Condition:
    return dict(sorted(condition.items(), key=lambda pair: _ORDER.get(pair[0], _OF_TASKS)))
