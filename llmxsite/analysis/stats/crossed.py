"""The same items on several machines: which machine answers apart from the others, and how far machines spread.

Machines share the items, so their accuracies are not independent, and what a meta-analysis takes for sampling error of each is
common to all. Here items and machines are crossed: a matrix with a row a machine and a column an item, -1 or NaN where a machine
has not answered an item.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import poisson_binom

from llmxsite.analysis.stats.interval import UNDEFINED, Interval, Vector
from llmxsite.analysis.stats.mean import ROUNDING, around
from llmxsite.analysis.stats.meta import pool

Matrix = npt.NDArray[np.float64]
Answers = npt.NDArray[np.int64]
"""A number for each distinct answer; -1 where there is none."""


@dataclass(frozen=True, slots=True)
class Departures:
    """How often each machine departs from the answer that most machines give. One value a machine."""

    items: npt.NDArray[np.int64]
    """Items compared: those that it and another machine answered, and that have one most frequent answer."""
    departed: npt.NDArray[np.int64]
    expected: Vector
    """How often it would if departures fell on the machines at random."""
    p: Vector
    """Chance of as many or more, were the machines alike; NaN where it was compared on no item."""


def most_frequent(answers: Answers) -> npt.NDArray[np.int64]:
    """For each item (column) the answer that most machines give; -1 where fewer than two answered, or several share the first place."""
    items = answers.shape[1]
    if not answers.size:
        return np.full(items, -1, np.int64)
    codes = int(answers.max(initial=0)) + 1
    cell = np.where(answers >= 0, answers + codes * np.arange(items), codes * items)
    counts = np.bincount(cell.ravel(), minlength=codes * items + 1)[:-1].reshape(items, codes)
    first = counts.argmax(axis=1)
    most = counts.max(axis=1)
    alone = ((counts == most[:, None]).sum(axis=1) == 1) & (counts.sum(axis=1) > 1)
    return np.where(alone, first, -1)


def apart(answers: Answers) -> Matrix:
    """1 where a machine departs from the most frequent answer to an item, 0 where it gives it, NaN where nothing can be said."""
    most = most_frequent(answers)
    known = (answers >= 0) & (most >= 0)
    return np.where(known, (answers != most).astype(np.float64), np.nan)


def departures(answers: Answers) -> Departures:
    """Each machine's departures against those of machines that are alike.

    Where k of m machines depart on an item and the machines are alike, each is one of the k with chance k / m, whatever makes an
    item fragile. Items are independent, so a machine's number of departures is Poisson-binomial: `p` is exact, and is not misled by
    some items being more fragile than others. Source: Hong 2013 (Computational Statistics and Data Analysis 59) for the
    distribution; the conditioning is that of Fisher's exact test.
    """
    d = apart(answers)
    known = ~np.isnan(d)
    with np.errstate(invalid="ignore"):
        share = np.nansum(d, axis=0) / known.sum(axis=0)
    count, p = np.nansum(d, axis=1).astype(np.int64), np.full(len(d), np.nan)
    for machine, row in enumerate(known):
        chances = share[row & (share > 0)]
        if len(chances):
            p[machine] = float(np.clip(poisson_binom(chances).sf(count[machine] - 1), 0.0, 1.0))
        elif row.any():
            p[machine] = 1.0
    expected = np.array([share[row].sum() for row in known], np.float64)
    return Departures(known.sum(axis=1), count, expected, p)


@dataclass(frozen=True, slots=True)
class Spread:
    """A measure over machines and items. In the unit of the values; None and undefined intervals where too little is there."""

    machines: int
    items: int
    mean: float | None
    """The mean machine's mean over these items."""
    effects: Vector
    """Each machine minus the mean of them all, on the same items; NaN for a machine without a value."""
    effect_se: Vector
    """Of each effect, these items being what they are."""
    fixed: Interval = UNDEFINED
    """Of the mean machine on these very items: modified Hartung-Knapp."""
    sampled: Interval = UNDEFINED
    """Of the mean machine on items like these: the items' own sampling error is in it, which no number of machines removes."""
    tau: float | None = None
    """Standard deviation between machines, beyond what one answer an item leaves to chance."""
    p_q: float | None = None
    """Of no spread at all between machines (Cochran's Q)."""
    next_machine: Interval = UNDEFINED
    """Where a further machine's mean on these very items is expected, chance of single answers apart; from three machines on."""
    identical: bool = False
    """Whether every item has the same value on every machine: then no spread was seen, and none can be estimated."""


