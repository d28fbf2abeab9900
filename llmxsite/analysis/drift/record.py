"""What a comparison of two runs found, as records: `llmxsite drift --format json` writes these, field for field.

Before and after are the first and the second run named. Shares and accuracies are 0 to 1, differences are after minus
before, intervals are 95 %, times are milliseconds. Null means unknown or undefined, never zero.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from llmxsite.analysis.drift.findings import Accuracy, Confidence, Divergence, Fragile, Likeness, Shift, Slice, Speed
from llmxsite.log.record import Scalar
from llmxsite.log.runlog.facts import Group

VERSION = 1
"""Of the shape of `Drift`; later versions only add fields."""
FactState = Literal["same", "changed", "mixed", "not recorded"]


class RunRef(msgspec.Struct, kw_only=True):
    """One of the two runs."""

    id: str
    report: str
    path: str
    """Its log, as it was named or from the study's root."""
    started: str | None
    samples: int
    """Samples in the log, the last line of each key counted."""
    errors: int
    """Of them, those the machine or the network failed."""
    resumed: int
    """How often a collector took the run up again."""
    complete: bool
    """Whether its last line closes it as complete."""
    rerun_of: str | None
    """The run it repeats from its log, where it says so."""


class Fact(msgspec.Struct, kw_only=True):
    """Something around the samples, in both runs."""

    group: Group
    subject: str | None
    """Which model or suite it is about; null where there is only one."""
    name: str
    """`digest`, `version`, `cpu`, `temperature`, ..."""
    state: FactState
    """`changed` needs a value on both sides. `mixed`: both runs went through the same several values, as `resume` lines say.
    `not recorded`: at least one side has no value, so nothing is known of a change."""
    before: list[Any]
    """Values in the order they held, mostly one; empty where nothing was recorded. Of a request, the distinct values sent."""
    after: list[Any]
    pairs: int | None = None
    """Of what is sent with every request: the pairs in which it differs."""


class Lost(msgspec.Struct, kw_only=True):
    """Samples of one run that could not be paired, by the reason."""

    item_changed: int = 0
    """The other run asked an item of this id with other words, options or key."""
    not_asked: int = 0
    """The other run never asked this item."""
    other_condition: int = 0
    """The other run asked this item, but not under this condition."""
    other_repeat: int = 0
    """The other run asked it under this condition, but not as often."""
    asked_again: int = 0
    """A later sample of the same run is of the same item, condition and repeat: that one counts."""
    examples: dict[str, list[str]] = {}
    """A few items for each reason that occurs."""

    @property
    def total(self) -> int:
        return self.item_changed + self.not_asked + self.other_condition + self.other_repeat + self.asked_again


class Paired(msgspec.Struct, kw_only=True):
    """How the samples met: by suite, item, hash of the item, condition (the model by its name) and repeat."""

    pairs: int
    """Samples that met, errors among them."""
    compared: int
    """Pairs without an error: what everything else counts."""
    items: int
    """Different items among those compared."""
    error_before: int
    """Pairs left out because the first run's sample is an error; `error_after` likewise, `error_both` is of neither."""
    error_after: int
    error_both: int
    lost_before: Lost
    lost_after: Lost


class Pair(msgspec.Struct, kw_only=True):
    """One sample before and after. Null is unknown."""

    suite: str
    item: str
    category: str | None
    condition: dict[str, Scalar]
    repeat: int
    line_before: int
    """Line in the log, from 1."""
    line_after: int
    outcome_before: str
    outcome_after: str
    same_request: bool | None
    same_reply: bool | None
    """Text, thinking and tool calls byte for byte."""
    same_answer: bool | None
    answer_before: Any
    answer_after: Any
    correct_before: float | None
    correct_after: float | None
    confidence_before: float | None
    confidence_after: float | None
    first_token: int | None = None
    """Index, from 0, of the first token that differs; null where none does or a log has no tokens."""
    shared: str = ""
    """The end of what the two replies share; empty where they are the same."""
    next_before: str = ""
    """How the reply goes on from there; empty where it ends there."""
    next_after: str = ""
    tokens_compared: int = 0
    tokens_identical: int = 0
    shift_mean: float | None = None
    shift_largest: float | None = None
    latency_before: float | None = None
    latency_after: float | None = None

    @property
    def flip(self) -> Literal["lost", "gained"] | None:
        """Whether a right answer was lost or gained."""
        if self.correct_before is None or self.correct_after is None:
            return None
        was, now = self.correct_before >= 1, self.correct_after >= 1
        return None if was == now else "lost" if was else "gained"


class Drift(msgspec.Struct, kw_only=True):
    """Two runs compared."""

    version: int = VERSION
    before: RunRef
    after: RunRef
    summary: list[str]
    """The findings in sentences."""
    facts: list[Fact]
    paired: Paired
    requests: Likeness
    """Requests that are the same in every part."""
    replies: Likeness
    answers: Likeness
    """Answers as they were read; none read is an answer of its own."""
    accuracy: Accuracy
    divergence: Divergence
    shift: Shift
    fragile: Fragile
    confidence: Confidence
    speed: Speed
    by_condition: list[Slice]
    """Empty where there is one condition; `by_category` likewise."""
    by_category: list[Slice]
    pairs: list[Pair]
    """In JSON, those whose reply, answer or score is another one, flips first."""

    def of(self, *states: FactState) -> list[Fact]:
        """The facts in one of these states."""
        return [fact for fact in self.facts if fact.state in states]

    @property
    def differing(self) -> list[Pair]:
        """The pairs whose reply, answer or score is another one: flips first, then other answers, then other words."""
        found = [p for p in self.pairs if p.flip or p.same_answer is False or p.same_reply is False]
        return sorted(found, key=lambda p: (p.flip is None, p.same_answer is not False))
