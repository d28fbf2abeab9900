"""The kinds of table that any experiment has: summary, repeats, comparison, calibration, items, readings, and those over machines.

What computes one imports pandas, and is imported where it is called.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

from llmxsite.analysis.measure import Measure
from llmxsite.analysis.results import between, measured
from llmxsite.analysis.results.kind import DEFAULT_BY, Asked, TableKind
from llmxsite.base.diagnostics import did_you_mean

if TYPE_CHECKING:
    import pandas as pd

    from llmxsite.analysis.tables import Samples


def _by(samples: Samples, asked: Asked) -> list[str]:
    return list(asked.by) if asked.by is not None else [*DEFAULT_BY, *samples.varying()]


def _summary(samples: Samples, asked: Asked) -> pd.DataFrame:
    from llmxsite.analysis.results.calibrate import noise_floors
    from llmxsite.analysis.results.resampled import intervals
    from llmxsite.analysis.results.summary import summarise

    by = _by(samples, asked)
    found = summarise(samples, by, alpha=asked.alpha)
    floors = [m.name for m in measured.FLOORS if m.name in (asked.of, *asked.intervals)]
    if floors:
        found[floors] = noise_floors(samples, by)[floors]
    spans = [name for name in asked.intervals if name not in floors]
    if spans:
        made = intervals(samples, by, spans, alpha=asked.alpha)
        ends = [
            f"{name}_{end}"
            for name in spans
            for end in ("low", "high", "method", *(("units",) if asked.by == () else ()))
        ]
        ends += ["draws", "seed"] if asked.by == () else []
        found = found.drop(columns=[end for end in ends if end in found.columns]).join(made[ends])
    return found


def _said_summary(row: Mapping[str, Any], measure: Measure, asked: Asked, spanned: bool) -> list[str]:
    parts = [] if measure.form == "count" else [measure.what or measure.name.replace("_", " ")]
    parts.append(f"n = {int(row['n']):,} samples of {int(row['n_items']):,} items")
    name = measure.name
    low = measure.interval[0] if measure.interval else ""
    if not spanned or row.get(low) is None:
        return parts
    if name == "accuracy":
        parts.append(f"95% interval, {_METHODS.get(row['interval_method'], row['interval_method'])}")
    else:
        how = resampling(row[f"{name}_method"], row[f"{name}_units"], row["draws"], row["seed"])
        parts.append(f"95% interval, {how}")
    return parts


_METHODS = {
    "wilson": "Wilson",
    "wilson, clustered": "Wilson, clustered by item",
    "t": "Student's t",
    "t, clustered": "Student's t, clustered by item",
}


def resampling(method: str, units: int, draws: int, seed: int | None) -> str:
    """`bootstrap of 48 items, 2,000 draws, seed 0`."""
    if method == "t":
        return f"Student's t over {int(units):,} items"
    drawn = "all there are" if method.endswith("exact") else f"{int(draws):,} draws, seed {int(seed or 0)}"
    return f"bootstrap of {int(units):,} items, {drawn}"


def _calibration(samples: Samples, asked: Asked) -> pd.DataFrame:
    from llmxsite.analysis.results.calibrate import calibration

    spans = [name for name in asked.intervals if name in measured.COMPARED]
    return calibration(samples, _by(samples, asked), alpha=asked.alpha, intervals=spans).summary


def _items(samples: Samples, asked: Asked) -> pd.DataFrame:
    import pandas as pd

    from llmxsite.analysis.results.groups import group
    from llmxsite.analysis.results.item_table import conditions
    from llmxsite.analysis.results.measures import SampleColumns

    if not asked.by:
        return conditions(samples)
    groups = group(samples, asked.by)
    parts = []
    for number, key in enumerate(groups.keys.itertuples(index=False, name=None)):
        part = conditions(SampleColumns(samples.frame[groups.codes == number], samples.factors))
        for place, (name, level) in enumerate(zip(groups.keys.columns, key, strict=True)):
            part.insert(place, str(name), level)
        parts.append(part)
    return pd.concat(parts, ignore_index=True) if parts else conditions(samples)


def _readings(samples: Samples, asked: Asked) -> pd.DataFrame:
    from llmxsite.analysis.results.rereading import readings

    return readings(samples, _by(samples, asked))


def _comparison(samples: Samples, asked: Asked) -> pd.DataFrame:
    from llmxsite.analysis.results.comparison import compare
    from llmxsite.analysis.results.contrasts import contrast

    factor, by = asked.factor or "model", list(asked.by or ())
    levels = None if asked.levels is None else list(asked.levels)
    if asked.measure != "accuracy":
        return contrast(samples, asked.measure, factor, by, asked.alpha, levels=levels)
    return compare(samples, factor, by, asked.alpha, margin=asked.margin, levels=levels)


def _said_comparison(row: Mapping[str, Any], measure: Measure, asked: Asked, spanned: bool) -> list[str]:
    method = ""
    if spanned:
        method = "Student's t, clustered"
        if asked.measure != "accuracy" and row["ci_low"] is not None:
            method = resampling(row["method"], row["clusters"], row["draws"], row["seed"])
    return [
        "" if asked.measure == "accuracy" else measured.BY_NAME[asked.measure].what,
        f"{asked.factor}: {' minus '.join(map(str, asked.levels or ()))}, paired over {int(row['n']):,} items",
        f"95% interval, {method}" if method else "",
        f"verdict: {row['verdict']}",
        f"{int(row['lost']):,} items in only one of the two" if int(row["lost"]) else "",
        "the two share no other condition" if row["confounded"] else "",
    ]


@cache
def _contrast(measure: str) -> TableKind:
    """A comparison of another measure than accuracy. KeyError for one that has no interval."""
    if measure not in measured.COMPARED:
        known = ("accuracy", *measured.COMPARED)
        raise KeyError(f"no measure is called '{measure}'; {did_you_mean(measure, known) or ', '.join(known)}")
    return replace(
        COMPARISON,
        measures=measured.contrasted(measure),
        shown=("a", "b", "n", "value_a", "value_b", "difference", "ci_low", "ci_high", "p_holm", "verdict"),
    )


COMPARISON = TableKind(
    name="comparison",
    summary="A row a pair of levels of a factor, on the items they share.",
    measures=measured.COMPARISON,
    shown=("a", "b", "n", "accuracy_a", "accuracy_b", "difference", "ci_low", "ci_high", "p_holm", "verdict"),
    more=("mde", "lost"),
    make=_comparison,
    by=(),
    factor="model",
    value="difference",
    of="difference",
    pair=True,
    said=_said_comparison,
    measuring=_contrast,
)
TABLES: tuple[TableKind, ...] = (
    TableKind(
        name="summary",
        summary="A row a group of samples: counts, accuracy with its interval, confidence, calibration, speed.",
        measures=(*measured.SUMMARY, *measured.FLOORS),
        shown=("n", "accuracy", "unparsed", "mean_confidence", "ece"),
        more=("truncated", "errors", "confidence_gap", "brier", "latency_ms", "tokens_per_second", "item_agreement"),
        make=_summary,
        said=_said_summary,
    ),
    TableKind(
        name="repeats",
        summary="A row a group of samples: how often a request asked again gave the same answer.",
        measures=measured.SUMMARY,
        shown=("repeated", "item_agreement", "item_agreement_parsed"),
        more=("n",),
        make=_summary,
    ),
    COMPARISON,
    TableKind(
        name="calibration",
        summary="A row a group of samples with a confidence: calibration errors beside the noise that n leaves in them.",
        measures=measured.CALIBRATION,
        shown=("n", "mean_confidence", "confidence_gap", "ece", "ece_noise_p95", "brier", "auroc", "coverage"),
        make=_calibration,
    ),
    TableKind(
        name="items",
        summary="A row an item as it was asked: how hard it was, over the conditions it was met under.",
        measures=measured.ITEMS,
        shown=("item", "n", "accuracy"),
        make=_items,
        by=(),
    ),
    TableKind(
        name="readings",
        summary="A row a group of samples: its accuracy under other rules of reading replies.",
        measures=measured.READINGS,
        shown=tuple(m.name for m in measured.READINGS),
        make=_readings,
    ),
    *between.TABLES,
)
"""The kinds that any experiment has."""
