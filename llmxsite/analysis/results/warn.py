"""What a reader has to know before believing a table: sentences raised from the samples themselves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd

from llmxsite.analysis.measure import FEW, show
from llmxsite.analysis.results.calibrate import calibration
from llmxsite.analysis.results.comparison import compare
from llmxsite.analysis.results.groups import Table, floats, key_columns, number, scores
from llmxsite.analysis.results.reading_order import reading_notes
from llmxsite.analysis.results.summary import summarise
from llmxsite.analysis.tables import Samples
from llmxsite.base.diagnostics import several

SMALL, FEW_CLUSTERS = 30, 10
"""Answers below which an interval is wide, where it is not of a category's; clusters below which the SE is unsure itself."""
LOST_SHARE = 0.02
"""Share of unparsed and truncated answers from which accuracy is a range."""
COVERAGE, LETTER_MASS, OPEN_SHARE = 0.95, 0.9, 0.05


def warnings(
    data: Table | pd.DataFrame, by: Sequence[str] = ("suite", "model"), *, margin: float | None = None
) -> list[str]:
    """Sentences for a page or a terminal, most basic first; empty when there is nothing to say.

    From samples every check is made, over groups of `by`, with the levels of `model` compared where there are several;
    from a table of `summarise` only those its columns allow. `margin` is a stated margin of equivalence.
    """
    if isinstance(data, pd.DataFrame):
        return list(_of_summary(data))
    if data.frame.empty:
        return []
    by = key_columns(data, by)
    return [
        *_of_versions(data),
        *_of_servers(getattr(data, "lacks", {})),  # a figure's part of the samples has none
        *_of_summary(summarise(data, by)),
        *(reading_notes(data, by) if isinstance(data, Samples) else ()),
        *_of_decoding(data),
        *_of_calibration(data, by),
        *_of_comparison(data, by, margin),
    ]


