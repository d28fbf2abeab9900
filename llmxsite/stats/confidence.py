"""What a temperature does to a distribution. How sure a reply was is computed without arrays, by what scores it."""

from __future__ import annotations

import numpy as np
from scipy.special import softmax

from llmxsite.stats.interval import Numbers, Vector, vector


def at_temperature(logprobs: Numbers, temperature: float) -> Vector:
    """The sampling probabilities at a temperature, softmax(logprob / T), from logprobs at temperature 1.

    Servers of the llama.cpp family report logprobs of the raw logits, before temperature and top-p. The whole vocabulary
    is needed: a truncated list rescaled is not the truncated list at T. At T = 0 all of it is on the largest (shared on a tie).
    """
    values = vector(logprobs)
    if temperature < 0:
        raise ValueError("a temperature is 0 or more")
    values = np.where(values <= -1e30, -np.inf, values)
    if temperature == 0:
        top = (values == values.max()).astype(np.float64)
        return np.asarray(top / top.sum())
    return np.asarray(softmax(values / temperature), dtype=np.float64)
