"""The ledger: every test that the study shows or declares, each once, with its p adjusted over three families.

A test counts where a reader meets it: as a prediction, in a figure of differences, in a table that compares, on a compare page,
or behind a number in prose, however small the part of it that the text shows. The same test in two places is one. Families are named: what one figure shows, what the report declared, and the whole study.
What a build remembers of its pages holds tests, so nothing heavy is imported here but in functions.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from llmxsite.analysis.results.kind import Test as RowTest


class LedgerEntry(msgspec.Struct, kw_only=True):
    """One test as one place shows it."""

    __test__ = False

    report: str
    """Slug; empty on a page that is no report's."""
    address: str
    """Of the place, with its anchor."""
    place: str
    """`Figure 2`, `Table 1`, `Prediction 3`, `Compare page`, `Text`."""
    what: str
    """`accuracy of temperature=0.2 minus temperature=1.2`."""
    sides: list[str] = []
    """The measure and the two levels, in an order that says nothing of which was taken from which."""
    scope: str = ""
    """What it is limited to, in words."""
    declared: str = ""
    """How it was declared before the data: `prediction`, `analysis.compare`; empty where it was not."""
    n: int | None = None
    difference: float | None = None
    low: float | None = None
    high: float | None = None
    form: str = "points"
    """How the difference is written: `points`, or as the plain number it is."""
    p: float | None = None
    """By itself."""
    p_family: float | None = None
    """Adjusted (Holm) over its place: the figure, the table, the report's predictions. A number in prose has none."""
    verdict: str | None = None

    def same(self, other: LedgerEntry) -> bool:
        """Whether two places show one test. Which level comes first says nothing; a figure's table is rounded."""
        if (self.report, self.sides, self.n) != (other.report, other.sides, other.n):
            return False
        if self.p is None or other.p is None:
            return self.p == other.p and (self.what, self.scope) == (other.what, other.scope)
        sizes = abs(abs(self.difference or 0) - abs(other.difference or 0))
        return math.isclose(self.p, other.p, rel_tol=1e-3) and sizes < 1e-4


class Line(msgspec.Struct, kw_only=True):
    """One test of the ledger, with every place that shows it."""

    test: LedgerEntry
    number: int
    places: list[tuple[str, str]]
    """`(words, address)`."""
    p_shown: float | None
    """Holm over the figure or table it is shown in; of several, the largest."""
    p_declared: float | None
    p_study: float | None
    """Holm over the study. Never below what a place gives: a place may have compared more pairs than it shows, and those count."""


def lines(tests: Iterable[LedgerEntry]) -> list[Line]:
    """Every test once, in the order of the reports and of its places, each with its three adjusted p."""
    from llmxsite.analysis.stats.multiple import adjust

    groups: list[list[LedgerEntry]] = []
    alike: dict[tuple[Any, ...], list[list[LedgerEntry]]] = {}
    for test in tests:
        near = alike.setdefault((test.report, *test.sides, test.n), [])
        group = next((group for group in near if group[0].same(test)), None)
        if group is None:
            group = []
            near.append(group)
            groups.append(group)
        group.append(test)
    study = adjust([group[0].p for group in groups]).p
    found = []
    for number, (group, p) in enumerate(zip(groups, study, strict=True), 1):
        declared = [t for t in group if t.declared]
        shown = [t.p_family for t in group if not t.declared and t.p_family is not None]
        found.append(
            Line(
                test=(declared or group)[0],
                number=number,
                places=list(dict.fromkeys((t.place, t.address) for t in group)),
                p_shown=max(shown, default=None),
                p_declared=declared[0].p_family if declared else None,
                p_study=None if p is None else max([p, *(t.p_family for t in group if t.p_family is not None)]),
            )
        )
    return found


def of_figure(text: str, options: Mapping[str, Any], *, report: str, address: str, place: str) -> list[LedgerEntry]:
    """The tests of a figure of differences, from its CSV and the options it was drawn with."""
    factor, by = str(options.get("factor") or "model"), options.get("by")
    rows = [{k: _read(v) for k, v in row.items()} for row in csv.DictReader(io.StringIO(text))]
    return of_rows(
        rows, factor, [str(by)] if by else [], options.get("where"), report=report, address=address, place=place
    )


