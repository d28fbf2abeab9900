"""Columns that are probabilities: a number outside of 0 to 1, as in a log that somebody wrote by hand, counts as not known."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from llmxsite.analysis.tables.columns import LogColumns
from llmxsite.base.diagnostics import Issues, several

SHARES = ("confidence", "confidence_low", "confidence_high", "letter_mass", "mean_token_probability", "p_correct")


def check_shares(path: Path, log: LogColumns, issues: Issues) -> None:
    """Put what is no share out of a log's columns, and say in how many samples and where first."""
    for name in SHARES:
        values = log.columns.get(name)
        if values is None:
            continue
        wrong = (values < 0) | (values > 1)
        if wrong.any():
            number = int(log.columns["line"][wrong][0])
            message = f"`{name}` lies outside of 0 to 1 in {several(int(wrong.sum()), 'sample')}; passed over there"
            issues.add(path, "log-scores", message, line=number)
            values = values.copy()
            values[wrong] = np.nan
            log.columns[name] = values
