"""One row a group of samples: counts, accuracy with its interval, confidence, calibration, latency."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtri, stdtrit

from llmxsite.analysis.results.groups import Codes, Flags, Floats, Groups, Scores, Table, floats, group, scores, units
from llmxsite.analysis.results.kind import DEFAULT_BY
from llmxsite.analysis.results.repeats import AGREEMENT, asked, within
from llmxsite.analysis.stats.calibration import bin_index
from llmxsite.analysis.stats.cluster import clustered_wilson
from llmxsite.analysis.stats.proportion import wilson_bounds


def summarise(table: Table, by: Sequence[str] = DEFAULT_BY, *, alpha: float = 0.05, bins: int = 10) -> pd.DataFrame:
    """Summarise samples by any columns of their table. NaN stands where something is undefined or was not measured.

    Columns: those of `by`, then
    `n` samples; `answered` = n - errors; `correct`, the sum of scores; `unparsed`, `truncated`, `errors`, counts;
    `accuracy` = correct / answered; `se`, `ci_low`, `ci_high` of it at level 1 - alpha;
    `mean_confidence`, `confidence_gap` (mean confidence - accuracy), `ece` (over `bins` equal bins) and `brier`, all over
    the samples that have a confidence; `latency_ms`, the median; `tokens_per_second`, all generated tokens over all
    generation time; and further
    `n_items`, `clusters` (independent units behind the SE), `interval_method`, `unscored` (answers no scorer judged, left
    out of the accuracy), `best_case` (accuracy if every unparsed answer were right), `confidence_coverage` (share of scored
    answers with a confidence), `ece_unweighted`, `auroc` (of confidence for being right), `letter_mass` (mean),
    `first_token_ms` (median); `accuracy_per_second`, right answers for each second of answering; and of requests that were asked
    several times `item_agreement`, the share of pairs of their replies with the same answer, an unread one being an answer of its own
    kind, the mean over items, with `item_agreement_low` and `_high` (Student's t over items); `item_agreement_parsed` and its ends, the
    same without unread replies; `repeated`, the items behind the first.

    The interval is Wilson's for right and wrong where each item has one sample; with repeats, or clusters that the suite
    declares, Wilson's with the effective number from the clustered (CR1) standard error and Student's t; for partial credit
    mean ± t SE, cut at 0 and 1. See docs/statistics.md.
    """
    frame = table.frame
    groups = group(table, by)
    s = scores(frame)
    out: dict[str, Any] = {str(name): groups.keys[name] for name in groups.keys}
    n = np.bincount(groups.codes, minlength=groups.count)
    errors = _count(groups, ~s.answered)
    unscored = _count(groups, s.answered & ~s.scored)
    right = groups.sum(s.value)
    with np.errstate(divide="ignore", invalid="ignore"):
        accuracy = right / (n - errors - unscored)
        out["n"] = n
        out["answered"] = n - errors
        out["correct"] = _whole(np.where(np.isnan(accuracy), np.nan, right))
        out["unparsed"] = _count(groups, s.unparsed)
        out["truncated"] = _count(groups, s.truncated)
        out["errors"] = errors
        out["accuracy"] = accuracy
        spread = _spread(frame, groups, s, accuracy, alpha)
        out["se"], out["ci_low"], out["ci_high"] = spread.se, spread.low, spread.high
        trust = _trust(floats(frame, "confidence"), groups, s, bins)
        for column in ("mean_confidence", "confidence_gap", "ece", "brier"):
            out[column] = trust[column]
        out["latency_ms"] = _median(floats(frame, "latency_ms"), groups, s.answered)
        out["tokens_per_second"] = _throughput(frame, groups, s.answered)
        out["n_items"] = spread.items
        out["clusters"] = spread.clusters
        out["interval_method"] = spread.method
        out["unscored"] = unscored
        rescued = groups.sum(np.where(s.unparsed & s.scored, 1 - s.value, 0.0))
        out["best_case"] = (right + rescued) / (n - errors - unscored)
        out["confidence_coverage"] = trust["covered"] / (n - errors - unscored)
        out["ece_unweighted"] = trust["ece_unweighted"]
        out["auroc"] = trust["auroc"]
        out["letter_mass"] = _mean(floats(frame, "letter_mass"), groups, s.answered)
        out["first_token_ms"] = _median(floats(frame, "first_token_ms"), groups, s.answered)
        out["accuracy_per_second"] = _rights(frame, groups, s)
    every = asked(frame, table.factors)
    for name, parsed in zip(AGREEMENT, (False, True), strict=True):
        found = within(every, groups.codes, groups.count, parsed=parsed, alpha=alpha)
        out[name], out[f"{name}_low"], out[f"{name}_high"] = found.share, found.low, found.high
        if not parsed:
            out["repeated"] = found.items
    return pd.DataFrame(out, index=groups.keys.index)


@dataclass(frozen=True)
class _Spread:
    se: Floats
    low: Floats
    high: Floats
    items: Codes
    clusters: Codes
    method: list[str]


def _spread(frame: pd.DataFrame, groups: Groups, s: Scores, accuracy: Floats, alpha: float) -> _Spread:
    """Standard error and interval of each group's accuracy."""
    rows = s.scored
    value, here = s.value[rows], groups.where(rows)
    item, unit = (codes[rows] for codes in units(frame))
    n = np.bincount(here.codes, minlength=groups.count).astype(np.float64)
    items = _distinct(here, item)[1]
    cell, clusters, owner = _distinct(here, unit)
    sums = np.bincount(cell, weights=value - accuracy[here.codes], minlength=len(owner))
    variance = np.bincount(owner, weights=np.square(sums), minlength=groups.count)
    se = np.sqrt(variance * clusters / (clusters - 1)) / n
    partial = here.sum((value != 0) & (value != 1)) > 0
    # Equal scores leave nothing to estimate an error from; the rounding of their mean is no estimate.
    varied = here.sum(np.square(value - accuracy[here.codes])) > 1e-20 * n
    se = np.where(varied & (clusters > 1), se, np.nan)

    single = clusters == n
    z = float(ndtri(1 - alpha / 2))
    plain = wilson_bounds(accuracy, n, z)
    clustered = clustered_wilson(accuracy, se, n, clusters, alpha)
    t = stdtrit(clusters - 1, 1 - alpha / 2)
    by_t = np.clip(accuracy - t * se, 0, 1), np.clip(accuracy + t * se, 0, 1)
    low, high = (np.where(partial, b, np.where(single, p, c)) for p, c, b in zip(plain, clustered, by_t, strict=True))
    method = [
        "" if np.isnan(lo) else ("t" if p else "wilson") + ("" if alone else ", clustered")
        for lo, p, alone in zip(low, partial, single, strict=True)
    ]
    return _Spread(se, low, high, items, clusters, method)


def _trust(confidence: Floats, groups: Groups, s: Scores, bins: int) -> dict[str, Floats]:
    """Confidence against correctness in each group, over the rows that have both."""
    rows = s.scored & ~np.isnan(confidence)
    c, y, here = confidence[rows], s.value[rows], groups.where(rows)
    n = np.bincount(here.codes, minlength=groups.count)
    cell = here.codes * bins + bin_index(c, bins)
    shape, size = (groups.count, bins), groups.count * bins
    inside = np.bincount(cell, minlength=size).reshape(shape)
    gaps = np.abs(np.bincount(cell, weights=c - y, minlength=size).reshape(shape))
    occupied = (inside > 0).sum(axis=1)
    return {
        "covered": n.astype(np.float64),
        "mean_confidence": here.sum(c) / n,
        "confidence_gap": here.sum(c - y) / n,
        "brier": here.sum(np.square(c - y)) / n,
        "ece": gaps.sum(axis=1) / n,
        "ece_unweighted": np.where(inside > 0, gaps / np.maximum(inside, 1), 0.0).sum(axis=1) / occupied,
        "auroc": _auroc(c, y, here),
    }


def _auroc(c: Floats, y: Floats, here: Groups) -> Floats:
    """Chance that a right answer has the higher confidence, ties half; NaN where one kind is absent or credit is partial."""
    ranks = pd.Series(c).groupby(here.codes).rank().to_numpy(dtype=np.float64)
    right = here.sum(y == 1)
    wrong = here.sum(y == 0)
    partial = here.sum((y != 0) & (y != 1)) > 0
    found = (here.sum(np.where(y == 1, ranks, 0.0)) - right * (right + 1) / 2) / (right * wrong)
    return np.where(partial, np.nan, found).astype(np.float64)


def _distinct(groups: Groups, unit: Codes) -> tuple[Codes, Codes, Codes]:
    """Each row's (group, unit) cell, the number of cells in each group, and the group of each cell."""
    width = int(unit.max(initial=0)) + 1
    cell, found = pd.factorize(groups.codes * width + unit)
    owner = np.asarray(found, dtype=np.int64) // width
    return cell.astype(np.int64), np.bincount(owner, minlength=groups.count), owner


def _throughput(frame: pd.DataFrame, groups: Groups, answered: Flags) -> Floats:
    """Generated tokens over seconds of generation: the mean of rates would count short replies as much as long ones."""
    tokens, milliseconds = floats(frame, "completion_tokens"), floats(frame, "eval_ms")
    known = answered & ~np.isnan(tokens) & (milliseconds > 0)
    return groups.sum(np.where(known, tokens, 0.0)) / (groups.sum(np.where(known, milliseconds, 0.0)) / 1000)


def _rights(frame: pd.DataFrame, groups: Groups, s: Scores) -> Floats:
    """Sum of scores over seconds, of the samples that have both."""
    milliseconds = floats(frame, "latency_ms")
    known = s.scored & (milliseconds > 0)
    seconds = groups.sum(np.where(known, milliseconds, 0.0)) / 1000
    return groups.sum(np.where(known, s.value, 0.0)) / seconds


def _median(values: Floats, groups: Groups, rows: Flags) -> Floats:
    found = pd.Series(values[rows]).groupby(groups.codes[rows]).median()
    return np.asarray(found.reindex(range(groups.count)), dtype=np.float64)


def _mean(values: Floats, groups: Groups, rows: Flags) -> Floats:
    known = rows & ~np.isnan(values)
    return np.asarray(groups.sum(np.where(known, values, 0.0)) / _count(groups, known), dtype=np.float64)


def _count(groups: Groups, rows: Flags) -> Codes:
    return np.bincount(groups.codes[rows], minlength=groups.count)


def _whole(values: Floats) -> pd.Series[Any]:
    """Counts as whole numbers, missing as NA; left as floats where credit is partial."""
    known = values[~np.isnan(values)]
    if not np.equal(np.round(known), known).all():
        return pd.Series(values)
    return pd.Series(values).astype("int64" if len(known) == len(values) else "Int64")
