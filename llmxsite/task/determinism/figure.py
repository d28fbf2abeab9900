"""The chart kind `determinism`: how many requests get bit-identical replies within a regime and between two, or item by item."""

from __future__ import annotations

from llmxsite.press.figure.draft import Draft, Samples
from llmxsite.press.figure.options import Alpha, ChartProblem, Kind, Name, Options
from llmxsite.press.figure.summary import apart, key_column
from llmxsite.task.determinism.by_item import by_item
from llmxsite.task.determinism.matrix import matrix

TASK = "determinism"


class Determinism(Options):
    """Options of `determinism`."""

    factor: Name | None = None
    """Column whose levels are compared."""
    by: Name | None = None
    """Column that tells one bar, panel or point from another."""
    rows: Name | None = None
    """Column whose values are the rows."""
    alpha: Alpha = 0.05


def make(samples: Samples, options: Determinism) -> Draft:
    """Levels of `factor` (regimes unless said otherwise) against each other; with `rows: item`, items against levels."""
    kept = apart(samples).where(task=TASK)
    if not len(kept):
        raise ChartProblem(
            "chart-empty",
            f"no sample is of a {TASK} experiment",
            hint=f"set `task: {TASK}` in experiment.yaml; `llmxsite new report NAME --task {TASK}` starts one",
        )
    factor = key_column(kept, options.factor or "regime", "factor")
    by = [key_column(kept, options.by, "by")] if options.by else []
    if options.rows not in (None, "item", factor):
        raise ChartProblem("chart-value", f"rows: '{options.rows}' is not `item`", option="rows")
    if options.rows == "item":
        return by_item(kept, factor, by, options.alpha, options.width)
    return matrix(kept, factor, by, options.alpha, options.width)


KINDS = (
    Kind(
        name="determinism",
        summary="How many requests get identical replies within a regime and between two, or item by item.",
        options=Determinism,
        make=make,
    ),
)
