"""Answering only when sure: accuracy of the most confident answers, and accuracy weighted by confidence."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from llmxsite.analysis.stats.calibration import checked, checked_units
from llmxsite.analysis.stats.interval import Numbers, Vector, defined, ratio


@dataclass(frozen=True, slots=True)
class Weighted:
    """Four ways to put confidence into accuracy. They answer different questions: name the one in use. None for n = 0."""

    accuracy: float | None
    weighted: float | None
    """sum c y / sum c: accuracy where an answer counts as much as it is sure; None when every confidence is 0."""
    signed: float | None
    """Mean of +c for right and -c for wrong, in -1 to 1."""
    earned: float | None
    """Mean of c y: confidence placed on right answers."""
    expected_truth: float | None
    """Mean probability given to what happened, c for right and 1 - c for wrong."""
    n: int = 0
    missing: int = 0
    """Answers without a confidence or a score: left out, as in all functions of this module."""


@dataclass(frozen=True, slots=True)
class Part:
    """Answers above or below a confidence: how many, and their accuracy (None for none)."""

    n: int
    accuracy: float | None


def weighted_accuracy(confidence: Numbers, correct: Numbers) -> Weighted:
    """Accuracy weighted by confidence, in four definitions."""
    c, y, _, missing = checked_units(confidence, correct, None)
    if len(c) == 0:
        return Weighted(None, None, None, None, None, 0, missing)
    return Weighted(
        accuracy=float(y.mean()),
        weighted=ratio(float((c * y).sum()), float(c.sum())),
        signed=float((c * (2 * y - 1)).mean()),
        earned=float((c * y).mean()),
        expected_truth=float((c * y + (1 - c) * (1 - y)).mean()),
        n=len(c),
        missing=missing,
    )


def cumulative_accuracy(confidence: Numbers, correct: Numbers) -> Vector:
    """Accuracy of the i + 1 most confident answers, for each i. Ties keep their order: report that there are some."""
    c, y = checked(confidence, correct)
    order = np.argsort(-c, kind="stable")
    return np.cumsum(y[order]) / np.arange(1, len(c) + 1)


def accuracy_at_coverage(confidence: Numbers, correct: Numbers, coverage: float) -> float | None:
    """Accuracy of the ceil(coverage n) most confident answers; None for none. `coverage` in 0 to 1."""
    curve = cumulative_accuracy(confidence, correct)
    # 0.07 x 100 is a hair above 7 in floating point, which is not an eighth answer.
    keep = math.ceil(round(coverage * len(curve), 9))
    return float(curve[keep - 1]) if keep else None


def area(confidence: Numbers, correct: Numbers) -> float | None:
    """Area under accuracy over coverage: the mean of `cumulative_accuracy`, as HELM computes it. None for n = 0."""
    curve = cumulative_accuracy(confidence, correct)
    return defined(curve.mean()) if len(curve) else None


def above(confidence: Numbers, correct: Numbers, threshold: float) -> Part:
    """Answers with confidence above a threshold."""
    c, y = checked(confidence, correct)
    return _part(y[c > threshold])


def below(confidence: Numbers, correct: Numbers, threshold: float) -> Part:
    """Answers with confidence below a threshold."""
    c, y = checked(confidence, correct)
    return _part(y[c < threshold])


def _part(y: Vector) -> Part:
    return Part(len(y), float(y.mean()) if len(y) else None)
