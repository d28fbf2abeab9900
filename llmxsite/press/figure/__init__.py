"""Figures: data first, then a chart on it, a caption and an alt text computed from its numbers, and the runs behind it.

`build` makes a `Figure` from samples and a fixed set of options; `llmxsite.press.figure.render` turns it into SVG, PNG, CSV and a
Vega-Lite spec; `llmxsite.press.figure.theme` owns every colour, for charts and pages alike. Importing this package is cheap: pandas
and altair are loaded by the first `build`.
"""

from llmxsite.press.figure.build import build, check
from llmxsite.press.figure.figure import Column, Figure
from llmxsite.press.figure.kinds import KINDS, kind_named, kinds
from llmxsite.press.figure.options import ChartProblem, Kind, Options, parse

__all__ = [
    "KINDS",
    "ChartProblem",
    "Column",
    "Figure",
    "Kind",
    "Options",
    "build",
    "check",
    "kind_named",
    "kinds",
    "parse",
]
