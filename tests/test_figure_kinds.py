"""Every kind of figure on samples of known content: its numbers, its spec, its words, and the edges."""

from __future__ import annotations

import json
import math
import re
from typing import Any

import altair as alt
import pytest
from figure_samples import LONG, constant, draw, samples, study
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from llmxsite.analysis import results
from llmxsite.press import figure
from llmxsite.press.figure import render
from llmxsite.press.figure.build import SCHEMA
from llmxsite.press.figure.draft import BEHIND
from llmxsite.press.figure.fields import check, used
from llmxsite.press.figure.options import ChartProblem

WHOLE = study()
CASES: dict[str, dict[str, Any]] = {
    "heatmap": {},
    "bars": {"colour": "temperature", "chance": 0.25},
    "radar": {},
    "reliability": {},
    "confidence": {},
    "differences": {},
    "sweep": {"chance": 0.25},
    "latency": {"chance": 0.25},
    "latency-distribution": {},
    "difficulty": {},
    "forest": {"machine": "temperature"},
}
EDGES = {
    "one model": (WHOLE.where(model="phi3:mini"), {"difficulty", "differences", "forest"}),
    "all right": (constant(1.0), {"sweep", "forest"}),
    "all wrong": (constant(0.0), {"sweep", "forest"}),
    "few": (constant(1.0, n=3), {"sweep", "forest"}),
    "thirty": (study([f"vendor/model-{i}-instruct:q4" for i in range(30)], 12, (0.2, 0.7)), {"radar", "differences", "forest"}),
}  # fmt: skip


def make(kind: str, data=WHOLE, options: dict[str, Any] | None = None, **more: Any) -> figure.Figure:
    return figure.build(kind, data, CASES.get(kind, {}) if options is None else options, id=f"t-{kind}", **more)


def test_every_kind_is_tried():
    # That one reads replies from logs: see below.
    assert set(CASES) | {"tokens"} == {kind.name for kind in figure.KINDS}


@pytest.mark.parametrize("kind", CASES)
def test_specs_pass_altairs_own_checks(kind):
    made = make(kind)
    for size in ("wide", "narrow"):
        full = {**made.of(size), "datasets": made.marks}
        alt.Chart.from_dict(json.loads(json.dumps(full)))
        assert full["$schema"] == SCHEMA and full["width"] == "container" and full["data"] == {"name": "table"}


@pytest.mark.parametrize("kind", CASES)
def test_a_figure_is_complete(kind):
    made = make(kind)
    assert list(made.data.columns) == [c.name for c in made.columns]
    assert made.title and made.caption.endswith(".") and len(made.alt) > 40
    assert made.runs == [f"run-{i}" for i in range(4)]
    assert len(made.data) > 0
    for word in ("significant", "nan", "None", "NaN"):
        assert word not in made.caption + made.alt + " ".join(made.notes) + made.title
    for frame in made.marks.values():
        json.dumps(frame, allow_nan=False)


@pytest.mark.parametrize("kind", CASES)
def test_marks_hold_nothing_that_is_not_drawn(kind):
    made = make(kind)
    drawn = {name: set().union(*(used(made.of(s)).get(name, set()) for s in ("wide", "narrow"))) for name in made.marks}
    for name, rows in made.marks.items():
        assert all(set(row) <= drawn[name] | {BEHIND} for row in rows)


def test_a_field_that_does_not_exist_is_found():
    spec = {"data": {"name": "table"}, "layer": [{"encoding": {"x": {"field": "valeu"}}}]}
    with pytest.raises(KeyError, match="valeu"):
        check(spec, {"table": ["value"]})
    with pytest.raises(KeyError, match="other"):
        check({"data": {"name": "other"}, "encoding": {"x": {"field": "a"}}}, {"table": ["a"]})


@pytest.mark.parametrize("name", EDGES)
@pytest.mark.parametrize("kind", CASES)
def test_edges(name, kind):
    """Drawn without a hole in it, or refused with what to do instead."""
    data, refused = EDGES[name]
    if kind in refused:
        with pytest.raises(ChartProblem) as caught:
            make(kind, data, {})
        assert caught.value.issues[0].hint or caught.value.option
        return
    svg = render.svg(make(kind, data, {}))
    assert svg.startswith("<svg")
    assert not re.search(r"NaN|undefined|null|Infinity", svg)


def test_heatmap_holds_the_numbers_of_the_results():
    made = make("heatmap")
    expected = results.summarise(WHOLE, ["model", "category"]).set_index(["model", "category"])
    for row in made.data.to_dict("records"):
        key = (row["model"], row["category"])
        if key in expected.index:
            assert row["n"] == expected.loc[key, "n"]
            assert row["accuracy"] == pytest.approx(expected.loc[key, "accuracy"], abs=1e-5)
        else:
            assert row["n"] == 0 and math.isnan(row["accuracy"])