def _of_servers(lacks: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """What servers turned out to lack while their runs went on: headers, which figures name, do not say it."""
    found: dict[str, list[str]] = {}
    for run, words in lacks.items():
        for lack in words:
            found.setdefault(lack, []).append(run)
    for lack, runs in found.items():
        yield f"In the middle of {several(len(runs), 'run')} ({', '.join(runs)}) the server turned out to lack something: {lack}."


def _of_summary(table: pd.DataFrame) -> Iterator[str]:
    """Sample sizes, answers lost, and standard errors that say nothing."""
    where = _Names(table)
    answered = table["answered"].to_numpy(dtype=np.float64)
    accuracy, known = table["accuracy"].to_numpy(dtype=np.float64), table["accuracy"].notna().to_numpy()
    if (few := known & (answered < FEW)).any():
        yield f"Fewer than {FEW} answers for {where(few)}: intervals are shown, no ranking."
    if "category" not in table.columns and (small := known & (answered >= FEW) & (answered < SMALL)).any():
        yield f"Fewer than {SMALL} answers for {where(small)}: intervals are wide."
    if (errors := table["errors"].to_numpy() > 0).any():
        total = int(table["errors"].sum())
        yield f"{several(total, 'sample')} failed for the machine's or network's fault and {_are(total)} left out: {where(errors)}."
    if (constant := known & np.isin(accuracy, (0.0, 1.0))).any():
        yield f"All right or all wrong for {where(constant)}: the standard error says nothing there, the interval is Wilson's."
    lost = _share(table["unparsed"].to_numpy() + table["truncated"].to_numpy(), answered)
    if (many := known & (lost > LOST_SHARE)).any():
        yield (
            f"More than {LOST_SHARE:.0%} of the answers were unparsed or cut off for {where(many)}: where none could be read they count "
            "as wrong; read the accuracy as a range up to the best case."
        )
    if "model" in table.columns and known.sum() > 1:
        gap = float(np.nanmax(lost[known]) - np.nanmin(lost[known]))
        if gap > LOST_SHARE:
            yield f"The share of unparsed and cut-off answers differs by {show(gap, 'points', sign=False, unit=True)} between groups: compare best cases too."
    if {"clusters", "n_items", "se"} <= set(table.columns):
        yield from _of_clusters(table, where, answered, accuracy)
    if "confidence_coverage" in table.columns:
        coverage = table["confidence_coverage"].to_numpy(dtype=np.float64)
        if (partial := (coverage > 0) & (coverage < COVERAGE)).any():
            yield f"Confidence is known for fewer than {COVERAGE:.0%} of the answers of {where(partial)}: calibration is of those only."


def _of_clusters(table: pd.DataFrame, where: _Names, answered: np.ndarray, accuracy: np.ndarray) -> Iterator[str]:
    """Items that belong together."""
    clusters, items = table["clusters"].to_numpy(), table["n_items"].to_numpy()
    declared = (clusters < items) & (clusters > 0)
    if (few := declared & (clusters < FEW_CLUSTERS)).any():
        yield f"Fewer than {FEW_CLUSTERS} clusters for {where(few)}: Student's t with few degrees of freedom is used."
    with np.errstate(divide="ignore", invalid="ignore"):
        effective = accuracy * (1 - accuracy) / np.square(table["se"].to_numpy(dtype=np.float64))
    if (strong := declared & (effective < answered / 2)).any():
        yield f"Items are strongly clustered for {where(strong)}: they tell less than half of what as many independent ones would."


def _of_versions(table: Table) -> Iterator[str]:
    """One name for two things: models by digest, suites by hash."""
    for name, version, noun in (("model", "digest", "digests"), ("suite", "suite_hash", "versions")):
        pairs = table.frame[[name, version]].dropna().drop_duplicates()
        counts = pairs[name].astype(str).value_counts()
        if several := sorted(str(value) for value in counts[counts > 1].index):
            yield f"Several {noun} under one name, {_list(several)}: not one population, split by `{version}`."


def _of_decoding(table: Table) -> Iterator[str]:
    """One sample an item at a temperature above 0."""
    if "temperature" not in table.factors:
        return
    answered = scores(table.frame).answered & (floats(table.frame, "temperature") > 0)
    if not answered.any():
        return
    columns = ["suite", "item", "item_hash", "model", "digest", *table.factors]
    cells, first = number(table.frame, [c for c in columns if c != "seed"])
    counts = np.bincount(cells[answered], minlength=len(first))
    if counts.max() == 1:
        yield "One sample an item at a temperature above 0: decoding noise cannot be told from noise of the items."


def _of_calibration(table: Table, by: Sequence[str]) -> Iterator[str]:
    """Truncated logprobs, and calibration errors within their noise."""
    if table.frame["confidence"].isna().all():
        return
    found = calibration(table, by).summary
    where, n = _Names(found), found["n"].to_numpy()
    cut = (found["letter_mass"] < LETTER_MASS) | (found["truncated_share"] > OPEN_SHARE)
    if cut.any():
        yield (
            f"Truncated logprobs for {where(cut.to_numpy())}: the letters hold less than {LETTER_MASS} of the probability, or more than "
            f"{OPEN_SHARE:.0%} of the confidences are open by more than .05."
        )
    noise = (n > 0) & ~found["distinguishable"].fillna(True).to_numpy(dtype=np.bool_)
    if noise.any():
        yield f"The calibration error of {where(noise)} is not distinguishable from that of a calibrated model at this n."


def _of_comparison(table: Table, by: Sequence[str], margin: float | None) -> Iterator[str]:
    """What the comparison of models can and cannot say."""
    frame = table.frame
    if frame["model"].nunique() < 2 or frame["correct"].isna().all():
        return
    found = compare(table, "model", [column for column in by if column not in ("model", "digest")], margin=margin)
    if found.empty:
        return
    if refused := int(found["refused"].max()):
        yield f"Up to {several(refused, 'item')} left out of comparisons: the same id, but different content."
    if found["confounded"].any():
        yield "Some models share no condition: their difference is also that of their settings."
    if len(found) > 1:
        yield f"{len(found)} comparisons: p values are adjusted over all of them (Holm)."
    tested = found[found["mde"].notna()]
    if len(tested) and (tested["mde"] > tested["difference"].abs()).all():
        least, most = float(tested["mde"].min()), float(tested["mde"].max())
        if len(tested) == 1:
            yield f"No comparison here could have shown differences below {show(least, 'points', sign=False, unit=True)} (power 80%)."
        else:
            reach = f"{show(least, 'points', sign=False)} to {show(most, 'points', sign=False, unit=True)}, depending on the pair"
            yield f"No comparison here could have shown differences below {reach} (power 80%)."
    open_ones = int((found["verdict"] == "not shown").sum())
    if open_ones and margin is None:
        yield f"{several(open_ones, 'difference')} not shown: without a margin stated before the run, that is not “the same”."


class _Names:
    """Names the groups that a warning is about, by the key columns of a table."""

    def __init__(self, table: pd.DataFrame) -> None:
        keys = list(table.columns[: table.columns.get_loc("n")])
        varied = [key for key in keys if table[key].nunique(dropna=False) > 1] or keys[-1:]
        self._names = [
            " / ".join("not set" if pd.isna(value) else str(value) for value in row)
            for row in table[varied].itertuples(index=False, name=None)
        ]

    def __call__(self, rows: np.ndarray) -> str:
        chosen = [name for name, row in zip(self._names, rows, strict=True) if row]
        if len(chosen) == len(self._names) and len(chosen) > 1:
            return "both groups" if len(chosen) == 2 else f"all {len(chosen)} groups"
        return _list([name for name in chosen if name]) or "all samples"


def _list(names: Sequence[str], most: int = 3) -> str:
    shown = ", ".join(names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"


def _share(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    return np.asarray(np.divide(part, whole, out=np.zeros(len(whole)), where=whole > 0))


def _are(n: int) -> str:
    return "is" if n == 1 else "are"
