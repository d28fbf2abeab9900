"""The numbers of a study: summaries, comparisons and calibration of samples, each with its n and its interval.

One table feeds the command line, the figures and the pages, so that a number is the same wherever it is read. What was
not measured is missing in it (NaN), never 0. `tables` says which kinds of table there are and imports none of what computes
them; what computes is imported when it is first named.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from llmxsite.analysis.results.calibrate import CalibrationTables as CalibrationTables
    from llmxsite.analysis.results.calibrate import calibration as calibration
    from llmxsite.analysis.results.calibrate import noise_floors as noise_floors
    from llmxsite.analysis.results.comparison import compare as compare
    from llmxsite.analysis.results.contrasts import contrast as contrast
    from llmxsite.analysis.results.difference import DIFFERENCES as DIFFERENCES
    from llmxsite.analysis.results.groups import Table as Table
    from llmxsite.analysis.results.groups import answered as answered
    from llmxsite.analysis.results.groups import settings as settings
    from llmxsite.analysis.results.item_table import ItemTable as ItemTable
    from llmxsite.analysis.results.item_table import conditions as conditions
    from llmxsite.analysis.results.item_table import items as items
    from llmxsite.analysis.results.reading_order import SCALED as SCALED
    from llmxsite.analysis.results.reading_order import Order as Order
    from llmxsite.analysis.results.reading_order import order as order
    from llmxsite.analysis.results.reading_order import reading_notes as reading_notes
    from llmxsite.analysis.results.rereading import readings as readings
    from llmxsite.analysis.results.rereading import reread as reread
    from llmxsite.analysis.results.resampled import intervals as intervals
    from llmxsite.analysis.results.summary import summarise as summarise
    from llmxsite.analysis.results.verdict import Judgement as Judgement
    from llmxsite.analysis.results.verdict import verdicts as verdicts
    from llmxsite.analysis.results.warn import warnings as warnings

_NAMES = {
    "calibrate": ("CalibrationTables", "calibration", "noise_floors"),
    "comparison": ("compare",),
    "contrasts": ("contrast",),
    "difference": ("DIFFERENCES",),
    "groups": ("Table", "answered", "settings"),
    "item_table": ("ItemTable", "conditions", "items"),
    "reading_order": ("SCALED", "Order", "order", "reading_notes"),
    "rereading": ("readings", "reread"),
    "resampled": ("intervals",),
    "summary": ("summarise",),
    "verdict": ("Judgement", "verdicts"),
    "warn": ("warnings",),
}
"""Module to what it has for other rooms."""


def __getattr__(name: str) -> Any:
    home = next((module for module, names in _NAMES.items() if name in names), None)
    if home is None:
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    return getattr(import_module(f"{__name__}.{home}"), name)
