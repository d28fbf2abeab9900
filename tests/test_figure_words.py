"""Words and places: shortened names stay different, numbers read well, labels do not lie on one another."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmxsite.press.figure import levels, words
from llmxsite.press.figure.places import beside, free_end, spread


@pytest.mark.parametrize(
    ("value", "form", "text"),
    [
        (0.634, "percent", "63.4%"),
        (1.0, "percent", "100.0%"),
        (-0.0123, "points", "−1.2"),
        (0.0123, "points", "+1.2"),
        (12345, "count", "12,345"),
        (0.0004, "p", "< 0.001"),
        (0.0412, "p", "0.041"),
        (1234.6, "milliseconds", "1,235"),
        (3.21, "milliseconds", "3.2"),
        (float("nan"), "percent", "–"),
        (None, "count", "–"),
        (0.5, "number", "0.5"),
    ],
)
def test_numbers(value, form, text):
    assert words.show(value, form) == text


def test_a_long_name_keeps_both_ends():
    short = words.shorten("hf.co/bartowski/Llama-3.2-3B-Instruct-GGUF:Q4_K_M", 170)
    assert words.width(short) <= 170
    assert short.startswith("hf.co/") and short.endswith("GGUF:Q4_K_M") and "…" in short


@given(st.lists(st.text(min_size=1, max_size=60), min_size=1, max_size=12), st.integers(30, 300))
def test_labels_stay_different(names, pixels):
    found = words.labels(names, pixels)
    assert set(found) == set(names)
    assert len(set(found.values())) == len(set(names))
    assert all(label.isprintable() for label in found.values())


@given(st.text(max_size=40))
def test_headings_end_no_string(name):
    assert not set(words.heading(name)) & set("\"'\\`\n\r")


@pytest.mark.parametrize(
    ("names", "text"),
    [([], ""), (["a"], "a"), (["a", "b"], "a and b"), (list("abcdefgh"), "a, b, c, d, e and 3 more")],
)
def test_lists(names, text):
    assert words.listed(names) == text


@pytest.mark.parametrize(
    ("given_levels", "ordered"),
    [
        ([0.7, 0.1, 1.0], [0.1, 0.7, 1.0]),
        (["hard", "easy", "medium"], ["easy", "medium", "hard"]),
        (["law", "physics"], None),
        ([2, None, 1], [1, 2, None]),
    ],
)
def test_levels_that_have_an_order(given_levels, ordered):
    assert levels.ordinal(given_levels) == ordered


def test_levels_by_value_put_the_missing_last():
    values = {"a": 0.2, "b": float("nan"), "c": 0.9}
    assert levels.order(["a", "b", "c"], None, values) == ["c", "a", "b"]
    assert levels.order(["a", "b", "c"], None, values, descending=False) == ["a", "c", "b"]
    assert levels.order(["c", "a", "b"], "name", values) == ["a", "b", "c"]
    assert levels.order(["c", "a", "b"], "given", values) == ["c", "a", "b"]


@pytest.mark.parametrize(("value", "text"), [(0.7, "temperature 0.7"), (1.0, "temperature 1"), ("phi3", "phi3")])
def test_a_number_is_named_with_its_column(value, text):
    assert levels.named("temperature", value) == text


@given(st.lists(st.floats(0, 100), min_size=1, max_size=8))
def test_spread_keeps_order_and_distance(wanted):
    placed = spread(wanted, 10, 0, 100)
    order = sorted(range(len(wanted)), key=lambda i: wanted[i])
    gaps = [placed[b] - placed[a] for a, b in pairwise(order)]
    assert all(gap >= 10 - 1e-6 for gap in gaps)
    assert all(-1e-6 <= p <= 100 + 1e-6 for p in placed)


def test_spread_leaves_alone_what_fits():
    assert spread([10, 11, 40], 5, 0, 100) == [8.0, 13.0, 40.0]


def test_crowded_names_are_left_out_rather_than_drawn_over():
    points = [(50.0, 50.0)] * 12
    sides = beside(points, [f"model-{i}" for i in range(12)], 200, 100)
    assert 0 < sum(s != "none" for s in sides) <= 4
    assert beside([(195.0, 50.0)], ["a long name"], 200, 100) == ["left"]


@pytest.mark.parametrize(
    ("points", "end"),
    [
        ([], "right"),
        ([(280.0, 105.0)], "left"),
        ([(280.0, 190.0)], "right"),
        ([(20.0, 100.0), (280.0, 100.0)], "right"),
        ([(20.0, 100.0), (270.0, 90.0), (280.0, 110.0)], "left"),
    ],
)
def test_a_level_line_is_named_at_its_free_end(points, end):
    assert free_end(points, 100, 300) == end
