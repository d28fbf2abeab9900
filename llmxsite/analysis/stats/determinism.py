"""Determinism: how far the same request gives the same reply."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from scipy.special import entr

from llmxsite.analysis.stats.agreement import fleiss
from llmxsite.analysis.stats.interval import UNDEFINED, Interval, Numbers, complete
from llmxsite.analysis.stats.power import never_seen
from llmxsite.analysis.stats.proportion import interval, wilson


@dataclass(frozen=True, slots=True)
class Replies:
    """N replies to one request, as tokens."""

    n: int
    unique: int
    modal_share: float
    """Share of the most frequent reply."""
    pairwise_agreement: float | None
    """Share of pairs of replies that are identical: sum n_j (n_j - 1) / (N (N - 1)); None for one reply."""
    entropy_bits: float
    """Of the distribution over distinct replies; 0 when all are identical."""
    first_divergence: int | None
    """Tokens that all replies share: the index, from 0, where they part. None when identical. A reply that is the start
    of another diverges at its end."""
    continuations: int | None
    """Distinct next tokens there, an end among them."""
    similarity: float | None
    """Mean over pairs of 1 - edit distance / longer length, on tokens; None for one reply."""
    differing: int
    """Replies that differ from the first."""
    differing_interval: Interval
    """Clopper-Pearson interval of the chance that another differs from the first; undefined for one reply."""
    differing_bound: float | None
    """95 % upper bound on that chance when none differed: never print `deterministic: yes`. None otherwise."""

    @property
    def identical(self) -> bool:
        return self.unique == 1


@dataclass(frozen=True, slots=True)
class TotalAgreement:
    """A suite answered several times. Shares of items, 0 to 1."""

    items: int
    runs: int
    share: float | None
    """Items on which all runs agree: TARa@N on parsed answers, TARr@N on raw text."""
    interval: Interval
    """Wilson's."""
    pairwise: float | None
    """Mean over items of the share of agreeing pairs of runs; None for one run."""
    fleiss_kappa: float | None


@dataclass(frozen=True, slots=True)
class LogprobShift:
    """Logprobs of the same tokens from two runs. In nats; None for no common token."""

    tokens: int
    largest: float | None
    mean: float | None
    identical: float | None
    """Share of tokens with bit-identical logprobs."""


def replies(runs: Sequence[Sequence[Hashable]], alpha: float = 0.05) -> Replies:
    """Compare replies to one request. ValueError for none. Source: Atil et al. 2024 (arXiv:2408.04667)."""
    if not runs:
        raise ValueError("at least one reply is needed")
    tokens = [tuple(run) for run in runs]
    counts = Counter(tokens)
    n, differing = len(tokens), sum(run != tokens[0] for run in tokens[1:])
    shared = common_prefix(tokens) if len(counts) > 1 else None
    return Replies(
        n=n,
        unique=len(counts),
        modal_share=max(counts.values()) / n,
        pairwise_agreement=_pairs(list(counts.values())),
        entropy_bits=float(entr(np.array([*counts.values()]) / n).sum() / math.log(2)),
        first_divergence=shared,
        continuations=None if shared is None else len({run[shared : shared + 1] for run in tokens}),
        similarity=_similarity(counts),
        differing=differing,
        differing_interval=interval(differing, n - 1, alpha, "clopper-pearson") if n > 1 else UNDEFINED,
        differing_bound=never_seen(n - 1, alpha) if n > 1 and differing == 0 else None,
    )


def total_agreement(answers: Sequence[Sequence[Hashable]], alpha: float = 0.05) -> TotalAgreement:
    """Agreement over runs (columns) on each item (rows). An unparsed answer is an answer of its own.

    Source: Atil et al. 2024 (arXiv:2408.04667): TARa@N on parsed answers, TARr@N on raw text.
    """
    items = len(answers)
    if items == 0:
        return TotalAgreement(0, 0, None, UNDEFINED, None, None)
    same = sum(len(set(row)) == 1 for row in answers)
    pairwise = [_pairs(list(Counter(row).values())) for row in answers]
    known = [p for p in pairwise if p is not None]
    return TotalAgreement(
        items=items,
        runs=len(answers[0]),
        share=same / items,
        interval=wilson(same, items, alpha),
        pairwise=sum(known) / len(known) if known else None,
        fleiss_kappa=fleiss(answers),
    )


def drift(first: Numbers, second: Numbers) -> LogprobShift:
    """Difference of two runs' logprobs over their common tokens, cut at the first divergence before this."""
    (a, b), _ = complete(first, second)
    if len(a) == 0:
        return LogprobShift(0, None, None, None)
    same = a == b
    apart = np.zeros(len(a))
    apart[~same] = np.abs(a[~same] - b[~same])
    return LogprobShift(len(a), float(apart.max()), float(apart.mean()), float(same.mean()))


def fragile(margin: float, largest_drift: float) -> bool:
    """Whether an answer may flip between runs: its top-two logprob margin is below twice the drift, as both can move."""
    return margin < 2 * largest_drift


def common_prefix(runs: Sequence[Sequence[Hashable]]) -> int:
    """Number of tokens that all runs share from their start."""
    length = 0
    for column in zip(*runs, strict=False):
        if len(set(column)) > 1:
            break
        length += 1
    return length


def edit_distance(a: Sequence[Hashable], b: Sequence[Hashable]) -> int:
    """Levenshtein distance in tokens: insertions, deletions and substitutions."""
    start = common_prefix([a, b])
    end = common_prefix([a[start:][::-1], b[start:][::-1]])
    a, b = a[start : len(a) - end], b[start : len(b) - end]
    if not a or not b:
        return len(a) + len(b)
    codes: dict[Hashable, int] = {}
    x, y = (np.array([codes.setdefault(token, len(codes)) for token in side]) for side in (a, b))
    steps = np.arange(len(y) + 1)
    row = steps.copy()
    for i, code in enumerate(x, 1):
        # Of a cell's three neighbours the left one is in this very row: a running minimum stands for it.
        over = np.minimum(row[1:] + 1, row[:-1] + (y != code))
        row = np.minimum.accumulate(np.concatenate(([i], over)) - steps) + steps
    return int(row[-1])


def _similarity(counts: Counter[tuple[Hashable, ...]]) -> float | None:
    """Mean similarity over pairs of replies, each pair of distinct replies measured once."""
    n = sum(counts.values())
    if n < 2:
        return None
    total = float(sum(math.comb(k, 2) for k in counts.values()))
    for (a, k), (b, m) in combinations(counts.items(), 2):
        total += k * m * (1 - edit_distance(a, b) / max(len(a), len(b)))
    return total / math.comb(n, 2)


def _pairs(counts: list[int]) -> float | None:
    n = sum(counts)
    return sum(k * (k - 1) for k in counts) / (n * (n - 1)) if n > 1 else None
