"""What other rules of reading do to a claim: sentences where accuracies part, and which order of two groups another rule turns.

A rule that finds an answer in hardly any reply of a group says nothing of that group: it is said so, and no order is doubted for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from llmxsite.analysis.measure import show
from llmxsite.analysis.results.rereading import OURS, Read, read
from llmxsite.exchange.answer.rules import ASKS, RULES

if TYPE_CHECKING:
    from llmxsite.analysis.results.groups import Floats
    from llmxsite.analysis.tables import Samples

APART = 0.01
"""Difference of accuracies from which readings are shown side by side."""
SCALED = ("accuracy", "correct", "accuracy_per_second")
"""Measures that other rules of reading order: right answers, over answers or seconds that no rule changes."""
MOST = 3
"""Groups of which each gets a sentence of its own."""
_NAMES = ("model", "suite")
"""Groups whose values say what they are."""


class Order:
    """Accuracies of groups as every rule sees them that finds answers there."""

    def __init__(self, found: Read, by: Sequence[str]) -> None:
        self._found, self._by, self._heard = found, list(by), _heard(found)
        keys = zip(*(found.table[name] for name in by), strict=True) if by else [()] * len(found.table)
        self._place = {_key(values): place for place, values in enumerate(keys)}

    def turned(self, higher: Mapping[str, Any], lower: Mapping[str, Any], measure: str = OURS) -> bool:
        """Whether a rule puts `lower` before `higher`, rows of `summarise`, where the scorer does not.

        `measure` is the accuracy or a multiple of it, one of `SCALED`.
        """
        first, second = (self._place.get(_key(row[name] for name in self._by)) for row in (higher, lower))
        if first is None or second is None:
            return False
        a, b = self._heard[first], self._heard[second]
        if measure != OURS:
            a, b = (values * _scale(row, measure) for values, row in ((a, higher), (b, lower)))
        return bool(a[0] >= b[0] and (a[1:] < b[1:]).any())

    def sentences(self, called: Callable[[str, Any], str] | None = None) -> list[str]:
        """What to say where readings part by more than a point, and where they order the models differently.

        `called` names a level of a column; without it levels have their column's name before them, but for models and suites.
        """
        called = called or _called
        table, by = self._found.table, self._by
        if table.empty:
            return []
        varying = [key for key in by if table[key].nunique(dropna=False) > 1]
        names = [", ".join(called(key, row[key]) for key in varying) for row in table.to_dict("records")]
        return [*_apart(names, self._heard), *_deaf(names, self._found), *_orders(table, self._heard, by)]


def _called(key: str, level: Any) -> str:
    return str(level) if key in _NAMES else f"{key} {level}"


def order(samples: Samples, by: Sequence[str]) -> Order:
    """The groups of `by` under every rule of reading."""
    return Order(read(samples, by), by)


def reading_notes(samples: Samples, by: Sequence[str]) -> list[str]:
    """`Order.sentences` of the groups of `by`."""
    return order(samples, by).sentences()


def _scale(row: Mapping[str, Any], measure: str) -> float:
    """What a group's accuracy is multiplied by to be another measure, whoever reads the replies; NaN where nothing was right."""
    return float(row[measure]) / float(row[OURS]) if row[OURS] else np.nan


def _key(values: Iterable[Any]) -> tuple[Any, ...]:
    """The values of key columns as one key: missing ones equal each other."""
    return tuple(None if pd.isna(value) else value for value in values)


def _heard(found: Read) -> Floats:
    """Accuracies by group, ours first; NaN by a rule that finds hardly any answer there."""
    values = np.array(found.table[[OURS, *RULES]], dtype=np.float64)
    values[:, 1:][found.deaf] = np.nan
    return values


def _apart(names: list[str], heard: Floats) -> Iterator[str]:
    """Accuracies that another rule moves by more than a point."""
    known = ~np.isnan(heard[:, 0])
    spread = np.zeros(len(heard))
    spread[known] = np.nanmax(heard[known], axis=1) - np.nanmin(heard[known], axis=1)
    apart = np.flatnonzero(spread > APART)
    if len(apart) > MOST:
        yield (
            f"By other rules of reading ({', '.join(RULES)}), {len(apart)} of {len(heard)} accuracies move by more than a point, "
            f"the most by {show(float(spread.max()), 'points', sign=False)} points."
        )
        return
    for group in apart:
        ours, *others = heard[group]
        parts = ", ".join(
            f"{rule} {show(value, 'percent')}" for rule, value in zip(RULES, others, strict=True) if not np.isnan(value)
        )
        of = f" of {names[group]}" if names[group] else ""
        yield f"By other rules of reading, the accuracy{of} is {parts}; {show(ours, 'percent')} as scored."


def _deaf(names: list[str], found: Read) -> Iterator[str]:
    """Rules that find hardly any answer, where their accuracy would otherwise look like one of the model."""
    for place, rule in enumerate(RULES):
        deaf = np.flatnonzero(found.deaf[:, place] & (found.table["apart"].to_numpy(dtype=np.float64) > APART))
        if not len(deaf):
            continue
        of = "" if len(deaf) == len(names) else f" of {'; '.join(names[group] for group in deaf)}"
        if of and len(deaf) > MOST:
            of = f" of {len(deaf)} of {len(names)} groups"
        yield (
            f"The reading {rule} finds no answer in the replies{of}, or in next to none: it asks for {ASKS[rule]}. "
            "Its accuracy there says nothing of the model."
        )


def _orders(table: pd.DataFrame, heard: Floats, by: Sequence[str]) -> Iterator[str]:
    """Models that one rule puts before another, and another rule behind it."""
    if "model" not in by or len(table) < 2:
        return
    others = [key for key in by if key != "model"]
    places = pd.Series(range(len(table)), index=table.index)
    turned = set()
    for _, rows in table.groupby(others, observed=True) if others else [((), table)]:
        values = heard[places[rows.index]]
        models = [str(model) for model in rows["model"]]
        for i in range(len(models)):
            for j in range(i + 1, len(models)):
                signs = set(np.sign(values[i] - values[j]))
                if {-1.0, 1.0} <= signs:
                    turned.add(f"{models[i]} and {models[j]}")
    if turned:
        yield f"No order of {'; '.join(sorted(turned))}: which has the higher accuracy depends on how replies are read."
