"""What a score of confidences is made of: miscalibration, discrimination and the uncertainty of the task."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.special import xlog1py, xlogy

from llmxsite.analysis.stats.calibration import bin_index, checked
from llmxsite.analysis.stats.interval import Numbers, Vector


@dataclass(frozen=True, slots=True)
class Corp:
    """score = miscalibration - discrimination + uncertainty, exactly. All in the unit of the score; None for n = 0."""

    score: float | None
    miscalibration: float | None
    """What recalibrating by the best rising curve would save: 0 is calibrated."""
    discrimination: float | None
    """What the recalibrated confidences save over always stating the accuracy: 0 says nothing about the item."""
    uncertainty: float | None
    """Score of always stating the accuracy."""


@dataclass(frozen=True, slots=True)
class Murphy:
    """Brier = reliability - resolution + uncertainty + within-bin variance - 2 within-bin covariance. None for n = 0."""

    brier: float | None
    reliability: float | None
    resolution: float | None
    uncertainty: float | None
    within_variance: float | None
    """0 when grouped by distinct confidences."""
    within_covariance: float | None
    """Twice the covariance of confidence and correctness inside the bins; 0 when grouped by distinct confidences."""

    @property
    def three_terms(self) -> float | None:
        """reliability - resolution + uncertainty: the Brier score only where confidences do not vary inside a bin."""
        if self.reliability is None or self.resolution is None or self.uncertainty is None:
            return None
        return self.reliability - self.resolution + self.uncertainty

    @property
    def five_terms(self) -> float | None:
        """The three, with the variance inside bins and less twice the covariance there: the Brier score itself."""
        if self.three_terms is None or self.within_variance is None or self.within_covariance is None:
            return None
        return self.three_terms + self.within_variance - self.within_covariance


def corp(confidence: Numbers, correct: Numbers, score: Literal["brier", "log"] = "brier") -> Corp:
    """The CORP decomposition: confidences recalibrated by isotonic regression m(c), no bins to choose.

    MCB = S(c) - S(m), DSC = S(mean y) - S(m), UNC = S(mean y). The log score is in nats, with 0 ln 0 = 0; it is infinite
    for a certain miss.

    Source: Dimitriadis, Gneiting and Jordan 2021 (PNAS 118, e2016191118).
    """
    c, y = checked(confidence, correct)
    if len(c) == 0:
        return Corp(None, None, None, None)
    from scipy.optimize import isotonic_regression

    # Equal confidences have to get equal values: they are pooled, weighted by how many they are.
    _, where, counts = np.unique(c, return_inverse=True, return_counts=True)
    means = np.bincount(where, weights=y) / counts
    recalibrated = np.clip(isotonic_regression(means, weights=counts).x[where], 0, 1)
    base = np.full(len(c), y.mean())
    stated, best, uncertainty = (_score(x, y, score) for x in (c, recalibrated, base))
    return Corp(stated, max(0.0, stated - best), max(0.0, uncertainty - best), uncertainty)


def murphy(confidence: Numbers, correct: Numbers, bins: int | None = None) -> Murphy:
    """Murphy's decomposition of the Brier score over distinct confidences, or over equal-width bins with two more terms.

    REL = sum n_k/N (c_k - y_k)², RES = sum n_k/N (y_k - y)², UNC = y (1 - y), over groups k of mean confidence c_k and mean
    correctness y_k. With bins the three terms are not the score: the variance inside bins, less twice the covariance, is
    missing.

    Source: Murphy 1973; Stephenson, Coelho and Jolliffe 2008 (Weather and Forecasting 23, 752).
    """
    c, y = checked(confidence, correct)
    n = len(c)
    if n == 0:
        return Murphy(None, None, None, None, None, None)
    where = np.unique(c, return_inverse=True)[1] if bins is None else bin_index(c, bins)
    counts = np.bincount(where)
    used = counts > 0
    conf, acc = (np.bincount(where, weights=x)[used] / counts[used] for x in (c, y))
    weights, rate = counts[used] / n, float(y.mean())
    row = np.cumsum(used)[where] - 1
    inside_c = np.zeros(n) if bins is None else c - conf[row]
    return Murphy(
        brier=float(np.square(c - y).mean()),
        reliability=float(weights @ np.square(conf - acc)),
        resolution=float(weights @ np.square(acc - rate)),
        uncertainty=rate * (1 - rate),
        within_variance=float(np.square(inside_c).mean()),
        within_covariance=float(2 * (inside_c * (y - acc[row])).mean()),
    )


def _score(c: Vector, y: Vector, score: Literal["brier", "log"]) -> float:
    if score == "brier":
        return float(np.square(c - y).mean())
    return float(-(xlogy(y, c) + xlog1py(1 - y, -c)).mean())
