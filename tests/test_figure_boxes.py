"""No word of a picture lies on another, leaves it or is too small: every kind, few and many models, few and many categories."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest
from determinism_log import make_log
from figure_boxes import boxes, collisions, leaving
from figure_samples import LONG, study
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from llmxsite.analysis import tables
from llmxsite.analysis.tables import Samples
from llmxsite.base.diagnostics import Issues
from llmxsite.press import figure
from llmxsite.press.figure import render
from llmxsite.press.figure.options import ChartProblem

VENDORS = ("mistralai", "qwen", "google", "allenai", "ibm")
MODELS = [*LONG[:3], *(f"{VENDORS[i % 5]}/model-{i}-{1 + i % 9}b-instruct:q{4 + i % 3}_K_M" for i in range(27))]
FEW = ["Law", "Physics and astronomy", "Sociology", "Misconceptions"]
SUBJECTS = ("algebra", "biology", "computer science", "government and politics", "european history", "macroeconomics")
MANY = [f"{level} {subject}" for subject in SUBJECTS for level in ("elementary", "high school", "college", "advanced")]
MANY += [f"professional field {i}" for i in range(57 - len(MANY))]
CASES: dict[str, tuple[str, dict[str, Any]]] = {
    "heatmap": ("heatmap", {}),
    "heatmap-alike": ("heatmap", {"sort": "alike", "chance": 0.25}),
    "heatmap-turned": ("heatmap", {"rows": "category", "columns": "model", "value": "ece"}),
    "bars": ("bars", {"chance": 0.25}),
    "bars-grouped": ("bars", {"colour": "difficulty", "chance": 0.25}),
    "bars-categories": ("bars", {"by": "category"}),
    "radar": ("radar", {}),
    "radar-factor": ("radar", {"colour": "temperature"}),
    "reliability": ("reliability", {}),
    "reliability-factor": ("reliability", {"by": "temperature"}),
    "confidence": ("confidence", {}),
    "differences": ("differences", {}),
    "differences-baseline": ("differences", {"baseline": LONG[2]}),
    "differences-by": ("differences", {"factor": "temperature", "by": "difficulty", "baseline": 0.2}),
    "sweep": ("sweep", {"chance": 0.25}),
    "sweep-categories": ("sweep", {"x": "category", "colour": "difficulty"}),
    "latency": ("latency", {"chance": 0.25}),
    "latency-distribution": ("latency-distribution", {}),
    "difficulty": ("difficulty", {}),
    "forest": ("forest", {"machine": "temperature"}),
}
REFUSED = {
    (3, 57): {"radar", "radar-factor"},
    (30, 4): {"radar", "differences"},
    (30, 57): {"radar", "radar-factor", "differences"},
}
"""More than a picture of that kind holds, which says what to do instead."""
SIZES = [(3, 4), (3, 57), (30, 4), (30, 57)]
MANY_COLUMNS = ("heatmap", "radar", "bars-categories", "sweep-categories")
"""Kinds that show categories: the others look alike with four and with many."""
TRIED = [
    (case, size) for case in CASES for size in SIZES if size in (SIZES[0], SIZES[-1]) or case.startswith(MANY_COLUMNS)
]


@cache
def of(models: int, categories: int) -> Samples:
    """Answers of so many models on so many categories, at two temperatures."""
    names = FEW if categories == 4 else MANY
    return study(MODELS[:models], max(60, categories * (11 if models == 3 else 2)), (0.2, 0.7), names)


@pytest.mark.parametrize(("case", "size"), TRIED, ids=lambda v: v if isinstance(v, str) else f"{v[0]}x{v[1]}")
def test_no_word_lies_on_another(case: str, size: tuple[int, int]) -> None:
    kind, options = CASES[case]
    if case in REFUSED.get(size, ()):
        with pytest.raises(ChartProblem) as caught:
            figure.build(kind, of(*size), options, id="t")
        assert caught.value.issues[0].hint
        return
    made = figure.build(kind, of(*size), options, id="t")
    check(made)


def check(made: figure.Figure) -> None:
    """Both pictures of a figure: nothing on anything, nothing cut, nothing smaller than a person reads."""
    for layout in ("wide", "narrow"):
        svg = render.svg(made, "auto", layout)
        assert collisions(svg) == [], layout
        assert leaving(svg) == [], layout
        assert min(box.size for box in boxes(svg)) >= 11, layout


def test_a_collision_is_found() -> None:
    def said(x: float, more: str = "") -> str:
        return f'<text transform="translate({x},20){more}" font-size="12px">word</text>'

    def picture(*texts: str) -> str:
        return f'<svg xmlns="http://www.w3.org/2000/svg" width="200" height="60"><g>{"".join(texts)}</g></svg>'

    assert collisions(picture(said(10), said(60))) == [] and leaving(picture(said(10), said(60))) == []
    assert len(collisions(picture(said(10), said(30)))) == 1
    assert len(collisions(picture(said(10), said(14, " rotate(-90)")))) == 1
    assert collisions(picture(said(60), said(20, " rotate(90)"))) == []
    assert len(leaving(picture(said(190)))) == 1


@pytest.mark.parametrize("options", [{}, {"rows": "item"}], ids=["matrix", "items"])
def test_neither_does_one_of_a_tasks_own_kind(options: dict[str, Any], tmp_path: Path) -> None:
    check(figure.build("determinism", tables.load(make_log(tmp_path), Issues()), options, id="t"))


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(
        st.text("abcdefgh -/:_WMil", min_size=1, max_size=44).filter(str.strip),
        min_size=3,
        max_size=9,
        unique_by=lambda name: tuple(name.split()),
    ),
    st.sampled_from(["heatmap", "bars", "radar", "sweep", "latency-distribution", "reliability"]),
)
def test_names_of_any_length_find_room(names: list[str], kind: str) -> None:
    made = figure.build(kind, study(names[: 6 if kind == "radar" else None], 44, (0.2, 0.7), FEW), {}, id="t")
    check(made)


def test_labels_are_whole_while_there_is_room() -> None:
    for case in ("heatmap", "bars", "latency-distribution", "reliability", "differences"):
        kind, options = CASES[case]
        svg = render.svg(figure.build(kind, of(3, 4), options, id="t"), "auto", "wide")
        cut = [box.text for box in boxes(svg) if "…" in box.text]
        assert cut == [], case
