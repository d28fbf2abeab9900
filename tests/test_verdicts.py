"""Verdicts: what the data say to a prediction agrees with its interval, with the tests of `stats`, and with Holm's correction."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import multinomial
from text_support import Table, samples

from llmxsite.analysis.results import DIFFERENCES, contrast, verdicts
from llmxsite.analysis.results.verdict import _levels
from llmxsite.analysis.stats.equivalence import equivalence
from llmxsite.analysis.stats.estimate import Few, Resampled, Student
from llmxsite.analysis.stats.multiple import adjust
from llmxsite.analysis.stats.paired import paired_difference
from llmxsite.study.experiment import MEASURES
from llmxsite.study.experiment.prediction import parse

Scores = list[tuple[float, float]]


def table(scores: Scores, **columns: Any) -> Table:
    """Items with a score at temperature 0 and one at temperature 1."""
    rows = [
        {"item": f"i{n}", "item_hash": f"x{n}", "temperature": temperature, "correct": float(score), **columns}
        for n, pair in enumerate(scores)
        for temperature, score in zip((0.0, 1.0), pair, strict=True)
    ]
    return samples(rows)


def verdict(scores: Scores, *texts: str) -> list[str]:
    return [a.verdict for a in verdicts(table(scores), [parse(f"accuracy of {text}") for text in texts])]


COLD_MINUS_HOT = "temperature=0 minus temperature=1"
HOT_MINUS_COLD = "temperature=1 minus temperature=0"
FELL = [(1, 0)] * 30 + [(0, 1)] * 6 + [(1, 1)] * 40 + [(0, 0)] * 20
"""96 items: 25 points fewer at temperature 1, interval 13 to 37."""
EVEN = [(1, 0)] * 9 + [(0, 1)] * 10 + [(1, 1)] * 40 + [(0, 0)] * 37


@pytest.mark.parametrize(
    ("scores", "prediction", "expected"),
    [
        (FELL, f"{COLD_MINUS_HOT} > 0", "supported"),
        (FELL, f"{COLD_MINUS_HOT} > 5 points", "supported"),
        (FELL, f"{COLD_MINUS_HOT} > 20 points", "inconclusive"),
        (FELL, f"{COLD_MINUS_HOT} > 50 points", "refuted"),
        (FELL, f"{COLD_MINUS_HOT} < 0", "refuted"),
        (FELL, f"{HOT_MINUS_COLD} < -5 points", "supported"),
        (FELL, f"{HOT_MINUS_COLD} > -50 points", "supported"),
        (FELL, f"{COLD_MINUS_HOT} = within 5 points", "refuted"),
        (FELL, f"{COLD_MINUS_HOT} = within 25 points", "inconclusive"),
        (EVEN, f"{COLD_MINUS_HOT} > 0", "inconclusive"),
        (EVEN, f"{COLD_MINUS_HOT} > 12 points", "refuted"),
        (EVEN, f"{COLD_MINUS_HOT} = within 12 points", "equivalent"),
        (EVEN, f"{COLD_MINUS_HOT} = within 2 points", "inconclusive"),
        ([(1, 1)] * 200, f"{COLD_MINUS_HOT} = within 2 points", "equivalent"),
        ([(1, 1)] * 20, f"{COLD_MINUS_HOT} = within 2 points", "inconclusive"),
        ([(1, 0)] * 20, f"{COLD_MINUS_HOT} > 50 points", "supported"),
        ([(1, 0)], f"{COLD_MINUS_HOT} > 0", "inconclusive"),
        (FELL, "temperature=0 minus temperature=2 > 0", "not measured yet"),
        (FELL, "prompt=cot minus prompt=letter > 0", "not measured yet"),
        (FELL, f"{COLD_MINUS_HOT} where suite=other > 0", "not measured yet"),
    ],
)
def test_verdict(scores: Scores, prediction: str, expected: str) -> None:
    assert verdict(scores, prediction) == [expected]


def test_the_numbers_beside_a_verdict_are_those_of_the_paired_difference() -> None:
    a, b = (np.array([pair[side] for pair in FELL], dtype=float) for side in (0, 1))
    wanted = paired_difference(a, b)
    (answer,) = verdicts(table(FELL), [parse(f"accuracy of {COLD_MINUS_HOT} > 0")])
    assert (answer.n, answer.level, answer.difference) == (96, 0.95, pytest.approx(wanted.difference))
    assert (answer.low, answer.high) == (pytest.approx(wanted.interval.low), pytest.approx(wanted.interval.high))
    assert answer.p == answer.p_holm == pytest.approx(wanted.p)
    assert wanted.se is not None and answer.detectable == pytest.approx(2.80159 * wanted.se, rel=1e-5)
    tost = equivalence([p[0] for p in EVEN], [p[1] for p in EVEN], 0.12)
    (answer,) = verdicts(table(EVEN), [parse(f"accuracy of {COLD_MINUS_HOT} = within 12 points")])
    assert answer.p == pytest.approx(tost.p) and answer.level == 0.9
    assert (answer.low, answer.high) == (pytest.approx(tost.interval.low), pytest.approx(tost.interval.high))


MARGINS = st.one_of(
    st.builds(lambda m, r: f"accuracy of {COLD_MINUS_HOT} {r} {m} points", st.integers(-40, 40), st.sampled_from("<>")),
    st.builds(lambda m: f"accuracy of {COLD_MINUS_HOT} = within {m} points", st.integers(1, 40)),
)


@settings(max_examples=30, deadline=None)
@given(
    scores=st.lists(st.tuples(st.sampled_from([0, 0.5, 1]), st.sampled_from([0, 0.5, 1])), min_size=1, max_size=60),
    texts=st.lists(MARGINS, min_size=1, max_size=4, unique=True),
)
def test_a_verdict_is_what_its_interval_says(scores: Scores, texts: list[str]) -> None:
    predictions = [parse(text) for text in texts]
    answers = verdicts(table(scores), predictions)
    for prediction, answer in zip(predictions, answers, strict=True):
        assert answer.low is not None and answer.high is not None and answer.difference is not None
        m = prediction.threshold
        if prediction.relation == "=":
            inside, beyond = -m < answer.low and answer.high < m, answer.low > m or answer.high < -m
            expected = "equivalent" if inside else "refuted" if beyond else "inconclusive"
        else:
            above, below = answer.low > m, answer.high < m
            right, wrong = (above, below) if prediction.relation == ">" else (below, above)
            expected = "supported" if right else "refuted" if wrong else "inconclusive"
        near = min(abs(end - edge) for end in (answer.low, answer.high) for edge in (m, -m)) < 1e-9
        assert answer.verdict == expected or near


@given(st.lists(st.one_of(st.none(), st.floats(1e-6, 1)), max_size=8))
def test_the_levels_of_intervals_are_those_of_holms_test(p: list[float | None]) -> None:
    adjusted, levels = adjust(p, 0.05).p, _levels(p, 0.05)
    for x, holm, level in zip(p, adjusted, levels, strict=True):
        if x is not None and holm is not None and abs(holm - 0.05) > 1e-9:
            assert (x < level) == (holm < 0.05)


def test_predictions_are_one_family() -> None:
    scores = [(1, 0)] * 14 + [(0, 1)] * 4 + [(1, 1)] * 40
    assert verdict(scores, f"{COLD_MINUS_HOT} > 0") == ["supported"]
    weak = [f"{COLD_MINUS_HOT} > {m} points" for m in (15, 16, 17, 18, 19)]
    assert verdict(scores, f"{COLD_MINUS_HOT} > 0", *weak)[0] == "inconclusive"
    missing = "accuracy of temperature=0 minus temperature=7 > 0"
    answers = verdicts(table(scores), [parse(f"accuracy of {COLD_MINUS_HOT} > 0"), parse(missing)])
    assert [a.verdict for a in answers] == ["supported", "not measured yet"], "what was not measured is in no family"


@pytest.mark.parametrize("n", [3, 8, 15])
@pytest.mark.parametrize("alpha", [0.05, 0.2])
def test_the_bound_of_few_that_differ_covers(n: int, alpha: float) -> None:
    """Over every outcome of n items that fall with chance a, rise with chance b, and else stay: exactly, no simulation."""
    counts = [(down, up, n - down - up) for down, up in product(range(n + 1), repeat=2) if down + up <= n]
    for a, b in product((0.0, 0.02, 0.1, 0.3, 0.7), repeat=2):
        if a + b <= 1:
            chances = multinomial.pmf(counts, n, [a, b, 1 - a - b])
            covered = [b - a in Few((up - down) / n, n, down + up).interval(alpha) for down, up, _ in counts]
            assert float(np.sum(chances[covered])) >= 1 - alpha - 1e-9


@settings(deadline=None)
@given(
    n=st.integers(1, 60),
    k=st.integers(0, 5),
    common=st.sampled_from([-1.0, 0.0, 0.5, 1.0]),
    value=st.floats(-0.99, 0.99),
)
def test_p_and_interval_of_few_agree(n: int, k: int, common: float, value: float) -> None:
    few = Few(common, n, min(k, n), common)
    for alpha in (0.05, 0.3):
        low, high = few.interval(alpha)
        assert low is not None and high is not None
        if min(abs(value - low), abs(value - high)) > 1e-6:
            assert (few.p_above(value) < alpha / 2) == (low > value)
            assert (few.p_below(value) < alpha / 2) == (high < value)


def test_draws_and_students_t_agree_where_both_hold() -> None:
    draws = np.random.default_rng(7).normal(0.1, 0.03, 4000)
    drawn, student = Resampled(0.1, draws, np.ones(4000)), Student(0.1, 0.03, 1e6)
    assert drawn.interval(0.05) == pytest.approx(student.interval(0.05), abs=0.003)
    assert drawn.p_above(0.05) == pytest.approx(student.p_above(0.05), abs=0.01)
    assert drawn.p_below(0.15) == pytest.approx(student.p_below(0.15), abs=0.01)
    assert drawn.detectable(0.05) == pytest.approx(student.detectable(0.05), rel=0.05)


def test_a_difference_of_a_few_items_is_not_taken_for_certain() -> None:
    scores = [(1, 1)] * 18 + [(1, 0.8)] + [(0.8, 1)]
    (answer,) = verdicts(table(scores), [parse(f"accuracy of {COLD_MINUS_HOT} = within 10 points")])
    assert answer.verdict == "inconclusive" and answer.high is not None and answer.high > 0.2


def test_measures_of_confidence_are_paired_alike() -> None:
    rows = [
        {
            "item": f"i{n}",
            "item_hash": f"x{n}",
            "temperature": t,
            "correct": float(n % 2),
            "confidence": 0.5 + t * 0.1 + n / 100,
        }
        for n in range(20)
        for t in (0.0, 1.0)
    ]
    rows[3]["confidence"] = float("nan")
    found = verdicts(
        samples(rows), [parse(f"{m} of {HOT_MINUS_COLD} > 0") for m in ("mean_confidence", "confidence_gap")]
    )
    assert [a.n for a in found] == [19, 19]
    assert [a.difference for a in found] == [pytest.approx(0.1)] * 2


def test_what_is_averaged_over_is_said() -> None:
    rows = [
        {
            "item": f"i{n % 9}",
            "item_hash": f"x{n}",
            "suite": suite,
            "model": model,
            "temperature": t,
            "correct": float(n % 2),
        }
        for n in range(9)
        for t in (0.0, 1.0)
        for suite in ("s1", "s2")
        for model in ("m1", "m2", "m3")
    ]
    texts = [f"accuracy of {COLD_MINUS_HOT} > 0", f"accuracy of {COLD_MINUS_HOT} where suite=s1|s2 model=m1 > 0"]
    found = verdicts(samples(rows), [parse(text) for text in texts])
    assert [a.over for a in found] == [("2 suites", "3 models"), ()]


def test_every_measure_that_can_be_predicted_can_be_computed() -> None:
    assert set(MEASURES) == set(DIFFERENCES)


@pytest.mark.parametrize("measure", [name for name in MEASURES if name != "accuracy"])
@pytest.mark.parametrize("items", [6, 30])
def test_other_measures_are_compared_as_contrast_does(measure: str, items: int) -> None:
    """Drawn for many items, enumerated for few: the same interval and, against 0, the same p.

    Agreement is a mean of items: of so few it has the exact bound instead of Student's t.
    """
    items = 30 if measure.startswith("item_agreement") else items
    draw = np.random.default_rng(3).random
    rows = [
        {
            "item": f"i{n}",
            "item_hash": f"x{n}",
            "temperature": t,
            "repeat": k,
            "correct": float(draw() < 0.5),
            "answer": "ABCD"[int(draw() * (2 + 2 * t))],
            "confidence": 0.3 + 0.6 * draw(),
            "letter_mass": 0.9 + 0.1 * draw(),
            "latency_ms": 100 + 50 * draw() + 20 * t,
            "first_token_ms": 30 + 9 * draw(),
            "eval_ms": 80 + 9 * draw(),
            "completion_tokens": 10.0,
        }
        for n in range(items)
        for t in (0.0, 1.0)
        for k in range(3)
    ]
    made = samples(rows)
    wanted = contrast(made, measure, "temperature", levels=[1.0, 0.0]).iloc[0]
    (answer,) = verdicts(made, [parse(f"{measure} of {HOT_MINUS_COLD} > 0")])
    assert answer.n == items == wanted["n"]
    assert answer.difference == pytest.approx(wanted["difference"])
    assert (answer.low, answer.high) == (pytest.approx(wanted["ci_low"]), pytest.approx(wanted["ci_high"]))
    assert answer.p == pytest.approx(wanted["p"], rel=2e-3)
    assert answer.detectable == pytest.approx(wanted["mde"])


def test_a_measure_that_never_moves_decides_nothing() -> None:
    rows = [
        {"item": f"i{n}", "item_hash": f"x{n}", "temperature": t, "correct": float(n % 2), "confidence": 0.5}
        for n in range(20)
        for t in (0.0, 1.0)
    ]
    (answer,) = verdicts(samples(rows), [parse(f"ece of {HOT_MINUS_COLD} = within 5 points")])
    assert (answer.verdict, answer.low, answer.p) == ("inconclusive", None, 1.0)
