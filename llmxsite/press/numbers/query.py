"""The little language of `` {value}`accuracy model=phi3:mini suite=everyday-science` ``.

A query is a metric, then `name=value` pairs: filters on columns of the samples, and options. A value with spaces stands
in quotes; several values of one column are separated by `|`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from llmxsite.base.diagnostics import did_you_mean
from llmxsite.study.experiment.pairs import PAIR, SPACE, unquoted

PERCENT, POINTS, NUMBER, COUNT, MILLISECONDS = "percent", "points", "number", "count", "ms"
METRICS = {
    "accuracy": PERCENT,
    "best_case": PERCENT,
    "mean_confidence": PERCENT,
    "confidence_gap": POINTS,
    "confidence_coverage": PERCENT,
    "letter_mass": PERCENT,
    "se": POINTS,
    "ci_low": PERCENT,
    "ci_high": PERCENT,
    "ece": PERCENT,
    "ece_unweighted": PERCENT,
    "brier": NUMBER,
    "auroc": NUMBER,
    "latency_ms": MILLISECONDS,
    "first_token_ms": MILLISECONDS,
    "tokens_per_second": NUMBER,
    "accuracy_per_second": NUMBER,
    "item_agreement": PERCENT,
    "item_agreement_parsed": PERCENT,
    "ece_noise_floor": PERCENT,
    "ece_noise_p95": PERCENT,
    "n": COUNT,
    "answered": COUNT,
    "correct": COUNT,
    "unparsed": COUNT,
    "truncated": COUNT,
    "errors": COUNT,
    "n_items": COUNT,
    "repeated": COUNT,
    "count": COUNT,
    "difference": POINTS,
    "agreement": PERCENT,
    "identical": PERCENT,
}
"""What can be asked for, with the form it is written in unless `format=` says otherwise."""
DIGITS = {PERCENT: 1, POINTS: 1, NUMBER: 3, COUNT: 0, MILLISECONDS: 0}
OPTIONS = {"format", "digits", "interval", "pool", "of", "measure", "factor", "a", "b", "reading"}
READ = ("accuracy", "correct", "se", "ci_low", "ci_high", "difference")
"""Metrics that `reading=` can ask for under another rule of reading replies; of differences, only that of accuracies."""
MEASURED = (
    *("mean_confidence", "confidence_gap", "ece", "ece_unweighted", "brier", "auroc", "letter_mass", "latency_ms"),
    *("first_token_ms", "tokens_per_second", "accuracy_per_second", "item_agreement", "item_agreement_parsed"),
)
"""Metrics beside accuracy that have an interval, and whose difference has one: `results.measures.CONTRASTED`."""
SIDES = ("value_a", "value_b")
COMPARED = ("mde", "p_holm", "p", "n", "lost", "accuracy_a", "accuracy_b", *SIDES, "accuracy", *MEASURED)
"""What `difference of=` can give of a comparison; a measure's name is the difference in it itself."""
AGREED = {
    "tarr": PERCENT,
    "tara": PERCENT,
    "pairwise": PERCENT,
    "accuracy_min": PERCENT,
    "accuracy_max": PERCENT,
    "bound": PERCENT,
    "similarity": PERCENT,
    "cached_share": PERCENT,
    "prompt_ms": MILLISECONDS,
    "unique": NUMBER,
    "fleiss_kappa": NUMBER,
    "largest_drift": NUMBER,
    "differing": COUNT,
    "compared": COUNT,
    "n_items": COUNT,
    "repeats": COUNT,
    "predicted": COUNT,
    "flipped": COUNT,
    "both": COUNT,
}
"""What `agreement of=` can give of determinism experiments, with its form. The last three count items at temperature 0: those
predicted to flip, those that did, and those of which both holds."""
SAME = {
    "share": PERCENT,
    "agreement": PERCENT,
    "logprobs_identical": PERCENT,
    "largest_drift": NUMBER,
    "mean_drift": NUMBER,
    "mcnemar_p": NUMBER,
    "first_divergence": NUMBER,
    "n": COUNT,
    "identical": COUNT,
    "flips": COUNT,
    "only_a": COUNT,
    "only_b": COUNT,
}
"""What `identical of=` can give of two regimes (or other levels of `factor=`), with its form."""


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
    def of(self) -> str:
        """Which of its numbers a metric that has several is asked for."""
        return self.options.get("of", {"agreement": "tarr", "identical": "share"}.get(self.metric, "accuracy"))

    @property
    def measure(self) -> str:
        """What a difference is of."""
        of = self.options.get("of")
        return self.options.get("measure") or (of if of in MEASURED else None) or "accuracy"

    @property
    def form(self) -> str:
        """How the number is written."""
        if self.metric == "difference":
            own = METRICS[self.measure]
            apart = POINTS if own == PERCENT else own
            of = self.options.get("of", self.measure)
            default = apart if of in (self.measure, "mde") else own
            default = {"n": COUNT, "lost": COUNT, "p": NUMBER, "p_holm": NUMBER}.get(of, default)
        elif self.metric in ("agreement", "identical"):
            default = (AGREED if self.metric == "agreement" else SAME)[self.of]
        else:
            default = METRICS[self.metric]
        return self.options.get("format", default)

    @property
    def digits(self) -> int:
        if "digits" in self.options:
            return int(self.options["digits"])
        return 1 if "tokens_per_second" in (self.metric, self.measure) else DIGITS[self.form]


