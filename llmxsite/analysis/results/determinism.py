"""How far the same request gives the same reply: by item, by regime, between regimes, and which answers are fragile."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from llmxsite.analysis.results.cells import Cell, cells, drifts, grouped, most_frequent
from llmxsite.analysis.results.groups import key_columns
from llmxsite.analysis.stats import determinism as stats
from llmxsite.analysis.stats.agreement import fleiss
from llmxsite.analysis.stats.interval import ratio
from llmxsite.analysis.stats.mcnemar import mcnemar
from llmxsite.analysis.stats.power import never_seen
from llmxsite.analysis.stats.proportion import wilson
from llmxsite.analysis.tables import Samples
from llmxsite.task.determinism.experiment import REGIMES

TASK = "determinism"
_BESIDE = {"regime": {"concurrency"}}
"""Factors that go with another: several at once is a part of the regime that asks so."""


class DeterminismTables:
    """NaN stands where something is undefined or was not told. Shares run from 0 to 1, logprobs are in nats.

    Each table is made when it is first asked for.
    """

    def __init__(self, found: list[Cell], columns: list[str], factor: str, matched: list[str], alpha: float) -> None:
        self._found, self._columns, self._factor, self._matched, self._alpha = found, columns, factor, matched, alpha
        self._others = [column for column in columns if column != factor]

    @cached_property
    def agreement(self) -> pd.DataFrame:
        """A row a group of `by`: the keys; `n_items` (requests: items under a condition), `n` (replies), `repeats` (the most of one
        request); `tarr`, `tarr_low`, `tarr_high` (share of requests to which all replies are the same text, Wilson's interval);
        `tara`, ... (the same of the answers read from them); `pairwise` (mean share of agreeing pairs of replies), `unique` (mean
        number of different replies), `modal_share`, `similarity` (means); `fleiss_kappa` (of answers; NaN with one category);
        `accuracy`, `accuracy_min`, `accuracy_max` (lowest and highest of any one repeat); `differing` of `compared` replies are not
        the first reply to their request; where none is, `bound` is the 95 % upper bound of the share of requests to which one
        would be, 1 - .05^(1/`units`), over `units` independent requests: those about one item, or one cluster that the suite
        declares, are one; `first_divergence` (median of the tokens shared before replies part), `largest_drift` (of logprobs on
        shared tokens), `cached_share` (of all tokens of the prompts, as the server tells), `prompt_ms` (median of reading the
        prompt: short where it came from the cache)."""
        rows = [
            {**dict(zip(self._columns, key, strict=True)), **_agreement(group, self._alpha)}
            for key, group in grouped(self._found, self._columns)
        ]
        return _frame("agreement", rows, self._columns, _AGREEMENT)

    @cached_property
    def pairs(self) -> pd.DataFrame:
        """A row a pair of levels of the factor, within the other keys: `factor`, `a`, `b`, `n` (requests met under both), `lost`
        (under one only), `identical` (requests whose replies under both are all one text), `share` with `ci_low`, `ci_high`
        (Wilson's), `agreement` (chance that a reply under a is the reply under b), `largest_drift`, `mean_drift`,
        `logprobs_identical` (share of shared tokens with the same logprob to the last bit), `first_divergence` (median), `flips`
        (requests whose most frequent answer differs), `only_a`, `only_b` (of those, right under one only) and `mcnemar_p`."""
        rows = [
            {**dict(zip(self._others, key, strict=True)), **row}
            for key, group in grouped(self._found, self._others)
            for row in _pairs(group, self._factor, self._matched, self._alpha)
        ]
        return _frame("pairs", rows, self._others, _PAIRS)

    @cached_property
    def items(self) -> pd.DataFrame:
        """A row a request: the keys, `item`, `category`, `n`, `unique`, `unique_share`, `modal_share`, `identical`, `pairwise`,
        `entropy_bits`, `first_divergence`, `continuations`, `similarity`, `differing` with `differing_low`, `differing_high`
        (Clopper-Pearson) and `bound` (of this one request: here its repeats are the tries), `answers` (different ones), `accuracy`, `largest_drift`, `margin`, and `usual`, the share of its
        replies that are the most frequent one over all levels of the factor."""
        usual = _usual(self._found, self._matched)
        rows = [
            {
                **{c: cell.key[c] for c in self._columns},
                **_item(cell, self._alpha),
                "usual": cell.texts.count(text) / len(cell),
            }
            for cell, text in zip(self._found, usual, strict=True)
        ]
        return _frame("items", rows, self._columns, _ITEMS)

    @cached_property
    def fragile(self) -> pd.DataFrame:
        """A row an item at temperature 0, over all levels of the factor: the other keys, `item`, `n`, `margin` (logprob of the
        likeliest token at the answer's place minus the next one's), `largest_drift` (in its group), `predicted` (the margin is
        below twice that; NA without logprobs), `flipped` (its answer differs between replies), `replies` (different ones)."""
        rows = [
            {**dict(zip(self._others, key, strict=True)), **row}
            for key, group in grouped(self._found, self._others)
            for row in _fragile(group, self._matched)
        ]
        return _frame("fragile", rows, self._others, _FRAGILE)


def determinism(
    samples: Samples, by: Sequence[str] | None = None, factor: str = "regime", *, alpha: float = 0.05
) -> DeterminismTables:
    """Compare the replies of determinism experiments; samples of other tasks are passed over.

    `by` are columns of the samples: suite, model, the factor and what else varies when not given. `factor` is what is compared in
    pairs: `regime`, or `run` for the same experiment on another day. The replies are read from the logs. KeyError for an
    unknown column, `Problem` for a log that is not there.

    Source: Atil et al. 2024 (arXiv:2408.04667) for total agreement; the bounds say what was not seen, never that it cannot be.
    """
    samples = samples.where(task=TASK)
    found = cells(samples) if len(samples) else []
    varying = [f for f in samples.varying() if f not in _BESIDE.get(factor, ())]
    wanted = ["suite", "model", *varying, factor] if by is None else list(by)
    key_columns(samples, [factor])
    columns = key_columns(samples, wanted)
    found.sort(key=lambda cell: [order(cell.key[c]) for c in columns])
    return DeterminismTables(found, columns, factor, matching(samples, factor), alpha)


_AGREEMENT = [
    *(
        "n_items",
        "n",
        "repeats",
        "tarr",
        "tarr_low",
        "tarr_high",
        "tara",
        "tara_low",
        "tara_high",
        "pairwise",
        "unique",
    ),
    *("modal_share", "similarity", "fleiss_kappa", "accuracy", "accuracy_min", "accuracy_max", "differing", "compared"),
    *("units", "bound", "first_divergence", "largest_drift", "cached_share", "prompt_ms"),
]
_PAIRS = [
    *("factor", "a", "b", "n", "lost", "identical", "share", "ci_low", "ci_high", "agreement", "largest_drift"),
    *("mean_drift", "logprobs_identical", "first_divergence", "flips", "only_a", "only_b", "mcnemar_p"),
]
_ITEMS = [
    *("item", "category", "n", "unique", "unique_share", "modal_share", "identical", "pairwise", "entropy_bits"),
    *("first_divergence", "continuations", "similarity", "differing", "differing_low", "differing_high", "bound"),
    *("answers", "accuracy", "largest_drift", "margin", "usual"),
]
_FRAGILE = ["item", "n", "margin", "largest_drift", "predicted", "flipped", "replies"]
_COUNTS = {
    "agreement": {"n_items", "n", "repeats", "differing", "compared", "units"},
    "pairs": {"n", "lost", "identical", "flips", "only_a", "only_b"},
    "items": {"n", "unique", "continuations", "differing", "answers"},
    "fragile": {"n", "replies"},
}
_FLAGS = {"agreement": set[str](), "pairs": set[str](), "items": {"identical"}, "fragile": {"predicted", "flipped"}}
_WORDS = {"factor", "a", "b", "item", "category"}


def _item(cell: Cell, alpha: float) -> dict[str, Any]:
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


def _agreement(group: list[Cell], alpha: float) -> dict[str, Any]:
    """One group's requests together. What compares repeats needs two of them; Fleiss' kappa and the range all of them."""
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
        "fleiss_kappa": fleiss([cell.answers for cell in whole]),
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


def matching(samples: Samples, factor: str) -> list[str]:
    """The columns of a cell in which two requests must agree to be compared over the levels of `factor`."""
    apart = {factor, *_BESIDE.get(factor, ())} | ({"digest"} if factor == "model" else set())
    every = ["suite", "item", "item_hash", "run", "model", "digest", *samples.factors]
    return [c for c in every if c not in apart]


def _usual(found: list[Cell], matched: list[str]) -> list[str]:
    """For each cell the most frequent reply of all that it is matched with, the earliest one on a tie."""
    same = {key: most_frequent([t for cell in group for t in cell.texts]) for key, group in grouped(found, matched)}
    return [same[tuple(cell.key[c] for c in matched)] for cell in found]


def _pairs(group: list[Cell], factor: str, matched: list[str], alpha: float) -> list[dict[str, Any]]:
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


def _fragile(group: list[Cell], matched: list[str]) -> list[dict[str, Any]]:
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


def order(level: Any) -> tuple[int, float, str]:
    """Regimes as they are listed in `REGIMES`, numbers in their order, words in theirs, what is missing last."""
    if level in REGIMES:
        return (0, list(REGIMES).index(level), "")
    if isinstance(level, int | float):
        return (1, float(level), "")
    return (2, 0.0, level) if isinstance(level, str) else (3, 0.0, "")


def _largest(found: Sequence[stats.Drift]) -> float | None:
    return max((d.largest for d in found if d.largest is not None), default=None)


def _mean(values: Sequence[float | None]) -> float | None:
    known = [v for v in values if v is not None and not np.isnan(v)]
    return float(np.mean(known)) if known else None


def _median(values: Sequence[float | None]) -> float | None:
    known = [v for v in values if v is not None]
    return float(np.median(known)) if known else None


def _frame(name: str, rows: list[dict[str, Any]], keys: list[str], measures: list[str]) -> pd.DataFrame:
    """The rows as a frame whose measures are numbers (missing as NaN or NA) and whose keys are as the samples have them."""
    out: dict[str, Any] = {}
    for column in dict.fromkeys([*keys, *measures]):
        values = [row.get(column) for row in rows]
        if column in keys or column in _WORDS:
            out[column] = pd.Series(values, dtype=None if rows else object)
        elif column in _FLAGS[name]:
            out[column] = pd.array(values, dtype="boolean")
        elif column in _COUNTS[name]:
            out[column] = pd.array(values, dtype="int64" if None not in values else "Int64")
        else:
            out[column] = np.array(values, dtype=np.float64)
    return pd.DataFrame(out)
