"""A number in prose, from the logs: `` {value}`accuracy model=phi3:mini` ``, with its interval, its n and its runs.

A number is of one population or says so: the samples must be of one suite, one model, one digest and one contributor,
unless `pool=yes`. Other factors that vary among them are averaged over, and the number's title names them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from html import escape
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from llmxsite.analysis import results, tables
from llmxsite.analysis.results import Table
from llmxsite.base.diagnostics import did_you_mean
from llmxsite.press.numbers import agreement
from llmxsite.press.numbers.levels import level_of, levels_of, matches, nearest
from llmxsite.press.numbers.metric_words import METHODS, WHAT, resampled
from llmxsite.press.numbers.query import (
    COUNT,
    MEASURED,
    MILLISECONDS,
    NUMBER,
    PERCENT,
    POINTS,
    Query,
    QueryError,
    parse,
)

T = TypeVar("T")
Memory = dict[tuple[Any, ...], Any]
"""What queries of one table worked out, by the samples they left and what it is: prose has several numbers of the same."""
POPULATION = ("suite", "suite_hash", "model", "digest", "contributor")
_MISSING = "not measured"


@dataclass(frozen=True)
class Samples:
    """Some rows of a samples table: what `results` asks of one."""

    frame: pd.DataFrame
    factors: Sequence[str]


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

    def html(self, href: str | None) -> str:
        """The number as a link to its runs."""
        interval = _interval(self)
        shown = escape(self.text) + (f' <span class="interval">{escape(interval)}</span>' if interval else "")
        title = escape(f"{self.title}{'' if self.query.metric in ('count',) else '; ' + _runs(self.runs)}")
        if href is None:
            return f'<span class="value" title="{title}">{shown}</span>'
        return f'<a class="value" href="{escape(href)}" title="{title}">{shown}</a>'

    def plain(self) -> str:
        """The number and its interval as plain text."""
        return " ".join(p for p in (self.text, _interval(self)) if p)


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
    if query.options.get("pool") != "yes" and query.form != COUNT:
        _single_population(query, samples)
    if query.metric == "difference":
        return _difference(query, samples, runs)
    if query.metric in ("agreement", "identical"):
        return _agreement(query, table, samples, runs, once)
    row: pd.Series = once(("summary",), lambda: results.summarise(samples, by=[]).iloc[0])
    floor = query.metric.startswith("ece_noise_")
    number = _float((results.noise_floors(samples, by=[]).iloc[0] if floor else row)[query.metric])
    low, high, method = _span(query, samples, row)
    parts = [WHAT.get(query.metric, query.metric.replace("_", " "))] if query.form != COUNT else []
    parts.append(f"n = {int(row['n']):,} samples of {int(row['n_items']):,} items")
    parts.extend([f"95% interval, {method}"] if method else [])
    parts.extend(once(("pooled",), lambda: _pooled(samples)))
    parts.extend(_rule(query))
    return Value(query, number, low, high, "; ".join(parts), runs, write(number, query.form, query.digits))


@dataclass(frozen=True)
class _Once:
    """Makes a thing of the samples that a query leaves, unless an earlier query that left the same ones did."""

    query: Query
    report: str | None
    memory: Memory

    def __call__(self, what: tuple[str, ...], make: Callable[[], T]) -> T:
        left = tuple(sorted((name, tuple(values)) for name, values in self.query.filters.items()))
        key = (self.report, left, self.query.options.get("reading"), *what)
        if key not in self.memory:
            self.memory[key] = make()
        made: T = self.memory[key]
        return made


def _span(query: Query, samples: Samples, row: pd.Series) -> tuple[float, float, str]:
    """The interval of a metric and how it was made; NaN and nothing where it has none or is not to be shown."""
    nothing = math.nan, math.nan, ""
    if query.options.get("interval") == "no":
        return nothing
    if query.metric == "accuracy":
        method = str(row["interval_method"])
        low, high = _float(row["ci_low"]), _float(row["ci_high"])
        return (low, high, METHODS.get(method, method)) if not math.isnan(low) else nothing
    if query.metric not in MEASURED:
        return nothing
    found = results.intervals(samples, [], [query.metric]).iloc[0]
    low, high = _float(found[f"{query.metric}_low"]), _float(found[f"{query.metric}_high"])
    if math.isnan(low):
        return nothing
    how = resampled(found[f"{query.metric}_method"], found[f"{query.metric}_units"], found["draws"], found["seed"])
    return low, high, how


def _read_by(query: Query, samples: Samples, table: Table) -> Samples:
    """The samples with choices judged by the rule that the query names. Raises `QueryError` where there are none."""
    rule = query.options["reading"]
    whole = tables.Samples(samples.frame, tuple(samples.factors), {}, {}, getattr(table, "paths", {}))
    found = results.reread(whole, rule)
    if found is whole:
        words = "no choice scored by llmxsite is among these samples, so that nothing can be read by another rule"
        raise QueryError(words, query.place("reading"))
    return Samples(found.frame, samples.factors)


def _rule(query: Query) -> list[str]:
    """That replies were read by another rule than the scorer's."""
    rule = query.options.get("reading")
    return [f"replies read by the rule '{rule}'"] if rule else []


