"""Cells of a determinism experiment: the replies to one request, asked again and again under one condition of one run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations, product
from typing import Any

import numpy as np

from llmxsite.analysis.results.groups import answered, number, scores, units
from llmxsite.analysis.results.replies import Reply, replies
from llmxsite.analysis.stats import determinism as stats
from llmxsite.analysis.tables import Samples

UNPARSED = "(unparsed)"
"""Stands for an answer that could not be read: it agrees with its like only."""
_CELL = ("experiment", "run", "suite", "suite_hash", "model", "digest", "engine", "item", "item_hash", "category")


@dataclass
class Cell:
    """N replies to one request, in the order of the repeats."""

    key: dict[str, Any]
    """What was asked of whom: columns of the samples, missing as None."""
    repeats: list[int] = field(default_factory=list)
    replies: list[Reply] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    correct: list[float] = field(default_factory=list)
    """0 to 1; NaN where nothing was scored."""
    unit: int = 0
    """Number of the independent unit it is of: its item, or the cluster that the suite declares."""

    def __len__(self) -> int:
        return len(self.replies)

    @property
    def texts(self) -> list[str]:
        return [reply.text for reply in self.replies]

    @property
    def modal_answer(self) -> str:
        """The most frequent answer, the earliest one on a tie."""
        return most_frequent(self.answers)

    @property
    def modal_correct(self) -> float:
        """The score of the most frequent answer."""
        return self.correct[self.answers.index(self.modal_answer)]


def cells(samples: Samples) -> list[Cell]:
    """The cells of all samples that were answered, in the order of their columns.

    Replies of the same text are given the same tokens, so that two spellings of one text are no divergence. Raises
    `Problem` for a log that is not there any more.
    """
    frame = samples.frame[answered(samples.frame)].reset_index(drop=True)
    columns = [*_CELL, *samples.factors]
    codes, first = number(frame, columns)
    keys = frame[columns].iloc[first].astype(object)
    keys = keys.where(keys.notna(), None)
    unit = units(frame)[1][first]
    found = [
        Cell(dict(zip(columns, values, strict=True)), unit=int(number))
        for values, number in zip(keys.itertuples(index=False, name=None), unit, strict=True)
    ]
    value = scores(frame).value
    answers = frame["answer"].astype(object).to_numpy()
    repeats = frame["repeat"].to_numpy()
    spelt: dict[str, tuple[str, ...]] = {}
    whole = replies(frame, samples.paths)
    for row in np.lexsort((repeats, codes)):
        reply = whole[row]
        if reply is None:
            continue
        tokens = spelt.setdefault(reply.text, reply.tokens)
        if tokens != reply.tokens:
            reply = replace(reply, tokens=tokens, logprobs=None)
        cell = found[codes[row]]
        cell.repeats.append(int(repeats[row]))
        cell.replies.append(reply)
        cell.answers.append(answers[row] if isinstance(answers[row], str) else UNPARSED)
        cell.correct.append(float(value[row]))
    return [cell for cell in found if cell.replies]


def grouped(found: Iterable[Cell], columns: Sequence[str]) -> Iterator[tuple[tuple[Any, ...], list[Cell]]]:
    """Cells with the same values of `columns`, in the order of their first."""
    groups: dict[tuple[Any, ...], list[Cell]] = {}
    for cell in found:
        groups.setdefault(tuple(cell.key[c] for c in columns), []).append(cell)
    yield from groups.items()


def most_frequent(values: Sequence[str]) -> str:
    """The earliest of those that occur most."""
    counts = Counter(values)
    return max(counts, key=lambda value: counts[value])


def drifts(one: Sequence[Reply], other: Sequence[Reply] | None = None) -> list[stats.LogprobShift]:
    """Logprobs of replies against each other, or of one side against another, over the tokens that each pair shares.

    Replies alike to the last bit are taken as one; where all of one side are, it is compared with itself.
    """
    left = _distinct(one)
    pairs = product(left, _distinct(other)) if other is not None else combinations(left, 2)
    if other is None and len(left) == 1 and len(one) > 1:
        pairs = product(left, left)
    found = []
    for (a, x), (b, y) in pairs:
        shared = stats.common_prefix([a, b])
        finite = np.isfinite(x[:shared]) & np.isfinite(y[:shared])
        found.append(stats.drift(x[:shared][finite], y[:shared][finite]))
    return found


def _distinct(side: Sequence[Reply]) -> list[tuple[tuple[str, ...], np.ndarray[Any, np.dtype[np.float64]]]]:
    kept: dict[tuple[tuple[str, ...], bytes], tuple[tuple[str, ...], Any]] = {}
    for reply in side:
        if reply.logprobs is not None:
            kept.setdefault((reply.tokens, reply.logprobs.tobytes()), (reply.tokens, reply.logprobs))
    return list(kept.values())
