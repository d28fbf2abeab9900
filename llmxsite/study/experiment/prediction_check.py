"""An experiment's predictions held to the experiment: is there such a measure, such a level, such an item to compare?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from llmxsite.base.diagnostics import Issue, Issues, Problem, did_you_mean
from llmxsite.base.document import Document, Key
from llmxsite.study.experiment.condition import Condition, expand
from llmxsite.study.experiment.design import Experiment, Resolved
from llmxsite.study.experiment.measure import MEASURES
from llmxsite.study.experiment.prediction import Prediction, PredictionError, Scalar, checked, parse, values, write
from llmxsite.study.experiment.terms import factors_of
from llmxsite.study.scaffold.words import is_template
from llmxsite.study.study import Study
from llmxsite.study.suite import Item, find

CODE = "experiment-prediction"
ITEM_FIELDS = ("category", "subcategory", "difficulty", "cluster")
"""Columns of the samples, besides `suite` and the factors, that a prediction may be limited by: the items have them."""


def read(document: Document, experiment: Experiment) -> tuple[list[tuple[int, Prediction]], list[Issue]]:
    """The predictions that can be read, each with its place in the list, and what is wrong with the others.

    Words that the template left there are no prediction, and no mistake of this kind: `scaffold.words` speaks of them.
    """
    found: list[tuple[int, Prediction]] = []
    issues: list[Issue] = []
    for index, stated in enumerate(experiment.predictions):
        if isinstance(stated, str) and is_template("predictions", stated):
            continue
        try:
            prediction = parse(stated) if isinstance(stated, str) else checked(stated)
        except PredictionError as error:
            issues.append(_issue(document, index, str(error), error.hint, *error.key))
            continue
        first = next((at for at, other in found if other.sentence == prediction.sentence), None)
        if first is not None:
            issues.append(_issue(document, index, f"this is prediction {first + 1} once more", "delete one of the two"))
        else:
            found.append((index, prediction))
    return found, issues


def check(document: Document, resolved: Resolved, study: Study) -> Iterator[Issue]:
    """Everything in the predictions that this experiment could not answer; `resolved.predictions` become records."""
    found, issues = read(document, resolved)
    yield from issues
    conditions = expand(resolved)
    for index, prediction in found:
        yield from _of(document, index, prediction, resolved, conditions, study)
    resolved.predictions = [prediction for _, prediction in found]


def _of(
    document: Document,
    index: int,
    prediction: Prediction,
    resolved: Resolved,
    conditions: list[Condition],
    study: Study,
) -> Iterator[Issue]:
    needs = MEASURES[prediction.measure].needs
    if needs == "logprobs" and resolved.logprobs == "none":
        yield _issue(
            document,
            index,
            f"{prediction.measure} needs logprobs, and 'logprobs: none' asks for none",
            "logprobs: answer",
        )
    if needs == "repeats" and resolved.repeats < 2:
        yield _issue(document, index, f"{prediction.measure} needs repeats, and each item is asked once", "repeats: 5")
    factor, factors = prediction.factor, factors_of(resolved.task)
    if factor not in factors:
        hint = did_you_mean(factor, factors)
        if factor in ("suite", *ITEM_FIELDS):
            hint = f"two levels are compared on the items they share, and no item has two {factor}s: predict for each on its own"
        yield _issue(document, index, f"unknown factor '{factor}'", hint, "contrast", "a")
        return
    known = True
    for side, level in (("a", prediction.a), ("b", prediction.b)):
        levels = _levels(conditions, factor)
        if write(level) not in levels:
            known = False
            yield _unknown(document, index, factor, level, levels, "contrast", side)
    for name, wanted in prediction.where.items():
        if name == "suite":
            levels = {suite: suite for suite in resolved.suites}
        elif name in factors:
            levels = _levels(conditions, name)
        elif name in ITEM_FIELDS:
            levels = {write(v): v for v in _of_items(study, resolved, name)}
        else:
            known = False
            hint = did_you_mean(name, ["suite", *ITEM_FIELDS, *factors])
            yield _issue(document, index, f"unknown column '{name}'", hint, "where", f"\0{name}")
            continue
        for level in values(wanted):
            if write(level) not in levels:
                known = False
                yield _unknown(document, index, name, level, levels, "where", name)
    if not known:
        return
    limits = {name: {write(v) for v in values(v)} for name, v in prediction.where.items() if name in factors}
    for side, level in (("a", prediction.a), ("b", prediction.b)):
        left = [c for c in conditions if all(write(c.get(name)) in wanted for name, wanted in limits.items())]
        if write(level) not in _levels(left, factor):
            words = " ".join(f"{name}={'|'.join(sorted(wanted))}" for name, wanted in limits.items())
            yield _issue(
                document,
                index,
                f"no condition has {factor}={write(level)} together with {words}",
                "list one that has both, or leave the filter out",
                "contrast",
                side,
            )


def _levels(conditions: list[Condition], name: str) -> dict[str, Scalar]:
    """The levels of a factor among conditions, as they are written."""
    return {write(c.get(name)): c.get(name) for c in conditions}


def _of_items(study: Study, resolved: Resolved, field: str) -> set[str]:
    """The values of a field over the items of the experiment's suites."""
    items: list[Item] = []
    for name in resolved.suites:
        try:
            items += find(study, name, Issues()).items
        except Problem:
            continue  # its own mistakes are said elsewhere
    return {str(value) for item in items if (value := getattr(item, field)) is not None}


def _unknown(document: Document, index: int, name: str, level: Any, levels: dict[str, Scalar], *key: Key) -> Issue:
    hint = did_you_mean(write(level), levels)
    return _issue(document, index, f"nothing in this experiment has {name}={write(level)}", hint, *key)


def _issue(document: Document, index: int, message: str, hint: str | None = None, *key: Key) -> Issue:
    return document.issue(("predictions", index, *key), CODE, f"prediction {index + 1}: {message}", hint=hint)
