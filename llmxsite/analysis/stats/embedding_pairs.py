"""Pairs of texts that belong together, under one embedding model or two: what a cosine is worth is how far it tells them apart."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from llmxsite.analysis.stats.cosine import Similarities, similarities
from llmxsite.analysis.stats.interval import UNDEFINED, Interval, Numbers, complete, defined
from llmxsite.analysis.stats.mean import mean
from llmxsite.analysis.stats.paired import PairedDifference, paired_difference
from llmxsite.analysis.stats.proportion import wilson

FEW = 13
"""Pairs up to which all signs are tried: 8,192 of them."""


@dataclass(frozen=True, slots=True)
class Separation:
    """Matched pairs against mismatched ones. Cosines, -1 to 1; None where undefined."""

    n: int
    """Pairs."""
    missing: int
    """Pairs of which either text has no direction: left out."""
    matched: Similarities
    """Each text with its partner."""
    mismatched: float | None
    """Mean over texts of the mean cosine with all other partners."""
    separation: float | None
    """Matched minus mismatched."""
    interval: Interval
    """Student's t over texts, each with its own matched minus its mean mismatched cosine."""
    retrieval: float | None
    """retrieval@1: share of texts whose nearest partner is their own; a tie with another counts as a miss."""
    retrieval_interval: Interval
    """Wilson's."""
    hits: int


@dataclass(frozen=True, slots=True)
class Embedders:
    """Two embedding models on the same pairs: a minus b."""

    difference: PairedDifference
    """Of cosines, or of separations, with Student's t; its `missing` are pairs that either lacks."""
    wilcoxon: float | None
    """Statistic of Wilcoxon's signed ranks; None where no pair differs."""
    wilcoxon_p: float | None
    """Two-sided; exact up to 50 pairs without ties, and from all 2^n signs up to `FEW` with them."""


def separation(first: npt.ArrayLike, second: npt.ArrayLike, alpha: float = 0.05) -> Separation:
    """How far one embedding model tells matched from mismatched: row i of `first` belongs to row i of `second`.

    A cosine by itself is not comparable between models: some give .8 to any two texts. What a pair has over the others is.

    Source: Ethayarajh 2019 (arXiv:1909.00512) on the anisotropy that makes raw cosines incomparable.
    """
    x, y = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    if x.ndim != 2 or x.shape != y.shape:
        raise ValueError("both sides have a vector a row, and the same number of rows and columns")
    lengths = [np.linalg.norm(side, axis=1) for side in (x, y)]
    usable = (lengths[0] > 0) & (lengths[1] > 0)  # a missing entry makes a length NaN, which is not above 0
    x, y = (side[usable] / length[usable, None] for side, length in zip((x, y), lengths, strict=True))
    n, missing = len(x), int((~usable).sum())
    cosines = np.clip(x @ y.T, -1, 1)
    own = np.diagonal(cosines).copy()
    matched = similarities(own, alpha)
    if n < 2:
        return Separation(n, missing, matched, None, None, UNDEFINED, None, UNDEFINED, 0)
    others = (cosines.sum(axis=1) - own) / (n - 1)
    apart = mean(own - others, alpha)
    rest = cosines + np.where(np.eye(n, dtype=bool), -np.inf, 0.0)
    hits = int((own > rest.max(axis=1)).sum())
    return Separation(
        n=n,
        missing=missing,
        matched=matched,
        mismatched=float(others.mean()),
        separation=apart.mean,
        interval=apart.interval,
        retrieval=hits / n,
        retrieval_interval=wilson(hits, n, alpha),
        hits=hits,
    )


def embedders(a: Numbers, b: Numbers, alpha: float = 0.05) -> Embedders:
    """Two embedding models compared pair by pair: paired t, and Wilcoxon's signed ranks for cosines far from normal.

    `a` and `b` are of the same pairs in the same order: cosines where both models are on one scale (two settings of one), else
    each pair's matched minus mean mismatched cosine. Source: Wilcoxon 1945.
    """
    difference = paired_difference(a, b, alpha=alpha)
    (x, y), _ = complete(a, b)
    d = x - y
    if len(d) == 0 or not d.any():
        return Embedders(difference, None, None)
    from scipy.stats import PermutationMethod, wilcoxon

    d = d[d != 0]
    tied = len(d) < len(x) or len(np.unique(np.abs(d))) < len(d)
    # Ties and zeros change the distribution of the ranks: few pairs are then tried under all their signs.
    found = wilcoxon(x, y, method=PermutationMethod() if tied and len(d) <= FEW else "auto")
    return Embedders(difference, defined(float(found.statistic)), defined(float(found.pvalue)))
