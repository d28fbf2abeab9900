"""The numbers a chart can show: the title, format, scale and interval of each column of `results.summarise`."""

from __future__ import annotations

from typing import Literal

import msgspec

from llmxsite.base.diagnostics import did_you_mean
from llmxsite.press.figure.figure import Column, Format
from llmxsite.press.figure.options import ChartProblem


class Metric(msgspec.Struct, frozen=True, kw_only=True):
    """One column of the summary, as a value."""

    name: str
    title: str
    format: Format
    better: Literal["higher", "lower", "neither"] = "neither"
    interval: tuple[str, str] | None = None
    """Columns with the two ends of its interval."""
    unit: str | None = None
    description: str = ""

    @property
    def bounded(self) -> bool:
        """Whether it is a share, from 0 to 1."""
        return self.format == "percent"

    @property
    def signed(self) -> bool:
        """Whether 0 is a middle, with meaning on both sides."""
        return self.format == "points"

    @property
    def factor(self) -> int:
        """What values are multiplied by to be drawn: signed shares are drawn in points."""
        return 100 if self.signed else 1

    @property
    def axis_format(self) -> str:
        """d3 format of its axis."""
        if self.format == "percent":
            return ".0%"
        if self.format in ("count", "milliseconds"):
            return ",.0f"
        return ",.4~r"

    @property
    def axis_title(self) -> str:
        """Title with its unit, where tick labels do not show it."""
        return f"{self.title} ({self.unit})" if self.unit and self.format != "percent" else self.title

    @property
    def resampled(self) -> bool:
        """Whether its interval is not in the summary, but made by `results.intervals`."""
        return self.interval == _ends(self.name)

    def column(self) -> Column:
        """The table's column for it."""
        return Column(
            name=self.name, title=self.title, unit=self.unit, format=self.format, description=self.description
        )


def _share(name: str, title: str, **more: object) -> Metric:
    return msgspec.convert({"name": name, "title": title, "format": "percent", "unit": "%", **more}, Metric)


def _ends(name: str) -> tuple[str, str]:
    """The columns of an interval that is made by resampling items, only where a chart shows it."""
    return f"{name}_low", f"{name}_high"


METRICS: dict[str, Metric] = {
    m.name: m
    for m in (
        _share(
            "accuracy",
            "Accuracy",
            better="higher",
            interval=("ci_low", "ci_high"),
            description="Correct answers over answered questions; a reply in which no answer could be read counts as wrong.",
        ),
        _share(
            "best_case", "Accuracy, best case", better="higher", description="As if every unread answer were right."
        ),
        _share(
            "mean_confidence",
            "Mean confidence",
            interval=_ends("mean_confidence"),
            description="Probability of the chosen letter among the letters, averaged.",
        ),
        Metric(
            name="confidence_gap",
            title="Confidence minus accuracy",
            format="points",
            unit="points",
            interval=_ends("confidence_gap"),
            description="Mean confidence minus accuracy: above 0 is over-confident.",
        ),
        _share(
            "ece",
            "Calibration error",
            better="lower",
            interval=_ends("ece"),
            description="Expected calibration error over ten equal bins; above 0 for a calibrated model too.",
        ),
        _share("ece_unweighted", "Calibration error, unweighted", better="lower", interval=_ends("ece_unweighted")),
        Metric(
            name="brier",
            title="Brier score",
            format="probability",
            better="lower",
            interval=_ends("brier"),
            description="Mean square of confidence minus correctness.",
        ),
        Metric(
            name="auroc",
            title="AUROC of confidence",
            format="probability",
            better="higher",
            interval=_ends("auroc"),
            description="How often a right answer is surer than a wrong one.",
        ),
        _share(
            "letter_mass", "Letter mass", description="Probability that the alternatives seen give to answer letters."
        ),
        _share(
            "confidence_coverage", "Confidence coverage", description="Share of scored answers that have a confidence."
        ),
        Metric(
            name="latency_ms",
            title="Median time of an answer",
            format="milliseconds",
            unit="ms",
            better="lower",
            interval=_ends("latency_ms"),
            description="Median of the whole request.",
        ),
        Metric(
            name="first_token_ms",
            title="Median time to first token",
            format="milliseconds",
            unit="ms",
            better="lower",
            interval=_ends("first_token_ms"),
        ),
        Metric(
            name="accuracy_per_second",
            title="Right answers a second",
            format="number",
            better="higher",
            interval=_ends("accuracy_per_second"),
            description="Right answers over all seconds of answering.",
        ),
        _share(
            "item_agreement",
            "Same answer again",
            interval=_ends("item_agreement"),
            description="Share of pairs of replies to one request with the same answer, over items; an unread reply is an answer of its own kind.",
        ),
        _share(
            "item_agreement_parsed",
            "Same answer again, of those read",
            interval=_ends("item_agreement_parsed"),
            description="The same without replies that could not be read.",
        ),
        Metric(
            name="tokens_per_second",
            title="Tokens a second",
            format="number",
            better="higher",
            interval=_ends("tokens_per_second"),
            description="All generated tokens over all generation time.",
        ),
        Metric(name="n", title="Samples", format="count"),
        Metric(name="answered", title="Answered", format="count", description="Samples without an error."),
        Metric(name="correct", title="Correct", format="number", better="higher"),
        Metric(
            name="unparsed", title="Unparsed", format="count", better="lower", description="Answers nobody could read."
        ),
        Metric(
            name="truncated",
            title="Truncated",
            format="count",
            better="lower",
            description="Replies cut off by their budget.",
        ),
        Metric(
            name="errors", title="Errors", format="count", better="lower", description="Faults of machine or network."
        ),
        Metric(name="n_items", title="Items", format="count"),
        Metric(name="se", title="Standard error", format="points", unit="points", better="lower"),
    )
}


def metric(name: str) -> Metric:
    """The metric with this name. Raises `ChartProblem` with the nearest known one."""
    found = METRICS.get(name)
    if found is None:
        raise ChartProblem(
            "chart-value", f"no number is called '{name}'", option="value", hint=did_you_mean(name, METRICS)
        )
    return found
