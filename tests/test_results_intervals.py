"""Numbers of samples that repeat, their intervals and paired differences, in tables, prose and figures; over this repository's runs."""

from __future__ import annotations

import json
import math
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from test_results import Samples, answers, only, samples
from typer.testing import CliRunner

from llmxsite.analysis import results, tables
from llmxsite.analysis.measure import Measure, show
from llmxsite.analysis.results.measured import BY_NAME, COMPARED
from llmxsite.analysis.results.measures import CONTRASTED
from llmxsite.analysis.results.tables import table
from llmxsite.analysis.stats import calibration as bins_of
from llmxsite.analysis.stats.noise_floor import noise_floor
from llmxsite.analysis.stats.paired import paired_difference
from llmxsite.analysis.stats.power import never_seen
from llmxsite.base.diagnostics import Issues
from llmxsite.cli import app
from llmxsite.cli.terminal import choose_study
from llmxsite.press import figure
from llmxsite.press.numbers import data_table, query
from llmxsite.press.numbers.query import QueryError
from llmxsite.press.numbers.value import evaluate
from llmxsite.press.site import templates
from llmxsite.study.study import Study

ROOT = Path(__file__).parents[1]


@cache
def study() -> tables.Samples:
    return tables.load(Study.find(ROOT), Issues())


def repeated(replies: dict[str, list[str | None]], **more: Any) -> list[dict[str, Any]]:
    """Samples of items asked several times; None is a reply that could not be read."""
    return [
        {
            "item": item,
            "repeat": k,
            "answer": said,
            "parsed": said is not None,
            "correct": float(said == "A"),
            "outcome": "ok" if said else "failure",
            "expected": "A",
            **more,
        }
        for item, given in replies.items()
        for k, said in enumerate(given)
    ]


def test_numbers_change_only_where_items_repeat() -> None:
    """Over this repository's runs: where no item repeats, everything is the plain formula of one answer an item."""
    by = ["experiment", "suite", "model", "prompt", "temperature", "regime"]
    found = results.calibration(study(), by)
    single = found.summary["units"] == found.summary["n"]
    assert single.sum() >= 8 and (~single).sum() >= 8, "both kinds are in the example study"
    frame = study().frame
    for (_, row), (_, bins) in zip(
        found.summary.iterrows(), found.bins.groupby(by, sort=False, dropna=False, observed=True), strict=True
    ):
        here = frame
        for name in by:
            here = here[here[name].isna() if pd.isna(row[name]) else here[name] == row[name]]
        here = here[here["confidence"].notna() & here["correct"].notna() & (here["outcome"] != "error")]
        c, y = here["confidence"].to_numpy(), here["correct"].to_numpy()
        plain, floor = bins_of.calibration(c, y), noise_floor(c)
        assert row["ece"] == pytest.approx(plain.ece, abs=1e-12), "no estimate changes, only what is said of its error"
        if row["units"] == row["n"]:
            assert row["gap_se"] == pytest.approx(plain.gap_se, rel=1e-9)
            assert row["ece_noise_p95"] == pytest.approx(floor.p95, rel=1e-9)
            ends = [[b.interval.low, b.interval.high] for b in plain.bins if b.n]
            assert bins[bins["n"] > 0][["ci_low", "ci_high"]].to_numpy() == pytest.approx(
                np.array(ends, float), rel=1e-9
            )
        else:
            assert row["ece_noise_p95"] > floor.p95 and row["gap_se"] > plain.gap_se


def test_answers_that_copies_had_made_certain_are_not() -> None:
    table = study().where(experiment="temperature-and-accuracy", suite="everyday-science", temperature=0.2)
    row = only(results.calibration(table, []).summary)
    assert (row["n"], row["units"]) == (117, 33) and row["ece"] == pytest.approx(0.232, abs=5e-4)
    assert row["ece_noise_p95"] == pytest.approx(0.245, abs=0.008) and noise_floor([0.5] * 117).p95 < 0.13
    assert row["gap_se"] > 0.08


def test_agreement_within_items_falls_with_the_temperature() -> None:
    table = study().where(experiment="temperature-and-accuracy")
    summary = results.summarise(table, ["temperature"])
    assert summary["item_agreement"].to_list() == pytest.approx([0.768, 0.448, 0.358], abs=5e-4)
    assert (summary["repeated"] == 96).all() and (summary["item_agreement_parsed"] > summary["item_agreement"]).all()
    row = results.contrast(table, "item_agreement", "temperature", levels=[0.2, 1.2]).iloc[0]
    assert row["verdict"] == "different" and row["p"] < 1e-15 and row["n"] == 96 and row["method"] == "t"
    assert row["difference"] == pytest.approx(0.409, abs=5e-4)


