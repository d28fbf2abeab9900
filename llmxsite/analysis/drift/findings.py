"""What pairs of samples say together: how many are alike, how means moved, where replies part. See `drift.record` for the units."""

from __future__ import annotations

import msgspec

from llmxsite.log.record import Scalar


class Likeness(msgspec.Struct, kw_only=True):
    """How many of some pairs are alike."""

    n: int
    """Pairs that can be compared in this."""
    alike: int
    share: float | None
    low: float | None
    """Wilson's interval; where several pairs share an item, with the effective number of a clustered standard error."""
    high: float | None
    units: int
    """Independent items (or clusters the suite declares) behind it."""
    differ_below: float | None
    """Where all are alike: the 95 % upper bound 1 - 0.05^(1/units) on the chance that a pair differs."""


class Change(msgspec.Struct, kw_only=True):
    """A mean before and after, over the same pairs."""

    n: int
    units: int
    before: float | None
    after: float | None
    difference: float | None
    low: float | None
    """Interval of the difference, paired, clustered by item; null where no pair differs or all differ alike."""
    high: float | None


class Accuracy(Change, kw_only=True):
    """Right and wrong before and after, on the same items."""

    p: float | None
    """Of the paired t test."""
    detectable: float | None
    """The smallest difference this comparison finds in four of five cases: 2.80 standard errors."""
    lost: int
    """Pairs that were right and are not."""
    gained: int
    """Pairs that were not right and are."""
    units_lost: int
    """Items whose score fell, all their pairs together."""
    units_gained: int
    mcnemar_p: float | None
    """McNemar's exact test on those items; null without any."""
    flips_below: float | None
    """Where no score differs: the upper bound on the chance that one flips, and so on the size of any change in accuracy."""


class Divergence(msgspec.Struct, kw_only=True):
    """Where replies that differ part: the number of tokens they share from their start, thinking included."""

    n: int
    """Pairs that differ and have their tokens in both logs."""
    unknown: int
    """Pairs that differ and do not."""
    lowest: int | None
    lower_quartile: float | None
    median: float | None
    upper_quartile: float | None
    highest: int | None
    at: list[tuple[int, int]]
    """Every index that occurs, with the number of pairs that part there."""


class Shift(msgspec.Struct, kw_only=True):
    """Log-probabilities of the tokens both replies begin with, before they part."""

    pairs: Likeness
    """Pairs in which every shared token has the same log-probability to the last bit."""
    tokens: int
    """Tokens compared."""
    identical: float | None
    """Share of them that are the same to the last bit."""
    mean: float | None
    """Mean absolute difference, in nats."""
    largest: float | None


class Fragile(msgspec.Struct, kw_only=True):
    """Answers that a shift of this size could turn: the two likeliest tokens at the answer lie closer than twice the largest
    shift, before."""

    n: int
    """Pairs with alternatives at the answer's token, before, and an answer on both sides."""
    fragile: int
    turned: int
    """Pairs of n whose answer is another one."""
    foreseen: int
    """Of those turned, the fragile ones."""


class Confidence(Change, kw_only=True):
    """Confidence of the answers that have one on both sides."""

    identical: int
    """Pairs with the same confidence to the last bit."""
    largest: float | None
    """Largest absolute difference."""


class Speed(msgspec.Struct, kw_only=True):
    """How long replies took: a description of the two sessions, and of nothing else where the machines differ."""

    same_machine: bool | None
    """Null where the logs do not say."""
    n: int
    latency_before: float | None
    """Median, in milliseconds."""
    latency_after: float | None
    latency_ratio: float | None
    """Median over pairs of after / before."""
    tokens_per_second_before: float | None
    tokens_per_second_after: float | None
    tokens_per_second_ratio: float | None


class Slice(msgspec.Struct, kw_only=True):
    """The pairs of one condition, or of one category."""

    label: dict[str, Scalar]
    replies: Likeness
    answers: Likeness
    accuracy: Accuracy
    p_holm: float | None
    """McNemar's p, adjusted by Holm over the rows of the table."""
