"""A number in prose, from the logs: `` {value}`accuracy model=phi3:mini` ``, with its interval, its n and its runs.

A number is of one population or says so: the samples must be of one suite, one model, one digest and one contributor,
unless `pool=yes`. Other factors that vary among them are averaged over, and the number's title names them.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from html import escape
from typing import Any, TypeVar

import numpy as np

from llmxsite.analysis import results, tables
from llmxsite.analysis.measure import MISSING, ends, show
from llmxsite.analysis.results import Table, measured
from llmxsite.analysis.results.groups import Subset
from llmxsite.analysis.results.tables import Asked, TableKind, fitting, rows
from llmxsite.analysis.tables.samples import equals
from llmxsite.base.diagnostics import did_you_mean
from llmxsite.press.numbers.levels import level_of, levels_of, nearest
from llmxsite.press.numbers.query import Query, QueryError, parse

T = TypeVar("T")
Memory = dict[tuple[Any, ...], Any]
"""What queries of one table worked out, by the samples they left and what it is: prose has several numbers of the same."""
POPULATION = ("suite", "suite_hash", "model", "digest", "contributor")
_NOTHING = "not measured"


@dataclass(frozen=True)
class Value:
    """An answered query."""

    query: Query
    number: float
    """NaN where it was not measured."""
    low: float
    high: float
    """The 95 % interval; NaN where the metric has none here."""
    title: str
    """What it is, over how many samples, by which method, pooled over what."""
    runs: list[str]
    """Ids of the runs behind it, sorted."""
    text: str
    """The number as prose shows it."""
    tested: dict[str, Any] | None = None
    """The comparison that it shows a part or the verdict of, for the ledger of tests: see `ledger.of_value`."""

    @property
    def interval(self) -> str:
        """`[55.1, 68.7]`, in the unit of the number."""
        return ends(self.low, self.high, self.query.form, self.query.digits)

    def html(self, href: str | None) -> str:
        """The number as a link to its runs."""
        interval = self.interval
        shown = escape(self.text) + (f' <span class="interval">{escape(interval)}</span>' if interval else "")
        title = escape(f"{self.title}{'' if self.query.metric in ('count',) else '; ' + _runs(self.runs)}")
        if href is None:
            return f'<span class="value" title="{title}">{shown}</span>'
        return f'<a class="value" href="{escape(href)}" title="{title}">{shown}</a>'

    def plain(self) -> str:
        """The number and its interval as plain text."""
        return " ".join(p for p in (self.text, self.interval) if p)


def evaluate(text: str, table: Table, *, report: str | None = None, memory: Memory | None = None) -> Value:
    """Answer a query from the samples, from those of `report` unless the query names an `experiment`. Raises `QueryError`.

    With `memory`, which belongs to one table, what an earlier query worked out of the same samples is taken from there.
    """
    query = parse(text)
    once = _Once(query, report, {} if memory is None else memory)
    samples = select(query, table, report)
    if "reading" in query.options:
        samples = _read_by(query, samples, table)
    runs = sorted(str(r) for r in samples.frame["run"].unique())
    if query.metric == "count":
        return _count(query, samples, runs)
    if query.options.get("pool") != "yes" and query.form != "count":
        _single_population(query, samples)
    kind, of = query.kind, query.described
    rest = fitting(_whole(samples, table), kind)
    if kind.task is not None and not len(rest):
        raise QueryError(f"no sample of a {kind.task} experiment is left", 0, f"task: {kind.task} in experiment.yaml")
    asked = _asked(query, kind, rest)
    row = _row(query, kind, rest, asked, once)
    number = _float(row[of.name])
    spanned = of.interval is not None and query.options.get("interval") != "no"
    low, high = (_float(row[end]) for end in of.interval) if of.interval and spanned else (math.nan, math.nan)
    parts = kind.said(row, of, asked, spanned)
    parts += [] if kind.pair else once(("pooled",), lambda: _pooled(samples))
    parts += [f"replies read by the rule '{query.options['reading']}'"] if "reading" in query.options else []
    said, text = "; ".join(p for p in parts if p), write(query, number)
    return Value(query, number, low, high, said, runs, text, _tested(query, kind, asked, row))


@dataclass(frozen=True)
class _Once:
    """Makes a thing of the samples that a query leaves, unless an earlier query that left the same ones did."""

    query: Query
    report: str | None
    memory: Memory

    def __call__(self, what: tuple[object, ...], make: Callable[[], T]) -> T:
        left = tuple(sorted((name, tuple(values)) for name, values in self.query.filters.items()))
        key = (self.report, left, self.query.options.get("reading"), *what)
        if key not in self.memory:
            self.memory[key] = make()
        made: T = self.memory[key]
        return made


def _whole(samples: Subset, table: Table) -> tables.Samples:
    """The samples with what a study's have beside their rows: where their logs are."""
    if isinstance(table, tables.Samples):
        return replace(table, frame=samples.frame, judges=table.judging(samples.frame))
    return tables.Samples(samples.frame, tuple(samples.factors), {}, {}, {})


