"""Numbers in prose: what a query gives, and how a wrong one is explained."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from text_support import Table, samples

from llmxsite.press.numbers import query, value
from llmxsite.press.numbers.query import QueryError


def _two_models() -> Table:
    """m1 right on 30 of 40 in suite s1 at two temperatures; m2 right on 10 of 40."""
    rows = []
    for model, right in (("m1", 30), ("m2", 10)):
        for n in range(40):
            rows.append(
                {
                    "model": model,
                    "digest": f"d-{model}",
                    "run": f"run-{model}",
                    "item": f"i{n}",
                    "item_hash": f"x{n}",
                    "correct": float(n < right),
                    "temperature": 0.1 if n % 2 else 1.0,
                    "category": "earth" if n < 20 else "space science",
                }
            )
    return samples(rows)


def test_accuracy_has_its_interval_and_names_its_run() -> None:
    found = value.evaluate("accuracy model=m1", _two_models(), report="r1")
    assert found.number == 0.75
    # Wilson 95 % for 30 of 40, computed by hand from its formula
    assert (round(found.low, 4), round(found.high, 4)) == (0.5981, 0.8581)
    assert found.plain() == "75.0% [59.8, 85.8]"
    assert found.runs == ["run-m1"]
    assert "n = 40 samples of 40 items" in found.title
    assert "2 levels of temperature" in found.title
    assert found.html("../runs/a.html") == (
        '<a class="value" href="../runs/a.html" title="' + found.title + '; run run-m1">75.0% '
        '<span class="interval">[59.8, 85.8]</span></a>'
    )


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("accuracy model=m1 interval=no", "75.0%"),
        ("accuracy model=m1 interval=no digits=0", "75%"),
        ("accuracy model=m1 interval=no format=number", "0.750"),
        ("accuracy model=m1 category='space science' interval=no", "50.0%"),
        ("accuracy model=m1 temperature=1 interval=no", "75.0%"),
        ("accuracy pool=yes interval=no", "50.0%"),
        ("accuracy model=m1|m2 digest=d-m1|d-m2 interval=no", "50.0%"),
        ("n", "80"),
        ("n model=m1", "40"),
        ("correct model=m2", "10"),
        ("count of=model", "2"),
        ("count", "80"),
        ("latency_ms model=m1", "100 ms"),
        ("difference factor=model a=m1 b=m2 interval=no", "+50.0 points"),
        ("difference factor=model a=m2 b=m1 interval=no", "−50.0 points"),
        ("difference of=n factor=model a=m2 b=m1", "40"),
    ],
)
def test_forms(text: str, shown: str) -> None:
    assert value.evaluate(text, _two_models(), report="r1").plain() == shown


@pytest.mark.parametrize(
    ("text", "message", "hint", "offset"),
    [
        ("acuracy model=m1", "unknown metric 'acuracy'", "did you mean 'accuracy'?", 0),
        ("model=m1", "a query starts with a metric, not with 'model='", None, 0),
        ("accuracy modell=m1", "no column 'modell' in the samples", "did you mean 'model'?", 9),
        ("accuracy model=m3", "no sample has model=m3", "known: m1, m2", 15),
        ("accuracy", "this mixes 2 models: m1, m2", "name one with model=, or say pool=yes", 0),
        ("accuracy model=m1 model=m2", "'model' stands twice", "several values of one column: model=a|b", 18),
        ("accuracy model=m1 run=run-m2", "no sample has run=run-m2 together with the other filters", None, 18),
        ("accuracy model=", "'model=' has no value", None, 9),
        ("accuracy space science", "'space' is not `name=value`", None, 9),
        ("accuracy digits=x", "digits must be a number from 0 to 9", None, 9),
        ("accuracy format=percnt", "'format=percnt' is not known", "did you mean 'percent'?", 9),
        ("difference factor=model a=m1", "a difference needs 'b='", None, 0),
        ("difference factor=model a=m1 b=m9", "no sample has m9 there", "known: m1, m2", 29),
        ("accuracy a=m1", "'a=' belongs to a comparison of two", None, 9),
        ("count of=modle", "no column 'modle' in the samples", "did you mean 'model'?", 6),
    ],
)
def test_a_wrong_query_is_explained(text: str, message: str, hint: str | None, offset: int) -> None:
    with pytest.raises(QueryError) as raised:
        value.evaluate(text, _two_models(), report="r1")
    assert str(raised.value) == message
    assert raised.value.offset == offset
    if hint is not None:
        assert raised.value.hint == hint


def test_what_was_not_measured_is_missing_and_never_a_number() -> None:
    found = value.evaluate("mean_confidence model=m1", _two_models(), report="r1")
    assert math.isnan(found.number)
    assert found.plain() == "not measured"


def test_a_report_sees_its_own_samples_unless_it_names_another() -> None:
    table = samples([{"experiment": "r1", "correct": 1.0}, {"experiment": "r2", "correct": 0.0}])
    assert value.evaluate("accuracy interval=no", table, report="r1").plain() == "100.0%"
    assert value.evaluate("accuracy interval=no report=r2", table, report="r1").plain() == "0.0%"
    with pytest.raises(QueryError, match="report 'r3' has no samples yet"):
        value.evaluate("accuracy", table, report="r3")


def test_two_digests_of_one_model_are_two_populations() -> None:
    table = samples([{"digest": "aaa"}, {"digest": "bbb"}])
    with pytest.raises(QueryError, match="2 digests of the model"):
        value.evaluate("accuracy", table)


@given(st.text(alphabet="accuracy =|'\"mn1pool:\\", max_size=40))
def test_any_text_is_a_query_or_an_error(text: str) -> None:
    try:
        found = query.parse(text)
    except QueryError as error:
        assert 0 <= error.offset <= len(text)
    else:
        assert found.metric in query.metrics()


def test_what_queries_share_is_worked_out_once_and_gives_the_same() -> None:
    table = _two_models()
    texts = [
        *("accuracy model=m1", "n model=m1", "accuracy interval=no model=m1", "accuracy model=m2"),
        *("accuracy model=m1 temperature=1", "accuracy temperature=1 model=m1 pool=yes", "accuracy pool=yes"),
    ]
    memory: value.Memory = {}
    for text in texts:
        assert value.evaluate(text, table, report="r1", memory=memory) == value.evaluate(text, table, report="r1")
    assert sum(key[-1] == "summary" for key in memory) == 4, "m1, m2, m1 at one temperature, and both"
