"""Rows of numbers that are each of one population: one model, one suite, one run, one prompt, one setting of everything else.

What a study happened to run more often does not weigh more in a number here, and no number stands beside one of another
prompt as if it were the same test: the setting is part of the row, and rows are put in order within a setting only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from llmxsite.analysis.results.tables import Asked, Row
from llmxsite.press.catalogue.entries import RunEntry
from llmxsite.press.site.edition import Edition
from llmxsite.press.site.templates import noun, value

BARE = ("prompt",)
"""Settings that are named by their value alone."""


def rows(
    edition: Edition,
    runs: Sequence[RunEntry],
    by: Sequence[str],
    *,
    where: Mapping[str, Any] | None = None,
    floor: bool = False,
) -> list[Row]:
    """`results.summarise` by these columns, by run, and by every setting that varies among the samples: rows of one population.

    Each row has, beside its numbers, `setting`, those settings in words, and `settings`, the same as a filter; with `floor` also
    `ece_noise_p95`, what the ECE of 95 in 100 calibrated models would be below.
    """
    names = edition.numbers.settings(runs, where)
    keys = [*by, "run", *names]
    asked = Asked(by=tuple(keys), intervals=("ece_noise_p95",) if floor else ())
    found = edition.numbers.table("summary", runs, asked, where=where)
    return [
        {**row, "setting": words(row, names), "settings": {name: row[name] for name in names}}
        for row in found
        if row["n"]
    ]


def words(row: Row, names: Sequence[str]) -> str:
    """`few-shot(5), temperature 0.2`; empty where nothing varies. What is not set is not said."""
    known = [(name, str(value(row[name]))) for name in names if row[name] is not None]
    return ", ".join(shown if name in BARE else f"{noun(name)} {shown}" for name, shown in known)


def condition(row: Row, names: Sequence[str]) -> str:
    """`smollm2:135m, temperature 0.2`: a row's model, where it is among these columns, and `words` of the others."""
    others = words(row, [name for name in names if name != "model"])
    return ", ".join(filter(None, [str(row["model"]) if "model" in names else "", others]))


def by_setting(found: Sequence[Row]) -> list[Row]:
    """The rows with those of one setting together, the setting with most rows first; in a setting as they came."""
    order: dict[str, int] = {}
    for row in found:
        order[row["setting"]] = order.get(row["setting"], 0) + 1
    ranked = sorted(order, key=lambda setting: (-order[setting], setting))
    return sorted(found, key=lambda row: ranked.index(row["setting"]))


def widest(found: Sequence[Row], column: str) -> dict[str, Any] | None:
    """The filter of the setting under which most levels of `column` were met, each in one run; None where there is no row.

    Where a level was met in several runs under it, one run is taken: the one with most levels, then with most samples.
    """
    settings: dict[str, list[Row]] = {}
    for row in found:
        settings.setdefault(row["setting"], []).append(row)
    best: tuple[tuple[int, int], dict[str, Any]] | None = None
    for group in settings.values():
        chosen = group
        if len({row[column] for row in group}) < len(group):
            runs: dict[str, list[Row]] = {}
            for row in group:
                runs.setdefault(str(row["run"]), []).append(row)
            chosen = max(runs.values(), key=lambda part: (len({r[column] for r in part}), sum(r["n"] for r in part)))
        rank = len({row[column] for row in chosen}), sum(row["n"] for row in chosen)
        if best is None or rank > best[0]:
            best = rank, {**chosen[0]["settings"], "run": sorted({str(row["run"]) for row in chosen})}
    return best[1] if best else None


@dataclass(frozen=True)
class Span:
    """The accuracies of several populations in one cell: their lowest and highest, never their mean."""

    low: Row
    high: Row
    count: int


def span(found: Sequence[Row]) -> Span | None:
    """The span of the rows that have an accuracy; None where none has."""
    known = sorted((row for row in found if row["accuracy"] is not None), key=lambda row: float(row["accuracy"]))
    if not known:
        return None
    return Span(known[0], known[-1], len(known))
