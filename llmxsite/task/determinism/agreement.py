"""How far the same request gives the same reply: by item, by regime, between regimes, and which answers are fragile."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from llmxsite.analysis.results.groups import key_columns
from llmxsite.analysis.tables import Samples
from llmxsite.task.determinism import rows
from llmxsite.task.determinism.cells import Cell, cells, grouped
from llmxsite.task.determinism.experiment import REGIMES

TASK = "determinism"
_BESIDE = {"regime": {"concurrency"}}
"""Factors that go with another: several at once is a part of the regime that asks so."""


class DeterminismTables:
    """NaN stands where something is undefined or was not told. Shares run from 0 to 1, logprobs are in nats.

    Each table is made when it is first asked for.
    """

    def __init__(
        self, found: list[Cell], columns: list[str], factor: str, matched: list[str], alpha: float, kappa: bool
    ) -> None:
        self._found, self._columns, self._factor, self._matched, self._alpha = found, columns, factor, matched, alpha
        self._kappa = kappa
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
        found = [
            {**dict(zip(self._columns, key, strict=True)), **rows.agreement(group, self._alpha, self._kappa)}
            for key, group in grouped(self._found, self._columns)
        ]
        measures = _AGREEMENT if self._kappa else [name for name in _AGREEMENT if name != "fleiss_kappa"]
        return _frame("agreement", found, self._columns, measures)

    @cached_property
    def pairs(self) -> pd.DataFrame:
        """A row a pair of levels of the factor, within the other keys: `factor`, `a`, `b`, `n` (requests met under both), `lost`
        (under one only), `identical` (requests whose replies under both are all one text), `share` with `ci_low`, `ci_high`
        (Wilson's), `agreement` (chance that a reply under a is the reply under b), `largest_drift`, `mean_drift`,
        `logprobs_identical` (share of shared tokens with the same logprob to the last bit), `first_divergence` (median), `flips`
        (requests whose most frequent answer differs), `only_a`, `only_b` (of those, right under one only) and `mcnemar_p`."""
        found = [
            {**dict(zip(self._others, key, strict=True)), **row}
            for key, group in grouped(self._found, self._others)
            for row in rows.pairs(group, self._factor, self._matched, self._alpha)
        ]
        return _frame("pairs", found, self._others, _PAIRS)

    @cached_property
    def items(self) -> pd.DataFrame:
        """A row a request: the keys, `item`, `category`, `n`, `unique`, `unique_share`, `modal_share`, `identical`, `pairwise`,
        `entropy_bits`, `first_divergence`, `continuations`, `similarity`, `differing` with `differing_low`, `differing_high`
        (Clopper-Pearson) and `bound` (of this one request: here its repeats are the tries), `answers` (different ones), `accuracy`, `largest_drift`, `margin`, and `usual`, the share of its
        replies that are the most frequent one over all levels of the factor."""
        usual = rows.usual(self._found, self._matched)
        found = [
            {
                **{c: cell.key[c] for c in self._columns},
                **rows.item(cell, self._alpha),
                "usual": cell.texts.count(text) / len(cell),
            }
            for cell, text in zip(self._found, usual, strict=True)
        ]
        return _frame("items", found, self._columns, _ITEMS)

    @cached_property
    def fragile(self) -> pd.DataFrame:
        """A row an item at temperature 0, over all levels of the factor: the other keys, `item`, `n`, `margin` (logprob of the
        likeliest token at the answer's place minus the next one's), `largest_drift` (in its group), `predicted` (the margin is
        below twice that; NA without logprobs), `flipped` (its answer differs between replies), `replies` (different ones)."""
        found = [
            {**dict(zip(self._others, key, strict=True)), **row}
            for key, group in grouped(self._found, self._others)
            for row in rows.fragile(group, self._matched)
        ]
        return _frame("fragile", found, self._others, _FRAGILE)


def determinism(
    samples: Samples,
    by: Sequence[str] | None = None,
    factor: str = "regime",
    *,
    alpha: float = 0.05,
    kappa: bool = True,
) -> DeterminismTables:
    """Compare the replies of determinism experiments; samples of other tasks are passed over.

    `by` are columns of the samples: suite, model, the factor and what else varies when not given. `factor` is what is compared in
    pairs: `regime`, or `run` for the same experiment on another day. The replies are read from the logs. Fleiss' kappa is
    left out without `kappa`: its library takes half a second to import. KeyError for an
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
    return DeterminismTables(found, columns, factor, matching(samples, factor), alpha, kappa)


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


def matching(samples: Samples, factor: str) -> list[str]:
    """The columns of a cell in which two requests must agree to be compared over the levels of `factor`."""
    apart = {factor, *_BESIDE.get(factor, ())} | ({"digest"} if factor == "model" else set())
    every = ["suite", "item", "item_hash", "run", "model", "digest", *samples.factors]
    return [c for c in every if c not in apart]


def order(level: Any) -> tuple[int, float, str]:
    """Regimes as they are listed in `REGIMES`, numbers in their order, words in theirs, what is missing last."""
    if level in REGIMES:
        return (0, list(REGIMES).index(level), "")
    if isinstance(level, int | float):
        return (1, float(level), "")
    return (2, 0.0, level) if isinstance(level, str) else (3, 0.0, "")


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
