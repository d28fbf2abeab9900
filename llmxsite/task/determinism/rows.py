"""One row of each table of a determinism experiment, from the cells that it is of."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np

from llmxsite.analysis.stats import determinism as stats
from llmxsite.analysis.stats.agreement import fleiss
from llmxsite.analysis.stats.interval import ratio
from llmxsite.analysis.stats.mcnemar import mcnemar
from llmxsite.analysis.stats.power import never_seen
from llmxsite.analysis.stats.proportion import wilson
from llmxsite.task.determinism.cells import Cell, drifts, grouped, most_frequent


def item(cell: Cell, alpha: float) -> dict[str, Any]:
    found = stats.replies([reply.tokens for reply in cell.replies], alpha)
    return {
        "item": cell.key["item"],
        "category": cell.key["category"],
        "n": found.n,
        "unique": found.unique,
        "unique_share": found.unique / found.n,
        "modal_share": found.modal_share,
        "identical": found.identical if found.n > 1 else None,
        "pairwise": found.pairwise_agreement,
        "entropy_bits": found.entropy_bits,
        "first_divergence": found.first_divergence,
        "continuations": found.continuations,
        "similarity": found.similarity,
        "differing": found.differing,
        "differing_low": found.differing_interval.low,
        "differing_high": found.differing_interval.high,
        "bound": found.differing_bound,
        "answers": len(set(cell.answers)),
        "accuracy": _mean(cell.correct),
        "largest_drift": _largest(drifts(cell.replies)),
        "margin": cell.replies[0].margin,
    }


def agreement(group: list[Cell], alpha: float, kappa: bool) -> dict[str, Any]:
    """One group's requests together, with `kappa` Fleiss' too. What compares repeats needs two of them; it and the range all."""
    several = [cell for cell in group if len(cell) > 1]
    each = [stats.replies([reply.tokens for reply in cell.replies], alpha) for cell in several]
    repeats = max(len(cell) for cell in group)
    whole = [cell for cell in several if len(cell) == repeats]
    same_text, same_answer = sum(e.identical for e in each), sum(len(set(cell.answers)) == 1 for cell in several)
    texts, answers = wilson(same_text, len(several), alpha), wilson(same_answer, len(several), alpha)
    by_repeat = np.array([cell.correct for cell in whole]).mean(axis=0) if whole else np.array([np.nan])
    differing, compared = sum(e.differing for e in each), sum(e.n - 1 for e in each)
    cached = [r.cached for cell in group for r in cell.replies if r.cached is not None]
    units = len({cell.unit for cell in several})
    return {
        "n_items": len(group),
        "n": sum(len(cell) for cell in group),
        "repeats": repeats,
        "tarr": ratio(same_text, len(several)),
        "tarr_low": texts.low,
        "tarr_high": texts.high,
        "tara": ratio(same_answer, len(several)),
        "tara_low": answers.low,
        "tara_high": answers.high,
        "pairwise": _mean([e.pairwise_agreement for e in each]),
        "unique": _mean([e.unique for e in each]),
        "modal_share": _mean([e.modal_share for e in each]),
        "similarity": _mean([e.similarity for e in each]),
        **({"fleiss_kappa": fleiss([cell.answers for cell in whole])} if kappa else {}),
        "accuracy": _mean([score for cell in group for score in cell.correct]),
        "accuracy_min": by_repeat.min(),
        "accuracy_max": by_repeat.max(),
        "differing": differing,
        "compared": compared,
        "units": units,
        "bound": None if differing else never_seen(units, alpha),
        "first_divergence": _median([e.first_divergence for e in each]),
        "largest_drift": _largest([d for cell in several for d in drifts(cell.replies)]),
        "cached_share": ratio(sum(part for part, _ in cached), sum(whole for _, whole in cached)),
        "prompt_ms": _median([r.prompt_ms for cell in group for r in cell.replies]),
    }


def usual(found: list[Cell], matched: list[str]) -> list[str]:
    """For each cell the most frequent reply of all that it is matched with, the earliest one on a tie."""
    same = {key: most_frequent([t for cell in group for t in cell.texts]) for key, group in grouped(found, matched)}
    return [same[tuple(cell.key[c] for c in matched)] for cell in found]


def pairs(group: list[Cell], factor: str, matched: list[str], alpha: float) -> list[dict[str, Any]]:
    """Every pair of levels, in their order."""
    levels: dict[Any, dict[tuple[Any, ...], Cell]] = {}
    for cell in group:
        levels.setdefault(cell.key[factor], {})[tuple(cell.key[c] for c in matched)] = cell
    return [
        {"factor": factor, "a": a, "b": b, **_pair(levels[a], levels[b], alpha)} for a, b in combinations(levels, 2)
    ]


def _pair(a: dict[tuple[Any, ...], Cell], b: dict[tuple[Any, ...], Cell], alpha: float) -> dict[str, Any]:
    both = [(a[key], b[key]) for key in a if key in b]
    identical = sum(len({*x.texts, *y.texts}) == 1 for x, y in both)
    shared = [d for x, y in both for d in drifts(x.replies, y.replies)]
    tokens = sum(d.tokens for d in shared)
    parted = [stats.replies([r.tokens for r in (*x.replies, *y.replies)]).first_divergence for x, y in both]
    flipped = [(x.modal_correct, y.modal_correct) for x, y in both if x.modal_answer != y.modal_answer]
    test = mcnemar(sum(x > y for x, y in flipped), sum(y > x for x, y in flipped))
    interval = wilson(identical, len(both), alpha)
    return {
        "n": len(both),
        "lost": len(a) + len(b) - 2 * len(both),
        "identical": identical,
        "share": ratio(identical, len(both)),
        "ci_low": interval.low,
        "ci_high": interval.high,
        "agreement": _mean([float(np.mean([t == u for t in x.texts for u in y.texts])) for x, y in both]),
        "largest_drift": _largest(shared),
        "mean_drift": sum((d.mean or 0.0) * d.tokens for d in shared) / tokens if tokens else None,
        "logprobs_identical": sum((d.identical or 0.0) * d.tokens for d in shared) / tokens if tokens else None,
        "first_divergence": _median(parted),
        "flips": len(flipped),
        "only_a": test.only_a,
        "only_b": test.only_b,
        "mcnemar_p": test.p if both else None,
    }


def fragile(group: list[Cell], matched: list[str]) -> list[dict[str, Any]]:
    """Predicted against observed flips of greedy decoding: a sampled token is not decided by its margin."""
    greedy = [cell for cell in group if cell.key.get("temperature") == 0]
    items = list(grouped(greedy, matched))
    drift = _largest([d for _, same in items for d in drifts([reply for cell in same for reply in cell.replies])])
    rows = []
    for _, same in items:
        margin = same[0].replies[0].margin
        predicted = None if margin is None or drift is None else stats.fragile(margin, drift)
        rows.append(
            {
                "item": same[0].key["item"],
                "n": sum(len(cell) for cell in same),
                "margin": margin,
                "largest_drift": drift,
                "predicted": predicted,
                "flipped": len({answer for cell in same for answer in cell.answers}) > 1,
                "replies": len({text for cell in same for text in cell.texts}),
            }
        )
    return rows


def _largest(found: Sequence[stats.LogprobShift]) -> float | None:
    return max((d.largest for d in found if d.largest is not None), default=None)


def _mean(values: Sequence[float | None]) -> float | None:
    known = [v for v in values if v is not None and not np.isnan(v)]
    return float(np.mean(known)) if known else None


def _median(values: Sequence[float | None]) -> float | None:
    known = [v for v in values if v is not None]
    return float(np.median(known)) if known else None
