"""What can be predicted of two conditions: which measures have a paired difference, in what unit, and what each needs.

What each is, and how it is written, is said where it is computed (`analysis.results.measured`), by the same name; its difference is
in `results.difference`. A new one is an entry here and a function there.
"""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

Unit = Literal["points", "ms", ""]
"""What a difference is written in: points (of shares), milliseconds, or a plain number."""


class Predictable(NamedTuple):
    """A measure whose levels can be compared item by item, as an experiment speaks of it before there are data."""

    name: str
    unit: Unit
    words: tuple[str, ...]
    """Beginnings of English words by which a sentence speaks of it; a claim is held to the predictions it speaks of."""
    needs: Literal["logprobs", "repeats"] | None = None
    """What of the experiment it cannot be had without."""
    most: float = 1.0
    """The largest difference there can be, in the unit of the scores (of a share: 1); infinite where there is none."""

    @property
    def scale(self) -> float:
        """What one of the measure's own unit is in the unit of the scores: a point is 0.01."""
        return 0.01 if self.unit == "points" else 1.0


_SURE = ("confiden", "sure", "certain")
_CALIBRATED = ("calibrat", "overconfiden", "modest")
_FAST = ("latenc", "slow", "fast", "quick", "speed", "time")
_AGREE = ("agree", "disagree", "repeat", "varied", "vary", "varies", "consisten")
MEASURES: dict[str, Predictable] = {
    measure.name: measure
    for measure in (
        Predictable(
            "accuracy",
            "points",
            ("accura", "right", "wrong", "correct", "error", "mistake", "score"),
        ),
        Predictable("mean_confidence", "points", _SURE, "logprobs"),
        Predictable("confidence_gap", "points", (*_CALIBRATED, "gap"), "logprobs", 2.0),
        Predictable("ece", "points", (*_CALIBRATED, "ece"), "logprobs"),
        Predictable("ece_unweighted", "points", (*_CALIBRATED, "ece"), "logprobs"),
        Predictable("brier", "", ("brier",), "logprobs"),
        Predictable("auroc", "", ("auroc",), "logprobs"),
        Predictable("letter_mass", "points", ("letter mass",), "logprobs"),
        Predictable("latency_ms", "ms", _FAST, most=math.inf),
        Predictable("first_token_ms", "ms", ("first token",), most=math.inf),
        Predictable("tokens_per_second", "", ("tokens",), most=math.inf),
        Predictable("accuracy_per_second", "", ("answers a second",), most=math.inf),
        Predictable("item_agreement", "points", _AGREE, "repeats"),
        Predictable("item_agreement_parsed", "points", _AGREE, "repeats"),
    )
}
"""Every measure by name."""
