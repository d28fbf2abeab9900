"""Summaries, comparisons, calibration and warnings of samples, against numbers worked out another way."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmxsite.analysis import results
from llmxsite.analysis.stats import calibration as bins_of
from llmxsite.analysis.stats import paired, proportion
from llmxsite.analysis.stats.cluster import clustered_mean
from llmxsite.analysis.stats.mcnemar import mcnemar
from llmxsite.analysis.stats.proper_scores import auroc

COLUMNS = [
    *("experiment", "run", "task", "contributor", "suite", "suite_hash", "model", "digest", "engine", "server"),
    *("quantization", "hardware", "os", "category"),
    *(
        "subcategory",
        "difficulty",
        "language",
        "item",
        "item_hash",
        "cluster",
        "repeat",
        "outcome",
        "parsed",
        "correct",
    ),
    *("answer", "expected", "scorer"),
    *("confidence", "confidence_low", "confidence_high", "letter_mass", "mean_token_probability"),
    *("p_correct", "latency_ms", "first_token_ms", "load_ms", "prompt_ms", "eval_ms", "prompt_tokens"),
    *("completion_tokens", "position", "line"),
]
NUMBERS = {
    *(
        "correct",
        "confidence",
        "confidence_low",
        "confidence_high",
        "letter_mass",
        "mean_token_probability",
        "p_correct",
    ),
    *(
        "latency_ms",
        "first_token_ms",
        "load_ms",
        "prompt_ms",
        "eval_ms",
        "prompt_tokens",
        "completion_tokens",
        "position",
    ),
}
TEXTS = [c for c in COLUMNS if c not in NUMBERS and c not in ("repeat", "parsed", "line")]
USUAL = {
    "experiment": "size",
    "run": "r1",
    "task": "benchmark",
    "suite": "science",
    "suite_hash": "s1",
    "model": "a",
    "digest": "d1",
    "engine": "ollama",
    "category": "earth",
    "item_hash": "h",
    "outcome": "ok",
    "parsed": True,
    "repeat": 0,
}


@dataclass
class Samples:
    frame: pd.DataFrame
    factors: Sequence[str] = ()


def samples(rows: list[dict[str, Any]]) -> Samples:
    """A samples table by the contract of `llmxsite.analysis.tables`, from rows that say only what matters."""
    factors = list(dict.fromkeys(key for row in rows for key in row if key not in COLUMNS))
    full = [{**dict.fromkeys(COLUMNS), **USUAL, "line": i + 2, **row} for i, row in enumerate(rows)]
    frame = pd.DataFrame(full, columns=[*COLUMNS, *factors])
    for column in TEXTS:
        frame[column] = frame[column].astype("category")
    for column in NUMBERS:
        frame[column] = frame[column].astype("float64")
    frame["parsed"] = frame["parsed"].astype("boolean")
    return Samples(frame, factors)


def answers(correct: Sequence[float], **more: Any) -> list[dict[str, Any]]:
    return [{"item": f"q{i}", "correct": c, **more} for i, c in enumerate(correct)]


def only(table: pd.DataFrame) -> pd.Series:
    assert len(table) == 1
    return table.iloc[0]


def test_columns_stand_in_the_order_of_the_contract() -> None:
    table = results.summarise(
        samples(answers([1, 0], temperature=0.5)),
        ["temperature", "category", "digest", "model", "suite", "task", "run", "experiment"],
    )
    contract = "experiment run task suite model digest category temperature n answered correct unparsed truncated errors accuracy"
    contract += " se ci_low ci_high mean_confidence confidence_gap ece brier latency_ms tokens_per_second"
    assert table.columns[:24].tolist() == contract.split()


def test_counts_keep_errors_out_and_unparsed_in() -> None:
    rows = answers([1] * 6 + [0] * 2)
    rows += [{"item": "u", "correct": 0.0, "parsed": False, "outcome": "failure"}]
    rows += [{"item": "t", "correct": None, "parsed": None, "outcome": "truncated"}]
    rows += [{"item": "e", "correct": None, "parsed": None, "outcome": "error"}]
    row = only(results.summarise(samples(rows), []))
    assert [row[c] for c in ("n", "answered", "correct", "unparsed", "truncated", "errors")] == [11, 10, 6, 1, 1, 1]
    assert row["accuracy"] == 0.6 and row["best_case"] == 0.7 and row["n_items"] == 10 and row["unscored"] == 0
    assert (row["ci_low"], row["ci_high"]) == pytest.approx(tuple(proportion.wilson(6, 10)))
    assert row["interval_method"] == "wilson"


def test_what_was_not_measured_is_missing_never_0() -> None:
    row = only(results.summarise(samples(answers([1, 0])), ["model"]))
    missing = ["mean_confidence", "confidence_gap", "ece", "brier", "latency_ms", "tokens_per_second", "auroc"]
    assert row[[*missing, "ece_unweighted", "letter_mass", "first_token_ms"]].isna().all()
    assert row["confidence_coverage"] == 0
    failed = only(results.summarise(samples([{"item": "q", "outcome": "error"}]), ["model"]))
    assert failed["answered"] == 0 and failed["errors"] == 1
    assert failed[["correct", "accuracy", "se", "ci_low", "ci_high", "best_case"]].isna().all()
    assert failed["interval_method"] == ""


def test_a_run_without_scores_has_no_accuracy() -> None:
    rows = [{"item": f"q{i}", "parsed": None, "outcome": outcome} for i, outcome in enumerate(["ok", "truncated"])]
    row = only(results.summarise(samples(rows), ["model"]))
    assert row["unscored"] == 2 and row["truncated"] == 1 and math.isnan(row["accuracy"]) and pd.isna(row["correct"])


def test_counts_are_whole_unless_credit_is_partial() -> None:
    assert results.summarise(samples(answers([1, 0, 1])), ["model"])["correct"].dtype == "int64"
    mixed = [*answers([1, 0]), {"item": "q", "outcome": "error", "model": "b"}]
    assert results.summarise(samples(mixed), ["model"])["correct"].dtype == "Int64"
    partial = results.summarise(samples(answers([0.5, 1, 0.25])), ["model"])
    row = only(partial)
    assert row["correct"] == 1.75 and row["interval_method"] == "t"
    assert row["se"] == pytest.approx(np.std([0.5, 1, 0.25], ddof=1) / math.sqrt(3))
    assert row["ci_low"] == 0 and row["ci_high"] == 1


def test_repeats_do_not_count_as_items() -> None:
    rows = [row | {"repeat": k} for k in range(5) for row in answers([1, 1, 1, 0])]
    once, often = (only(results.summarise(samples(r), ["model"])) for r in (rows[:4], rows))
    assert often["n"] == 20 and often["n_items"] == often["clusters"] == 4
    assert often["se"] == pytest.approx(once["se"]) and often["interval_method"] == "wilson, clustered"
    assert often["ci_high"] - often["ci_low"] >= once["ci_high"] - once["ci_low"]


def test_declared_clusters_widen_the_interval() -> None:
    scores, passages = [1, 1, 1, 0, 0, 1, 0, 0, 0, 1], list("aaaabbbbcc")
    rows = [row | {"cluster": c} for row, c in zip(answers(scores), passages, strict=True)]
    row = only(results.summarise(samples(rows), ["model"]))
    expected = clustered_mean(scores, passages)
    assert row["clusters"] == 3 and row["n_items"] == 10 and row["se"] == pytest.approx(expected.se)
    effective = min(0.25 / expected.se**2, 10)
    bounds = proportion.wilson_bounds(0.5, effective, 4.302652729749464)
    assert (row["ci_low"], row["ci_high"]) == pytest.approx(tuple(float(b) for b in bounds))


def test_all_right_has_no_standard_error_but_an_interval() -> None:
    row = only(results.summarise(samples(answers([1] * 10)), ["model"]))
    assert math.isnan(row["se"]) and (row["ci_low"], row["ci_high"]) == pytest.approx((0.722, 1), abs=5e-4)
    repeated = [row | {"repeat": k} for k in range(3) for row in answers([1] * 10)]
    again = only(results.summarise(samples(repeated), ["model"]))
    assert again["ci_low"] == pytest.approx(row["ci_low"])


def test_one_item_repeated_says_nothing_about_items() -> None:
    rows = [{"item": "q", "correct": c, "repeat": k} for k, c in enumerate([1, 0, 1])]
    row = only(results.summarise(samples(rows), ["model"]))
    assert row["accuracy"] == pytest.approx(2 / 3) and math.isnan(row["se"]) and math.isnan(row["ci_low"])


def test_groups_are_sorted_missing_last_and_the_same_in_any_order() -> None:
    rows = answers([1, 0], model="b") + answers([1], model="a", category=None) + answers([0], model="a")
    table = results.summarise(samples(rows), ["category", "model"])
    assert table["model"].tolist() == ["a", "a", "b"] and table["category"].isna().tolist() == [False, True, False]
    shuffled = results.summarise(samples(rows[::-1]), ["category", "model"])
    pd.testing.assert_frame_equal(table, shuffled)


def test_an_unknown_column_names_the_nearest() -> None:
    with pytest.raises(KeyError, match="did you mean 'category'"):
        results.summarise(samples(answers([1])), ["categry"])
    with pytest.raises(KeyError, match="no column 'temprature'"):
        results.compare(samples(answers([1], temperature=1.0)), "temprature")


def test_no_samples_make_no_rows() -> None:
    nothing = samples(answers([1]))
    nothing.frame = nothing.frame.iloc[:0]
    for by in ([], ["model"]):
        assert results.summarise(nothing, by).empty
        assert results.calibration(nothing, by).summary.empty and results.calibration(nothing, by).bins.empty
    assert results.compare(nothing, "model").empty and results.warnings(nothing) == []


@given(rows=st.lists(st.tuples(st.integers(0, 1), st.integers(0, 100), st.sampled_from("ab")), min_size=1, max_size=60))
def test_calibration_in_a_summary_is_that_of_each_group(rows: list[tuple[int, int, str]]) -> None:
    table = samples(
        [{"item": f"q{i}", "correct": y, "confidence": c / 100, "model": m} for i, (y, c, m) in enumerate(rows)]
    )
    for _, row in results.summarise(table, ["model"]).iterrows():
        c = [c / 100 for _, c, m in rows if m == row["model"]]
        y = [y for y, _, m in rows if m == row["model"]]
        found = bins_of.calibration(c, y)
        assert row["ece"] == pytest.approx(found.ece) and row["ece_unweighted"] == pytest.approx(found.ece_unweighted)
        assert row["confidence_gap"] == pytest.approx(found.gap) and row["brier"] == pytest.approx(
            np.mean((np.array(c) - y) ** 2)
        )
        area = auroc(c, y)
        assert math.isnan(row["auroc"]) if area is None else row["auroc"] == pytest.approx(area)


def test_confidence_is_compared_with_the_answers_that_have_one() -> None:
    rows = answers([1, 1, 0, 0])
    for row, confidence in zip(rows, [0.9, 0.7, None, None], strict=True):
        row["confidence"] = confidence
    row = only(results.summarise(samples(rows), ["model"]))
    assert row["accuracy"] == 0.5 and row["mean_confidence"] == 0.8 and row["confidence_coverage"] == 0.5
    assert row["confidence_gap"] == pytest.approx(-0.2)


def test_throughput_is_all_tokens_over_all_seconds() -> None:
    rows = answers([1, 1, 1])
    for row, tokens, ms in zip(rows, [50, 200, 10], [1000, 8000, 100], strict=True):
        row.update(completion_tokens=tokens, eval_ms=ms, latency_ms=ms)
    rows.append({"item": "e", "outcome": "error", "latency_ms": 1e6})
    row = only(results.summarise(samples(rows), ["model"]))
    assert row["tokens_per_second"] == pytest.approx(260 / 9.1) and row["latency_ms"] == 1000


A = [1, 1, 1, 0, 1, 0, 1, 1, 0, 1, 1, 1, 0, 0, 1, 1, 1, 0, 1, 1]
B = [1, 1, 0, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 1, 1, 1]


def test_a_comparison_is_paired_by_item() -> None:
    rows = answers(A, model="a") + answers(B, model="b")[::-1]
    row = only(results.compare(samples(rows), "model"))
    expected, table = paired.paired_difference(A, B), mcnemar(4, 1)
    assert (row["a"], row["b"], row["n"], row["lost"], row["clusters"]) == ("a", "b", 20, 0, 20)
    for column, value in {
        "difference": expected.difference,
        "se": expected.se,
        "ci_low": expected.interval.low,
        "ci_high": expected.interval.high,
        "p": expected.p,
        "p_holm": expected.p,
        "r": expected.r,
        "se_unpaired": expected.se_unpaired,
        "mcnemar_p": table.p,
        "mde": 2.8015852 * expected.se,
    }.items():
        assert row[column] == pytest.approx(value), column
    assert (row["only_a"], row["only_b"]) == (4, 1) and row["verdict"] == "not shown" and not row["confounded"]


def test_a_comparison_clusters_by_declared_cluster() -> None:
    rows = [row | {"cluster": f"d{i % 20 // 4}"} for i, row in enumerate(answers(A, model="a") + answers(B, model="b"))]
    row = only(results.compare(samples(rows), "model"))
    expected = paired.paired_difference(A, B, [f"d{i // 4}" for i in range(20)])
    assert row["clusters"] == 5 and row["se"] == pytest.approx(expected.se) and row["p"] == pytest.approx(expected.p)


def test_repeats_are_averaged_before_comparing() -> None:
    rows = [row | {"repeat": k} for k in range(3) for row in answers(A, model="a")]
    rows += answers(B, model="b")
    row = only(results.compare(samples(rows), "model"))
    assert (
        row["n"] == 20
        and row["difference"] == pytest.approx(0.15)
        and row["mcnemar_p"] == pytest.approx(mcnemar(4, 1).p)
    )
    rows[0]["correct"] = 0
    uneven = only(results.compare(samples(rows), "model"))
    assert pd.isna(uneven["only_a"]) and math.isnan(uneven["mcnemar_p"])


def test_an_edited_item_is_refused_and_a_missing_one_is_lost() -> None:
    rows = answers(A, model="a") + answers(B[:18], model="b")
    rows[25]["item_hash"] = "edited"
    row = only(results.compare(samples(rows), "model"))
    assert (row["n"], row["lost"], row["refused"]) == (17, 3, 1)


def test_nothing_shared_is_not_shown() -> None:
    row = only(results.compare(samples(answers(A, model="a", suite="x") + answers(B, model="b", suite="y")), "model"))
    assert row["n"] == 0 and row["lost"] == 40 and row["verdict"] == "not shown" and math.isnan(row["p"])


def test_all_pairs_are_one_family() -> None:
    rng = np.random.default_rng(3)
    levels = {0.0: 0.9, 0.5: 0.6, 1.0: 0.3}
    rows = [
        {"item": f"q{i}", "correct": float(rng.random() < p), "temperature": t}
        for t, p in levels.items()
        for i in range(80)
    ]
    table = results.compare(samples(rows), "temperature")
    assert list(zip(table["a"], table["b"], strict=True)) == [(0.0, 0.5), (0.0, 1.0), (0.5, 1.0)]
    assert (table["p_holm"] >= table["p"]).all() and table["verdict"].tolist() == ["different"] * 3
    single = results.compare(samples(rows), "temperature", levels=[1.0, 0.0])
    assert (only(single)["a"], only(single)["difference"]) == (1.0, pytest.approx(-table["difference"][1]))
    raw = results.compare(samples(rows), "temperature", correction="none")
    assert raw["p_holm"].tolist() == raw["p"].tolist()


def test_levels_are_compared_under_the_conditions_they_share() -> None:
    rows = answers([1, 1, 1, 0], model="a", temperature=0.0) + answers([0, 0, 0, 0], model="a", temperature=1.0)
    rows += answers([1, 1, 0, 0], model="b", temperature=0.0)
    row = only(results.compare(samples(rows), "model"))
    assert row["accuracy_a"] == 0.75 and row["difference"] == 0.25 and not row["confounded"]
    apart = [r | ({"temperature": 0.7} if r["model"] == "b" else {}) for r in rows]
    assert only(results.compare(samples(apart), "model"))["confounded"]
    seeds = [r | {"seed": 1 if r["model"] == "a" else 2} for r in rows]
    assert not only(results.compare(samples(seeds), "model"))["confounded"]


def test_verdicts() -> None:
    same = only(results.compare(samples(answers(A, model="a") + answers(A, model="b")), "model", margin=0.1))
    assert same["verdict"] == "identical" and math.isnan(same["p"]) and math.isnan(same["mde"])
    all_over = only(results.compare(samples(answers([1] * 9, model="a") + answers([0] * 9, model="b")), "model"))
    assert (
        all_over["p"] == pytest.approx(2 / 2**9)
        and all_over["verdict"] == "different"
        and math.isnan(all_over["ci_low"])
    )
    close = answers([1, 0] * 200, model="a") + answers([1, 0] * 198 + [0, 1] * 2, model="b")
    assert only(results.compare(samples(close), "model", margin=0.1))["verdict"] == "equivalent"
    assert only(results.compare(samples(close), "model"))["verdict"] == "not shown"


def test_compare_within_groups() -> None:
    rows = (
        answers(A, model="a", category="x")
        + answers(B, model="b", category="x")
        + answers([1], model="a", category="y")
    )
    table = results.compare(samples(rows), "model", ["category"])
    assert table.columns[0] == "category" and table["category"].tolist() == ["x"]
    assert table.columns.get_loc("verdict") == table.columns.get_loc("p_holm") + 1


def test_calibration_tables() -> None:
    rng = np.random.default_rng(5)
    confidence = rng.beta(6, 2, 300)
    right = (rng.random(300) < confidence**3).astype(float)
    rows = [
        {"item": f"q{i}", "correct": y, "confidence": c} for i, (c, y) in enumerate(zip(confidence, right, strict=True))
    ]
    rows += [{"item": "none", "correct": 1.0, "model": "b"}]
    found = results.calibration(samples(rows), ["model"])
    first, second = found.summary.iloc[0], found.summary.iloc[1]
    assert first["ece"] == pytest.approx(bins_of.calibration(confidence, right).ece)
    assert first["ece"] > first["ece_noise_p95"] > first["ece_noise_floor"] > 0 and first["distinguishable"]
    assert first["ece_unweighted_5"] == pytest.approx(bins_of.calibration(confidence, right, 5).ece_unweighted)
    assert first["miscalibration"] - first["discrimination"] + first["uncertainty"] == pytest.approx(first["brier"])
    assert (
        second["n"] == 0 and second["coverage"] == 0 and pd.isna(second["ece"]) and pd.isna(second["distinguishable"])
    )
    assert len(found.bins) == 20 and found.bins["n"].sum() == 300
    empty = found.bins[found.bins["n"] == 0]
    assert empty[["confidence", "accuracy", "ci_low", "ci_high", "band_low", "band_high"]].isna().all(axis=None)
    again = results.calibration(samples(rows), ["model"])
    pd.testing.assert_frame_equal(found.summary, again.summary)


def test_warnings_name_what_is_wrong() -> None:
    rows = answers([1] * 12, model="tiny", temperature=0.7)
    rows += answers([1, 0] * 6, model="other", temperature=0.7)
    rows += [{"item": "u", "correct": 0.0, "parsed": False, "model": "other", "temperature": 0.7}]
    rows += [{"item": "e", "outcome": "error", "model": "other", "temperature": 0.7, "digest": "d2"}]
    rows[0]["item_hash"] = "edited"
    said = "\n".join(results.warnings(samples(rows)))
    for part in (
        "Fewer than 30 answers for both groups",
        "1 sample failed",
        "All right or all wrong for tiny",
        "unparsed or cut off for other",
        "differs by 7.7 points",
        "Several digests under one name, other",
        "One sample an item at a temperature above 0",
        "1 item left out of comparisons",
    ):
        assert part in said, part
    unsure = "\n".join(results.warnings(samples(answers(A, model="a") + answers(B, model="b"))))
    assert "1 difference not shown: without a margin" in unsure
    assert "could have shown differences below 30.7 points" in unsure
    stated = "\n".join(results.warnings(samples(answers(A, model="a") + answers(B, model="b")), margin=0.1))
    assert "without a margin" not in stated


def test_warnings_on_calibration() -> None:
    rows = [
        {
            "item": f"q{i}",
            "correct": float(i % 2),
            "confidence": 0.5,
            "confidence_low": 0.4,
            "confidence_high": 0.5,
            "letter_mass": 0.8,
        }
        for i in range(40)
    ]
    rows += answers([1, 0] * 10)[:10]
    said = "\n".join(results.warnings(samples(rows)))
    assert (
        "Truncated logprobs" in said
        and "not distinguishable" in said
        and "Confidence is known for fewer than 95%" in said
    )


def test_every_column_and_method_is_documented() -> None:
    text = Path(__file__).parents[1].joinpath("docs", "statistics.md").read_text(encoding="utf-8")
    links, anchors = set(re.findall(r"\]\(#([\w-]+)\)", text)), re.findall(r"^#+ .*\{#([\w-]+)\}$", text, re.MULTILINE)
    assert links <= set(anchors) and len(anchors) == len(set(anchors))
    named = set(re.findall(r"`(\w+)`", text))
    table = samples(answers([1, 0], confidence=0.5))
    calibrated = results.calibration(table, [])
    compared = results.compare(samples(answers(A) + answers(B, model="b")), "model")
    for found in (results.summarise(table, []), calibrated.summary, calibrated.bins, compared):
        assert set(found.columns) <= named


def test_nothing_to_warn_of() -> None:
    rng = np.random.default_rng(1)
    rows = [
        {"item": f"q{i}", "correct": float(rng.random() < p), "model": m}
        for m, p in (("a", 0.9), ("b", 0.3))
        for i in range(200)
    ]
    assert results.warnings(samples(rows)) == []


def test_warnings_from_a_summary() -> None:
    table = results.summarise(samples(answers([1, 0, 1])), ["model"])
    assert results.warnings(table) == ["Fewer than 10 answers for a: intervals are shown, no ranking."]
    table = results.summarise(samples(answers([1, 0, 1] * 4)), ["model"])
    assert results.warnings(table) == ["Fewer than 30 answers for a: intervals are wide."]
    clustered = [row | {"cluster": f"c{i % 3}"} for i, row in enumerate(answers([1, 0, 0] * 12))]
    said = "\n".join(results.warnings(samples(clustered)))
    assert "Fewer than 10 clusters" in said and "strongly clustered" in said
