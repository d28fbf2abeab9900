"""Identical replies, regime against regime: within one on the diagonal, between two beside it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from llmxsite.press.figure import levels, naming, words
from llmxsite.press.figure.classes import classes_of
from llmxsite.press.figure.draft import Draft
from llmxsite.press.figure.figure import Column
from llmxsite.press.figure.grid import Grid, draw, drawing
from llmxsite.press.figure.late import pd
from llmxsite.press.figure.metrics import Metric
from llmxsite.press.figure.summary import key_columns, records
from llmxsite.task.determinism.experiment import REGIMES
from llmxsite.task.determinism.measured import PAIRS

if TYPE_CHECKING:
    from llmxsite.analysis import tables

_PAIRS = {measure.name: Metric.of(measure) for measure in PAIRS}
_SHARE = _PAIRS["share"]
_PAIR_COLUMNS = (
    *(_PAIRS[name].column() for name in ("n", "identical", "share")),
    Column(name="ci_low", title="Low end", format="percent", description="Wilson's 95% interval."),
    Column(name="ci_high", title="High end", format="percent", description="Wilson's 95% interval."),
    *(_PAIRS[name].column() for name in ("largest_drift", "first_divergence", "flips")),
)


def matrix(samples: tables.Samples, factor: str, by: list[str], alpha: float, width: int) -> Draft:
    from llmxsite.task.determinism.agreement import determinism

    found = determinism(samples, [*by, factor], factor, alpha=alpha, kappa=False)
    known = levels_of(samples, factor)
    rows = _within(found.agreement, factor) + _between(found.pairs)
    cells = pd.DataFrame([{**row, **{c: row.get(c) for c in by}} for row in rows])
    outer = levels.order(samples.frame[by[0]].astype(object), "given", {}) if by else [None]
    outer = levels.ordinal(outer) or outer
    full = pd.DataFrame([{**({by[0]: o} if by else {}), "a": a, "b": b} for o in outer for a in known for b in known])
    data = full.merge(cells, on=[*by, "a", "b"], how="left")
    for name in ("n", "identical", "flips"):
        data[name] = data[name].fillna(0).astype("int64")
    drawn = _drawn(data, by, factor)
    classes = classes_of(drawn["share"].to_numpy(float), _SHARE, None)
    made = drawing(drawn, Grid("row", "column", _SHARE, classes, "Requests", _HOVER, sampled=False), width)
    said = _findings(data, by, factor)
    return Draft(
        keys=[*by, factor],
        data=data,
        columns=[*key_columns(by), Column(name="a", title="A"), Column(name="b", title="B"), *_PAIR_COLUMNS],
        marks=made.marks,
        draw=lambda layout: draw(layout, made),
        title=f"Identical replies by {both(by, factor)}",
        caption=[*said, _reads(factor)],
        alt=[
            f"Matrix of {naming.counted(len(known), factor)} against each other"
            + (f", for each {naming.noun(by[0])}" if by else "")
            + f": {words.listed([levels.label(factor, v) for v in known])}.",
            *said,
        ],
        notes=_notes(found.agreement, data, by, factor),
    )


_HOVER = (("drift", _PAIRS["largest_drift"].title), ("flips", _PAIRS["flips"].title))


def _within(agreement: pd.DataFrame, factor: str) -> list[dict[str, Any]]:
    """The diagonal: requests to which all replies under one level are the same."""
    return [
        {
            **row,
            "a": row[factor],
            "b": row[factor],
            "n": row["n_items"],
            "identical": 0 if math.isnan(row["tarr"]) else round(row["tarr"] * row["n_items"]),
            "share": row["tarr"],
            "ci_low": row["tarr_low"],
            "ci_high": row["tarr_high"],
            "flips": 0 if math.isnan(row["tara"]) else round((1 - row["tara"]) * row["n_items"]),
        }
        for row in records(agreement)
    ]


def _between(pairs: pd.DataFrame) -> list[dict[str, Any]]:
    """Both halves of the matrix."""
    rows = records(pairs[pairs["n"] > 0])
    return rows + [{**row, "a": row["b"], "b": row["a"]} for row in rows]


def levels_of(samples: tables.Samples, factor: str) -> list[Any]:
    """The levels in their order; of regimes also those that the experiments name and no server could keep."""
    met = list(dict.fromkeys(samples.frame[factor].dropna().tolist()))
    if factor != "regime":
        return levels.order(met, "name" if levels.ordinal(met) is None else None, {})
    planned = {
        *(level for run in samples.runs.values() for level in (run.experiment.get("sweep") or {}).get(factor, ())),
        *(c[factor] for run in samples.runs.values() for c in run.experiment.get("conditions") or () if factor in c),
    }
    return [name for name in REGIMES if name in {*met, *planned}]


def _drawn(data: pd.DataFrame, by: list[str], factor: str) -> pd.DataFrame:
    """The cells as a grid takes them: rows named with their group in front."""
    front = [f"{levels.named(by[0], v)} · " for v in data[by[0]]] if by else [""] * len(data)
    return data.assign(
        row=[f + levels.named(factor, a) for f, a in zip(front, data["a"], strict=True)],
        column=[levels.named(factor, b) for b in data["b"]],
        answered=data["n"],
        drift=[words.show(v, "number") for v in data["largest_drift"]],
        flips=[str(v) for v in data["flips"]],
        _total=False,
    )


def _findings(data: pd.DataFrame, by: list[str], factor: str) -> list[str]:
    """The least agreement within a level and between two."""
    said = []
    known = data[data["share"].notna()]
    for rows, what in (
        (known[known["a"] == known["b"]], f"Within a {naming.noun(factor)}"),
        (known[known["a"] != known["b"]], f"Between two {naming.nouns(factor)}"),
    ):
        if rows.empty:
            continue
        least, most = (float(f) for f in (rows["share"].min(), rows["share"].max()))
        worst = records(rows[rows["share"] == least])[0]
        number = words.measured(worst["share"], worst["ci_low"], worst["ci_high"], int(worst["n"]), "percent")
        one, other = (_named({**worst, factor: worst[side]}, by, factor) for side in ("a", "b"))
        name = one if worst["a"] == worst["b"] else f"{levels.named(factor, worst['a'])} and {other}"
        if least == most:
            said.append(f"{what}, {number} of the requests got identical replies throughout.")
        else:
            said.append(
                f"{what}, {words.percent(least)} to {words.percent(most)} of the requests got identical replies; fewest: {name}, {number}."
            )
    return said


def both(by: list[str], factor: str) -> str:
    return " and ".join(naming.noun(name) for name in (*by, factor))


def _named(row: dict[str, Any], by: list[str], factor: str) -> str:
    """`cold`, or `cold at temperature 0`."""
    level = levels.named(factor, row[factor])
    return f"{level} at {levels.named(by[0], row[by[0]])}" if by else level


def _reads(factor: str) -> str:
    name = naming.noun(factor)
    return (
        f"A cell is the share of requests to which every reply under both {naming.nouns(factor)} is the same text; on the diagonal, every "
        f"repeat under one {name}. Shares have 95% intervals (Wilson)."
    )


def _notes(agreement: pd.DataFrame, data: pd.DataFrame, by: list[str], factor: str) -> list[str]:
    said = []
    never = records(agreement[agreement["differing"] == 0])
    if never:
        bounds = [float(r["bound"]) for r in never if not math.isnan(r["bound"])]
        if bounds:
            which = words.listed([_named(r, by, factor) for r in never], 6)
            chance = (
                words.percent(max(bounds))
                if len(set(bounds)) == 1
                else f"{words.percent(min(bounds))} to {words.percent(max(bounds))}"
            )
            said.append(
                f"No reply differed from the first under {which}: the chance that one does is below {chance} (95% bound), which is "
                "not shown to be 0."
            )
    absent = [a for a in dict.fromkeys(data["a"]) if data[(data["a"] == a) & (data["b"] == a)]["share"].isna().all()]
    if absent:
        shown = words.listed([levels.named(factor, a) for a in absent])
        said.append(f"Not measured: {shown}. The run's page says why.")
    return said
