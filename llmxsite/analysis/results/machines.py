"""Each machine beside the others on the same questions: which one answers apart, and what is other about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from llmxsite.analysis.results.crossing import Crossing, crossings
from llmxsite.analysis.results.unlike import Unlike
from llmxsite.analysis.stats.crossed import Spread, departures, spread
from llmxsite.analysis.stats.interval import defined
from llmxsite.analysis.stats.multiple import adjust
from llmxsite.analysis.tables import Samples
from llmxsite.log.record import Run

MACHINE_COLUMNS = (
    *("machine", "n", "accuracy", "difference", "ci_low", "ci_high", "compared", "departed", "expected", "p", "p_holm"),
    *("verdict", "differs", "refused"),
)


def machines(samples: Samples, factor: str = "", by: Sequence[str] = (), alpha: float = 0.05) -> pd.DataFrame:
    """A row a machine and what may be pooled.

    Columns: suite, model, those of `by` and the factors that vary; `machine`; `n`, items; `accuracy`; `difference`, its accuracy minus
    that of the mean machine on the same items, with `ci_low` and `ci_high`, the items being what they are; `compared`, items with one
    most frequent answer; `departed`, how often it gave another, `expected`, how often it would if machines were alike, and `p`;
    `p_holm` over all rows; `verdict`: `apart` below `alpha`, `not shown`, `two alone` where two differ and nobody can say which departs,
    `alone`, or `not pooled`; `differs`, what is recorded otherwise about a machine that is apart or not pooled; `refused`, why it is not pooled
    with most. One that is not pooled is held to their answers, on the items it shares with them, and not tested.

    Source: `stats.crossed`. KeyError for an unknown column.
    """
    rows: list[dict[str, Any]] = []
    places = []
    for crossing in crossings(samples, factor, by):
        if not crossing.refused:
            main = crossing
        scored = crossing.values("accuracy")
        pooled, departed = spread(scored, crossing.cluster, alpha), _departed(crossing, main)
        beyond = reach(pooled, alpha)
        for place, name in enumerate(crossing.machines):
            effect = defined(pooled.effects[place]) if len(crossing.machines) > 1 else None
            rows.append(
                {
                    **crossing.key,
                    "machine": name,
                    "n": int((crossing.answers[place] >= 0).sum()),
                    "accuracy": _mean(scored[place]),
                    "difference": effect,
                    "ci_low": None if effect is None else defined(effect - beyond[place]),
                    "ci_high": None if effect is None else defined(effect + beyond[place]),
                    **dict(zip(("compared", "departed", "expected", "p"), departed[place], strict=True)),
                    "refused": crossing.refused or None,
                }
            )
            places.append((crossing, main, place))
    _judged(rows, places, samples.runs, alpha)
    return pd.DataFrame(rows, columns=[*(places[0][0].key if places else ("suite", "model")), *MACHINE_COLUMNS])


_Departed = tuple[int | None, int | None, float | None, float | None]


def _departed(crossing: Crossing, main: Crossing) -> list[_Departed]:
    """For each machine the items compared, the departures, those expected, and p."""
    count = len(crossing.machines)
    if crossing is not main and count == 1:
        return [(shared, other, None, None) for shared, other in crossing.departed(main)]
    if count == 1:
        return [(None, None, None, None)]
    if count == 2:  # which of two departs from the other, nobody can say
        both = (crossing.answers >= 0).all(axis=0)
        return [(int(both.sum()), int((crossing.divided & both).sum()), None, None)] * 2
    found = departures(crossing.answers)
    return [
        (int(items), int(departed), defined(expected), defined(p))
        for items, departed, expected, p in zip(found.items, found.departed, found.expected, found.p, strict=True)
    ]


def _judged(
    rows: list[dict[str, Any]], places: list[tuple[Crossing, Crossing, int]], runs: Mapping[str, Run], alpha: float
) -> None:
    """Holm over the whole table, the verdicts, and what differs about those that stand out."""
    unlike = Unlike(runs)
    adjusted = adjust([row["p"] for row in rows], alpha).p
    for row, p, (crossing, main, place) in zip(rows, adjusted, places, strict=True):
        row["p_holm"] = p
        row["verdict"] = "apart" if p is not None and p < alpha else _unshown(row)
        row["differs"] = None
        if row["verdict"] == "apart" or row["refused"]:
            own = crossing.runs[place]
            others = [
                found - own
                for name, found in zip(main.machines, main.runs, strict=True)
                if name != row["machine"] or row["refused"]
            ]
            row["differs"] = unlike.said(own, others, str(row["model"]), str(row["suite"]))


def _unshown(row: dict[str, Any]) -> str:
    if row["p"] is not None:
        return "not shown"
    return "not pooled" if row["refused"] else "two alone" if row["departed"] is not None else "alone"


def reach(found: Spread, alpha: float) -> Any:
    """How far each effect's interval reaches to both sides: Student's t with the degrees of freedom that the crossing leaves."""
    degrees = max((found.machines - 1) * (found.items - 1), 1)
    return stdtrit(degrees, 1 - alpha / 2) * np.where(found.effect_se > 0, found.effect_se, np.nan)


def _mean(values: Any) -> float | None:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else None
