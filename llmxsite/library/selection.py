"""Which samples a question is about, and in which order its rows come: what an option of a command and an argument say alike."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from llmxsite.base.diagnostics import Problem, did_you_mean

if TYPE_CHECKING:
    import pandas as pd

    from llmxsite.analysis.tables import Samples
    from llmxsite.study.study import Study


def check_report(study: Study, report: str | None) -> None:
    """Raises `Problem` where a report has neither runs nor a folder."""
    if report is None or study.run_logs(report):
        return
    known = {*study.report_slugs(), *(path.parent.name for path in study.run_logs())}
    if report not in known:
        raise Problem.at(
            study.runs / report, "report-missing", f"no report '{report}'", hint=did_you_mean(report, known)
        )


def narrow(samples: Samples, where: Mapping[str, Any], place: str = "where") -> Samples:
    """The samples that fit every column's value, or any of several in a list; None means missing.

    `place` is what a person wrote it in. KeyError for a column that is not there, `Problem` where no sample is left.
    """
    for column, value in where.items():
        fitting = samples.where(**{column: value})
        if len(samples) and not len(fitting):
            met = [str(level) for level in samples.frame[column].dropna().unique()]
            words = [str(word) for word in (value if isinstance(value, list | tuple) else [value]) if word is not None]
            hint = did_you_mean(words[0], met) if words else None
            raise Problem.at(place, "no-samples", f"no sample has {column}={' or '.join(words)}", hint=hint)
        samples = fitting
    return samples


def ordered(frame: pd.DataFrame, sort: str | None) -> pd.DataFrame:
    """Sorted by a column, with - before it downwards; equal rows, and missing values at the end, keep their order.

    KeyError for a column that is not there.
    """
    if sort is None:
        return frame
    column = sort.removeprefix("-")
    if column not in frame.columns:
        raise KeyError(f"cannot sort by '{column}': no such column; {did_you_mean(column, map(str, frame.columns))}")
    return frame.sort_values(column, ascending=not sort.startswith("-"), kind="stable")
