"""What experiments of the task have a table of: how much came back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmxsite.analysis.measure import Measure
from llmxsite.analysis.results.tables import Asked, TableKind

if TYPE_CHECKING:
    import pandas as pd

    from llmxsite.analysis.tables import Samples

TASK = "recall"
N = Measure(name="n", title="Sentences told", head="n", form="count")
SAME = Measure(
    name="same",
    title="Word for word",
    form="percent",
    better="higher",
    interval=("same_low", "same_high"),
    what="share of sentences that came back word for word",
    description="Wilson's interval, clustered by sentence: one that is told again is no further sentence. An error of machine or "
    "network is no answer.",
)
KEPT = Measure(
    name="kept", title="Words kept", form="percent", better="higher", what="mean share of the words that came back"
)
NEAR = Measure(
    name="near",
    title="Cosine to the sentence",
    head="Cosine",
    form="number",
    better="higher",
    what="mean cosine of the vectors of sentence and reply",
)


def recalled(samples: Samples, asked: Asked) -> pd.DataFrame:
    import numpy as np

    from llmxsite.analysis.results.groups import floats, group, scores, units
    from llmxsite.analysis.stats.cluster import clustered_mean, clustered_wilson

    groups, scored = group(samples, asked.by if asked.by is not None else ("model", "rounds")), scores(samples.frame)
    told = scored.answered & scored.scored
    found, n = groups.keys.copy(), groups.sum(told)
    with np.errstate(invalid="ignore"):
        same = groups.sum(np.where(told, scored.value, 0.0)) / n
        found["n"], found["same"] = n.astype(np.int64), same
        _, unit = units(samples.frame)
        cells = [told & (groups.codes == code) for code in range(groups.count)]
        spread = [clustered_mean(scored.value[rows], unit[rows], asked.alpha) for rows in cells]
        se = np.array([mean.se for mean in spread], dtype=np.float64)  # None, where there is one sentence, is NaN
        sentences = [mean.clusters for mean in spread]
        found["same_low"], found["same_high"] = clustered_wilson(same, se, n, sentences, asked.alpha)
        for name in ("kept", "near"):
            values = floats(samples.frame, name) if name in samples.frame else np.full(len(samples.frame), np.nan)
            found[name] = groups.sum(values) / groups.sum(~np.isnan(values))
    return found


TABLES = (
    TableKind(
        name="recall",
        summary="A row a model and number of rounds: how many sentences came back, and how much of them.",
        measures=(N, SAME, KEPT, NEAR),
        shown=("n", "same", "kept", "near"),
        make=recalled,
        by=("model", "rounds"),
        task=TASK,
        value="recalled",
        of="same",
    ),
)
