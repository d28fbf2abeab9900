"""Rows of one population: how settings are named, put together, and chosen for a chart."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from llmxsite.press.site import populations
from llmxsite.press.site.templates import spread


def row(model: str, run: str, accuracy: float | None, n: int = 10, **settings: Any) -> dict[str, Any]:
    return {"model": model, "run": run, "accuracy": accuracy, "n": n, "ci_low": None, "ci_high": None, **settings}


def told(found: list[dict[str, Any]], names: list[str]) -> list[dict[str, Any]]:
    numbers = SimpleNamespace(settings=lambda runs, where: names, table=lambda kind, runs, asked, where: found)
    return populations.rows(SimpleNamespace(numbers=numbers), [], ["model"])  # type: ignore[arg-type]


def test_settings_are_named_in_words_and_as_a_filter() -> None:
    names = ["prompt", "temperature", "num_ctx"]
    (one,) = told([row("a", "r1", 0.5, prompt="few-shot(5)", temperature=0.2, num_ctx=None)], names)
    assert one["setting"] == "few-shot(5), temperature 0.2", "what is not set is not said"
    assert one["settings"] == {"prompt": "few-shot(5)", "temperature": 0.2, "num_ctx": None}
    assert told([row("a", "r1", None, n=0)], []) == [] and told([row("a", "r1", 0.5)], [])[0]["setting"] == ""


def test_rows_of_one_setting_stand_together_and_are_not_put_in_order_of_their_numbers() -> None:
    found = told(
        [row("a", "r1", 0.9, prompt="cot"), row("a", "r1", 0.2, prompt="letter"), row("b", "r2", 0.4, prompt="letter")],
        ["prompt"],
    )
    assert [(r["setting"], r["model"]) for r in populations.by_setting(found)] == [
        ("letter", "a"),
        ("letter", "b"),
        ("cot", "a"),
    ]


def test_a_chart_is_of_the_setting_most_were_met_under_and_of_one_run_each() -> None:
    found = told(
        [
            row("a", "r1", 0.9, n=900, prompt="cot"),
            row("a", "r2", 0.2, prompt="letter"),
            row("b", "r3", 0.4, prompt="letter"),
        ],
        ["prompt"],
    )
    assert populations.widest(found, "model") == {"prompt": "letter", "run": ["r2", "r3"]}
    twice = told([*found, row("a", "r4", 0.3, n=50, prompt="letter")], ["prompt"])
    assert populations.widest(twice, "model") == {"prompt": "cot", "run": ["r1"]}, "no model is pooled over two runs"
    assert populations.widest([], "model") is None


def test_several_numbers_in_one_cell_are_a_range_never_a_mean() -> None:
    found = [
        row("a", "r1", 0.2, setting="letter"),
        row("a", "r1", 0.6, setting="cot"),
        row("a", "r1", None, setting="x"),
    ]
    span = populations.span(found)
    assert span is not None and (span.low["accuracy"], span.high["accuracy"], span.count) == (0.2, 0.6, 2)
    assert populations.span([row("a", "r1", None)]) is None
    cell = spread(found)
    assert "20–60%" in cell and "2 settings" in cell and "40" not in cell and "letter 20.0%" in cell
    assert "2 models" in spread([row("a", "r1", 0.2), row("b", "r2", 0.6)])
    assert "2 conditions" in spread([row("a", "r1", 0.2, setting="x"), row("b", "r2", 0.6, setting="y")])
