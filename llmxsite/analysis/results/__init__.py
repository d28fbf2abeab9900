"""The numbers of a study: summaries, comparisons and calibration of samples, each with its n and its interval.

One table feeds the command line, the figures and the pages, so that a number is the same wherever it is read. What was
not measured is missing in it (NaN), never 0.
"""

from llmxsite.analysis.results.calibrate import CalibrationTables, calibration, noise_floors
from llmxsite.analysis.results.compare import compare
from llmxsite.analysis.results.contrast import contrast
from llmxsite.analysis.results.determinism import DeterminismTables, determinism
from llmxsite.analysis.results.difference import DIFFERENCES
from llmxsite.analysis.results.groups import Table, settings
from llmxsite.analysis.results.intervals import intervals
from llmxsite.analysis.results.item_table import ItemTable, conditions, items
from llmxsite.analysis.results.partings import Parting, Variant, partings
from llmxsite.analysis.results.reading_order import SCALED, Order, order
from llmxsite.analysis.results.reading_order import sentences as reading_notes
from llmxsite.analysis.results.readings import readings, reread
from llmxsite.analysis.results.summary import summarise
from llmxsite.analysis.results.verdict import Answer, verdicts
from llmxsite.analysis.results.warn import warnings

__all__ = [
    "DIFFERENCES",
    "SCALED",
    "Answer",
    "CalibrationTables",
    "DeterminismTables",
    "ItemTable",
    "Order",
    "Parting",
    "Table",
    "Variant",
    "calibration",
    "compare",
    "conditions",
    "contrast",
    "determinism",
    "intervals",
    "items",
    "noise_floors",
    "order",
    "partings",
    "reading_notes",
    "readings",
    "reread",
    "settings",
    "summarise",
    "verdicts",
    "warnings",
]
