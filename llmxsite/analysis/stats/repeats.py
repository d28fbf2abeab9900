"""Agreement within items: how often two samples of one request give the same answer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from llmxsite.analysis.stats.interval import UNDEFINED, Interval, Vector
from llmxsite.analysis.stats.mean import mean

Codes = npt.NDArray[np.intp] | npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Agreement:
    """The share of pairs of repeats with the same answer, averaged over items. 0 to 1; None where no item repeats."""

    items: int
    """Items with at least two answers that count."""
    share: float | None
    interval: Interval
    """Student's t over items, cut at 0 and 1; undefined for fewer than two items, and where all items agree as far as each
    other, which would leave it without width."""
    se: float | None


def shares(request: Codes, answer: Codes) -> Vector:
    """For each request (numbered from 0) A = sum over pairs of [same answer] / C(K, 2); NaN for fewer than two answers.

    `answer` numbers the answers, the same number for the same answer; a reply without one has a number of its own kind (to
    be a category) or is left out before this.
    """
    requests = int(request.max(initial=-1)) + 1
    k = np.bincount(request, minlength=requests).astype(np.float64)
    width = int(answer.max(initial=0)) + 1
    cells, n = np.unique(request * width + answer, return_counts=True)
    same = np.bincount(cells // width, weights=n * (n - 1.0), minlength=requests)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(k > 1, same / (k * (k - 1)), np.nan)


def within(values: Vector, alpha: float = 0.05) -> Agreement:
    """The mean of items' shares; those that are NaN, having no pair, are left out.

    Where every item has the same share the standard error says nothing, and there is no interval: no item's answers differed,
    say, which `power.never_seen` bounds.
    """
    found = mean(values, alpha)
    span = found.interval.clipped() if found.se else UNDEFINED
    return Agreement(found.n, found.mean, span, found.se or None)
