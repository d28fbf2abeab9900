"""The items that machines disagree on, though nothing that is recorded of the question, the weights or the prompt is other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from llmxsite.analysis.results.crossing import Crossing, crossings, listed
from llmxsite.analysis.stats.crossed import most_frequent
from llmxsite.analysis.tables import Samples


def disagreement(samples: Samples, factor: str = "", by: Sequence[str] = ()) -> pd.DataFrame:
    """A row an item to which machines that may be pooled gave different answers, the most divided first.

    Columns: suite, model, those of `by` and the factors that vary; `item`; `machines` that answered it; `share` of them with the most
    frequent answer; `answers`, each with how many gave it; `departing`, the machines with another answer than most, where one is;
    `expected`, the right answer.
    """
    rows: list[dict[str, Any]] = []
    keys: tuple[str, ...] = ("suite", "model")
    for crossing in crossings(samples, factor, by):
        keys = tuple(crossing.key)
        if len(crossing.machines) > 1:
            rows += [_item(crossing, int(place)) for place in np.flatnonzero(crossing.divided)]
    rows.sort(key=lambda row: (row["share"], str(row["suite"]), str(row["model"]), str(row["item"])))
    return pd.DataFrame(rows, columns=[*keys, "item", "machines", "share", "answers", "departing", "expected"])


def _item(crossing: Crossing, place: int) -> dict[str, Any]:
    given = crossing.answers[:, place]
    most = int(most_frequent(crossing.answers[:, [place]])[0])
    counts = Counter(crossing.text(code) for code in given.tolist() if code >= 0)
    ranked = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    departing = [n for n, code in zip(crossing.machines, given, strict=True) if code >= 0 and code != most]
    row = crossing.frame.iloc[crossing.first[place]]
    return {
        **crossing.key,
        "item": str(row["item"]),
        "machines": int((given >= 0).sum()),
        "share": ranked[0][1] / int((given >= 0).sum()),
        "answers": ", ".join(f"{answer} {count}" for answer, count in ranked),
        "departing": listed(departing) if most >= 0 else None,
        "expected": None if pd.isna(row["expected"]) else str(row["expected"]),
    }