def select(query: Query, table: Table, report: str | None = None) -> Samples:
    """The rows a query's filters leave. Raises `QueryError`, with what is known, when there are none."""
    frame = table.frame
    whole = np.ones(len(frame), dtype=np.bool_)
    if report is not None and not {"experiment", "report"} & set(query.filters):
        whole = matches(frame["experiment"], report).to_numpy()
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
            found = matches(frame[column], value).to_numpy()
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
    return Samples(frame if left.all() else frame[left], table.factors)


def write(number: float, form: str, digits: int) -> str:
    """A number as prose shows it: `62.5%`, `+3.1 points`, `0.042`, `1,200`, `212 ms`."""
    if math.isnan(number):
        return _MISSING
    if form == PERCENT:
        return f"{_signed(100 * number, digits)}%"
    if form == POINTS:
        return f"{_signed(100 * number, digits, plus=True)} points"
    if form == MILLISECONDS:
        return f"{_signed(number, digits)} ms"
    return _signed(number, digits)


def _signed(number: float, digits: int, *, plus: bool = False) -> str:
    """With thousands separated, a real minus sign, and never `-0.0`."""
    number = round(number, digits) + 0.0
    sign = "−" if number < 0 else "+" if plus and number > 0 else ""
    return f"{sign}{abs(number):,.{digits}f}"


def _interval(value: Value) -> str:
    if math.isnan(value.low) or math.isnan(value.high):
        return ""
    form, digits = value.query.form, value.query.digits
    scale = 100 if form in (PERCENT, POINTS) else 1
    return f"[{_signed(scale * value.low, digits)}, {_signed(scale * value.high, digits)}]"


def _count(query: Query, samples: Samples, runs: list[str]) -> Value:
    column = query.options.get("of")
    if column is None:
        number, title = len(samples.frame), "samples"
    else:
        if column not in samples.frame.columns:
            known = [str(c) for c in samples.frame.columns]
            raise QueryError(f"no column '{column}' in the samples", query.place("of"), did_you_mean(column, known))
        number = int(samples.frame[column].nunique())
        title = f"different values of {column}: {', '.join(levels_of(samples.frame[column])[:12])}"
    return Value(query, float(number), math.nan, math.nan, title, runs, write(number, query.form, query.digits))


