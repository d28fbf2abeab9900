"""Cosine similarity of embeddings."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from llmxsite.analysis.stats.interval import Interval, Numbers, known, vector
from llmxsite.analysis.stats.mean import mean


@dataclass(frozen=True, slots=True)
class Similarities:
    """Summary of similarities over pairs, -1 to 1. None for n = 0, and the spread for n < 2.

    Not comparable between embedding models: report matched minus mismatched pairs, or retrieval over the set.
    """

    n: int
    mean: float | None
    sd: float | None
    se: float | None
    interval: Interval
    """Student's t, of the mean."""
    minimum: float | None
    median: float | None
    maximum: float | None
    missing: int = 0
    """Pairs without a similarity, one of their vectors having no direction: left out."""


def cosine(a: Numbers, b: Numbers) -> float | None:
    """a·b / (|a| |b|), clipped to -1 to 1; None where either vector has no direction: it is zero, or an entry is missing."""
    x, y = vector(a), vector(b)
    if len(x) != len(y):
        raise ValueError(f"the two vectors have different lengths: {len(x)} and {len(y)}")
    if np.isnan(x).any() or np.isnan(y).any():
        return None
    largest = float(np.max(np.abs(x), initial=0)), float(np.max(np.abs(y), initial=0))
    if 0.0 in largest:
        return None
    # Scaled first: the squares of very small or large entries would leave the range of floats.
    x, y = x / largest[0], y / largest[1]
    return float(np.clip(x @ y / (np.linalg.norm(x) * np.linalg.norm(y)), -1, 1))


def similarities(values: Numbers, alpha: float = 0.05) -> Similarities:
    """Summarise similarities of pairs; undefined ones are left out, and counted."""
    x, missing = known(values)
    found = mean(x, alpha)
    if len(x) == 0:
        return Similarities(0, None, None, None, found.interval, None, None, None, missing)
    sd = None if found.se is None else found.se * float(np.sqrt(len(x)))
    ends = float(x.min()), float(np.median(x)), float(x.max())
    return Similarities(len(x), found.mean, sd, found.se, found.interval, *ends, missing)