def _asked(query: Query, kind: TableKind, samples: Table) -> Asked:
    """What the table is asked for: one row, of two levels where it compares. Raises `QueryError` for levels there are not."""
    of = query.described
    spans = (of.name,) if of.name in measured.COMPARED and query.options.get("interval") != "no" else ()
    slow = (of.name,) if of.slow else ()
    asked = Asked(by=(), factor=query.options.get("factor", kind.factor), measure=query.measure, slow=slow)
    if not kind.pair:
        return replace(asked, intervals=spans)
    if asked.factor not in samples.frame.columns:
        known = ["model", *samples.factors]
        raise QueryError(
            f"no column '{asked.factor}' in the samples",
            query.place("factor"),
            nearest(asked.factor, known, samples.frame),
        )
    column = samples.frame[asked.factor]
    a, b = (level_of(column, query.options[name], query.place(name)) for name in ("a", "b"))
    return replace(asked, levels=(a, b))


def _row(query: Query, kind: TableKind, samples: tables.Samples, asked: Asked, once: _Once) -> dict[str, Any]:
    """The one row that is asked for. Raises `QueryError` where two levels share nothing, or the table is empty."""
    what = (asked.intervals, asked.slow, asked.factor, asked.levels, asked.measure, kind.name)
    found = once(what, lambda: rows(kind.made(samples, asked)))
    if not kind.pair and (not found or query.of not in found[0]):  # what the table has beside its columns
        found = once((query.of, *what), lambda: rows(kind.made(samples, replace(asked, of=query.of))))
    if found and (not kind.pair or found[0]["n"]):
        return found[0]
    if not kind.pair:
        raise QueryError(f"there is nothing to make '{kind.name}' of")
    pair = " and ".join(map(str, asked.levels or ()))
    if kind.measuring is None:
        raise QueryError(f"{pair} share no request", query.place("a"))
    having = "" if asked.measure == "accuracy" else f" with a {measured.BY_NAME[asked.measure].what.partition(',')[0]}"
    raise QueryError(f"{pair} have no item in common{having}", query.place("a"))


def _tested(query: Query, kind: TableKind, asked: Asked, row: dict[str, Any]) -> dict[str, Any] | None:
    """The test that a number is of: what is compared, and what it is limited to."""
    where = {n: "|".join(v) for n, v in query.filters.items() if n not in ("experiment", "report")}
    limits = {"where": where, "reading": query.options.get("reading")}
    if kind.measuring is not None:
        return {"measure": asked.measure, **limits, **row}
    if kind.test is None or kind.test.column != query.of:
        return None
    a, b = asked.levels or (None, None)
    sides = {"factor": asked.factor, "a": a, "b": b, "n": row["n"], query.of: row[query.of]}
    return {**limits, **sides, "test": asdict(kind.test)}


def _read_by(query: Query, samples: Subset, table: Table) -> Subset:
    """The samples with choices judged by the rule that the query names. Raises `QueryError` where there are none."""
    rule = query.options["reading"]
    whole = tables.Samples(samples.frame, tuple(samples.factors), {}, {}, getattr(table, "paths", {}))
    found = results.reread(whole, rule)
    if found is whole:
        words = "no choice scored by llmxsite is among these samples, so that nothing can be read by another rule"
        raise QueryError(words, query.place("reading"))
    return Subset(found.frame, samples.factors)


