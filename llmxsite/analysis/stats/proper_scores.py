"""Proper scores of a confidence, and how well it ranks right above wrong."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from llmxsite.analysis.stats.calibration import checked, checked_units
from llmxsite.analysis.stats.interval import Numbers, defined


@dataclass(frozen=True, slots=True)
class Brier:
    """Mean squared error of the confidence; 0 is best. None for n = 0."""

    n: int
    brier: float | None
    """0 to 1, of the chosen answer only. The multi-class sum that lm-eval reports lies in 0 to 2."""
    skill: float | None
    """1 - brier / (p (1 - p)): above 0 beats always stating the accuracy p. None where all are right or all wrong."""
    missing: int = 0
    """Answers without a confidence or a score: left out, as in all functions of this module."""


@dataclass(frozen=True, slots=True)
class Spiegelhalter:
    """Test of calibration without bins."""

    z: float | None
    """Above 0: squared errors are larger than the stated confidences imply. None where every confidence is 0, .5 or 1."""
    p: float | None
    """Two-sided."""


def brier(confidence: Numbers, correct: Numbers) -> Brier:
    """Brier score mean (c - y)² and its skill. Source: Brier 1950."""
    c, y, _, missing = checked_units(confidence, correct, None)
    if len(c) == 0:
        return Brier(0, None, None, missing)
    score, rate = float(np.square(c - y).mean()), float(y.mean())
    base = rate * (1 - rate)
    return Brier(len(c), score, 1 - score / base if 0 < rate < 1 else None, missing)


def log_loss(confidence: Numbers, correct: Numbers, clip: float = 1e-6) -> float | None:
    """Mean of -ln of the probability given to what happened, in nats; None for n = 0.

    Confidences are clipped to [clip, 1 - clip], and the clip belongs beside the number: with 1e-6 a certain miss costs 13.8
    nats, with scikit-learn's 2.2e-16 it costs 36.
    """
    c, y = checked(confidence, correct)
    if len(c) == 0:
        return None
    c = np.clip(c, clip, 1 - clip)
    return float(-(y * np.log(c) + (1 - y) * np.log1p(-c)).mean())


def auroc(confidence: Numbers, correct: Numbers) -> float | None:
    """Chance that a right answer has a higher confidence than a wrong one, ties half; None where one kind is absent.

    It looks at ranks only, and says nothing on calibration. Equal to Mann-Whitney's U / (n1 n0).
    """
    c, y = checked(confidence, correct)
    right, wrong = c[y == 1], c[y == 0]
    if len(right) + len(wrong) < len(y):
        raise ValueError("AUROC needs right and wrong, not partial credit")
    if len(right) == 0 or len(wrong) == 0:
        return None
    # scipy's mannwhitneyu gives the same U with tests beside it, at thirty times the cost for thousands of answers.
    below = np.sort(wrong)
    u = (np.searchsorted(below, right, "left") + np.searchsorted(below, right, "right")).sum() / 2
    return float(u / (len(right) * len(wrong)))


def average_precision(score: Numbers, positive: Numbers) -> float | None:
    """Area under precision over recall, sum (R_k - R_{k-1}) P_k over distinct scores; None without a positive.

    With score = 1 - confidence and positive = wrong answers, how well low confidence finds errors.
    """
    s, y = checked(score, positive)
    total = y.sum()
    if total == 0:
        return None
    order = np.argsort(-s, kind="stable")
    last = np.append(np.flatnonzero(np.diff(s[order])), len(s) - 1)
    hits = np.cumsum(y[order])[last]
    precision, recall = hits / (last + 1), hits / total
    return float((np.diff(recall, prepend=0.0) * precision).sum())


def spiegelhalter(confidence: Numbers, correct: Numbers) -> Spiegelhalter:
    """z = sum (y - c)(1 - 2c) / sqrt(sum (1 - 2c)² c (1 - c)). Source: Spiegelhalter 1986."""
    c, y = checked(confidence, correct)
    variance = float((np.square(1 - 2 * c) * c * (1 - c)).sum())
    if variance == 0:
        return Spiegelhalter(None, None)
    z = float(((y - c) * (1 - 2 * c)).sum() / math.sqrt(variance))
    return Spiegelhalter(z, defined(2 * ndtr(-abs(z))))
