"""The numbers a chart can show: the measures of the summary, with what drawing them takes."""

from __future__ import annotations

from typing import Self

import msgspec

from llmxsite.analysis.measure import Measure
from llmxsite.analysis.results.measured import SUMMARY
from llmxsite.base.diagnostics import did_you_mean
from llmxsite.press.figure.figure import Column
from llmxsite.press.figure.options import ChartProblem


class Metric(Measure, frozen=True, kw_only=True):
    """A measure as charts draw it."""

    @property
    def factor(self) -> int:
        """What values are multiplied by to be drawn: signed shares are drawn in points."""
        return 100 if self.signed else 1

    @property
    def axis_format(self) -> str:
        """d3 format of its axis."""
        if self.form == "percent":
            return ".0%"
        if self.form in ("count", "milliseconds"):
            return ",.0f"
        return ",.4~r"

    @property
    def axis_title(self) -> str:
        """Title with its unit, where tick labels do not show it."""
        return f"{self.title} ({self.unit})" if self.unit and self.form != "percent" else self.title

    @classmethod
    def of(cls, measure: Measure) -> Self:
        """A table's measure, to be drawn."""
        return cls(**msgspec.structs.asdict(measure))

    def column(self) -> Column:
        """The table's column for it."""
        return Column(name=self.name, title=self.title, format=self.form, description=self.description)


_NO_VALUES = {"ci_low", "ci_high", "repeated"}
"""What stands beside another number, and says nothing on an axis of its own."""
METRICS: dict[str, Metric] = {measure.name: Metric.of(measure) for measure in SUMMARY if measure.name not in _NO_VALUES}


def metric(name: str) -> Metric:
    """The metric with this name. Raises `ChartProblem` with the nearest known one."""
    found = METRICS.get(name)
    if found is None:
        raise ChartProblem(
            "chart-value", f"no number is called '{name}'", option="value", hint=did_you_mean(name, METRICS)
        )
    return found
