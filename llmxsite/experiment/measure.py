"""What can be predicted of two conditions: measures with a paired difference, their units and what they need.

A measure named here has its difference in `results.difference`: a new one is an entry here and a function there.
"""

from __future__ import annotations

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


MEASURES: dict[str, Measure] = {
    measure.name: measure
    for measure in (
        Measure(
            "accuracy",
            "points",
            "share of right answers",
            ("accura", "right", "wrong", "correct", "error", "mistake", "score"),
        ),
        Measure(
            "mean_confidence",
            "points",
            "mean probability of the chosen letter among the letters",
            ("confiden", "sure", "certain"),
            "logprobs",
        ),
        Measure(
            "confidence_gap",
            "points",
            "mean confidence minus accuracy, of the answers that have a confidence",
            ("calibrat", "overconfiden", "modest", "gap"),
            "logprobs",
            2.0,
        ),
    )
}
"""Every measure by name."""