def test_heatmap_shows_what_is_missing_as_missing():
    made = make("heatmap")
    missing = [row for row in made.marks["table"] if row["missing"]]
    assert [(r["row"], r["column"]) for r in missing] == [(LONG[1], "Misconceptions")]
    assert missing[0]["value"] is None and missing[0]["shown"] == "not measured"
    assert "1 of 16 cells was not measured" in made.caption
    few = [row for row in made.marks["table"] if row["few"]]
    assert [(r["row"], r["column"]) for r in few] == [(LONG[2], "Law")]
    assert any("fewer than 10" in note for note in made.notes)
    hatched = [
        layer
        for layer in made.spec["layer"]
        if layer.get("transform") == [{"filter": {"field": "missing", "equal": True}}]
    ]
    assert len(hatched) == 6


def test_heatmap_names_digests_apart():
    rows = [
        {"model": "m:1b", "digest": d * 32, "item": f"q{i}", "category": "abc"[i % 3], "correct": 1.0}
        for d in ("a1", "b2")
        for i in range(12)
    ]
    made = make("heatmap", samples(rows), {})
    assert sorted(made.data["model"].unique()) == ["m:1b (a1a1a1a1)", "m:1b (b2b2b2b2)"]


def test_bars_are_sorted_with_the_best_first():
    made = make("bars", options={})
    assert list(made.data["accuracy"]) == sorted(made.data["accuracy"], reverse=True)
    low = make("bars", options={"value": "ece"})
    assert list(low.data["ece"]) == sorted(low.data["ece"])


def test_reliability_says_ece_beside_its_noise():
    made = make("reliability", WHOLE.where(model="phi3:mini"), {})
    row = results.calibration(WHOLE.where(model="phi3:mini"), ["model"]).summary.iloc[0]
    assert f"{100 * row['ece']:.1f}%" in made.caption
    assert f"{100 * row['ece_noise_floor']:.1f}%" in made.caption
    assert (made.data["n"] > 0).all()


def test_a_chart_of_confidence_without_confidences_says_what_to_do():
    rows = [{"model": "m", "item": f"q{i}", "correct": 1.0} for i in range(20)]
    for kind in ("reliability", "confidence"):
        with pytest.raises(ChartProblem) as caught:
            make(kind, samples(rows), {})
        assert "logprobs" in caught.value.issues[0].hint


def test_confidence_is_counted_where_points_would_be_too_many():
    many = study(["phi3:mini", "smollm2:135m"], 500)
    made = make("confidence", many, {})
    assert "n" in made.marks["table"][0] and len(made.marks["table"]) < 300
    assert sum(r["n"] for r in made.marks["table"]) == int(many.frame["confidence"].notna().sum())
    assert any("more than 2,000" in note for note in made.notes)


def test_differences_against_a_baseline_are_one_family():
    made = make("differences", WHOLE, {"factor": "temperature", "baseline": 0.7})
    assert list(made.data["b"]) == [0.7, 0.7]
    assert (made.data["p_holm"] >= made.data["p"] - 1e-9).all()
    assert "Holm" in made.caption


def test_differences_have_one_direction_and_say_whose_side_is_which():
    rows = [
        {"model": m, "item": f"{s}-{i}", "suite": s, "correct": float(draw(m, s, i) < p)}
        for m, s, p in (("a", "one", 0.2), ("b", "one", 0.9), ("a", "two", 0.6), ("b", "two", 0.5))
        for i in range(40)
    ]
    made = make("differences", samples(rows), {"by": "suite"})
    assert set(made.data["a"]) == {"b"} and set(made.data["b"]) == {"a"}, "b is ahead over both suites"
    assert (made.data["difference"] > 0).any() and (made.data["difference"] < 0).any()
    assert made.data["accuracy_a"].sub(made.data["accuracy_b"]).sub(made.data["difference"]).abs().max() < 1e-4
    said = json.dumps([made.spec, made.narrow], ensure_ascii=False)
    assert "← model a better" in said and "model b better →" in said
    assert {row["label"] for row in made.marks["table"]} == {"one", "two"}, "the axis says the rest"
    worse = make(
        "differences", samples([r | {"latency_ms": 5.0 + (r["model"] == "a")} for r in rows]), {"value": "latency_ms"}
    )
    assert "model b better (lower) →" in json.dumps(worse.spec, ensure_ascii=False)


def test_later_levels_are_set_against_earlier_ones():
    made = make("differences", WHOLE, {"factor": "temperature"})
    assert (made.data["a"] > made.data["b"]).all()


def test_a_sweep_leaves_a_gap_where_a_level_was_not_met():
    data = WHOLE.where(model=["phi3:mini", LONG[0]])
    frame = data.frame[~((data.frame["model"] == "phi3:mini") & (data.frame["temperature"] == 0.7))]
    made = make("sweep", data._taken(frame.reset_index(drop=True)), {})
    gap = [r for r in made.marks["table"] if r["series"] == "phi3:mini" and r["x"] == 0.7]
    assert gap[0]["value"] is None
    assert len(made.data) == 6