def test_unread_replies_are_an_answer_of_their_own_kind_or_left_out() -> None:
    rows = repeated({"q1": ["A", "A", None], "q2": [None, None, None], "q3": ["A", "B", "B"], "q4": ["C"]})
    row = only(results.summarise(samples(rows), []))
    assert row["item_agreement"] == pytest.approx(np.mean([1 / 3, 1, 1 / 3])) and row["repeated"] == 3
    assert row["item_agreement_parsed"] == pytest.approx(np.mean([1, 1 / 3])), "q2 has no two that could be read"
    assert 0 <= row["item_agreement_low"] <= row["item_agreement"] <= row["item_agreement_high"] <= 1
    plain = only(results.summarise(samples(answers([1, 0])), []))
    assert math.isnan(plain["item_agreement"]) and plain["repeated"] == 0, "nothing was asked twice"
    same = only(results.summarise(samples(repeated({"q1": ["A", "A"], "q2": ["B", "B"]})), []))
    assert same["item_agreement"] == 1 and math.isnan(same["item_agreement_low"]), "no spread, no interval"


def test_runs_and_conditions_are_not_repeats_of_each_other_and_seeds_are() -> None:
    one, other = repeated({"q": ["A"]}, run="r1"), repeated({"q": ["B"]}, run="r2")
    assert only(results.summarise(samples([*one, *other]), []))["repeated"] == 0
    cold, hot = (repeated({"q": ["A", "A"], "p": ["A", "B"]}, temperature=t) for t in (0.0, 1.0))
    row = only(results.summarise(samples([*cold, *hot]), []))
    assert row["item_agreement"] == 0.5 and row["repeated"] == 2
    seeds = samples(repeated({"q": ["A"]}, seed=1.0) + repeated({"q": ["B"]}, seed=2.0))
    assert only(results.summarise(seeds, []))["item_agreement"] == 0


def test_a_contrast_of_agreement_is_the_paired_t_of_items() -> None:
    a = {"q1": ["A", "A", "A"], "q2": ["A", "A", "B"], "q3": ["B", "B", "B"], "only": ["A", "A", "A"]}
    b = {"q1": ["A", "B", "C"], "q2": ["A", "A", "B"], "q3": ["B", "B", None], "lone": ["A"]}
    table = samples(repeated(a, temperature=0.2) + repeated(b, temperature=1.2))
    row = only(results.contrast(table, "item_agreement", "temperature"))
    test = paired_difference([1, 1 / 3, 1], [0, 1 / 3, 1 / 3])
    assert (row["n"], row["lost"], row["clusters"]) == (3, 2, 3)
    assert [row[c] for c in ("difference", "se", "p")] == pytest.approx([test.difference, test.se, test.p])
    assert (row["ci_low"], row["ci_high"]) == pytest.approx(tuple(test.interval))


def confident(n: int, model: str, seed: int, copies: int = 1, **more: Any) -> list[dict[str, Any]]:
    rng = np.random.default_rng(seed)
    return [
        {
            "item": f"q{i}",
            "repeat": k,
            "model": model,
            "answer": "A",
            "confidence": c,
            "correct": y,
            "latency_ms": 100 + t,
            **more,
        }
        for i, (c, y, t) in enumerate(
            zip(rng.random(n), rng.integers(0, 2, n).astype(float), rng.random(n), strict=True)
        )
        for k in range(copies)
    ]


@pytest.mark.parametrize("measure", CONTRASTED)
def test_every_measure_has_an_interval_and_a_difference_or_says_that_it_has_none(measure: str) -> None:
    rows = [*confident(30, "a", 1, 2, eval_ms=50.0, completion_tokens=3.0, letter_mass=0.9), *confident(30, "b", 2, 2)]
    table = samples(rows)
    found = results.intervals(table, ["model"], [measure])
    assert found["draws"].eq(2000).all() and found["seed"].eq(0).all()
    for _, row in found.iterrows():
        value, low, high = (row[f"{measure}{end}"] for end in ("", "_low", "_high"))
        assert math.isnan(low) == math.isnan(high) == (row[f"{measure}_method"] == "")
        if not math.isnan(low) and measure != "ece" and measure != "ece_unweighted":
            assert low <= value <= high
        single = only(results.summarise(samples([r for r in rows if r["model"] == row["model"]]), []))
        assert value == pytest.approx(single[measure], nan_ok=True), "one number, wherever it is read"
    pairs = results.contrast(table, measure, "model")
    if len(pairs):
        row = pairs.iloc[0]
        assert math.isnan(row["ci_low"]) or row["ci_low"] <= row["ci_high"]
        back = results.contrast(table, measure, "model", levels=["b", "a"]).iloc[0]
        assert back["difference"] == pytest.approx(-row["difference"], nan_ok=True)
        assert back["ci_low"] == pytest.approx(-row["ci_high"], nan_ok=True)