def spread(values: Matrix, clusters: npt.NDArray[np.int64] | None = None, alpha: float = 0.05) -> Spread:
    """Machines (rows) and items (columns) as two crossed effects, by least squares: y = mean + machine + item + rest.

    The rest gives each machine's standard error with the items fixed, `meta.pool` pools the machines' effects, and the spread of
    the items' means (between `clusters` of items, where some are declared) is added for items like these, with Satterthwaite's
    degrees of freedom. Without a value that differs between machines on any item nothing is pooled. Source: Searle, Casella and
    McCulloch 1992, section 4.3; Röver, Knapp and Friede 2015 (PMC4647507); Satterthwaite 1946.
    """
    known = ~np.isnan(values)
    per_item, per_machine = known.sum(axis=0), known.sum(axis=1)
    shared = per_item > 1
    effects, errors = np.full(len(values), np.nan), np.full(len(values), np.nan)
    there = per_machine > 0
    if not there.any():
        return Spread(0, 0, None, effects, errors)
    y, known = values[there], known[there]
    machines, items = int(there.sum()), int((per_item > 0).sum())
    zero = np.where(known, y, 0.0)
    with np.errstate(invalid="ignore"):
        item_mean = zero.sum(axis=0) / per_item
    # Items are swept out; what is left is a system of one equation a machine, of which the effects add up to 0.
    weight = known / np.maximum(per_item, 1)
    right = (zero - np.where(known, item_mean, 0.0)).sum(axis=1)
    system = np.diag(known.sum(axis=1).astype(np.float64)) - weight @ known.T.astype(np.float64)
    inverse = np.linalg.pinv(system, hermitian=True)
    effect = inverse @ right
    with np.errstate(invalid="ignore"):
        level = np.where(known, y - effect[:, None], 0.0).sum(axis=0) / per_item
    rest = np.where(known, y - effect[:, None] - np.where(per_item > 0, level, 0.0), 0.0)
    rest[np.abs(rest) < ROUNDING] = 0.0
    degrees = int(known.sum()) - machines - items + 1
    met = per_item > 0
    mean = float(level[met].mean())
    effects[there] = effect
    item_variance, item_degrees = _of_items(level, met, clusters)
    alike = not np.any(np.abs(effect) > ROUNDING) and not rest.any()
    if machines < 2 or not shared.any() or degrees < 1 or alike:
        sampled = UNDEFINED if item_variance is None else around(mean, math.sqrt(item_variance), item_degrees, alpha)
        return Spread(
            machines,
            items,
            mean,
            effects,
            errors,
            sampled=sampled,
            identical=bool(alike and machines > 1 and shared.any()),
        )
    variance = float(np.square(rest).sum() / degrees)
    # A zero rest beside unequal machines: each item moved alike everywhere, which gives no error to weigh by.
    errors[there] = np.sqrt(np.maximum(variance * np.diag(inverse), 0.0))
    if not variance > 0:
        sampled = UNDEFINED if item_variance is None else around(mean, math.sqrt(item_variance), item_degrees, alpha)
        return Spread(machines, items, mean, effects, errors, sampled=sampled)
    found = pool(effects[there], np.square(errors[there]), alpha)
    assert found.random is not None and found.se is not None and found.tau2 is not None
    centre = mean + found.random
    sampled = UNDEFINED
    if item_variance is not None:
        between = found.tau2 / machines
        total = item_variance + between
        freedom = total**2 / (item_variance**2 / item_degrees + between**2 / (machines - 1)) if total else item_degrees
        sampled = around(centre, math.sqrt(total), freedom, alpha)
    return Spread(
        machines,
        items,
        centre,
        effects,
        errors,
        fixed=_moved(found.interval, mean),
        sampled=sampled,
        tau=found.tau,
        p_q=found.p_q,
        next_machine=_moved(found.prediction, mean),
    )


def _of_items(
    level: Vector, met: npt.NDArray[np.bool_], clusters: npt.NDArray[np.int64] | None
) -> tuple[float | None, float]:
    """Variance of the mean over the items met, between clusters where some are declared (CR1), and its degrees of freedom."""
    residual = level[met] - level[met].mean()
    n = len(residual)
    units = np.arange(n) if clusters is None else np.unique(clusters[met], return_inverse=True)[1]
    groups = int(units.max(initial=-1)) + 1
    if groups < 2:
        return None, 0.0
    sums = np.bincount(units, weights=residual, minlength=groups)
    return float(np.square(sums).sum() * groups / (groups - 1) / n**2), float(groups - 1)


def _moved(interval: Interval, by: float) -> Interval:
    return (
        UNDEFINED if interval.low is None or interval.high is None else Interval(interval.low + by, interval.high + by)
    )