def select(query: Query, table: Table, report: str | None = None) -> Subset:
    """The rows a query's filters leave. Raises `QueryError`, with what is known, when there are none."""
    frame = table.frame
    whole = np.ones(len(frame), dtype=np.bool_)
    if report is not None and not {"experiment", "report"} & set(query.filters):
        whole = equals(frame["experiment"], [report]).to_numpy()
        if not whole.any():
            raise QueryError(f"report '{report}' has no samples yet", 0, f"collect some: llmxsite run {report}")
    elif frame.empty:
        raise QueryError("there are no samples yet", 0, "collect some with llmxsite run")
    left = whole.copy()
    for name, wanted in query.filters.items():
        column = "experiment" if name == "report" else name
        if column not in frame.columns:
            known = [str(c) for c in frame.columns]
            raise QueryError(f"no column '{name}' in the samples", query.place(name), nearest(name, known, frame))
        mask = np.zeros(len(frame), dtype=np.bool_)
        for value in wanted:
            found = equals(frame[column], [value]).to_numpy()
            if not (found & whole).any():
                levels = levels_of(frame.loc[whole, column])
                offset = query.place(name) + len(name) + 1
                raise QueryError(f"no sample has {name}={value}", offset, did_you_mean(value, levels))
            mask |= found
        if not (mask & left).any():
            others = " ".join(f"{k}={'|'.join(v)}" for k, v in query.filters.items() if k != name)
            levels = levels_of(frame.loc[left, column])[:20]
            raise QueryError(
                f"no sample has {name}={'|'.join(wanted)} together with the other filters",
                query.place(name),
                f"with {others}, {name} is: {', '.join(levels) or 'none'}",
            )
        left &= mask
    return Subset(frame if left.all() else frame[left], table.factors)


def write(query: Query, number: float) -> str:
    """A number as prose shows it: `62.5%`, `+3.1 points`, `0.042`, `1,200`, `212 ms`."""
    text = show(number, query.form, digits=query.digits, sign=query.form == "points", unit=True)
    return _NOTHING if text == MISSING else text


def _count(query: Query, samples: Subset, runs: list[str]) -> Value:
    column = query.options.get("of")
    if column is None:
        number, title = len(samples.frame), "samples"
    else:
        if column not in samples.frame.columns:
            known = [str(c) for c in samples.frame.columns]
            raise QueryError(f"no column '{column}' in the samples", query.place("of"), did_you_mean(column, known))
        number = int(samples.frame[column].nunique())
        title = f"different values of {column}: {', '.join(levels_of(samples.frame[column])[:12])}"
    return Value(query, float(number), math.nan, math.nan, title, runs, write(query, float(number)))


def _single_population(query: Query, samples: Subset) -> None:
    compared = query.options.get("factor")
    for column in POPULATION:
        if column == compared or (compared == "model" and column == "digest") or column in query.kind.keeps_apart:
            continue
        levels = levels_of(samples.frame[column], missing=True)
        if len(levels) > 1 and column not in query.filters:
            shown = ", ".join(level[:20] for level in levels[:8])
            raise QueryError(
                f"this mixes {len(levels)} {_PLURAL[column]}: {shown}",
                query.place(column),
                f"name one with {column}=, or say pool=yes",
            )


_PLURAL = {
    "suite": "suites",
    "suite_hash": "versions of the suite",
    "model": "models",
    "digest": "digests of the model",
    "contributor": "contributors",
}


def _pooled(samples: Table) -> list[str]:
    """What the number is averaged over, as the title says it."""
    found = []
    for column in (*POPULATION, *samples.factors):
        count = len(levels_of(samples.frame[column], missing=column in POPULATION))
        if count > 1 and column not in ("seed", "suite_hash"):
            found.append(f"{count} levels of {column}")
    return [f"over {', '.join(found)}"] if found else []


def _runs(runs: list[str]) -> str:
    if len(runs) == 1:
        return f"run {runs[0]}"
    return f"{len(runs)} runs: {', '.join(runs[:3])}{', …' if len(runs) > 3 else ''}"


def _float(value: Any) -> float:
    return math.nan if value is None else float(value)


__all__ = ["QueryError", "Value", "evaluate", "select", "write"]
