"""McNemar's test: two models, right or wrong, on the same items."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import bdtr, chdtrc

from llmxsite.analysis.stats.interval import Vector, ratio


@dataclass(frozen=True, slots=True)
class McNemar:
    """Of the items on which the two disagree, how many each has right. The variant of the p has to be named."""

    only_a: int
    only_b: int
    p: float
    """Exact, two-sided. 1 with no discordant item: say `no item told them apart`. Below .05 takes six on one side."""
    p_mid: float
    """Mid-p: half of the observed outcome's probability left out; closer to its level, no longer guaranteed."""
    chi2: float | None
    """(b - c)²/(b + c); None with no discordant item."""
    p_chi2: float | None
    chi2_corrected: float | None
    """Edwards' continuity correction, (|b - c| - 1)²/(b + c)."""
    p_chi2_corrected: float | None
    odds: float | None
    """only_a / only_b: infinite when only_b is 0, None when both are."""


def mcnemar(only_a: int, only_b: int) -> McNemar:
    """The exact binomial test on the discordant items, and its large-sample relatives.

    p = min(1, 2 sum over i <= min(b, c) of C(b + c, i) / 2^(b + c)). `only_a` and `only_b` count the items only one of
    the two has right; items both have right or wrong say nothing here, but belong to the difference (only_a - only_b)/n.

    Source: McNemar 1947; Fagerland, Lydersen and Laake 2013 on the variants.
    """
    b, c = int(only_a), int(only_b)
    if b < 0 or c < 0:
        raise ValueError("counts are 0 or more")
    m = b + c
    exact = float(exact_p(b, c))
    point = math.comb(m, b) / 2**m if m else 0.0
    plain = (b - c) ** 2 / m if m else None
    corrected = (abs(b - c) - 1) ** 2 / m if m else None
    return McNemar(
        only_a=b,
        only_b=c,
        p=exact,
        p_mid=exact - point,
        chi2=plain,
        p_chi2=None if plain is None else float(chdtrc(1, plain)),
        chi2_corrected=corrected,
        p_chi2_corrected=None if corrected is None else float(chdtrc(1, corrected)),
        odds=ratio(b, c) if c else (float("inf") if b else None),
    )


def exact_p(only_a: npt.ArrayLike, only_b: npt.ArrayLike) -> Vector:
    """The exact two-sided p for whole columns of counts; 1 where nothing is discordant."""
    b, c = np.asarray(only_a, dtype=np.int64), np.asarray(only_b, dtype=np.int64)
    return np.asarray(np.minimum(1.0, 2 * bdtr(np.minimum(b, c), b + c, 0.5)))
