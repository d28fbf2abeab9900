"""Reliability diagram: accuracy against mean confidence in bins of equal count, few models in one panel, many in small multiples.

Points above the diagonal: right more often than sure (under-confident). The grey band is where 95 of 100 redraws of a perfectly
calibrated model would fall at this n (Bröcker and Smith 2007).
"""

from __future__ import annotations

from typing import Any

from llmxsite.analysis import results
from llmxsite.base.diagnostics import several
from llmxsite.press.figure import levels, naming, words
from llmxsite.press.figure.draft import NARROW, Draft, Layout, Samples
from llmxsite.press.figure.figure import Column
from llmxsite.press.figure.kinds.calibration_words import apart as apart_words
from llmxsite.press.figure.kinds.calibration_words import findings, interval_words, notes, shape
from llmxsite.press.figure.kinds.reliability_marks import Curves, draw, marks_of
from llmxsite.press.figure.late import np, pd
from llmxsite.press.figure.options import ChartProblem, Kind, limit
from llmxsite.press.figure.panels import MOST, Binned
from llmxsite.press.figure.series import heading
from llmxsite.press.figure.summary import apart, key_column, key_columns, records

SHARED = 3
"""Models up to which one panel holds all, and the differences of their errors are said: as many pairs."""


def make(samples: Samples, options: Binned) -> Draft:
    """A curve a level of `by` (models unless said otherwise)."""
    samples = apart(samples)
    by = key_column(samples, options.by or "model", "by")
    tables = results.calibration(samples, [by], options.bins, alpha=options.alpha, intervals=["ece"], equal="count")
    summary = tables.summary[tables.summary["n"] > 0]
    if summary.empty:
        raise ChartProblem(
            "chart-empty",
            "no answer has a confidence: these runs were made without logprobs",
            hint="set `logprobs: answer` in experiment.yaml and run again",
        )
    without = tables.summary[tables.summary["n"] == 0]
    limit(len(summary), MOST, "panels", "by")
    rank = dict(zip(summary[by].astype(object), summary["ece"], strict=True))
    order = levels.order(summary[by].astype(object), None, rank, descending=False)
    summary = summary.set_index(summary[by].astype(object)).loc[order].reset_index(drop=True)
    bins = tables.bins[tables.bins["n"] > 0].copy()
    bins[by] = bins[by].astype(object)
    bins["panel"] = bins[by].map({level: i for i, level in enumerate(order)})
    bins = bins.sort_values(["panel", "bin"], kind="stable").reset_index(drop=True)
    titles = [levels.named(by, v) for v in order]
    answers = _answers(samples, by, order)
    across, up = domains(bins, answers)
    curves = Curves(titles, records(summary), bins, answers, across, up, len(order) <= SHARED, heading(by, order))
    layouts = {"": Layout("wide", options.width), "_narrow": Layout("narrow", NARROW)}
    marks = {
        f"{name}{suffix}": frame
        for suffix, layout in layouts.items()
        for name, frame in marks_of(curves, layout).items()
    }
    at_most = f"{bins.groupby('panel')['bin'].size().max()} bins of about equal count"
    return Draft(
        keys=[by],
        data=bins.drop(columns="panel"),
        columns=_columns(by),
        marks=marks,
        draw=lambda layout: draw(curves, layout, naming.column(by)),
        title=f"Reliability by {naming.noun(by)}" if len(order) > 1 else f"Reliability of {titles[0]}",
        caption=[
            *findings(titles, summary, options.bins),
            (
                f"Confidence is the probability of the chosen letter among the letters, in at most {at_most}; lines are 95% intervals "
                f"({interval_words(bins)}), the grey band is where a calibrated model would fall, and below the plot stands how often "
                "each confidence occurs."
            ),
            *_zoom(across, up),
        ],
        alt=[
            f"Reliability diagram, {several(len(order), 'curve')}: accuracy against mean confidence in at most {at_most}.",
            *findings(titles, summary, options.bins),
            *(shape(bins[bins["panel"] == i], title) for i, title in enumerate(titles)),
        ],
        notes=[*notes(summary, without, by, bins), *_apart(samples, by, order, options)],
    )  # fmt: skip


