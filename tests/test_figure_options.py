"""Options: a fixed set for each kind, checked with the name of what is wrong."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmxsite.press.figure import ChartProblem, Options, kind_named, kinds, parse


@pytest.mark.parametrize(
    ("kind", "options", "code", "option", "hint"),
    [
        ("heatmap", {"row": "model"}, "chart-option", "row", "rows"),
        ("heatmap", {"bins": 5}, "chart-option", "bins", "known: alpha, caption"),
        ("bars", {"chance": 3}, "chart-value", "chance", None),
        ("bars", {"value": ["a"]}, "chart-value", "value", None),
        ("sweep", {"domain": [1, 0]}, "chart-value", "domain", None),
        ("sweep", {"width": "10px"}, "chart-value", "width", None),
        ("bars", {"where": "model"}, "chart-value", "where", None),
        ("bars", {"name": "../../etc"}, "chart-value", "name", None),
        ("bars", {"sort": "datum.x"}, "chart-value", "sort", None),
    ],
)
def test_what_is_wrong_is_named(kind, options, code, option, hint):
    with pytest.raises(ChartProblem) as caught:
        parse(kind_named(kind), options)
    assert caught.value.issues[0].code == code
    assert caught.value.option == option
    assert hint is None or hint in (caught.value.issues[0].hint or "")


def test_an_unknown_kind_is_met_with_the_nearest():
    with pytest.raises(ChartProblem) as caught:
        kind_named("heatmpa")
    assert caught.value.issues[0].hint == "did you mean 'heatmap'?"


@pytest.mark.parametrize("kind", list(kinds()), ids=lambda k: k.name)
def test_every_kind_adds_to_what_all_take_and_needs_nothing(kind):
    assert set(kind.known) >= set(Options.__struct_fields__)
    assert parse(kind, {}) == kind.options()
    assert kind.summary.endswith(".")


def test_spellings_from_america_and_from_sql():
    assert parse(kind_named("bars"), {"color": "prompt", "group": "model"}) == parse(
        kind_named("bars"), {"colour": "prompt", "by": "model"}
    )


@given(
    st.dictionaries(
        st.text(max_size=12),
        st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=8), st.lists),
        max_size=4,
    )
)
def test_anything_else_is_a_problem_never_a_crash(options):
    try:
        parse(kind_named("sweep"), options)
    except ChartProblem as problem:
        assert problem.issues[0].message


def test_the_package_is_light_to_import():
    """`check` reads options of every directive, and must not wait for pandas and altair."""
    code = "import sys, llmxsite.press.figure as f; list(f.kinds()); print([m for m in ('pandas','altair','numpy','vl_convert') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_kind_and_option_is_documented():
    from pathlib import Path

    text = (Path(__file__).parent.parent / "docs" / "figures.md").read_text(encoding="utf-8")
    sections = {part.partition("\n")[0]: part for part in text.split("\n## ")}
    for kind in kinds():
        assert f"{{chart}} {kind.name}\n" in sections[kind.name], f"no example of {kind.name}"
        for option in kind.known:
            assert (
                f"`{option}`" in sections[kind.name]
                or f"`{option}`" in sections["What every kind takes"]
                or option in ("value", "sort", "domain", "alpha")
            ), f"{option} of {kind.name}"


def test_every_value_is_documented():
    from pathlib import Path

    from llmxsite.press.figure.metrics import METRICS

    text = (Path(__file__).parent.parent / "docs" / "figures.md").read_text(encoding="utf-8")
    assert [name for name in METRICS if f"`{name}`" not in text] == []
