"""The summary of samples that most charts draw, with the columns of its table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from llmxsite import results
from llmxsite.figure import levels, words
from llmxsite.figure.build import column_of
from llmxsite.figure.draft import FEW, Samples
from llmxsite.figure.figure import Column
from llmxsite.figure.metrics import METRICS, Metric
from llmxsite.figure.options import ChartProblem

COUNTS = ("n", "answered", "correct", "unparsed", "truncated", "errors")


@dataclass(frozen=True)
class Apart:
    """Samples in which models of one name and several digests are named apart."""

    frame: pd.DataFrame
    factors: Sequence[str]
    paths: Mapping[str, Path]

    def where(self, **filters: Any) -> Apart:
        raise NotImplementedError("filters come first")


def apart(samples: Samples) -> Samples:
    """`samples`, with the digest's first digits after the name of every model that occurs with more than one digest."""
    frame = samples.frame
    pairs = frame[["model", "digest"]].drop_duplicates().dropna()
    several = pairs["model"].value_counts()
    doubled = set(several[several > 1].index)
    if not doubled:
        return samples
    named = frame["model"].astype(str) + " (" + frame["digest"].astype(str).str[:8] + ")"
    names = frame["model"].astype(object).where(~frame["model"].isin(doubled), named)
    return Apart(frame.assign(model=names.astype("category")), samples.factors, samples.paths)


def summarise(samples: Samples, by: Sequence[str], alpha: float) -> pd.DataFrame:
    """`results.summarise`, its key columns as plain objects so that they can be joined and compared."""
    out = results.summarise(samples, by=list(by), alpha=alpha)
    for column in by:
        out[column] = out[column].astype(object)
    return out


def key_column(samples: Samples, name: str, option: str) -> str:
    """A column to group by. Raises `ChartProblem` where it is unknown or has no value at all."""
    column_of(samples, name, option)
    if samples.frame[name].isna().all():
        raise ChartProblem("chart-empty", f"{option}: no sample has a {words.heading(name).lower()}", option=option)
    return name


def key_columns(names: Sequence[str]) -> list[Column]:
    """Columns of the table for the columns grouped by."""
    return [Column(name=name, title=words.heading(name)) for name in dict.fromkeys(names)]


def value_columns(metric: Metric) -> list[Column]:
    """Counts, the metric, and the ends of its interval where it has one."""
    counts = [METRICS[name].column() for name in COUNTS if name != metric.name]
    ends = metric.interval or ()
    shown = [
        Column(
            name=name,
            title=f"{'Low' if i == 0 else 'High'} end",
            unit=metric.unit,
            format=metric.format,
            description="End of the 95% interval.",
        )
        for i, name in enumerate(ends)
    ]
    return [*counts, metric.column(), *shown]


def bounds(frame: pd.DataFrame, metric: Metric) -> tuple[pd.Series, pd.Series]:
    """The two ends of the metric's interval, NaN where it has none."""
    if metric.interval is None:
        nothing = pd.Series(np.nan, index=frame.index, dtype="float64")
        return nothing, nothing
    return frame[metric.interval[0]].astype("float64"), frame[metric.interval[1]].astype("float64")


def interval_text(frame: pd.DataFrame, metric: Metric) -> list[str]:
    """`60.1% to 66.6%` for each row; `–` where there is no interval."""
    low, high = bounds(frame, metric)
    return [
        words.MISSING
        if np.isnan(a) or np.isnan(b)
        else f"{words.show(a, metric.format)} to {words.show(b, metric.format)}"
        for a, b in zip(low, high, strict=True)
    ]


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows as dictionaries by column."""
    return [{str(key): value for key, value in row.items()} for row in frame.to_dict("records")]


def level_text(values: pd.Series) -> list[str]:
    """Each level as text on one line."""
    return [words.clean(levels.text(v)) for v in values]


def small_notes(data: pd.DataFrame, of: str) -> list[str]:
    """A note where a row rests on few answers. `of` says what all rows are: `6 bars`."""
    few = int((data["answered"] < FEW).sum())
    return [f"{few} of {of} rest on fewer than {FEW} answers: do not rank them."] if few else []


def count_notes(summary: pd.DataFrame) -> list[str]:
    """What happened to samples that gave no readable answer, over all of them."""
    totals = {name: int(summary[name].sum()) for name in ("n", "unparsed", "truncated", "errors")}
    notes = []
    if totals["unparsed"]:
        notes.append(
            f"{words.count(totals['unparsed'], 'answer')} of {totals['n']:,} could not be read and count as wrong."
        )
    if totals["truncated"]:
        notes.append(f"{words.count(totals['truncated'], 'reply', 'replies')} were cut off by their budget.")
    if totals["errors"]:
        notes.append(
            f"{words.count(totals['errors'], 'sample')} failed by a fault of machine or network and are left out."
        )
    return notes
