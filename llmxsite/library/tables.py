"""The tables a study can be asked for: made of samples, with what a person sees first and should know before believing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from llmxsite.analysis.results import shown
from llmxsite.analysis.results.kind import DEFAULT_BY
from llmxsite.analysis.results.tables import Asked as Asked
from llmxsite.analysis.results.tables import TableKind, fitting, kinds, table
from llmxsite.base.diagnostics import Problem, did_you_mean

if TYPE_CHECKING:
    import pandas as pd

    from llmxsite.analysis.measure import Measure
    from llmxsite.analysis.tables import Samples


def kind(name: str, measure: str = "accuracy") -> TableKind:
    """The kind of that name, for a measure. Raises `Problem` for one that is not there; KeyError for such a measure."""
    try:
        found = table(name)
    except KeyError:
        hint = did_you_mean(name, [kind.name for kind in kinds()])
        raise Problem.at("table", "table-kind", f"no table is called '{name}'", hint=hint) from None
    if measure == "accuracy":
        return found
    if found.measuring is None:
        raise KeyError(f"a table '{name}' compares no measure; 'measure' belongs to a comparison")
    return found.measuring(measure)


def grouping(samples: Samples, by: Sequence[str] | None, reruns: bool) -> tuple[str, ...] | None:
    """The columns whose values make a row; None for the table's own choice. With `reruns` each run has rows of its own: never
    pooled, for a rerun is no further evidence."""
    if not reruns:
        return None if by is None else tuple(by)
    return tuple(dict.fromkeys([*(by or (*DEFAULT_BY, *samples.varying())), "run"]))


def make(samples: Samples, kind: TableKind, asked: Asked) -> pd.DataFrame:
    """The table, as `llmxsite results` and pages show it. Raises `Problem` where nothing can be compared.

    KeyError, with the nearest, for a column that is not there.
    """
    fit = fitting(samples, kind)
    if kind.task is None and not len(samples):
        return kind.made(samples, asked) if kind.name == "summary" else samples.frame.iloc[:0, :0]
    frame = kind.made(fit, asked) if len(fit) else fit.frame
    if not frame.empty or (kind.task is None and not kind.pair):
        return frame
    if len(fit):
        by = asked.factor or kind.factor
        why = f"nothing to compare by '{by}'" if kind.pair else f"no sample is for the table '{kind.name}'"
        raise Problem.at("table", "no-samples", why, hint="`factor` names another column" if kind.pair else None)
    mend = f"`llmxsite new report NAME --task {kind.task}` starts one"
    raise Problem.at("table", "no-samples", f"no sample of a {kind.task} experiment fits", hint=mend)


def heads(kind: TableKind, frame: pd.DataFrame, asked: Asked) -> list[Measure]:
    """The columns a notebook shows: what a row is about, then the numbers, as `shown.measures` gives them."""
    found = [kind.described(key) for key in shown.keys(kind, frame)]
    return [
        *(msgspec.structs.replace(measure, title=measure.name) for measure in found),
        *shown.measures(kind, frame, asked.intervals),
    ]


def notes(kind: TableKind, frame: pd.DataFrame, samples: Samples) -> list[str]:
    """What a reader should know before believing a summary, in sentences."""
    if kind.name != "summary" or not len(samples):
        return []
    from llmxsite.analysis.results import reading_notes, warnings

    return [*warnings(frame), *reading_notes(samples, shown.keys(kind, frame))]


def left_out(samples: Samples, how: str) -> list[str]:
    """That reruns are left out, where there are some, and `how` they are shown."""
    count = len(samples.repeats)
    words = "1 rerun is" if count == 1 else f"{count:,} reruns are"
    return [f"{words} left out, being no further evidence: {how} shows every run by itself."] if count else []
