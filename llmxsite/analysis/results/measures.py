"""The measures of samples by name: which samples have one, its value, and its interval by resampling independent units.

A unit is an item with all its samples, or the cluster of items that a suite declares. What `summarise` shows as a number comes
here with an interval, and what `contrast` compares is measured the same way on both sides.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import pandas as pd

from llmxsite.analysis.results.groups import Codes, Flags, Floats, Scores, floats, scores, units
from llmxsite.analysis.results.repeats import AGREEMENT
from llmxsite.analysis.stats import measures as stats
from llmxsite.analysis.stats.interval import UNDEFINED, Interval
from llmxsite.analysis.stats.resample import Bootstrap, Measure
from llmxsite.base.diagnostics import did_you_mean

Make = Callable[[Floats, Floats, Codes, int], Measure]
"""From two columns of samples, the unit of each and the number of units."""


@dataclass(frozen=True)
class SampleColumns:
    """Columns of samples as arrays: what a measure is made of. NaN where a sample has no such thing."""

    frame: pd.DataFrame
    factors: Sequence[str]

    @cached_property
    def scores(self) -> Scores:
        return scores(self.frame)

    @cached_property
    def unit(self) -> Codes:
        return units(self.frame)[1]

    def column(self, name: str) -> Floats:
        """Of the samples that were answered."""
        return np.where(self.scores.answered, floats(self.frame, name), np.nan)

    @cached_property
    def pairs(self) -> dict[str, tuple[Floats, Floats]]:
        """The two columns that each family of measures takes; what lacks either has none of them."""
        score = self.scores.value
        seconds, generating = self.column("latency_ms") / 1000, self.column("eval_ms") / 1000
        return {
            "scores": (score, score),
            "confidence": (floats(self.frame, "confidence"), score),
            "letters": (self.column("letter_mass"),) * 2,
            "latency": (seconds * 1000,) * 2,
            "first token": (self.column("first_token_ms"),) * 2,
            "tokens": (self.column("completion_tokens"), np.where(generating > 0, generating, np.nan)),
            "rights": (score, np.where(seconds > 0, seconds, np.nan)),
        }

    def having(self, family: str) -> Flags:
        """Which samples have the measures of a family."""
        first, second = self.pairs[family]
        return np.asarray(~np.isnan(first) & ~np.isnan(second))


class Recipe(NamedTuple):
    """How a measure is made."""

    family: str
    """Which columns it takes: a key of `SampleColumns.pairs`."""
    make: Make


MEASURES: dict[str, Recipe] = {
    "accuracy": Recipe("scores", lambda a, _, unit, n: stats.mean(a, unit, n)),
    "mean_confidence": Recipe("confidence", lambda c, _, unit, n: stats.mean(c, unit, n)),
    "confidence_gap": Recipe("confidence", lambda c, y, unit, n: stats.mean(c - y, unit, n)),
    "ece": Recipe("confidence", stats.ece),
    "ece_unweighted": Recipe("confidence", lambda c, y, unit, n: stats.ece(c, y, unit, n, weighted=False)),
    "brier": Recipe("confidence", stats.brier),
    "auroc": Recipe("confidence", stats.auroc),
    "letter_mass": Recipe("letters", lambda a, _, unit, n: stats.mean(a, unit, n)),
    "latency_ms": Recipe("latency", lambda a, _, unit, n: stats.median(a, unit, n)),
    "first_token_ms": Recipe("first token", lambda a, _, unit, n: stats.median(a, unit, n)),
    "tokens_per_second": Recipe("tokens", stats.ratio),
    "accuracy_per_second": Recipe("rights", stats.ratio),
}
"""Measures whose interval is taken from resampled units; that of `accuracy` itself has a formula, and `summarise` has it."""
CONTRASTED = (*(name for name in MEASURES if name != "accuracy"), *AGREEMENT)
"""What `intervals` and `contrast` know: everything but accuracy, which `summarise` and `compare` are for."""


def known(name: str) -> str:
    """`name`, one of `CONTRASTED`. KeyError with the nearest for another."""
    if name in CONTRASTED:
        return name
    hint = did_you_mean(name, CONTRASTED) or f"known: {', '.join(CONTRASTED)}"
    raise KeyError(f"no measure with an interval is called '{name}'; {hint}")


def made(rows: SampleColumns, name: str, here: Flags, unit: Codes, count: int, bins: int = 10) -> Measure:
    """A measure of the samples `here`, `unit` being the number of each one's unit out of `count`; `bins` is the ECE's."""
    kind = MEASURES[name]
    first, second = rows.pairs[kind.family]
    if name == "ece":
        return stats.ece(first[here], second[here], unit, count, bins)
    return kind.make(first[here], second[here], unit, count)


def span(found: Bootstrap) -> Interval:
    """The interval of a bootstrap; undefined where every resample gave the same, which claims too much."""
    return UNDEFINED if found.degenerate else found.interval


def method(found: Bootstrap) -> str:
    """`bootstrap`, or `bootstrap, exact` where all resamples were looked at; empty without an interval."""
    if span(found).low is None:
        return ""
    return "bootstrap, exact" if found.exact else "bootstrap"
