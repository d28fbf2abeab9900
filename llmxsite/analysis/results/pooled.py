"""What may be pooled over machines, pooled: on these very items, and on items like these."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from llmxsite.analysis.results.crossing import crossings, listed
from llmxsite.analysis.stats.crossed import departures, spread
from llmxsite.analysis.stats.multiple import adjust
from llmxsite.analysis.tables import Samples

POOLED_COLUMNS = (
    *(
        "machines",
        "n",
        "mean",
        "fixed_low",
        "fixed_high",
        "sampled_low",
        "sampled_high",
        "tau",
        "next_low",
        "next_high",
    ),
    *("p_q", "disagreed", "apart", "refused"),
)


def pooled(
    samples: Samples, factor: str = "", by: Sequence[str] = (), measure: str = "accuracy", alpha: float = 0.05
) -> pd.DataFrame:
    """A row for what may be pooled: a measure over machines.

    Columns: suite, model, those of `by` and the factors that vary; `machines`; `n`, items; `mean` of the mean machine with
    `fixed_low` and `fixed_high` (these very items) and `sampled_low` and `sampled_high` (items like these); `tau`, the standard
    deviation between machines; `next_low` and `next_high`, where a further machine is expected on these items; `p_q` of no spread;
    `disagreed`, items with more than one answer; `apart`, the machines that depart more often than chance, Holm over all rows;
    `refused`, why it is not pooled with most.
    """
    kept = list(crossings(samples, factor, by))
    found = [departures(crossing.answers) for crossing in kept]
    adjusted = iter(adjust([float(p) for one in found for p in one.p], alpha).p)
    rows = []
    for crossing in kept:
        apart = [name for name in crossing.machines if (p := next(adjusted)) is not None and p < alpha]
        one = spread(crossing.values(measure), crossing.cluster, alpha)
        rows.append(
            {
                **crossing.key,
                "machines": one.machines,
                "n": one.items,
                "mean": one.mean,
                "fixed_low": one.fixed.low,
                "fixed_high": one.fixed.high,
                "sampled_low": one.sampled.low,
                "sampled_high": one.sampled.high,
                "tau": 0.0 if one.identical else one.tau,
                "next_low": one.next_machine.low,
                "next_high": one.next_machine.high,
                "p_q": one.p_q,
                "disagreed": int(crossing.divided.sum()) if len(crossing.machines) > 1 else None,
                "apart": listed(apart),
                "refused": crossing.refused or None,
            }
        )
    columns = [*(kept[0].key if kept else ("suite", "model")), *POOLED_COLUMNS]
    return pd.DataFrame(rows, columns=columns)