def _difference(query: Query, samples: Samples, runs: list[str]) -> Value:
    factor = query.options["factor"]
    if factor not in samples.frame.columns:
        raise QueryError(
            f"no column '{factor}' in the samples",
            query.place("factor"),
            nearest(factor, ["model", *samples.factors], samples.frame),
        )
    column = samples.frame[factor]
    pair = [level_of(column, query.options[name], query.place(name)) for name in ("a", "b")]
    measure = query.measure
    if measure == "accuracy":
        table = results.compare(samples, factor, levels=pair)
    else:
        table = results.contrast(samples, measure, factor, levels=pair)
    if table.empty or not int(table.iloc[0]["n"]):
        words = "" if measure == "accuracy" else f" with a {WHAT[measure].partition(',')[0]}"
        raise QueryError(f"{pair[0]} and {pair[1]} have no item in common{words}", query.place("a"))
    row = table.iloc[0]
    of = query.options.get("of", measure)
    number = _float(row["difference" if of == measure else of])
    show = of == measure and query.options.get("interval") != "no"
    low, high = (_float(row["ci_low"]), _float(row["ci_high"])) if show else (math.nan, math.nan)
    how = "Student's t, clustered"
    if measure != "accuracy" and show and not math.isnan(low):
        how = resampled(row["method"], row["clusters"], row["draws"], 0 if pd.isna(row["seed"]) else row["seed"])
    parts = [
        "" if measure == "accuracy" else WHAT[measure],
        f"{factor}: {pair[0]} minus {pair[1]}, paired over {int(row['n']):,} items",
        f"95% interval, {how}" if show else "",
        f"verdict: {row['verdict']}",
        *_rule(query),
        f"{int(row['lost']):,} items in only one of the two" if int(row["lost"]) else "",
        "the two share no other condition" if bool(row["confounded"]) else "",
    ]
    text = write(number, query.form, query.digits)
    if of in ("p", "p_holm") and number < 10**-query.digits:
        text = f"<{10**-query.digits:.{query.digits}f}"
    tested = {"measure": measure, **_limits(query), **{str(name): value for name, value in row.items()}}
    return Value(query, number, low, high, "; ".join(p for p in parts if p), runs, text, tested)


def _agreement(query: Query, table: Table, samples: Samples, runs: list[str], once: _Once) -> Value:
    """A number of a determinism experiment, whose replies are read from the logs."""
    factor = query.options.get("factor", "regime")
    if factor not in samples.frame.columns:
        raise QueryError(f"no column '{factor}' in the samples", query.place("factor"), "factor=run compares days")
    pair = [level_of(samples.frame[factor], query.options[n], query.place(n)) for n in ("a", "b") if n in query.options]
    assert isinstance(table, tables.Samples)  # what a study's logs are loaded as
    left = replace(table, frame=samples.frame)
    rows = once((agreement.table_of(query), factor), lambda: agreement.rows(query, left, factor))
    number, low, high, title = agreement.measure(query, rows, pair)
    pooled = once(("pooled",), lambda: _pooled(samples)) if query.metric == "agreement" else []
    title = "; ".join([title, *pooled])
    tested = None
    if query.of == "mcnemar_p":
        counted = replace(query, options={**query.options, "of": "n"})
        n = agreement.measure(counted, rows, pair).number
        tested = {**_limits(query), "factor": factor, "a": pair[0], "b": pair[1], "n": int(n), "mcnemar_p": number}
    return Value(query, number, low, high, title, runs, write(number, query.form, query.digits), tested)


def _limits(query: Query) -> dict[str, Any]:
    """What a comparison is limited to, and the rule that replies were read by."""
    where = {n: "|".join(v) for n, v in query.filters.items() if n not in ("experiment", "report")}
    return {"where": where, "reading": query.options.get("reading")}


def _single_population(query: Query, samples: Samples) -> None:
    compared = query.options.get("factor")
    for column in POPULATION:
        if column == compared or (compared == "model" and column == "digest"):
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


def _pooled(samples: Samples) -> list[str]:
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


def _float(value: object) -> float:
    return math.nan if value is None or value is pd.NA else float(value)  # type: ignore[arg-type]


__all__ = ["NUMBER", "QueryError", "Samples", "Value", "evaluate", "select", "write"]
