"""Which number is called the highest or the lowest: one rule for captions, texts for those who do not see a chart, and the order of rows.

Nothing that rests on fewer than ten answers is ranked. Numbers that are equal as they are written are called equal. An end that
another rule of reading replies puts elsewhere is not named.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from llmxsite.analysis import results
from llmxsite.analysis.measure import FEW
from llmxsite.base.diagnostics import several
from llmxsite.press.figure import words
from llmxsite.press.figure.late import pd
from llmxsite.press.figure.metrics import Metric

Row = Mapping[str, Any]


def enough(row: Row, count: str = "answered") -> bool:
    """Whether a row rests on enough answers to be ranked."""
    return bool(row[count] >= FEW)


def values(summary: pd.DataFrame, key: str, shown: Metric) -> dict[Any, float]:
    """The number by level, to order levels by; missing where too few answers stand behind it, which puts the level last."""
    known = summary[shown.name].where(summary["answered"] >= FEW)
    return {level: float(value) for level, value in zip(summary[key], known, strict=True)}


def sentences(
    rows: Sequence[Row],
    shown: Metric,
    name: Callable[[Row], str],
    order: results.Order | None = None,
    noun: str = "number",
) -> list[str]:
    """`Highest: phi3, 63.4% (interval 60.1% to 66.6%, n = 844).` and the same of the lowest, as far as they may be named.

    `rows` have a number each, and `answered`; `noun` is what one of them is called.
    """
    ranked = [row for row in rows if enough(row)]
    if len(rows) == 1:
        return [f"{said(rows[0], shown, name)}."]
    if not ranked:
        return [f"No {noun} rests on {FEW} answers or more, so none is named."]
    if len(ranked) == 1:
        return [f"The one {noun} with {FEW} answers or more: {said(ranked[0], shown, name)}."]
    numbers = {written(row, shown) for row in ranked}
    if len(numbers) == 1:
        return [equal(ranked, shown, name, noun, len(rows))]
    ends = both_ends(ranked, shown, order)
    unsure = [what for what, found in zip(("highest", "lowest"), ends, strict=True) if not found]
    which = "they are" if len(unsure) > 1 else "it is"
    return [
        *([f"No {' or '.join(unsure)} is named: which {which} depends on how replies are read."] if unsure else []),
        *(
            f"{what}: {said(found[0], shown, name)}."
            if len(found) == 1
            else f"{what}, {written(found[0], shown)}: {named(found, name)}."
            for what, found in zip(("Highest", "Lowest"), ends, strict=True)
            if found
        ),
    ]


def equal(rows: Sequence[Row], shown: Metric, name: Callable[[Row], str], noun: str, of: int) -> str:
    """`38.2% at both, a and b.` of rows whose numbers are written alike; `of` is how many there are besides."""
    number = f"{written(rows[0], shown)}{words.unit(shown.form)}"
    if len(rows) == 2:
        return f"{number} at both, {name(rows[0])} and {name(rows[1])}."
    with_enough = f" with at least {FEW} answers" if len(rows) < of else ""
    return f"{number} at all {several(len(rows), noun)}{with_enough}."


def written(row: Row, shown: Metric) -> str:
    """A row's number as it is written, so that two that look equal are."""
    return words.show(float(row[shown.name]), shown.form)


def said(row: Row, shown: Metric, name: Callable[[Row], str]) -> str:
    """A row with its number, its interval and its n."""
    low, high = (row[end] for end in shown.interval) if shown.interval else (None, None)
    return f"{name(row)}, {words.measured(row[shown.name], low, high, int(row['answered']), shown.form)}"


def named(rows: Sequence[Row], name: Callable[[Row], str]) -> str:
    """Several rows in a list, apart also where their names have commas."""
    said = [name(row) for row in rows]
    if not any("," in each for each in said):
        return words.listed(said)
    more = [f"{len(said) - 5} more"] if len(said) > 6 else []
    return "; ".join([*(said[:5] if more else said), *more])


def both_ends(rows: Sequence[Row], shown: Metric, order: results.Order | None) -> tuple[list[Row], list[Row]]:
    """The rows at the upper and at the lower end, of rows with enough answers; none at one that another rule of reading turns."""
    return _end(rows, shown, max, order), _end(rows, shown, min, order)


def _end(rows: Sequence[Row], shown: Metric, pick: Any, order: results.Order | None) -> list[Row]:
    """The rows at one end; none where another rule of reading puts another there."""
    best = pick(rows, key=lambda row: float(row[shown.name]))
    ends = [row for row in rows if written(row, shown) == written(best, shown)]
    if order is None:
        return ends
    first, second = (best, None) if pick is max else (None, best)
    turned = any(order.turned(first or row, second or row, shown.name) for row in rows)
    return [] if turned else ends
