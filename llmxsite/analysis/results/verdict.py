"""What the data say to an experiment's predictions: a verdict each, one family.

Methods: docs/statistics.md, predictions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from llmxsite.analysis.results.difference import Difference, chosen, difference
from llmxsite.analysis.results.groups import Table
from llmxsite.analysis.stats.estimate import Estimate
from llmxsite.analysis.stats.multiple import adjust
from llmxsite.study.experiment.prediction import Prediction, values

Verdict = Literal["supported", "refuted", "equivalent", "inconclusive", "not measured yet"]
_POPULATION = {"suite": "suites", "model": "models", "digest": "digests of a model", "contributor": "contributors"}


@dataclass(frozen=True)
class Judgement:
    """One prediction, and what the data say to it. Numbers are in the unit of the scores; None where nothing was measured."""

    prediction: Prediction
    verdict: Verdict
    n: int = 0
    """Items compared."""
    lost: int = 0
    difference: float | None = None
    low: float | None = None
    high: float | None = None
    """The interval that the verdict is read from; None where it is undefined."""
    level: float | None = None
    """Of that interval. Holm's correction makes it higher than 1 - alpha; a test of equivalence reads the 1 - 2 alpha interval."""
    p: float | None = None
    """Of this prediction alone: two-sided against the margin, or of the two one-sided tests."""
    p_holm: float | None = None
    """Adjusted over all predictions that were measured."""
    detectable: float | None = None
    """The smallest difference that so many items show with power 80 %; of an equality, the smallest margin."""
    over: tuple[str, ...] = ()
    """What the number is averaged over: `2 suites`."""
    confounded: bool = False


def verdicts(table: Table, predictions: Sequence[Prediction], alpha: float = 0.05) -> list[Judgement]:
    """The answer to each prediction. All of them are one family, and its chance of any false verdict is `alpha` (Holm).

    A direction, or a margin, is *supported* where the interval lies beyond it, *refuted* where it lies short of it. An equality is
    *equivalent* where two one-sided tests put the difference inside the margin, refuted where the interval lies outside. All else
    is *inconclusive*, and then `detectable` says what so many items could have shown.

    Source: Holm 1979; Schuirmann 1987; Shaffer 1980 for directions after Holm's test.
    """
    found = [difference(table, prediction) for prediction in predictions]
    p = [None if d is None else _p(d.estimate, q) for d, q in zip(found, predictions, strict=True)]
    adjusted = adjust(p, alpha).p
    levels = _levels(p, alpha)
    answers = []
    for prediction, apart, raw, holm, level in zip(predictions, found, p, adjusted, levels, strict=True):
        if apart is None or raw is None or holm is None:
            answers.append(Judgement(prediction, "not measured yet"))
        else:
            answers.append(_answer(table, prediction, apart, raw, holm, holm < alpha, level))
    return answers


def _answer(
    table: Table, prediction: Prediction, found: Difference, p: float, p_holm: float, decided: bool, alpha: float
) -> Judgement:
    estimate, margin = found.estimate, prediction.threshold
    inside = prediction.relation == "=" and abs(estimate.difference) <= margin
    tail = 2 * alpha if inside else alpha
    low, high = estimate.interval(tail)
    verdict: Verdict = "inconclusive"
    if decided and prediction.relation == "=":
        verdict = "equivalent" if inside else "refuted"
    elif decided:
        verdict = "supported" if (estimate.difference > margin) == (prediction.relation == ">") else "refuted"
    return Judgement(
        prediction,
        verdict,
        n=found.n,
        lost=found.lost,
        difference=estimate.difference,
        low=low,
        high=high,
        level=1 - tail,
        p=p,
        p_holm=p_holm,
        detectable=estimate.detectable(alpha, within=prediction.relation == "="),
        over=tuple(_over(table, prediction)),
        confounded=found.confounded,
    )


def _p(estimate: Estimate, prediction: Prediction) -> float:
    """Small where the data decide the prediction either way."""
    margin = prediction.threshold
    if prediction.relation != "=":
        return min(1.0, 2 * min(estimate.p_above(margin), estimate.p_below(margin)))
    if abs(estimate.difference) <= margin:
        return max(estimate.p_above(-margin), estimate.p_below(margin))
    return min(1.0, 2 * min(estimate.p_above(margin), estimate.p_below(-margin)))


def _levels(p: Sequence[float | None], alpha: float) -> list[float]:
    """The level at which Holm's step-down tests each p: alpha / m for the smallest, alpha / (m - 1) for the next, as far as
    these are significant; the first that is not, and all after it, have its level."""
    known = sorted((x, i) for i, x in enumerate(p) if x is not None)
    levels = [alpha] * len(p)
    level, stopped = alpha, False
    for rank, (x, index) in enumerate(known):
        if not stopped:
            level = alpha / (len(known) - rank)
            stopped = not x < level
        levels[index] = level
    return levels


def _over(table: Table, prediction: Prediction) -> list[str]:
    rows = chosen(table, prediction)
    if rows is None:
        return []
    found = []
    for column, words in _POPULATION.items():
        count = rows.frame[column].nunique() if column != prediction.factor and column in rows.frame.columns else 0
        named = len(values(prediction.where[column])) if column in prediction.where else 0
        if count > 1 and count != named:
            found.append(f"{count} {words}")
    if "digest" not in prediction.where and prediction.factor == "model":
        found = [words for words in found if not words.endswith("digests of a model")]
    return found
