"""The little language of `` {value}`accuracy model=phi3:mini suite=everyday-science` ``.

A query is a metric, then `name=value` pairs: filters on columns of the samples, and options. A value with spaces stands
in quotes; several values of one column are separated by `|`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from llmxsite.analysis.measure import PROSE, Form, Measure
from llmxsite.analysis.results import measured
from llmxsite.analysis.results.tables import TableKind, table, words
from llmxsite.base.diagnostics import did_you_mean
from llmxsite.study.experiment.pairs import PAIR, SPACE, unquoted

FORMS: dict[str, Form] = {
    "percent": "percent",
    "points": "points",
    "number": "number",
    "count": "count",
    "ms": "milliseconds",
}
"""What `format=` can say."""
COUNT = Measure("count", "Samples", form="count")
OPTIONS = {"format", "digits", "interval", "pool", "of", "measure", "factor", "a", "b", "reading"}
READ = ("accuracy", "correct", "se", "ci_low", "ci_high", "difference")
"""Metrics that `reading=` can ask for under another rule of reading replies; of differences, only that of accuracies."""


def metrics() -> list[str]:
    """What can be asked for: the measures of the summary, the words of other tables, `count`."""
    return [*measured.BY_NAME, "count", *words()]


class QueryError(ValueError):
    """A query that cannot be answered: the message, where in the query it is (from 0), and what may mend it."""

    def __init__(self, message: str, offset: int = 0, hint: str | None = None) -> None:
        super().__init__(message)
        self.offset, self.hint = offset, hint


@dataclass(frozen=True)
class Query:
    """A query, read. `places` has the offset of each name."""

    metric: str
    filters: dict[str, list[str]] = field(default_factory=dict)
    options: dict[str, str] = field(default_factory=dict)
    places: dict[str, int] = field(default_factory=dict)

    def place(self, name: str) -> int:
        return self.places.get(name, 0)

    @property
    def several(self) -> bool:
        """Whether the word names a table, of whose numbers `of=` chooses one."""
        return self.metric in words()

    @property
    def kind(self) -> TableKind:
        """The table that the number is in."""
        kind = words()[self.metric] if self.several else table("summary")
        if kind.measuring is None or self.measure == "accuracy":
            return kind
        return kind.measuring(self.measure)

    @property
    def of(self) -> str:
        """The column of that table."""
        if not self.several:
            return self.metric
        of = self.options.get("of", words()[self.metric].of)
        return words()[self.metric].of if words()[self.metric].measuring is not None and of == self.measure else of

    @property
    def measure(self) -> str:
        """What a comparison is of."""
        of = self.options.get("of")
        return self.options.get("measure") or (of if of in measured.COMPARED else None) or "accuracy"

    @property
    def described(self) -> Measure:
        """The number that is asked for."""
        return COUNT if self.metric == "count" else self.kind.described(self.of)

    @property
    def form(self) -> Form:
        """How the number is written."""
        return FORMS[self.options["format"]] if "format" in self.options else self.described.form

    @property
    def digits(self) -> int:
        """Decimals."""
        if "digits" in self.options:
            return int(self.options["digits"])
        own = self.described.digits
        return PROSE.get(self.form, 0) if own is None else own


def parse(text: str) -> Query:
    """Read a query. Raises `QueryError`."""
    text = text.rstrip()
    start = len(text) - len(text.lstrip())
    found = re.compile(r"[\w-]+").match(text, start)
    metric = found[0] if found else ""
    if metric not in metrics() or found is None:
        words = f"unknown metric '{metric}'" if metric else "a query starts with a metric"
        if found is not None and text[found.end() : found.end() + 1] == "=":
            words = f"a query starts with a metric, not with '{metric}='"
        raise QueryError(words, start, did_you_mean(metric, metrics()))
    query = Query(metric)
    pos = found.end()
    while pos < len(text):
        space = SPACE.match(text, pos)
        pair = PAIR.match(text, space.end() if space else pos)
        if space is None or pair is None:
            word = text[pos:].split()[0] if text[pos:].split() else text[pos:]
            hint = "put a value with spaces in quotes: category='Everyday physics'"
            raise QueryError(f"'{word}' is not `name=value`", space.end() if space else pos, hint)
        name, value = pair[1], pair[2]
        if name in query.places:
            raise QueryError(f"'{name}' stands twice", pair.start(), "several values of one column: model=a|b")
        query.places[name] = pair.start()
        value, quoted = unquoted(value)
        if not value:
            raise QueryError(f"'{name}=' has no value", pair.start())
        if name in OPTIONS:
            query.options[name] = value
        else:
            query.filters[name] = [value] if quoted else [v for v in value.split("|") if v]
        pos = pair.end()
    _check(query)
    return query


def _check(query: Query) -> None:
    options = query.options
    _one_of(query, "format", tuple(FORMS))
    _one_of(query, "interval", ("yes", "no"))
    _one_of(query, "pool", ("yes", "no"))
    if "reading" in options:
        _check_reading(query)
    if not re.fullmatch(r"\d", options.get("digits", "0")):
        raise QueryError("digits must be a number from 0 to 9", query.place("digits"))
    kind = words().get(query.metric)
    if kind is None or not kind.pair:
        for name in ("factor", "a", "b", "measure"):
            if name in options:
                raise QueryError(
                    f"'{name}=' belongs to a comparison of two", query.place(name), "start with: difference of=accuracy"
                )
    if kind is None:
        if "of" in options and query.metric != "count":
            raise QueryError(
                "'of=' belongs to a count, a difference or an agreement", query.place("of"), "count of=model"
            )
        return
    if kind.pair:
        _pair(query, kind)
    columns = [m.name for m in query.kind.measures if m.form != "text"]
    _one_of(query, "of", (*columns, *(_MEASURES if kind.measuring is not None else ())))


def _pair(query: Query, kind: TableKind) -> None:
    """What a comparison of two levels must name, and must not."""
    options = query.options
    if kind.measuring is None:
        for name in ("a", "b"):
            if name not in options:
                hint = f"{query.metric} a=cold b=warm"
                raise QueryError(f"two levels are compared: '{name}=' is missing", 0, hint)
        if "measure" in options:
            raise QueryError(f"'measure=' does not belong to '{query.metric}'", query.place("measure"))
    else:
        for name in ("factor", "a", "b"):
            if name not in options:
                hint = "difference of=accuracy factor=prompt a=letter b=cot"
                raise QueryError(f"a {query.metric} needs '{name}='", 0, hint)
        _one_of(query, "measure", _MEASURES)
        of = options.get("of", "")
        if of in _MEASURES and query.measure != of:
            raise QueryError("'of=' and 'measure=' name two measures", query.place("of"), "leave one of them out")
        sides = ("accuracy_a", "accuracy_b") if query.measure == "accuracy" else ("value_a", "value_b")
        if of.startswith(("accuracy_", "value_")) and of[-2:] in ("_a", "_b") and of not in sides:
            raise QueryError(f"the two sides of it are {' and '.join(sides)}", query.place("of"))
    factor = options.get("factor", kind.factor)
    if factor in query.filters:
        raise QueryError(f"'{factor}' is the factor compared and a filter too", query.place(factor))


_MEASURES = ("accuracy", *measured.COMPARED)


def _check_reading(query: Query) -> None:
    from llmxsite.exchange.answer.rules import RULES  # compiles what reads replies, which few queries need

    _one_of(query, "reading", tuple(RULES))
    if query.metric not in READ or query.measure != "accuracy" or query.options.get("of") == "mde":
        raise QueryError(f"'reading=' belongs to an accuracy, not to '{query.metric}'", query.place("reading"))


def _one_of(query: Query, name: str, known: tuple[str, ...]) -> None:
    if name in query.options and query.options[name] not in known:
        raise QueryError(
            f"'{name}={query.options[name]}' is not known", query.place(name), did_you_mean(query.options[name], known)
        )
