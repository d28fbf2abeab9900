"""The full set of engine options of a request: an experiment's own, and the budget."""

from __future__ import annotations

from typing import Any

import msgspec

from llmxsite.exchange.engine.protocol import Options
from llmxsite.study.experiment import Condition, Experiment, Prompt

BUDGET, REASONING_BUDGET, THINKING_BUDGET = 64, 512, 2048
"""Tokens a reply may have: an answer alone; reasoning written out, or a template; a model that thinks."""
COMPLETION_STOP = ("\nQuestion",)
"""Where a base model begins a question of its own. An empty line ends nothing: some replies begin with one."""
_KNOWN = frozenset(field.name for field in msgspec.structs.fields(Options))


def options_for(
    experiment: Experiment, condition: Condition, prompt: Prompt, *, thinks: bool, repeat: int, draw: int = 0
) -> Options:
    """Every option of one request.

    The budget is the experiment's own `num_predict`, else 2048 tokens where the model thinks, 512 where the prompt asks for
    reasoning or is a template, 64 otherwise. Repeats, and the draws of a vote, each have a seed of their own where the
    temperature is above 0; at 0 a seed does nothing, and repeats measure whether the machine answers alike.
    """
    values: dict[str, Any] = {k: v for k, v in experiment.options.items() if k in _KNOWN}
    values |= {k: v for k, v in condition.items() if k in _KNOWN}
    if "num_predict" not in values:
        values["num_predict"] = THINKING_BUDGET if thinks else REASONING_BUDGET if prompt.reasons else BUDGET
    values["stop"] = tuple(values.get("stop", COMPLETION_STOP if prompt.kind == "completion" else ()))
    draws = prompt.n if prompt.kind == "self-consistency" else 1
    step = repeat * draws + draw
    options = msgspec.convert(values, Options)  # a temperature of 1 is 1.0
    if not step or not options.temperature or options.seed is None:
        return options
    return msgspec.structs.replace(options, seed=options.seed + step)
