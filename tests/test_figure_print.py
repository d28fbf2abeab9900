"""Each kind as its best example in print: scales that compare, bins that are full, words for columns, panels for many lines."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from figure_samples import LONG, draw, samples, study
from hypothesis import given
from hypothesis import strategies as st

from llmxsite.analysis import results
from llmxsite.analysis.stats.noise_floor import consistency_band, noise_floor
from llmxsite.analysis.tables import Samples
from llmxsite.log.record import SuiteRef
from llmxsite.press import figure
from llmxsite.press.figure import levels, naming
from llmxsite.press.figure.classes import classes_of
from llmxsite.press.figure.metrics import METRICS
from llmxsite.press.figure.seriation import alike

WHOLE = study()


def test_one_colour_means_one_share_in_every_heatmap() -> None:
    narrow, wide = (classes_of(np.array(values), METRICS["accuracy"], None) for values in ([0.3, 0.31], [0.0, 1.0]))
    assert narrow == wide and narrow.edges == [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]
    assert len(set(narrow.colours)) == 10
    assert classes_of(np.array([3.0, 90.0]), METRICS["unparsed"], None).edges[:2] == [10, 20]


@pytest.mark.parametrize("chance", [0.1, 0.25, 1 / 3, 0.5, 0.9])
def test_colours_part_around_guessing(chance: float) -> None:
    found = classes_of(np.array([0.0, 1.0]), METRICS["accuracy"], None, chance)
    assert found.name == "diverging" and len(found.edges) == len(found.colours) - 1
    assert all(0 < edge < 1 for edge in found.edges) and found.edges == sorted(found.edges)

    def colour(share: float) -> int:
        return found.colours[int(np.searchsorted(found.edges, share, side="right"))]

    assert colour(chance) == 4, "neutral at guessing itself"
    assert colour(max(0.0, chance - 0.06)) == 3 and colour(chance + 0.06) == 5
    made = figure.build("heatmap", WHOLE, {"chance": chance}, id="t")
    assert "around guessing at" in json.dumps(made.spec)


def test_cells_say_percent_and_columns_stand_in_their_own_order() -> None:
    made = figure.build("heatmap", WHOLE, {"columns": "difficulty", "sort": "alike"}, id="t")
    assert all(r["text"].endswith("%") for r in made.marks["table"])
    assert list(dict.fromkeys(r["column"] for r in made.marks["table"])) == ["easy", "medium", "hard", "All"]


def test_alike_rows_are_neighbours() -> None:
    high, low = [0.9, 0.8, 0.95], [0.1, 0.2, 0.05]
    rows = np.array([high, low, [v - 0.02 for v in high], [v + 0.02 for v in low], [np.nan] * 3])
    order = alike(rows)
    assert sorted(order) == list(range(5)) and order[-1] == 4
    assert set(order[:2]) == {0, 2}, "the better end first"


@given(st.lists(st.lists(st.floats(0, 1) | st.just(float("nan")), min_size=3, max_size=3), min_size=1, max_size=9))
def test_any_order_is_of_all_rows(rows: list[list[float]]) -> None:
    assert sorted(alike(np.array(rows))) == list(range(len(rows)))


def test_bins_are_of_about_equal_count_and_never_of_few() -> None:
    of = WHOLE.where(model=LONG[0])
    wide, full = (results.calibration(of, ["model"], 10, equal=kind) for kind in ("width", "count"))
    pd.testing.assert_frame_equal(wide.summary, full.summary)
    assert full.bins["units"].min() >= 10 and full.bins["n"].max() - full.bins["n"].min() <= len(full.bins)
    assert int(full.bins["n"].sum()) == int(wide.bins["n"].sum())
    few = results.calibration(
        samples([{"model": "m", "item": f"q{i}", "correct": i % 2, "confidence": i / 30} for i in range(24)]),
        ["model"],
        10,
        equal="count",
    )
    assert len(few.bins) == 2
    tied = results.calibration(
        samples([{"model": "m", "item": f"q{i}", "correct": i % 2, "confidence": 0.5} for i in range(60)]),
        ["model"],
        10,
        equal="count",
    )
    assert list(tied.bins["n"][tied.bins["n"] > 0]) == [60], "equal confidences are never parted"


def test_the_band_of_bins_is_that_of_redraws() -> None:
    c = np.array([draw(i) for i in range(400)])
    edges = [b / 10 for b in range(1, 11)]
    floor, band = noise_floor(c, 10).band, consistency_band(c, edges)
    for a, b in zip(floor, band, strict=True):
        assert a.low == pytest.approx(b.low, abs=0.06) and a.high == pytest.approx(b.high, abs=0.06)
    assert consistency_band(c, edges) == band
    one = consistency_band(np.full(50, 0.3), [0.5, 1.0])
    assert one[0].low < 0.3 < one[0].high and one[1].low is None
    repeated = consistency_band(np.full(50, 0.3), [1.0], answer=[0] * 50)
    assert (repeated[0].low, repeated[0].high) == (0.0, 1.0), "one answer fifty times is one answer"


def test_a_reliability_diagram_says_it_in_the_chart() -> None:
    made = figure.build("reliability", WHOLE.where(model=[LONG[0], LONG[2]]), {}, id="t")
    row = results.calibration(WHOLE, ["model"]).summary.set_index("model").loc[LONG[2]]
    sentence = f"says {100 * row['mean_confidence']:.0f}%, is right {100 * row['accuracy']:.0f}%"
    assert sentence in json.dumps(made.marks["said"]) and sentence in json.dumps(made.marks["said_narrow"])
    assert {r["kind"] for r in made.marks["segments"]} == {"full"}
    many = figure.build("reliability", WHOLE, {}, id="t")
    assert "said" not in many.marks and {r["kind"] for r in many.marks["segments"]} == {"full", "ghost"}


def test_few_answers_are_faint() -> None:
    made = figure.build("reliability", study(LONG[2:3], 8, (0.2,)), {}, id="t")
    assert [r["few"] for r in made.marks["table"]] == [True]
    tied = [
        {"model": "m", "item": f"q{i}", "correct": float(i % 2), "confidence": 0.9 if i < 4 else 0.4} for i in range(40)
    ]
    made = figure.build("reliability", samples(tied), {}, id="t")
    assert [r["few"] for r in made.marks["table"]] == [False, True] and made.marks["segments"][0]["kind"] == "faint"


def test_axes_are_zoomed_where_the_panel_would_be_empty_and_say_so() -> None:
    rows = [
        {"model": "m", "item": f"q{i}", "correct": float(draw(i) < 0.3), "confidence": 0.25 + 0.1 * draw("c", i)}
        for i in range(300)
    ]
    rows.append({"model": "m", "item": "sure", "correct": 1.0, "confidence": 1.0})
    made = figure.build("reliability", samples(rows), {}, id="t")
    assert "Confidence is shown from 20% to 40%" in made.caption or "axes run from" in made.caption
    assert "from 0% to 100%" not in made.caption
    assert not any("axes run" in figure.build("reliability", WHOLE, {}, id="t").caption for _ in "1")


def test_more_lines_than_colours_are_panels() -> None:
    many = study([f"model-{i}" for i in range(12)], 40)
    made = figure.build("sweep", many, {"chance": 0.25}, id="t")
    assert len({r["panel"] for r in made.marks["table"]}) == 12 and "span" in made.marks
    assert len(made.data) == 36
    few = figure.build("sweep", WHOLE, {}, id="t")
    assert "ends" in few.marks and "panel" not in few.marks["table"][0]


def test_columns_are_called_by_words() -> None:
    assert naming.column("num_ctx") == "Context length" and naming.noun("top_p") == "Top-p"
    assert naming.column("regime") == "Way of asking" and naming.nouns("regime") == "ways of asking"
    assert naming.column("expected") == "Expected answer" and naming.nouns("category") == "categories"
    assert naming.column("of_my_own") == "Of my own"
    assert levels.named("expected", "A") == "expected answer A" and levels.named("model", "phi3") == "phi3"
    assert levels.spoken("temperature", "0.2") == "temperature 0.2" and levels.spoken("prompt", "cot") == "cot"
    rows = [
        {"model": m, "item": f"q{i}", "num_ctx": float(c), "correct": 1.0}
        for m in "ab"
        for c in (512, 2048)
        for i in range(12)
    ]
    made = figure.build("bars", samples(rows, ["num_ctx"]), {"by": "model", "colour": "num_ctx"}, id="t")
    assert made.title == "Accuracy by model and context length"
    assert "Context length" in json.dumps([layer["mark"] for layer in made.spec["layer"]]), "before the keys"


def titled() -> Samples:
    rows = [
        {"suite": s, "model": m, "item": f"q{i}", "correct": float(i % 2)}
        for s in ("law", "arts", "twin")
        for m in ("a", "b")
        for i in range(20)
    ]
    found = samples(rows)
    refs = [
        SuiteRef(id="law", hash="1", title="Law and order"),
        SuiteRef(id="arts", hash="2", title="Twins"),
        SuiteRef(id="twin", hash="3", title="Twins"),
    ]
    run = type("Header", (), {"suites": refs, "experiment": {}})()
    return Samples(found.frame, found.factors, {"run-1": run}, {}, {})


def test_suites_are_called_by_their_titles() -> None:
    made = figure.build("bars", titled(), {"by": "suite"}, id="t")
    assert sorted(r["name"] for r in made.marks["table"]) == ["Law and order", "arts", "twin"], (
        "two of one title by their ids"
    )
    assert sorted(made.data["suite"]) == ["arts", "law", "twin"], "the table has the id, as filters have"
    assert levels.label("suite", "law") == "law", "outside of a figure nothing is known of titles"
