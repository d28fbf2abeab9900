"""Agreement within items: how often two samples of one request of one run gave the same answer.

An answer that could not be read is a category of its own (`item_agreement`), or left out (`item_agreement_parsed`): both are
shown, since a model that often cannot be read agrees with itself in that too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from llmxsite.analysis.results.groups import ITEM, Codes, Flags, Floats, Scores, number, scores, units
from llmxsite.analysis.stats.repeats import shares

AGREEMENT = ("item_agreement", "item_agreement_parsed")
"""With unread answers as a category of their own, and without them."""
SEED = "seed"
"""The factor that only repeats a request."""


@dataclass(frozen=True)
class Repeats:
    """The requests that were asked more than once: for each its share of agreeing pairs, its item and its unit."""

    share: Floats
    """One a row of `first`; NaN for a request with fewer than two answers that count."""
    first: Codes
    """The row of the samples where each request stands first."""
    answers: Codes
    """How many answers of each count."""


@dataclass(frozen=True)
class RepeatedRequests:
    """Samples among which a request may have come more than once: what both kinds of agreement start from."""

    frame: pd.DataFrame
    given: Scores
    read: Flags
    """Whether an answer was read."""
    request: Codes
    """Which request of which run each row is of."""

    @cached_property
    def units(self) -> tuple[Codes, Codes]:
        """`groups.units` of the samples."""
        return units(self.frame)


def asked(frame: pd.DataFrame, factors: Sequence[str]) -> RepeatedRequests | None:
    """The requests behind some samples; None where nothing repeats."""
    if not _repeated(frame, factors):
        return None
    given = scores(frame)
    read = frame["answer"].notna().to_numpy() & ~given.unparsed
    columns = ["run", *ITEM, "model", "digest", "engine", *(f for f in factors if f not in (SEED, "model", "engine"))]
    return RepeatedRequests(frame, given, read, number(frame, columns)[0])


def repeats(every: RepeatedRequests, split: Codes, *, parsed: bool) -> Repeats | None:
    """The requests that were answered, those of different `split` (a number a row) apart; None where there are no answers."""
    s, read = every.given, every.read
    # Where a run is neither read nor scored there are no answers that could agree.
    counted = s.answered & (read if parsed else read | s.unparsed | s.scored)
    if not counted.any():
        return None
    requests = every.request[counted] * (int(split.max(initial=0)) + 1) + split[counted]
    _, first, request = np.unique(requests, return_index=True, return_inverse=True)
    label, _ = pd.factorize(every.frame["answer"].astype(object).where(read, None)[counted])
    share = shares(request.astype(np.int64), label.astype(np.int64) + 1)
    return Repeats(share, np.flatnonzero(counted)[first].astype(np.int64), np.bincount(request).astype(np.int64))


def _repeated(frame: pd.DataFrame, factors: Sequence[str]) -> bool:
    """Whether any request can have come twice: cheap, as most samples are of one sample an item."""
    return bool((frame["repeat"] > 0).any()) or (SEED in factors and frame[SEED].nunique() > 1)


@dataclass(frozen=True)
class Within:
    """Agreement of each group. `share`, `low` and `high` are NaN where undefined."""

    share: Floats
    low: Floats
    high: Floats
    items: Codes
    """Items with at least two answers."""
    clusters: Codes
    samples: Codes
    """Answers of those items."""


def within(every: RepeatedRequests | None, codes: Codes, count: int, *, parsed: bool, alpha: float = 0.05) -> Within:
    """The mean over items of their shares of agreeing pairs, in each of `count` groups that `codes` numbers, one a row.

    An item met under several conditions counts once, with the mean of its shares. The interval is Student's t over items, or
    over the clusters that a suite declares (CR1); it is undefined for fewer than two, and where all items agree as far as each
    other: then there is no spread to take it from.
    """
    nothing, none = np.full(count, np.nan), np.zeros(count, np.int64)
    found = None if every is None else repeats(every, codes, parsed=parsed)
    if every is None or found is None or np.isnan(found.share).all():
        return Within(nothing, nothing, nothing, none, none, none)
    known = ~np.isnan(found.share)
    row, share, group = found.first[known], found.share[known], codes[found.first[known]]
    item, unit = (numbers[row] for numbers in every.units)
    cell, owner, value = _means(group, item, share)
    at = np.zeros(len(owner), np.int64)
    at[cell] = unit
    items = np.bincount(owner, minlength=count)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = np.bincount(owner, weights=value, minlength=count) / items
        residual = value - mean[owner]
        residual[np.abs(residual) < 1e-12] = 0.0
        _, holder, sums = _sums(owner, at, residual)
        clusters = np.bincount(holder, minlength=count)
        variance = np.bincount(holder, weights=np.square(sums), minlength=count)
        se = np.sqrt(variance * clusters / (clusters - 1)) / items
        se = np.where((clusters > 1) & (se > 0), se, np.nan)
        reach = stdtrit(np.maximum(clusters - 1, 1), 1 - alpha / 2) * se
    samples = np.bincount(group, weights=found.answers[known], minlength=count).astype(np.int64)
    return Within(mean, np.clip(mean - reach, 0, 1), np.clip(mean + reach, 0, 1), items, clusters, samples)


def _sums(group: Codes, key: Codes, values: Floats) -> tuple[Codes, Codes, Floats]:
    """Values added up by (group, key): each value's cell, and the group and the sum of each cell."""
    width = int(key.max(initial=0)) + 1
    cells, cell = np.unique(group * width + key, return_inverse=True)
    sums = np.bincount(cell, weights=values, minlength=len(cells))
    return cell.astype(np.int64), cells // width, sums.astype(np.float64)


def _means(group: Codes, key: Codes, values: Floats) -> tuple[Codes, Codes, Floats]:
    cell, owner, sums = _sums(group, key, values)
    return cell, owner, sums / np.bincount(cell)


def by_item(frame: pd.DataFrame, factors: Sequence[str], keep: Flags, item: Codes, *, parsed: bool) -> Floats:
    """For each item (numbered in `item`, one a row) its share over the rows kept; NaN for an item without a pair."""
    out = np.full(int(item.max(initial=-1)) + 1, np.nan)
    chosen = np.flatnonzero(keep)
    every = asked(frame.iloc[chosen], factors)
    found = None if every is None else repeats(every, np.zeros(len(chosen), np.int64), parsed=parsed)
    if found is None:
        return out
    known = ~np.isnan(found.share)
    here = item[chosen[found.first[known]]]
    n = np.bincount(here, minlength=len(out))
    with np.errstate(invalid="ignore"):
        out = np.bincount(here, weights=found.share[known], minlength=len(out)) / n
    return np.asarray(out, dtype=np.float64)
