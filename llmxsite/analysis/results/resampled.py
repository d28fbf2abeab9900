"""Intervals of the measures that have no formula for one: calibration errors, Brier score, AUROC, medians, rates, agreement."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from llmxsite.analysis.results.groups import Table, group
from llmxsite.analysis.results.measures import MEASURES, SampleColumns, known, made, method, span
from llmxsite.analysis.results.repeats import AGREEMENT, asked, within
from llmxsite.analysis.stats.cluster import clustered_mean
from llmxsite.analysis.stats.interval import UNDEFINED
from llmxsite.analysis.stats.resample import DRAWS, Bootstrap, resample_units

GAP = "confidence_gap"
"""A mean over samples: its interval has a formula."""


def intervals(
    table: Table,
    by: Sequence[str] = (),
    measures: Sequence[str] = ("ece", "brier", "auroc", "mean_confidence", "latency_ms"),
    *,
    alpha: float = 0.05,
    draws: int = DRAWS,
    seed: int = 0,
    bins: int = 10,
) -> pd.DataFrame:
    """Some measures of each group of `by`, each with its interval.

    Columns: those of `by`, then for each measure its name, `_low`, `_high`, `_n` (samples that have it), `_units` (independent
    units: items, or clusters that a suite declares) and `_method` (`bootstrap`, `bootstrap, exact`, `t`, or empty where there is no
    interval: fewer than two units, or no spread); then `draws` and `seed`.

    Units are drawn again with all their samples, `draws` times from `seed` or, for nine units or fewer, in all ways there are, and
    the interval is the percentile one; the gap of confidence, a plain mean, takes Student's t over units, and agreement within items
    the same over items. Costs about a tenth of a second
    for a thousand samples of a thousand items, and is computed only where it is asked for. KeyError for an unknown column or measure.

    An ECE is biased upwards, and its resamples more so: compare two by `contrast`, and read one beside its noise floor.
    """
    names = [known(name) for name in measures]
    rows = SampleColumns(table.frame, table.factors)
    groups = group(table, by)
    order = np.argsort(groups.codes, kind="stable")
    bounds = np.searchsorted(groups.codes[order], np.arange(groups.count + 1))
    out: dict[str, list[Any]] = {
        f"{name}{end}": [] for name in names for end in ("", "_low", "_high", "_n", "_units", "_method")
    }
    families = list(dict.fromkeys(MEASURES[name].family for name in names if name in MEASURES))
    for g in range(groups.count):
        inside = order[bounds[g] : bounds[g + 1]]
        for family in families:
            wanted = [name for name in names if name in MEASURES and MEASURES[name].family == family]
            _family(rows, inside, family, wanted, out, alpha, draws, seed, bins)
    for name in names:
        if name in AGREEMENT:
            found = within(
                asked(table.frame, table.factors),
                groups.codes,
                groups.count,
                parsed=name == AGREEMENT[1],
                alpha=alpha,
            )
            columns = (found.share, found.low, found.high, found.samples, found.clusters)
            for end, values in zip(("", "_low", "_high", "_n", "_units"), columns, strict=True):
                out[f"{name}{end}"] = values.tolist()
            out[f"{name}_method"] = ["" if np.isnan(low) else "t" for low in found.low]
    keys = {str(name): groups.keys[name] for name in groups.keys}
    frame = pd.DataFrame({**keys, **out}, index=groups.keys.index)
    return frame.assign(draws=draws, seed=seed)


def _family(
    rows: SampleColumns,
    inside: np.ndarray,
    family: str,
    names: Sequence[str],
    out: dict[str, list[Any]],
    alpha: float,
    draws: int,
    seed: int,
    bins: int,
) -> None:
    """Append one group's measures of a family, all from the same resamples."""
    keep = np.zeros(len(rows.frame), dtype=np.bool_)
    keep[inside] = True
    keep &= rows.having(family)
    owners, unit = np.unique(rows.unit[keep], return_inverse=True)
    makers = {name: made(rows, name, keep, unit, len(owners), bins) for name in names}
    found: dict[str, Bootstrap] = resample_units(makers, len(owners), draws=draws, seed=seed, alpha=alpha)
    for name in names:
        one = found[name]
        ends, how = span(one), method(one)
        if name == GAP:
            first, second = rows.pairs[family]
            mean = clustered_mean(first[keep] - second[keep], unit, alpha)
            ends, how = (mean.interval, "t") if mean.se else (UNDEFINED, "")
        values = (one.estimate, ends.low, ends.high)
        for end, value in zip(("", "_low", "_high"), values, strict=True):
            out[f"{name}{end}"].append(np.nan if value is None else value)
        out[f"{name}_n"].append(int(keep.sum()))
        out[f"{name}_units"].append(len(owners))
        out[f"{name}_method"].append(how)
