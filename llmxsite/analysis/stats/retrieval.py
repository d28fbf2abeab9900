"""Retrieval: did the relevant documents come, and how high?

A ranking is a list of document ids, best first; judgements are grades by document id, relevant from 1, unjudged 0. A query
without any relevant document has no score: it is left out and counted. A query that the system did not answer scores 0.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

Judgements = Mapping[str, float]
Gain = Literal["linear", "exponential"]


@dataclass(frozen=True, slots=True)
class Aggregate:
    """Mean of a measure over queries."""

    mean: float | None
    queries: int
    left_out: int
    """Queries without a relevant document."""


def ranking(scores: Mapping[str, float]) -> list[str]:
    """Document ids by falling score; ties by falling id, as trec_eval breaks them. Log ranks, and there is nothing to break."""
    return sorted(sorted(scores, reverse=True), key=lambda document: -scores[document])


def recall(ranked: Sequence[str], judged: Judgements, k: int | None = None) -> float | None:
    """Share of all relevant documents among the first k (all when None); None without a relevant one."""
    relevant = _relevant(judged)
    return len(relevant.intersection(ranked[:k])) / len(relevant) if relevant else None


def precision(ranked: Sequence[str], judged: Judgements, k: int) -> float | None:
    """Share of relevant documents among the first k, over k even when fewer came; None without a relevant one."""
    relevant = _relevant(judged)
    return len(relevant.intersection(ranked[:k])) / k if relevant else None


def success(ranked: Sequence[str], judged: Judgements, k: int) -> float | None:
    """1 when any relevant document is among the first k, else 0 ("hit rate", which is not recall)."""
    relevant = _relevant(judged)
    return float(not relevant.isdisjoint(ranked[:k])) if relevant else None


def reciprocal_rank(ranked: Sequence[str], judged: Judgements, k: int | None = None) -> float | None:
    """1 / rank of the first relevant document among the first k; 0 when none is there."""
    relevant = _relevant(judged)
    if not relevant:
        return None
    return next((1 / rank for rank, document in enumerate(ranked[:k], 1) if document in relevant), 0.0)


def average_precision(ranked: Sequence[str], judged: Judgements, k: int | None = None) -> float | None:
    """Precision at each relevant document's rank among the first k, summed, over the number of relevant documents."""
    relevant = _relevant(judged)
    if not relevant:
        return None
    total, hits = 0.0, 0
    for rank, document in enumerate(ranked[:k], 1):
        if document in relevant:
            hits += 1
            total += hits / rank
    return total / len(relevant)


def ndcg(ranked: Sequence[str], judged: Judgements, k: int | None = None, gain: Gain = "linear") -> float | None:
    """Discounted gain over the ideal ranking's: sum gain_i / log2(i + 1). None without a relevant document.

    The gain is the grade ("linear", trec_eval) or 2^grade - 1 ("exponential", Burges et al. 2005): say which.
    Source: Järvelin and Kekäläinen 2002.
    """
    ideal = _dcg(sorted(judged.values(), reverse=True)[:k], gain)
    if not ideal:
        return None
    return _dcg([judged.get(document, 0.0) for document in ranked[:k]], gain) / ideal


def aggregate(values: Sequence[float | None]) -> Aggregate:
    """Mean over queries; undefined ones are left out and counted."""
    known = [value for value in values if value is not None]
    return Aggregate(math.fsum(known) / len(known) if known else None, len(known), len(values) - len(known))


def _relevant(judged: Judgements) -> set[str]:
    return {document for document, grade in judged.items() if grade > 0}


def _dcg(grades: Sequence[float], gain: Gain) -> float:
    gains = (max(g, 0.0) if gain == "linear" else 2 ** max(g, 0.0) - 1 for g in grades)
    return math.fsum(g / math.log2(i + 1) for i, g in enumerate(gains, 1))
