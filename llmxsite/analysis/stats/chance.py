"""Guessing, favourite letters, and answers that could not be parsed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from llmxsite.analysis.stats.interval import Interval, ratio, vector
from llmxsite.analysis.stats.proportion import wilson


@dataclass(frozen=True, slots=True)
class AboveChance:
    """Accuracy against guessing. None for n = 0."""

    chance: float
    accuracy: float | None
    p: float | None
    """Exact binomial, one-sided: how often guessing does as well."""
    corrected: float | None
    """(accuracy - chance)/(1 - chance): 0 is guessing, 1 all right, below 0 worse than guessing."""


@dataclass(frozen=True, slots=True)
class LetterBias:
    """Chosen letters against the key's. A screen, not a proof: right answers pull the choices towards the key."""

    chi2: float | None
    p: float | None
    """Chi² with letters - 1 degrees of freedom; None with fewer than two letters in the key."""
    total_variation: float | None
    """Half the summed difference of the two distributions: 0 the same, 1 nothing in common. None for no choices."""


@dataclass(frozen=True, slots=True)
class Unparsed:
    """Accuracy when some answers could not be parsed. Shares of all answers; None for none."""

    n: int
    accuracy: float | None
    """Unparsed counted as wrong: the headline."""
    accuracy_parsed: float | None
    """Of parsed answers only; None when none was parsed."""
    bounds: Interval
    """All unparsed wrong, to all unparsed right."""
    interval: Interval
    """Wilson's lower end of the one and upper end of the other: everything the data leaves open."""
    rate: float | None
    """Share unparsed."""


def above_chance(correct: int, n: int, options: float) -> AboveChance:
    """Is k of n more than guessing among a number of options (at least 2; a mean over items where it varies)?"""
    if options < 2:
        raise ValueError("guessing needs two options or more")
    chance = 1 / options
    if n == 0:
        return AboveChance(chance, None, None, None)
    accuracy = correct / n
    p = float(stats.binomtest(correct, n, chance, alternative="greater").pvalue)
    return AboveChance(chance, accuracy, p, (accuracy - chance) / (1 - chance))


def letter_bias(chosen: Sequence[float], key: Sequence[float]) -> LetterBias:
    """How often each letter was chosen, against how often the key has it. Both count the same letters in the same order."""
    observed, expected = vector(chosen), vector(key)
    if len(observed) != len(expected):
        raise ValueError("chosen and key count different letters")
    if observed.sum() == 0 or expected.sum() == 0:
        return LetterBias(None, None, None)
    share = expected / expected.sum()
    variation = float(np.abs(observed / observed.sum() - share).sum() / 2)
    if (share > 0).sum() < 2:
        return LetterBias(None, None, variation)
    if (observed[share == 0] > 0).any():
        return LetterBias(float("inf"), 0.0, variation)
    found = stats.chisquare(observed[share > 0], share[share > 0] * observed.sum())
    return LetterBias(float(found.statistic), float(found.pvalue), variation)


def unparsed(correct: int, wrong: int, unparsed: int, alpha: float = 0.05) -> Unparsed:
    """What accuracy can be, given answers that could not be parsed."""
    n = correct + wrong + unparsed
    return Unparsed(
        n=n,
        accuracy=ratio(correct, n),
        accuracy_parsed=ratio(correct, correct + wrong),
        bounds=Interval(ratio(correct, n), ratio(correct + unparsed, n)),
        interval=Interval(wilson(correct, n, alpha).low, wilson(correct + unparsed, n, alpha).high),
        rate=ratio(unparsed, n),
    )
