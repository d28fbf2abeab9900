"""The numbers of a study: summaries, comparisons and calibration of samples, each with its n and its interval.

One table feeds the command line, the figures and the pages, so that a number is the same wherever it is read. What was
not measured is missing in it (NaN), never 0.
"""

from llmxsite.results.calibrate import CalibrationTables, calibration
from llmxsite.results.compare import compare
from llmxsite.results.determinism import DeterminismTables, determinism
from llmxsite.results.groups import Table
from llmxsite.results.item_table import ItemTable, items
from llmxsite.results.partings import Parting, Variant, partings
from llmxsite.results.readings import readings, reread
from llmxsite.results.readings import sentences as reading_notes
from llmxsite.results.summary import summarise
from llmxsite.results.warn import warnings

__all__ = [
    "CalibrationTables",
    "DeterminismTables",
    "ItemTable",
    "Parting",
    "Table",
    "Variant",
    "calibration",
    "compare",
    "determinism",
    "items",
    "partings",
    "reading_notes",
    "readings",
    "reread",
    "summarise",
    "warnings",
]
