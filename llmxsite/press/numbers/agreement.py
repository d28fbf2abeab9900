"""What `agreement` and `identical` are in a query: numbers of determinism experiments."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import pandas as pd

from llmxsite.analysis import results
from llmxsite.analysis.tables import Samples
from llmxsite.press.numbers.query import Query, QueryError

_ENDS = {"tarr": ("tarr_low", "tarr_high"), "tara": ("tara_low", "tara_high"), "share": ("ci_low", "ci_high")}
_WHAT = {
    "tarr": "share of requests to which all replies are the same text",
    "tara": "share of requests whose replies all give the same answer",
    "pairwise": "mean share of agreeing pairs of replies",
    "accuracy_min": "lowest accuracy of any one repeat",
    "accuracy_max": "highest accuracy of any one repeat",
    "bound": "95% upper bound of the share of requests to which a reply would differ, where none did; the request is the unit",
    "similarity": "mean similarity of two replies, in tokens",
    "cached_share": "share of the prompts' tokens that came from the server's cache",
    "prompt_ms": "median time of reading the prompt, as the server says",
    "unique": "mean number of different replies to a request",
    "fleiss_kappa": "Fleiss' kappa of the answers",
    "largest_drift": "largest difference of a logprob on tokens that two replies share, in nats",
    "differing": "replies that differ from the first one to their request",
    "compared": "replies compared with the first one to their request",
    "n_items": "requests",
    "repeats": "times each request was asked",
    "predicted": "items at temperature 0 whose margin is below twice the largest drift",
    "flipped": "items at temperature 0 whose answer differs between replies",
    "both": "items at temperature 0 that were predicted to flip and did",
    "share": "share of requests to which every reply under both is the same text",
    "agreement": "chance that a reply under one is the reply under the other",
    "logprobs_identical": "share of shared tokens whose logprob is the same to the last bit",
    "mean_drift": "mean difference of a logprob on tokens that two replies share, in nats",
    "mcnemar_p": "exact McNemar test of right and wrong among the flips",
    "first_divergence": "median of the tokens shared before replies part",
    "n": "requests met under both",
    "identical": "requests to which every reply under both is the same text",
    "flips": "requests whose most frequent answer differs",
    "only_a": "flips of which only the first is right",
    "only_b": "flips of which only the second is right",
}


class Measured(NamedTuple):
    """A number with its interval, NaN where it has none, and what it is."""

    number: float
    low: float
    high: float
    title: str


def table_of(query: Query) -> str:
    """The table of `results.determinism` that has the number a query asks for."""
    if query.of in ("predicted", "flipped", "both"):
        return "fragile"
    return "pairs" if query.metric == "identical" else "agreement"


def rows(query: Query, samples: Samples, factor: str) -> pd.DataFrame:
    """That table, over the levels of `factor`. Raises `QueryError` where no sample is of a determinism experiment."""
    samples = samples.where(task="determinism")
    if not len(samples):
        raise QueryError("no sample of a determinism experiment is left", 0, "task: determinism in experiment.yaml")
    table = table_of(query)
    found: pd.DataFrame = getattr(results.determinism(samples, [factor] if table == "pairs" else [], factor), table)
    return found


def measure(query: Query, rows: pd.DataFrame, pair: list[Any]) -> Measured:
    """A number of `rows`, for `identical` that of the two levels in `pair`. Raises `QueryError` for levels that share no request."""
    table = table_of(query)
    if table == "fragile":
        return _fragile(query, rows)
    if table == "pairs":
        rows = rows[_is(rows, pair) | _is(rows, pair[::-1])]
        if rows.empty or not int(rows.iloc[0]["n"]):
            raise QueryError(f"{pair[0]} and {pair[1]} share no request", query.place("a"))
        row = rows.iloc[0]
        turned = {"only_a": "only_b", "only_b": "only_a"} if row["a"] != pair[0] else {}
        over = f"{pair[0]} and {pair[1]}, {int(row['n']):,} requests"
    else:
        row, turned = rows.iloc[0], {}
        over = f"{int(row['n_items']):,} requests, {int(row['n']):,} replies"
    number = float(row[turned.get(query.of, query.of)])
    ends = _ENDS.get(query.of) if query.options.get("interval") != "no" else None
    low, high = (float(row[end]) for end in ends) if ends else (math.nan, math.nan)
    parts = [_WHAT[query.of], over, "95% interval, Wilson" if ends else ""]
    return Measured(number, low, high, "; ".join(p for p in parts if p))


def _is(pairs: pd.DataFrame, pair: list[Any]) -> pd.Series[bool]:
    same: pd.Series[bool] = (pairs["a"] == pair[0]) & (pairs["b"] == pair[1])
    return same


def _fragile(query: Query, rows: pd.DataFrame) -> Measured:
    predicted, flipped = (rows[name].fillna(False).astype(bool) for name in ("predicted", "flipped"))
    chosen = {"predicted": predicted, "flipped": flipped, "both": predicted & flipped}[query.of]
    unknown = int(rows["predicted"].isna().sum())
    title = f"{_WHAT[query.of]}, of {len(rows):,}" + (f"; {unknown:,} of them without a margin" if unknown else "")
    return Measured(float(chosen.sum()), math.nan, math.nan, title)