def test_a_radar_is_broken_where_a_spoke_was_not_measured():
    made = make("radar")
    gap = [r for r in made.marks["table"] if r["series"] == LONG[1] and r["axis"] == "Misconceptions"]
    assert gap and all(r["x"] is None for r in gap)
    closed = [r for r in made.marks["table"] if r["series"] == LONG[0]]
    assert (closed[0]["x"], closed[0]["y"]) == (closed[-1]["x"], closed[-1]["y"])
    assert "no meaning" in made.caption


def test_difficulty_counts_every_item_once():
    data = study(LONG[:1] + LONG[3:], 40, (0.2,))
    made = make("difficulty", data, {})
    assert len(made.data) == 40
    assert sum(r["n"] for r in made.marks["table"]) == 30
    assert "10 items of 40 were not answered under all models; they are in the table only." in made.notes
    assert [r["label"] for r in made.marks["table"]] == ["0", "1", "2"]


def test_what_is_pooled_is_said():
    assert any(n == "Pooled over 3 levels of temperature: 0.2, 0.7 and 1.2." for n in make("heatmap").notes)
    assert not any("Pooled over" in n for n in make("sweep", WHOLE, {}).notes)


def test_filters_and_columns_are_checked():
    for options, code, words in (
        ({"where": {"modle": "x"}}, "chart-column", "model"),
        ({"where": {"model": "phi3:min"}}, "chart-empty", "phi3:mini"),
        ({"rows": "modle"}, "chart-column", "model"),
        ({"value": "acuracy"}, "chart-value", "accuracy"),
    ):
        with pytest.raises(ChartProblem) as caught:
            make("heatmap", WHOLE, options)
        assert caught.value.issues[0].code == code
        assert words in (caught.value.issues[0].hint or "")


def test_words_of_the_writer_come_first():
    made = make("bars", options={"title": "Mine", "caption": "Look here."}, title="Theirs")
    assert made.title == "Mine" and made.caption.startswith("Look here. Highest:")


NASTY = st.text(st.characters(blacklist_categories=["Cs"]), min_size=1, max_size=24) | st.sampled_from(
    [
        '"];alert(1)//',
        "</svg><script>alert(1)</script>",
        "\\\"'`${x}",
        "datum.value",
        "var(--ink)",
        "\u2028\u2029",
        "a\nb\tc",
        "<b>&amp;",
        "if",
        "toString",
        "__defineGetter__",
    ]
)


@pytest.mark.parametrize("kind", ["heatmap", "bars", "latency", "sweep", "radar"])
def test_names_that_vega_takes_for_functions_are_drawn(kind):
    names = ["if", "constructor", "toString"]
    rows = [
        {
            "model": m,
            "item": f"q{i}",
            "category": names[i % 3],
            "correct": i % 4 > 0,
            "latency_ms": 9.0 + i,
            "heat": i % 2,
        }
        for m in names
        for i in range(24)
    ]
    made = make(kind, samples(rows, ["heat"]), {"x": "heat"} if kind == "sweep" else {})
    assert {*names} & {*made.data.astype(str).to_numpy().ravel()}, "the table has the names as they are"
    for size in ("wide", "narrow"):
        assert "toString" in render.svg(made, "light", size)


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(NASTY, min_size=2, max_size=3, unique=True),
    NASTY,
    st.sampled_from(["heatmap", "bars", "latency", "sweep"]),
)
def test_names_and_titles_never_become_code(names, title, kind):
    rows = [
        {
            "model": m,
            "item": f"q{i}",
            "category": names[i % 2],
            "correct": float(i % 3 > 0),
            "latency_ms": 9.0 + i,
            "heat": float(i % 2),
        }
        for m in names
        for i in range(12)
    ]
    options = {"title": title} | ({"x": "heat"} if kind == "sweep" else {})
    made = make(kind, samples(rows, ["heat"]), options)
    svg = render.svg(made, "light", titled=True)
    assert "<script" not in svg and "alert(1)</" not in svg
    import xml.etree.ElementTree as ET

    root = ET.fromstring(svg)
    assert root.attrib["role"] == "img" and root.attrib["aria-label"]
    for size in ("wide", "narrow"):
        text = json.dumps(
            [v for k, v in walk(made.of(size)) if k in ("expr", "labelExpr", "calculate", "test", "signal")]
        )
        assert not any(name in text for name in names if len(name) > 3)


def walk(node: Any, key: str = "") -> Any:
    if isinstance(node, dict):
        for k, v in node.items():
            yield from walk(v, k)
    elif isinstance(node, list):
        for v in node:
            yield from walk(v, key)
    else:
        yield key, node
