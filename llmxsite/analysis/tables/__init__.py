"""Run logs as tidy tables: one row a sample, one column a field or factor.

`load` is the door. `reader` decodes a log into `columns`, and `frame` puts the columns of many logs into one DataFrame, held by `samples`.
"""

from llmxsite.analysis.tables.frame import COLUMNS
from llmxsite.analysis.tables.logs import load
from llmxsite.analysis.tables.samples import Samples

__all__ = ["COLUMNS", "Samples", "load"]
