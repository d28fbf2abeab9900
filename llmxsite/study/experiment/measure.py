"""What can be predicted of two conditions: measures with a paired difference, their units and what they need.

A measure named here has its difference in `results.difference`: a new one is an entry here and a function there.
"""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

Unit = Literal["points", "ms", ""]
"""What a difference is written in: points (of shares), milliseconds, or a plain number."""


class Measure(NamedTuple):
    """One measure of a condition whose levels can be compared item by item."""

    name: str
    unit: Unit
    meaning: str
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
MEASURES: dict[str, Measure] = {
    measure.name: measure
    for measure in (
        Measure(
            "accuracy",
            "points",
            "share of right answers",
            ("accura", "right", "wrong", "correct", "error", "mistake", "score"),
        ),
        Measure("mean_confidence", "points", "mean probability of the chosen letter", _SURE, "logprobs"),
        Measure("confidence_gap", "points", "mean confidence minus accuracy", (*_CALIBRATED, "gap"), "logprobs", 2.0),
        Measure("ece", "points", "expected calibration error, ten bins", (*_CALIBRATED, "ece"), "logprobs"),
        Measure("ece_unweighted", "points", "mean calibration gap over bins", (*_CALIBRATED, "ece"), "logprobs"),
        Measure("brier", "", "Brier score", ("brier",), "logprobs"),
        Measure("auroc", "", "area under the ROC curve of confidence for being right", ("auroc",), "logprobs"),
        Measure("letter_mass", "points", "mean probability on the letters", ("letter mass",), "logprobs"),
        Measure("latency_ms", "ms", "median time to the whole reply", _FAST, most=math.inf),
        Measure("first_token_ms", "ms", "median time to the first token", ("first token",), most=math.inf),
        Measure("tokens_per_second", "", "generated tokens over generation time", ("tokens",), most=math.inf),
        Measure("accuracy_per_second", "", "right answers over time", ("answers a second",), most=math.inf),
        Measure("item_agreement", "points", "pairs of replies to one request with the same answer", _AGREE, "repeats"),
        Measure("item_agreement_parsed", "points", "the same, unread answers left out", _AGREE, "repeats"),
    )
}
"""Every measure by name."""