def parse(text: str) -> Query:
    """Read a query. Raises `QueryError`."""
    text = text.rstrip()
    start = len(text) - len(text.lstrip())
    found = re.compile(r"[\w-]+").match(text, start)
    metric = found[0] if found else ""
    if metric not in METRICS or found is None:
        words = f"unknown metric '{metric}'" if metric else "a query starts with a metric"
        if found is not None and text[found.end() : found.end() + 1] == "=":
            words = f"a query starts with a metric, not with '{metric}='"
        raise QueryError(words, start, did_you_mean(metric, METRICS))
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
    _one_of(query, "format", (PERCENT, POINTS, NUMBER, COUNT, MILLISECONDS))
    _one_of(query, "interval", ("yes", "no"))
    _one_of(query, "pool", ("yes", "no"))
    if "reading" in options:
        _check_reading(query)
    if not re.fullmatch(r"\d", options.get("digits", "0")):
        raise QueryError("digits must be a number from 0 to 9", query.place("digits"))
    if query.metric == "difference":
        for name in ("factor", "a", "b"):
            if name not in options:
                hint = "difference of=accuracy factor=prompt a=letter b=cot"
                raise QueryError(f"a difference needs '{name}='", 0, hint)
        _one_of(query, "of", COMPARED)
        _one_of(query, "measure", ("accuracy", *MEASURED))
        if options.get("of") in ("accuracy", *MEASURED) and query.measure != options["of"]:
            raise QueryError("'of=' and 'measure=' name two measures", query.place("of"), "leave one of them out")
        if (options.get("of") in SIDES) == (query.measure == "accuracy") and options.get("of", "").endswith(
            ("_a", "_b")
        ):
            sides = "accuracy_a and accuracy_b" if query.measure == "accuracy" else "value_a and value_b"
            raise QueryError(f"the two sides of it are {sides}", query.place("of"))
        if options["factor"] in query.filters:
            raise QueryError(
                f"'{options['factor']}' is the factor compared and a filter too", query.place(options["factor"])
            )
        return
    if query.metric == "agreement":
        _one_of(query, "of", tuple(AGREED))
    if query.metric == "identical":
        _one_of(query, "of", tuple(SAME))
        for name in ("a", "b"):
            if name not in options:
                raise QueryError(f"two levels are compared: '{name}=' is missing", 0, "identical a=cold b=warm")
        return
    for name in ("factor", "a", "b", "measure"):
        if name in options:
            raise QueryError(
                f"'{name}=' belongs to a comparison of two", query.place(name), "start with: difference of=accuracy"
            )
    if "of" in options and query.metric not in ("count", "agreement"):
        raise QueryError("'of=' belongs to a count, a difference or an agreement", query.place("of"), "count of=model")


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
