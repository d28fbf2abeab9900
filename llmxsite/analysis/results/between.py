"""The kinds of table over machines, with their measures: `machines`, `pooled`, `disagreement`.

What computes one imports pandas, and is imported where it is called.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace as changed

from llmxsite.analysis.measure import Form, Measure
from llmxsite.analysis.results.kind import Asked, TableKind
from llmxsite.base.diagnostics import did_you_mean

if TYPE_CHECKING:
    import pandas as pd

    from llmxsite.analysis.tables import Samples

_N = Measure("n", "Items", form="count")
_REFUSED = Measure("refused", "Not pooled with most", form="text")
_MACHINES = (
    Measure("machine", "Machine", form="text"),
    _N,
    Measure("accuracy", "Accuracy", form="percent", better="higher", what="accuracy"),
    Measure(
        "difference",
        "Accuracy minus that of the mean machine",
        head="Against the mean machine",
        form="points",
        interval=("ci_low", "ci_high"),
        what="accuracy minus that of the mean machine on the same items",
    ),
    Measure("ci_low", "Lower end", form="points"),
    Measure("ci_high", "Upper end", form="points"),
    Measure("compared", "Items compared", form="count", description="Items with one most frequent answer."),
    Measure("departed", "Departed", form="count", description="Answers other than most machines give."),
    Measure("expected", "Departures expected", head="Expected", digits=1, description="Were the machines alike."),
    Measure("p", "p", form="p", description="Of as many departures or more, were the machines alike; exact."),
    Measure("p_holm", "p by Holm", form="p", description="Over all rows of the table."),
    Measure("verdict", "Verdict", form="text"),
    Measure("differs", "What differs", form="text"),
    _REFUSED,
)
_MEAN = Measure("mean", "Mean machine", form="percent", interval=("sampled_low", "sampled_high"), what="accuracy")
_POOLED = (
    Measure("machines", "Machines", form="count"),
    _N,
    _MEAN,
    Measure("fixed_low", "On these items, from", form="percent"),
    Measure("fixed_high", "On these items, to", form="percent"),
    Measure("sampled_low", "On items like these, from", form="percent"),
    Measure("sampled_high", "On items like these, to", form="percent"),
    Measure(
        "tau",
        "Spread between machines",
        head="Spread (τ)",
        form="points",
        sign=False,
        what="standard deviation of accuracy between machines, single answers' chance apart",
    ),
    Measure("next_low", "Next machine, from", form="percent"),
    Measure("next_high", "Next machine, to", form="percent"),
    Measure("p_q", "p of no spread", form="p", description="Cochran's Q."),
    Measure("disagreed", "Items disagreed on", head="Disagreed on", form="count"),
    Measure("apart", "Answering apart", form="text"),
    _REFUSED,
)
_DISAGREEMENT = (
    Measure("item", "Item", form="text"),
    Measure("machines", "Machines", form="count"),
    Measure("share", "Machines with the most frequent answer", head="Agree", form="percent", better="higher"),
    Measure("answers", "Answers", form="text"),
    Measure("departing", "Departing", form="text"),
    Measure("expected", "Right answer", head="Right", form="text"),
)
_OTHERS: dict[str, tuple[str, Form, Form]] = {
    "agreement": ("share of items with the answer that most machines give", "percent", "points"),
    "confidence_gap": ("mean confidence minus accuracy", "points", "points"),
    "brier": ("Brier score", "probability", "probability"),
    "latency_ms": ("mean latency", "milliseconds", "milliseconds"),
    "first_token_ms": ("mean time to the first token", "milliseconds", "milliseconds"),
}
"""Measures beside accuracy that can be pooled: what one is called, its form, and that of its spread."""


def _machines(samples: Samples, asked: Asked) -> pd.DataFrame:
    from llmxsite.analysis.results.machines import machines

    return machines(samples, asked.factor, asked.by or (), asked.alpha)


def _pooled(samples: Samples, asked: Asked) -> pd.DataFrame:
    from llmxsite.analysis.results.pooled import pooled

    return pooled(samples, asked.factor, asked.by or (), asked.measure, asked.alpha)


def _disagreement(samples: Samples, asked: Asked) -> pd.DataFrame:
    from llmxsite.analysis.results.disagreement import disagreement

    return disagreement(samples, asked.factor, asked.by or ())


def _said(row: Mapping[str, Any], measure: Measure, asked: Asked, spanned: bool) -> list[str]:
    name = "accuracy" if asked.measure == "accuracy" else _OTHERS[asked.measure][0]
    return [
        measure.what or measure.title if measure.name != "mean" else f"{name} of the mean machine",
        f"over {int(row['machines']):,} machines and {int(row['n']):,} items",
        "95% interval on items like these, machines and items crossed" if spanned else "",
        "machines with other weights, items, prompts or readings are not in it"
        if row["refused"] is None
        else str(row["refused"]),
    ]


def pooled_form(measure: str) -> tuple[str, Form]:
    """What a measure that can be pooled is called, and its form. KeyError, with the nearest, for one that cannot."""
    if measure == "accuracy":
        return "accuracy", "percent"
    if measure not in _OTHERS:
        known = ("accuracy", *_OTHERS)
        raise KeyError(f"no measure called '{measure}' is pooled; {did_you_mean(measure, known) or ', '.join(known)}")
    return _OTHERS[measure][:2]


@cache
def _of(measure: str) -> TableKind:
    """The pooled table of another measure. KeyError for one that has none."""
    what, form = pooled_form(measure)
    spread = _OTHERS[measure][2]
    ends = ("mean", "fixed_low", "fixed_high", "sampled_low", "sampled_high", "next_low", "next_high")
    found = [
        changed(m, form=form, what=what)
        if m.name == "mean"
        else changed(m, form=form)
        if m.name in ends
        else changed(m, form=spread, what=f"standard deviation of the {what} between machines")
        if m.name == "tau"
        else m
        for m in _POOLED
    ]
    return replace(POOLED, measures=tuple(found))


MACHINES = TableKind(
    name="machines",
    summary="A row a machine: how often it gives another answer than most machines, and what is recorded otherwise about it.",
    measures=_MACHINES,
    shown=("machine", "n", "accuracy", "difference", "departed", "expected", "p_holm", "verdict", "differs", "refused"),
    make=_machines,
    by=("suite", "model"),
)
POOLED = TableKind(
    name="pooled",
    summary="A row for what may be pooled over machines: the mean machine, the spread, and where a further machine is expected.",
    measures=_POOLED,
    shown=("machines", "n", "mean", "tau", "next_low", "next_high", "disagreed", "apart", "refused"),
    more=("fixed_low", "fixed_high", "p_q"),
    make=_pooled,
    by=("suite", "model"),
    value="pooled",
    of="mean",
    said=_said,
    measuring=_of,
    keeps_apart=("digest", "suite_hash", "contributor"),
)
DISAGREEMENT = TableKind(
    name="disagreement",
    summary="A row an item to which machines gave different answers, the most divided first.",
    measures=_DISAGREEMENT,
    shown=tuple(m.name for m in _DISAGREEMENT),
    make=_disagreement,
    by=("suite", "model"),
)
TABLES = (MACHINES, POOLED, DISAGREEMENT)