def test_copies_of_samples_widen_and_narrow_nothing() -> None:
    one, five = (samples(confident(40, "a", 3, copies)) for copies in (1, 5))
    names = ["ece", "brier", "auroc", "mean_confidence", "confidence_gap", "latency_ms"]
    a, b = only(results.intervals(one, [], names)), only(results.intervals(five, [], names))
    for name in names:
        assert [b[f"{name}{end}"] for end in ("", "_low", "_high")] == pytest.approx(
            [a[f"{name}{end}"] for end in ("", "_low", "_high")]
        )
        assert b[f"{name}_n"] == 5 * a[f"{name}_n"] and b[f"{name}_units"] == a[f"{name}_units"] == 40


def test_clusters_that_a_suite_declares_are_drawn_whole() -> None:
    rows = [{**row, "cluster": f"c{i % 6}"} for i, row in enumerate(confident(30, "a", 4))]
    row = only(results.intervals(samples(rows), [], ["brier"]))
    assert row["brier_units"] == 6 and row["brier_method"] == "bootstrap, exact"
    assert only(results.calibration(samples(rows), []).summary)["units"] == 6


def test_a_contrast_is_of_shared_items_under_shared_conditions() -> None:
    a = [*confident(12, "a", 5, prompt="x"), *confident(12, "a", 6, prompt="y")]
    b = [*confident(12, "b", 7, prompt="x"), {**confident(1, "b", 8, prompt="x")[0], "item": "other"}]
    row = only(results.contrast(samples([*a, *b]), "ece", "model"))
    assert (row["n"], row["lost"]) == (12, 1) and not row["confounded"]
    alone = only(results.contrast(samples([r for r in a if r["prompt"] == "x"] + b[:12]), "ece", "model"))
    assert row["difference"] == alone["difference"] and row["ci_low"] == alone["ci_low"]
    apart = only(results.contrast(samples([r for r in a if r["prompt"] == "y"] + b[:12]), "ece", "model"))
    assert apart["confounded"]
    edited = [{**r, "item_hash": "other"} for r in b[:12]]
    refused = only(results.contrast(samples([*a, *edited]), "ece", "model"))
    assert refused["n"] == 0 and refused["refused"] == 12 and math.isnan(refused["difference"])


def test_a_measure_that_is_not_known_is_named_with_the_nearest() -> None:
    with pytest.raises(KeyError, match="brier"):
        results.intervals(samples(answers([1])), [], ["brie"])
    with pytest.raises(KeyError, match="accuracy"):
        results.contrast(samples(answers([1])), "accuracy", "model")


def test_what_prose_can_ask_for_is_what_has_an_interval() -> None:
    assert set(COMPARED) == set(CONTRASTED) and set(COMPARED) <= set(query.metrics())


@pytest.mark.parametrize(
    ("text", "shown", "title"),
    [
        ("ece temperature=0.2", "23.2% [", "bootstrap of 33 items, 2,000 draws, seed 0"),
        ("ece temperature=0.2 interval=no", "23.2%", "240 samples of 48 items"),
        ("ece_noise_p95 temperature=0.2", "24.", "95% of calibrated models"),
        ("item_agreement temperature=0.2", "71.9% [63.4, 80.4]", "Student's t over 48 items"),
        ("difference of=item_agreement factor=temperature a=0.2 b=1.2", "+36.9 points [", "verdict: different"),
        ("difference of=ece factor=temperature a=0.2 b=1.2", "−", "not shown"),
        ("difference measure=ece of=value_a factor=temperature a=0.2 b=1.2", "", "calibration error"),
        ("difference measure=ece of=p factor=temperature a=0.2 b=1.2", "0.", "calibration error"),
        ("difference measure=brier of=mde factor=temperature a=0.2 b=1.2", "0.", "Brier"),
    ],
)
def test_numbers_in_prose_bring_their_intervals(text: str, shown: str, title: str) -> None:
    found = evaluate(f"{text} suite=everyday-science", study(), report="temperature-and-accuracy")
    assert shown in found.plain() and title in found.title
    assert ("[" in found.plain()) == (not math.isnan(found.low))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("difference measure=ece of=accuracy_a factor=model a=x b=y", "value_a and value_b"),
        ("difference of=value_b factor=model a=x b=y", "accuracy_a and accuracy_b"),
        ("difference measure=ece of=brier factor=model a=x b=y", "two measures"),
        ("difference measure=errors factor=model a=x b=y", "not known"),
        ("ece measure=ece", "belongs to a comparison"),
    ],
)
def test_differences_that_cannot_be_meant(text: str, words: str) -> None:
    with pytest.raises(QueryError, match=words):
        query.parse(text)