def of_rows(
    rows: Sequence[Mapping[str, Any]],
    factor: str,
    by: Sequence[str],
    where: Mapping[str, Any] | None,
    *,
    report: str,
    address: str,
    place: str,
    declared: str = "",
    measure: str = "accuracy",
) -> list[LedgerEntry]:
    """The tests of a comparison, a row each, as `results.compare` gives them, or of another measure `results.contrast`."""
    from llmxsite.press.site.templates import value
    from llmxsite.study.experiment import MEASURES

    limits = [f"{name}={value(level)}" for name, level in (where or {}).items()]
    found = []
    for row in rows:
        if row.get("n"):
            scope = " ".join([*limits, *(f"{name}={value(row[name])}" for name in by if row.get(name) is not None)])
            found.append(
                LedgerEntry(
                    report=report,
                    address=address,
                    place=place,
                    what=f"{measure} of {factor}={value(row['a'])} minus {factor}={value(row['b'])}",
                    sides=sides(measure, factor, value(row["a"]), value(row["b"])),
                    scope=scope,
                    declared=declared,
                    n=int(row["n"]),
                    form=MEASURES[measure].unit,
                    difference=row["difference"],
                    low=row["ci_low"],
                    high=row["ci_high"],
                    p=row["p"],
                    p_family=row["p_holm"],
                    verdict=row["verdict"],
                )
            )
    return found


def of_pairs(
    rows: Sequence[Mapping[str, Any]],
    test: RowTest,
    factor: str,
    by: Sequence[str],
    *,
    report: str,
    address: str,
    place: str,
) -> list[LedgerEntry]:
    """The tests of a table of pairs that has one in each row, such as McNemar's of the answers that flip."""
    from llmxsite.analysis.stats.multiple import adjust
    from llmxsite.press.site.templates import value

    adjusted = adjust([row.get(test.column) for row in rows]).p
    found = []
    for row, p in zip(rows, adjusted, strict=True):
        if row.get(test.column) is not None:
            scope = " ".join(f"{name}={value(row[name])}" for name in by if name in row and row[name] is not None)
            found.append(
                LedgerEntry(
                    report=report,
                    address=address,
                    place=place,
                    sides=sides(test.of, factor, value(row["a"]), value(row["b"])),
                    what=f"{test.what} of {factor}={value(row['a'])} against {factor}={value(row['b'])} ({test.name})",
                    scope=scope,
                    n=row.get("n"),
                    form="",
                    p=row[test.column],
                    p_family=p,
                )
            )
    return found


def of_value(tested: Mapping[str, Any], *, report: str, address: str) -> list[LedgerEntry]:
    """The test behind a number in prose, whose verdict stands in its title: `Value.tested`. No family goes with it."""
    factor, where, rule = str(tested["factor"]), tested["where"], tested["reading"]
    place = {"report": report, "address": address, "place": "Text"}
    if "difference" not in tested:
        limits = {name: level for name, level in where.items() if name != factor}
        found = of_pairs([{**limits, **tested}], RowTest(**tested["test"]), factor, list(limits), **place)
    else:
        found = of_rows([tested], factor, [], where, measure=str(tested["measure"]), **place)
    for test in found:
        test.p_family = None
        if rule is not None:
            test.what += f", replies read by the rule {rule}"
            test.sides = [f"{test.sides[0]} reading {rule}", *test.sides[1:]]
    return found


def sides(measure: str, factor: str, a: object, b: object) -> list[str]:
    """`LedgerEntry.sides` of two levels in either order."""
    return [measure, factor, *sorted((str(a), str(b)))]


def _read(text: str) -> Any:
    """A cell of a CSV: a number where it is one, None where it is empty."""
    if text == "":
        return None
    try:
        return float(text)
    except ValueError:
        return text
