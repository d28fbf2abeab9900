"""The paired difference of a measure between two levels of a factor: one function a measure, by its name.

`experiment.measure` names the measures that an experiment may predict; each has its function here, and a test holds the two
lists together. A new measure is an entry in both.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from llmxsite.analysis.results.comparison import compare, paired
from llmxsite.analysis.results.contrasts import apart
from llmxsite.analysis.results.groups import Codes, Floats, Subset, Table
from llmxsite.analysis.results.measures import CONTRASTED
from llmxsite.analysis.stats.estimate import Estimate, Few, Resampled, Student, Unknown
from llmxsite.analysis.stats.mean import ROUNDING
from llmxsite.analysis.stats.paired import paired_difference
from llmxsite.analysis.tables.samples import equals
from llmxsite.study.experiment.measure import MEASURES
from llmxsite.study.experiment.prediction import Prediction, Scalar, values

FEW = 6
"""Items that differ below which no interval is taken from how they do: no exact test of five can come below .05."""


@dataclass(frozen=True)
class Difference:
    """A measure under level a minus the same under level b, on the items that both met."""

    n: int
    """Items compared."""
    lost: int
    """Items that only one of the two has, or whose content differs."""
    estimate: Estimate
    confounded: bool = False
    """Whether the two levels share no other condition, so that the difference is also that of the conditions."""


Between = Callable[[Table, str, object, object], Difference | None]
"""Table, factor, level a, level b; None where they share no item."""


def difference(table: Table, prediction: Prediction) -> Difference | None:
    """The difference that a prediction is about, its levels and filters applied; None where the data are not there.

    The same items and the same pairing as `compare`: repeats are averaged within the item, intervals are clustered by it.
    """
    rows = chosen(table, prediction)
    if rows is None:
        return None
    levels = [_level(rows.frame[prediction.factor], level) for level in (prediction.a, prediction.b)]
    if any(level is None for level in levels):
        return None
    found = DIFFERENCES[prediction.measure](rows, prediction.factor, *levels)
    if found is not None and isinstance(found.estimate, Few):
        return replace(found, estimate=replace(found.estimate, most=MEASURES[prediction.measure].most))
    return found


def chosen(table: Table, prediction: Prediction) -> Subset | None:
    """The samples that a prediction is about; None where the table has no column, or no sample, of that kind."""
    frame = table.frame
    wanted: dict[str, list[Scalar]] = {name: values(value) for name, value in prediction.where.items()}
    wanted[prediction.factor] = [prediction.a, prediction.b]
    for name, levels in wanted.items():
        if name not in frame.columns:
            return None
        frame = frame[equals(frame[name], levels)]
    return Subset(frame, table.factors) if len(frame) else None


def _accuracy(table: Table, factor: str, a: object, b: object) -> Difference | None:
    found, items = compare(table, factor, levels=[a, b], correction="none"), paired(table, factor, a, b)
    if found.empty or items is None or not int(found.iloc[0]["n"]):
        return None
    row = found.iloc[0]
    estimate = _estimate(*items, float(row["difference"]), float(row["se"]), int(row["clusters"]))
    return Difference(int(row["n"]), int(row["lost"]), estimate, bool(row["confounded"]))


def _estimate(d: Floats, unit: Codes, difference: float, se: float, clusters: int) -> Estimate:
    """Student's t, unless all but a few units show the same difference."""
    kinds, which, counts = np.unique(np.round(d, 9), return_inverse=True, return_counts=True)
    common = int(counts.argmax())
    differing = len(np.unique(unit[which != common]))
    if differing < FEW or not se > 0:
        return Few(difference, clusters, differing, float(kinds[common]))
    return Student(difference, se, clusters - 1)


def _measured(measure: str) -> Between:
    """Any other measure of `results.contrast`, by resampled items; agreement within items by its items."""

    def between(table: Table, factor: str, a: object, b: object) -> Difference | None:
        found = apart(table, measure, factor, a, b)
        if found is None:
            return None
        estimate: Estimate
        if found.items is not None:
            d, unit = found.items
            estimate = _estimate(d, unit, found.difference, *_standard_error(d, unit))
        else:
            assert found.resampled is not None
            values, weights, exact = found.resampled
            spread = float(np.ptp(values)) if len(values) else 0.0
            # Where every resample gives the same there is no interval, and no bound: it is no mean of items.
            estimate = (
                Resampled(found.difference, values, weights, exact) if spread > ROUNDING else Unknown(found.difference)
            )
        return Difference(found.n, found.lost, estimate, found.confounded)

    return between


def _standard_error(d: Floats, unit: Codes) -> tuple[float, int]:
    """Clustered by unit, and how many units there are."""
    found = paired_difference(d, np.zeros(len(d)), unit)
    return found.se or 0.0, found.clusters


DIFFERENCES: dict[str, Between] = {
    "accuracy": _accuracy,
    **{name: _measured(name) for name in CONTRASTED},
}
"""The function of each measure of `experiment.measure.MEASURES`."""


def _level(column: pd.Series, level: Scalar) -> object:
    """The column's own value for a level; None where it has none."""
    met = column[equals(column, [level])].dropna()
    return None if met.empty else met.iloc[0]