KIND = Kind(
    name="reliability",
    summary="Accuracy against confidence in bins: whether a model is right as often as it is sure.",
    options=Binned,
    make=make,
)


def _answers(samples: Samples, by: str, order: list[Any]) -> pd.DataFrame:
    """The confidences behind the bins: `panel` and `confidence`."""
    frame = samples.frame
    kept = frame[
        results.answered(frame) & frame["confidence"].notna() & frame["correct"].notna() & frame[by].isin(order)
    ]
    panel = kept[by].astype(object).map({level: i for i, level in enumerate(order)})
    return pd.DataFrame({"panel": panel.astype("int64"), "confidence": kept["confidence"].astype("float64")})


def domains(bins: pd.DataFrame, answers: pd.DataFrame) -> tuple[tuple[float, float], tuple[float, float]]:
    """The ends of the axes: all from 0 to 1, or the tenths around what is drawn where that leaves less than three quarters of one.

    The outermost hundredths of the confidences are not held for drawn: one answer would leave the panel empty for the rest.
    """
    ends = np.quantile(answers["confidence"], [0.01, 0.99])
    both = ["confidence", "band_low", "band_high"]
    drawn = [bins[[*both, "accuracy", "ci_low", "ci_high"]].to_numpy(dtype=np.float64).ravel(), ends]
    up = _tenths(np.concatenate(drawn))
    across = _tenths(np.concatenate([bins["confidence"].to_numpy(dtype=np.float64), ends]))
    # Equal units on both axes are easier to read; they are given up where half of the panel would be empty.
    return (across if across[1] - across[0] <= 0.6 * (up[1] - up[0]) else up), up


def _zoom(across: tuple[float, float], up: tuple[float, float]) -> list[str]:
    """Where the axes begin and end, if it is not all there is."""
    first, second = (f"from {words.percent(low, 0)} to {words.percent(high, 0)}" for low, high in (across, up))
    if across != up:
        return [f"Confidence is shown {first}, accuracy {second}."]
    return [f"Both axes run {first}."] if across != (0.0, 1.0) else []


def _tenths(values: np.ndarray[Any, np.dtype[np.float64]]) -> tuple[float, float]:
    first, last = np.floor(round(np.nanmin(values) * 10, 6)) / 10, np.ceil(round(np.nanmax(values) * 10, 6)) / 10
    if last - first > 0.75:
        return 0.0, 1.0
    return round(float(min(first, 0.8)), 1), round(float(max(last, first + 0.2)), 1)


def _apart(samples: Samples, by: str, order: list[Any], options: Binned) -> list[str]:
    """The differences of the curves' calibration errors, where they are few enough to be said."""
    if not 1 < len(order) <= SHARED:
        return []
    found = results.contrast(samples, "ece", by, alpha=options.alpha, levels=order, bins=options.bins)
    return apart_words(found, by)


def _columns(by: str) -> list[Column]:
    of_accuracy = "Of the accuracy's 95% interval (Wilson, over items)."
    return [
        *key_columns([by]),
        Column(name="bin_low", title="From", format="percent", description="Confidence above this ..."),
        Column(name="bin_high", title="To", format="percent", description="... and up to this."),
        Column(name="n", title="n", format="count", description="Answers in the bin."),
        Column(
            name="units", title="Items", format="count", description="Items, or clusters of them, that these answer."
        ),
        Column(
            name="confidence",
            title="Mean confidence",
            format="percent",
            description="Mean inside the bin, not its centre.",
        ),
        Column(name="accuracy", title="Accuracy", format="percent"),
        Column(name="ci_low", title="Low end", format="percent", description=of_accuracy),
        Column(name="ci_high", title="High end", format="percent", description=of_accuracy),
        Column(
            name="band_low", title="Calibrated, low", format="percent", description="2.5% of redraws lie below this."
        ),
        Column(
            name="band_high", title="Calibrated, high", format="percent", description="2.5% of redraws lie above this."
        ),
    ]