def test_figures_compare_any_measure_with_its_interval() -> None:
    table = study().where(experiment="temperature-and-accuracy")
    made = figure.build("differences", table, {"factor": "temperature", "value": "item_agreement"}, id="t-again")
    assert (
        made.data["difference"].abs().max() == pytest.approx(0.40937, abs=1e-5) and "3 of 3 differences" in made.caption
    )
    assert {"value_a", "value_b", "ci_low", "mde"} <= set(made.data.columns)
    reliable = figure.build("reliability", table, {"by": "temperature"}, id="t-sure")
    assert "95% interval" in reliable.caption and "answers to" in reliable.caption
    said = [
        note for note in reliable.notes if note.startswith("Calibration error of temperature 0.2 minus temperature 1.2")
    ]
    assert len(said) == 1 and "interval" in said[0] and "paired over 67 items" in said[0]
    bars = figure.build("bars", table, {"by": "temperature", "value": "ece"}, id="t-bars")
    assert bars.data["ece_low"].notna().all()
    beside = {"factor": "temperature", "value": "brier", "baseline": 0.2}
    against = figure.build("differences", table, beside, id="t-against").data
    every = figure.build("differences", table, {"factor": "temperature", "value": "brier"}, id="t-every").data
    assert against["b"].to_list() == [0.2, 0.2] and len(every) == 3
    assert set(against["difference"]) <= set(every["difference"]) and (against["p_holm"] <= 1).all()
    with pytest.raises(figure.ChartProblem, match="differences are more than"):
        figure.build("differences", study(), {"factor": "item", "value": "ece"}, id="t-many")
    with pytest.raises(figure.ChartProblem, match="no interval is known"):
        figure.build("differences", table, {"factor": "temperature", "value": "n"}, id="t-n")


def test_what_a_comparison_could_show_is_its_own() -> None:
    table = study().where(experiment="temperature-and-accuracy")
    rows = results.compare(table, "temperature")
    made = figure.build("differences", table, {"factor": "temperature"}, id="t-mde")
    least, most = (f"{100 * end:.1f}" for end in (rows["mde"].min(), rows["mde"].max()))
    assert any(f"{least} to {most} points, each row its own" in note for note in made.notes)
    assert not any("could not have seen" in note for note in made.notes), (
        "the smallest of a family says nothing on the others"
    )


def test_where_nothing_differed_the_request_is_the_unit() -> None:
    rows = [
        {"item": f"q{i}", "repeat": k, "answer": "A", "task": "determinism", "cluster": cluster}
        for i, cluster in enumerate(["p", "p", None, None])
        for k in range(5)
    ]
    frame = samples(rows).frame
    from llmxsite.analysis.results.groups import units

    assert len(set(units(frame)[1])) == 3 and never_seen(3) == pytest.approx(1 - 0.05 ** (1 / 3))


def test_items_are_as_hard_as_conditions_found_them_however_often_they_were_asked() -> None:
    once, often = (
        repeated({"q": ["A"]}, model="a", run="r1"),
        repeated({"q": ["B"] * 9}, model="b", digest="d2", run="r2"),
    )
    row = only(results.conditions(samples([*once, *often])))
    assert (row["n"], row["accuracy"]) == (2, 0.5)
    unread = only(results.conditions(samples(repeated({"q": [None, "A"]}))))
    assert (unread["n"], unread["accuracy"]) == (1, 0.5), "a reply that could not be read counts as wrong"


def test_a_reply_that_was_cut_off_is_scored_by_what_it_states() -> None:
    rows = [
        {"item": "q1", "outcome": "truncated", "parsed": True, "answer": "A", "correct": 1.0},
        {"item": "q2", "outcome": "truncated", "parsed": False, "answer": None, "correct": 0.0},
        {"item": "q3", "outcome": "truncated", "parsed": False, "answer": None, "correct": None},
        {"item": "q4", "outcome": "ok", "parsed": True, "answer": "B", "correct": 0.0},
    ]
    row = only(results.summarise(samples(rows), []))
    assert (row["accuracy"], row["truncated"], row["unparsed"], row["best_case"]) == (0.25, 3, 2, 0.75)


