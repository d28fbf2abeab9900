"""Which number is called highest or lowest, in every kind of figure: one rule."""

from __future__ import annotations

from typing import Any

import pytest
from figure_samples import samples
from hypothesis import given
from hypothesis import strategies as st

from llmxsite.analysis.measure import FEW, show
from llmxsite.press import figure
from llmxsite.press.figure import ranking
from llmxsite.press.figure.metrics import METRICS

ACCURACY = METRICS["accuracy"]


def row(name: str, accuracy: float, n: int) -> dict[str, Any]:
    return {"name": name, "accuracy": accuracy, "ci_low": 0.0, "ci_high": 1.0, "answered": n}


def said(*rows: dict[str, Any]) -> str:
    return " ".join(ranking.sentences(rows, ACCURACY, lambda r: str(r["name"]), noun="bar"))


def test_what_rests_on_few_answers_is_not_named() -> None:
    text = said(row("two", 1.0, 2), row("a", 0.6, 40), row("b", 0.3, 40), row("none", 0.0, 9))
    assert text.startswith("Highest: a, 60.0%") and "Lowest: b, 30.0%" in text
    assert "two" not in text and "none" not in text
    assert said(row("two", 1.0, 2), row("one", 0.0, 1)) == "No bar rests on 10 answers or more, so none is named."
    assert said(row("two", 1.0, 2), row("a", 0.6, 40)).startswith("The one bar with 10 answers or more: a, 60.0%")


def test_what_is_written_alike_is_equal() -> None:
    assert said(row("a", 0.38, 50), row("b", 0.38, 50)) == "38.0% at both, a and b."
    assert said(row("a", 0.3801, 50), row("b", 0.3799, 50)) == "38.0% at both, a and b.", "as far as it is written"
    assert said(*(row(n, 0.5, 20) for n in "abc")) == "50.0% at all 3 bars."
    assert said(*(row(n, 0.5, 20) for n in "abc"), row("d", 1.0, 1)) == "50.0% at all 3 bars with at least 10 answers."
    assert said(row("a", 0.5, 20), row("b", 0.5, 20), row("c", 0.1, 20)).startswith(
        "Highest, 50.0%: a and b. Lowest: c"
    )


@given(st.lists(st.tuples(st.floats(0, 1), st.integers(0, 40)), min_size=1, max_size=8))
def test_no_sentence_names_what_is_not_ranked(numbers: list[tuple[float, int]]) -> None:
    rows = [row(f"model{i}", value, n) for i, (value, n) in enumerate(numbers)]
    text = said(*rows)
    if len(rows) > 1:
        assert not any(r["name"] in text for r in rows if r["answered"] < FEW)


def mixed(n: int) -> Any:
    """A model with `n` answers, all right, beside two with forty."""
    return samples(
        [
            {
                "model": m,
                "item": f"q{i}",
                "category": "abc"[i % 3] * 3,
                "correct": float(m == "short" or i % (3 if m == "first" else 4) == 0),
                "confidence": 0.6,
                "latency_ms": 1.0 if m == "short" else 9.0 + i,
            }
            for m, count in (("short", n), ("first", 40), ("second", 40))
            for i in range(count)
        ]
    )


@pytest.mark.parametrize("kind", ["bars", "latency", "latency-distribution", "heatmap", "radar"])
def test_every_kind_keeps_to_it(kind: str) -> None:
    made = figure.build(kind, mixed(2), {}, id="t")
    named = [s for s in [*made.caption.split(". "), *made.alt.split(". ")] if "short" in s]
    assert not any("ighest" in s or "Most accurate" in s or "Fastest" in s for s in named if "No " not in s)
    if kind == "bars":
        assert list(made.data["model"])[-1] == "short", "and does not stand first either"
        assert [r["few"] for r in made.marks["table"]] == [False, False, True]


def test_nothing_is_written_as_minus_nothing() -> None:
    assert (
        show(-0.0004, "points") == "0.0" and show(-0.0004, "percent") == "0.0%" and show(-0.4, "milliseconds") != "−0"
    )
    assert show(0.0, "points") == "+0.0" and show(-0.0006, "points") == "−0.1"
    rows = [
        {"model": m, "item": f"q{i}", "category": "c", "correct": float(i % 2), "temperature": t}
        for m in ("a", "b")
        for t in (0.0, 1.0)
        for i in range(20)
    ]
    for options in ({}, {"factor": "temperature", "by": "model"}, {"baseline": "b"}):
        made = figure.build("differences", samples(rows, ["temperature"]), options, id="t")
        assert "−0.0" not in made.caption + str(made.marks["table"]), options
