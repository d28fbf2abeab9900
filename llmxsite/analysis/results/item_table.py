"""What runs tell about the items of a suite: how hard each is, whether it tells models apart, what was chosen instead."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from llmxsite.analysis.results.groups import ITEM, Table, number, scores
from llmxsite.analysis.stats.item import item_analysis
from llmxsite.analysis.tables import Samples
from llmxsite.study.suite import LETTERS, Suite, choices_of, item_hash

ENOUGH = 10
"""Takers below which a correlation says nothing: then only difficulty and disagreement are shown."""


@dataclass(frozen=True)
class ItemTable:
    """The items of a suite as the models met them."""

    frame: pd.DataFrame
    """One row an item, in the suite's order: `item`, `category`, `difficulty`, `question`, `takers`, `n` (samples with an
    answer), `errors`, `unparsed`, `correct` (share, the mean over takers; NaN where nobody answered), `item_rest` (NaN below ten
    takers), `verdict` (`all right`, `all wrong`, `suspect key` or empty), then `chosen_A`, ... (samples that chose an option)."""
    takers: tuple[str, ...]
    """Models, told apart by digest."""
    complete: int
    """Items that every taker answered; item-rest correlation and KR-20 are of these."""
    kr20: float | None
    other: int
    """Samples of this suite's name with another question, option or key than now: another version's, left out."""
    shuffled: int
    """Samples whose options were shuffled: scored, but left out of the counts of chosen options."""


def items(samples: Samples, suite: Suite) -> ItemTable:
    """Item statistics of `suite` from the samples that asked its items as they are now.

    A taker is a model, whatever its settings: its samples of an item are averaged first (methods 12.2). Errors of machine or
    network are no answers; unparsed answers are wrong ones.
    """
    named = (samples.frame["suite"] == suite.id).to_numpy(dtype=bool)
    index = _indexes(samples.frame, suite)
    known = named & ~np.isnan(index)
    frame = samples.frame[known].reset_index(drop=True)
    column = index[known].astype(np.int64)
    digests = frame["digest"].astype("object").where(frame["digest"].notna(), frame["model"].astype("object"))
    taker, identities = pd.factorize(digests)
    scored = scores(frame)
    shape = (len(identities), len(suite.items))
    flat = taker * shape[1] + column
    counted = scored.answered & scored.scored
    count = np.bincount(flat[counted], minlength=shape[0] * shape[1]).reshape(shape)
    total = np.bincount(flat[counted], weights=scored.value[counted], minlength=shape[0] * shape[1]).reshape(shape)
    with np.errstate(invalid="ignore"):
        mean = total / count  # NaN where a taker has no answer
    table = pd.DataFrame(
        {
            "item": [item.id for item in suite.items],
            "category": [item.category for item in suite.items],
            "difficulty": [item.difficulty for item in suite.items],
            "question": [item.shown() for item in suite.items],
            "takers": (count > 0).sum(axis=0),
            "n": count.sum(axis=0),
            "errors": np.bincount(column[~scored.answered], minlength=shape[1]),
            "unparsed": np.bincount(column[scored.unparsed], minlength=shape[1]),
            "correct": _mean(mean),
        }
    )
    complete, kr20 = _analyse(mean, table)
    table["verdict"] = np.select(
        [table["correct"] == 1, table["correct"] == 0, table["item_rest"] < 0],
        ["all right", "all wrong", "suspect key"],
        "",
    )
    names = frame.assign(taker=taker).drop_duplicates("taker").sort_values("taker")["model"].astype(str)
    shuffled = _chosen(samples, frame, column, table, suite)
    return ItemTable(table, tuple(names), complete, kr20, int((named & ~known).sum()), shuffled)


def conditions(table: Table) -> pd.DataFrame:
    """How hard each item was: `item`, `item_hash`, `n`, conditions it was met under, and `accuracy`, the mean over those.

    A condition is a model (by digest) under one setting of the factors in one run; its repeats of an item are averaged first, so
    that what was asked more often weighs no more. Errors of machine or network are no answers; unread ones are wrong.
    """
    frame = table.frame
    scored = scores(frame)
    kept = scored.answered & scored.scored
    names = ["run", "model", "digest", "engine", *(f for f in table.factors if f not in ("seed", "model", "engine"))]
    item, first = number(frame, ITEM)
    condition, kinds = number(frame, names)
    cells, cell = np.unique(item[kept] * max(1, len(kinds)) + condition[kept], return_inverse=True)
    means = np.bincount(cell, weights=scored.value[kept], minlength=len(cells)) / np.bincount(
        cell, minlength=len(cells)
    )
    owner = cells // max(1, len(kinds))
    n = np.bincount(owner, minlength=len(first))
    with np.errstate(invalid="ignore"):
        share = np.bincount(owner, weights=means, minlength=len(first)) / n
    out = frame[["item", "item_hash"]].iloc[first].reset_index(drop=True)
    return out.assign(n=n, accuracy=share)[n > 0].reset_index(drop=True)


def _indexes(frame: pd.DataFrame, suite: Suite) -> np.ndarray:
    """For each row the item of the suite that it asked, or NaN: by id where two items are the same, else by content."""
    hashes = [item_hash(item) for item in suite.items]
    by_hash = frame["item_hash"].map({hash_: index for index, hash_ in enumerate(hashes)})
    by_id = frame["item"].map({item.id: index for index, item in enumerate(suite.items)})
    asked = by_id.map(dict(enumerate(hashes))).astype("object") == frame["item_hash"].astype("object")
    return by_id.astype("Float64").where(asked, by_hash.astype("Float64")).to_numpy(dtype=np.float64, na_value=np.nan)


def _mean(mean: np.ndarray) -> np.ndarray:
    """Over takers; NaN for an item nobody answered."""
    answered = ~np.isnan(mean)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(answered, mean, 0).sum(axis=0) / answered.sum(axis=0), dtype=np.float64)


def _analyse(mean: np.ndarray, table: pd.DataFrame) -> tuple[int, float | None]:
    """Add `item_rest`; returns how many items every taker answered, and KR-20 of them."""
    table["item_rest"] = np.nan
    everyone = ~np.isnan(mean).any(axis=0) if len(mean) else np.zeros(len(table), dtype=bool)
    if not everyone.any():
        return 0, None
    found = item_analysis(mean[:, everyone])
    if found.takers < ENOUGH:
        return int(everyone.sum()), None
    table.loc[everyone, "item_rest"] = [np.nan if r is None else r for r in found.item_rest]
    return int(everyone.sum()), found.kr20


def _chosen(samples: Samples, frame: pd.DataFrame, column: np.ndarray, table: pd.DataFrame, suite: Suite) -> int:
    """Add how often each option was chosen, where options stood in the suite's order; returns the samples where not."""
    mixed = {run for run, header in samples.runs.items() if header.experiment.get("shuffle_options") is not None}
    shuffled = frame["run"].isin(mixed).to_numpy(dtype=bool)
    options = max((len(choices_of(item)) for item in suite.items), default=0)
    for letter in LETTERS[:options]:
        chose = (frame["answer"] == letter).to_numpy(dtype=bool, na_value=False) & ~shuffled
        table[f"chosen_{letter}"] = np.bincount(column[chose], minlength=len(table))
    return int(shuffled.sum())