def test_samples_without_repeats_or_confidence_cost_nothing_and_say_nothing() -> None:
    table: Samples = samples(answers([1, 0, 1]))
    row = only(results.intervals(table, [], ["ece", "item_agreement", "latency_ms"]))
    assert all(math.isnan(row[f"{m}_low"]) for m in ("ece", "item_agreement", "latency_ms")) and row["ece_n"] == 0
    assert math.isnan(only(results.summarise(table, []))["accuracy_per_second"])
    timed = samples([{"item": f"q{i}", "correct": c, "latency_ms": 500.0} for i, c in enumerate([1.0, 0.0, 1.0, 1.0])])
    assert only(results.summarise(timed, []))["accuracy_per_second"] == pytest.approx(1.5)


def test_the_command_line_gives_measures_their_intervals_where_they_are_asked_for() -> None:
    words = ["--study", str(ROOT), "results", "--report", "temperature-and-accuracy", "--by", "temperature"]
    asked = [*words, "--intervals", "ece,item_agreement"]
    text = CliRunner().invoke(app, asked).stdout
    assert "27.9% [21.8, 36.7]" in text and "35.8% [31.7, 40.0]" in text
    rows = json.loads(CliRunner().invoke(app, [*asked, "--format", "json"]).stdout)
    assert rows[0]["ece_method"] == "bootstrap" and rows[0]["ece_low"] < rows[0]["ece"] < rows[0]["ece_high"]
    plain = json.loads(CliRunner().invoke(app, [*words, "--format", "json"]).stdout)
    assert "ece_low" not in plain[0], "resampling is done where it is asked for"
    wrong = CliRunner().invoke(app, [*words, "--intervals", "eces"])
    assert wrong.exit_code == 2 and "ece" in wrong.output
    choose_study(None)


def test_a_table_names_what_it_compares_and_in_which_unit() -> None:
    kind = table("comparison")
    heads = {head.name: head for head in data_table.heads(kind, ["n", "difference", "mde"])}
    assert heads["n"].title == "Items" and heads["mde"].title == "Could have shown, points"
    row = {"value_a": 0.25, "difference": 0.05, "ci_low": -0.1, "mde": 0.125, "verdict": "not shown"}
    assert kind.measuring is not None
    for measure, texts in (
        ("ece", ["25.0%", "+5.0", "−10.0", "12.5", "not shown"]),
        ("brier", ["0.25", "+0.05", "−0.10", "0.12", "not shown"]),
    ):
        shown = data_table.heads(kind.measuring(measure), list(row))
        assert [str(templates.cell(row, head)) for head in shown] == texts
    times = {"value_a": 4210, "difference": 320, "ci_low": -5, "mde": 800}
    shown = data_table.heads(kind.measuring("latency_ms"), list(times))
    assert [str(templates.cell(times, head)) for head in shown] == ["4.2 s", "+320 ms", "−5 ms", "800 ms"]
    with pytest.raises(KeyError, match="did you mean 'ece'"):
        kind.measuring("ecee")


def test_an_interval_in_a_table_is_in_the_unit_of_its_number() -> None:
    row = {
        "ece": 0.236,
        "ece_low": 0.1675,
        "ece_high": 0.424,
        "latency_ms": 513.0,
        "latency_ms_low": 458.0,
        "latency_ms_high": 1560.0,
    }
    assert "(16.8–42.4)" in templates.ends(row, BY_NAME["ece"])
    assert "(458 ms–1.6 s)" in templates.ends(row, BY_NAME["latency_ms"])
    assert templates.ends(row, BY_NAME["brier"]) == ""


def test_a_number_is_written_in_one_way() -> None:
    assert show(0.1334, "points", sign=False) == "13.3" and show(-0.031, "points", unit=True) == "−3.1 points"
    assert show(-0.031, "number", digits=2, sign=True) == "−0.03" and show(4.3, "number", digits=0, sign=True) == "+4"
    assert show(-0.0001, "points", sign=True) == show(0.0, "points", sign=True) == "0.0", (
        "what is written as 0 has no sign"
    )
    assert show(0.0, "points") == "+0.0" and show(0.0, "number", sign=True) == "0"
    assert show(4210, "duration") == "4.2 s" and show(4210, "milliseconds", unit=True) == "4,210 ms"
    assert show(0.0004, "p") == "< 0.001" and show(None, "count") == "–"
    assert Measure(name="x", title="X", form="percent").unit == "%"
