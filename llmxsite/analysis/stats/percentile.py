"""Percentile ranks against a named set of reference scores."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from scipy import stats

from llmxsite.analysis.stats.interval import Numbers, vector

FEW = 5
"""With fewer reference scores a percentile is not shown: the accuracy is."""


def percentile_rank(
    reference: Sequence[float | None], score: float | None, kind: Literal["mean", "rank", "weak", "strict"] = "mean"
) -> float | None:
    """Where a score stands among reference scores, 0 to 100; missing ones are left out, None where none is left or no score.

    "mean", the default, is 100 (below + half of the ties)/N; "weak" counts ties fully, "strict" not at all.
    """
    if score is None or np.isnan(score):
        return None
    known = [value for value in reference if value is not None and not np.isnan(value)]
    return float(stats.percentileofscore(known, score, kind=kind)) if known else None


def llmxray_scale(reference: Numbers, score: float) -> float:
    """The number LLMxRay's radar shows: the score interpolated between hard-coded scores of model sizes, 0 to 100.

    The reference scores (rising, seven in LLMxRay) are spread evenly from 10 to 90, with 0 at 0 and 1 at 100. It is no
    percentile of any population: label it "LLMxRay scale".
    """
    refs = vector(reference)
    return float(np.interp(score, [0.0, *refs, 1.0], [0.0, *np.linspace(10, 90, len(refs)), 100.0]))
