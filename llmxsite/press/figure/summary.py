"""The summary of samples that most charts draw, with the columns of its table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from llmxsite.analysis import results
from llmxsite.base.diagnostics import several
from llmxsite.press.figure import levels, naming, words
from llmxsite.press.figure.draft import Samples
from llmxsite.press.figure.figure import Column
from llmxsite.press.figure.late import np, pd
from llmxsite.press.figure.metrics import METRICS, Metric
from llmxsite.press.figure.options import ChartProblem, column_of

COUNTS = ("n", "answered", "correct", "unparsed", "truncated", "errors")


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
    return replace(samples, frame=frame.assign(model=names.astype("category")))


MOST_SPANS = 120
"""Groups up to which an interval is made by resampling: a chart of more shows none."""


def summarise(samples: Samples, by: Sequence[str], alpha: float, shown: Metric | None = None) -> pd.DataFrame:
    """`results.summarise`, its key columns as plain objects so that they can be joined and compared.

    With `shown` the ends of that metric's interval are there, also where resampling has to make them.
    """
    out = results.summarise(samples, by=list(by), alpha=alpha)
    if shown is not None and shown.resampled and shown.interval is not None:
        low, high = shown.interval
        if len(out) > MOST_SPANS:
            out[low] = out[high] = np.nan
        else:
            found = results.intervals(samples, list(by), [shown.name], alpha=alpha)
            out[low], out[high] = found[low], found[high]
    for column in by:
        out[column] = out[column].astype(object)
    return out


def order_of(samples: Samples, keys: Sequence[str], shown: Metric) -> results.Order | None:
    """How other rules of reading order a chart's groups; None where nothing in it is read by another rule."""

    if shown.name not in results.SCALED:
        return None
    return results.order(samples, keys)


def key_column(samples: Samples, name: str, option: str) -> str:
    """A column to group by. Raises `ChartProblem` where it is unknown or has no value at all."""
    column_of(samples, name, option)
    if samples.frame[name].isna().all():
        raise ChartProblem("chart-empty", f"{option}: no sample has a {naming.noun(name)}", option=option)
    return name


def key_columns(names: Sequence[str]) -> list[Column]:
    """Columns of the table for the columns grouped by."""
    return [Column(name=name, title=naming.column(name)) for name in dict.fromkeys(names)]


def value_columns(metric: Metric) -> list[Column]:
    """Counts, the metric, and the ends of its interval where it has one."""
    counts = [METRICS[name].column() for name in COUNTS if name != metric.name]
    ends = metric.interval or ()
    shown = [
        Column(
            name=name,
            title=f"{'Low' if i == 0 else 'High'} end",
            format=metric.form,
            description="End of the 95% interval, of resampled items."
            if metric.resampled
            else "End of the 95% interval.",
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
        words.MISSING if np.isnan(a) or np.isnan(b) else f"{words.show(a, metric.form)} to {words.show(b, metric.form)}"
        for a, b in zip(low, high, strict=True)
    ]


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows as dictionaries by column."""
    return [{str(key): value for key, value in row.items()} for row in frame.to_dict("records")]


def level_text(values: pd.Series[Any]) -> list[str]:
    """Each level of a column, which is the series' name, as `levels.label`."""
    return [levels.label(str(values.name), v) for v in values]


def behind(frame: pd.DataFrame, keys: Sequence[str]) -> list[dict[str, str] | None]:
    """Which samples each row counts, as level by column; None where a column has no level to ask for."""
    named = list(dict.fromkeys(keys))
    levels_of = [[levels.text(v) for v in frame[name]] for name in named]
    return [
        None if levels.NOT_STATED in row else dict(zip(named, row, strict=True)) for row in zip(*levels_of, strict=True)
    ]


def notes(summary: pd.DataFrame) -> list[str]:
    """What a reader has to know of the answers behind a summary: the warnings of `results`, and how many were lost."""
    said = []
    n, unread, cut = (int(summary[name].sum()) for name in ("n", "unparsed", "truncated"))
    if unread:
        said.append(
            f"{several(unread, 'answer')} of {n:,} could not be read and {'counts' if unread == 1 else 'count'} as wrong."
        )
    if cut:
        said.append(
            f"{several(cut, 'reply', 'replies')} of {n:,} {'was' if cut == 1 else 'were'} cut off, and scored by what "
            f"{'it states' if cut == 1 else 'they state'}."
        )
    return [*results.warnings(_called(summary)), *said]


def _called(summary: pd.DataFrame) -> pd.DataFrame:
    """The summary with its levels as sentences name them."""
    keys = list(summary.columns[: summary.columns.get_loc("n")])
    return summary.assign(**{key: [levels.named(key, v) for v in summary[key]] for key in keys})


def pooled(samples: Samples, keys: Sequence[str]) -> list[str]:
    """What varies among the samples without being told apart in the chart."""
    said = []
    for name in dict.fromkeys(("suite", "model", *samples.factors)):
        found = samples.frame[name].dropna().unique()
        if name not in keys and len(found) > 1:
            shown = words.listed(
                [
                    levels.label(name, v)
                    for v in levels.order(found, "name" if levels.ordinal(found) is None else None, {})
                ]
            )
            said.append(f"Pooled over {len(found)} levels of {naming.noun(name)}: {shown}.")
    return said
