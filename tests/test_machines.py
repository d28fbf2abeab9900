"""Tables over machines: what is planted is named, what is not is not, and what must not be pooled is refused with its reason."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from figure_samples import samples
from hypothesis import given, settings
from hypothesis import strategies as st

from llmxsite.analysis.results.kind import Asked
from llmxsite.analysis.results.kind import rows as plain_rows
from llmxsite.analysis.results.tables import table
from llmxsite.analysis.stats.cluster import clustered_mean
from llmxsite.analysis.stats.crossed import apart, departures, most_frequent, spread
from llmxsite.analysis.stats.meta import pool
from llmxsite.analysis.tables import Samples
from llmxsite.exchange.engine.protocol import EngineInfo, ModelInfo
from llmxsite.log.record import Host, Run
from llmxsite.press import figure
from llmxsite.press.figure.options import ChartProblem

OUTLIER, OTHER = "student-07", "student-11"


def made(name: str, found: Samples, **asked: Any) -> pd.DataFrame:
    kind = table(name)
    return kind.make(found, Asked(**asked))


def refused(found: pd.DataFrame) -> list[str | None]:
    return [row["refused"] for row in plain_rows(found)]


def answers(rng: np.random.Generator, machines: int, items: int, noise: float, drift: dict[int, float]) -> Any:
    """Letters as numbers: a common answer to each item, left now and then, by some machines more often."""
    common = rng.integers(0, 4, items)
    chance = np.full(machines, noise)
    for machine, share in drift.items():
        chance[machine] = share
    fragile = rng.beta(0.5, 0.5 / 0.5, items)  # some items are left by many, most by none
    left = rng.random((machines, items)) < np.clip(chance[:, None] * fragile * 2, 0, 1)
    return np.where(left, (common + rng.integers(1, 4, (machines, items))) % 4, common)


@pytest.mark.parametrize(("machines", "items"), [(3, 40), (10, 100), (30, 500)])
def test_of_machines_that_are_alike_none_is_named_in_95_of_100(machines: int, items: int) -> None:
    false = 0
    for seed in range(100):
        found = departures(answers(np.random.default_rng(seed), machines, items, 0.03, {}))
        false += bool(np.nanmin(found.p) * machines < 0.05)
    assert false <= 5


def test_a_machine_that_drifts_is_named_each_time() -> None:
    for seed in range(100):
        found = departures(answers(np.random.default_rng(seed), 30, 500, 0.02, {7: 0.2}))
        assert found.p.argmin() == 7
        assert found.p.min() * 30 < 0.05


def test_departures_worked_out_by_hand() -> None:
    given = np.array([[0, 0, 0, 0], [0, 0, 0, 1], [1, 1, 0, -1], [0, 0, 0, 1]])
    assert most_frequent(given).tolist() == [0, 0, 0, 1]
    assert apart(given)[0].tolist() == [0, 0, 0, 1]
    found = departures(given)
    assert found.departed.tolist() == [1, 0, 2, 0]
    # Machine 3 departed on the two items where one of four does: 1/4 times 1/4.
    assert found.p[2] == pytest.approx(1 / 16)
    # The first met items where 1 of 4, 1 of 4 and 1 of 3 depart: one or more of them.
    assert found.p[0] == pytest.approx(1 - 3 / 4 * 3 / 4 * 2 / 3)
    assert found.expected[0] == pytest.approx(1 / 4 + 1 / 4 + 1 / 3)


def test_two_that_differ_have_no_most_frequent_answer() -> None:
    assert most_frequent(np.array([[0, 1], [1, 1]])).tolist() == [-1, 1]


@given(st.integers(0, 2**32 - 1), st.integers(2, 8), st.integers(3, 30))
@settings(max_examples=40)
def test_effects_without_gaps_are_differences_of_means(seed: int, machines: int, items: int) -> None:
    values = np.random.default_rng(seed).normal(size=(machines, items))
    found = spread(values)
    assert found.effects == pytest.approx(values.mean(axis=1) - values.mean())
    rest = values - values.mean(axis=1, keepdims=True) - values.mean(axis=0) + values.mean()
    variance = (rest**2).sum() / ((machines - 1) * (items - 1))
    # Of a machine's mean minus the mean of all, in a balanced design.
    assert found.effect_se == pytest.approx(np.full(machines, np.sqrt(variance / items * (1 - 1 / machines))))
    pooled = pool(found.effects, np.square(found.effect_se))
    assert found.tau == pytest.approx(pooled.tau)
    assert found.mean == pytest.approx(values.mean() + pooled.random)


def test_gaps_are_no_differences() -> None:
    rng = np.random.default_rng(5)
    values = rng.normal(size=20)[None, :] + np.array([0.0, 1.0, -1.0])[:, None]
    values[1, :10] = np.nan
    assert spread(values).effects == pytest.approx([0.0, 1.0, -1.0])


def test_identical_machines_are_no_more_certain_than_one() -> None:
    right = np.random.default_rng(1).random(60) < 0.6
    found = spread(np.tile(right.astype(float), (30, 1)))
    one = clustered_mean(right.astype(float), list(range(60)))
    assert found.identical
    assert found.tau is None
    assert (found.sampled.low, found.sampled.high) == pytest.approx(tuple(one.interval))


def test_more_machines_narrow_these_items_and_not_items_like_these() -> None:
    rng = np.random.default_rng(2)
    right = rng.random(200) < 0.5
    flipped = rng.random((40, 200)) < 0.05
    values = np.where(flipped, ~right, right).astype(float)
    few, many = spread(values[:5]), spread(values)
    assert many.fixed.width < few.fixed.width / 2
    assert many.sampled.width == pytest.approx(few.sampled.width, rel=0.15)


def study(seed: int = 0, students: int = 12, items: int = 80, *, planted: bool = True) -> Samples:
    """Samples of students who ran the same suite; one machine drifts, and one has other weights under the same name."""
    rng = np.random.default_rng(seed)
    letters = answers(rng, students, items, 0.02, {7: 0.4} if planted else {})
    key = rng.integers(0, 4, items)
    rows = []
    for student in range(students):
        name = f"student-{student:02}"
        other = planted and name == OTHER
        given = (letters[student] + (rng.random(items) < 0.5)) % 4 if other else letters[student]
        rows += [
            {
                "run": f"run-{name}", "contributor": name, "model": "m", "digest": "b" * 64 if other else "a" * 64,
                "suite_hash": "s", "item": f"q{i}", "answer": "ABCD"[given[i]], "expected": "ABCD"[key[i]],
                "correct": float(given[i] == key[i]), "parsed": True, "confidence": 0.6, "scorer": "choice/2",
                "latency_ms": 100.0 + student,
            }
            for i in range(items)
        ]  # fmt: skip
    found = samples(rows)
    runs = {
        f"run-student-{n:02}": header(f"run-student-{n:02}", "0.20.7" if n == 7 else "0.34.4") for n in range(students)
    }
    return Samples(found.frame, found.factors, runs, {}, {})


def header(run: str, version: str) -> Run:
    return Run(
        schema=3, id=run, report="trial", task="benchmark", experiment={}, suites=[],
        engine=EngineInfo(name="ollama", version=version), models=[ModelInfo(name="m")], host=Host(os="Linux 6.1"),
    )  # fmt: skip


def test_the_machine_that_drifts_and_the_other_weights_are_named() -> None:
    found = made("machines", study()).set_index("machine")
    assert found.index[found["verdict"] == "apart"].tolist() == [OUTLIER]
    assert found.loc[OUTLIER, "differs"] == "server version 0.20.7 (10 of 10 others: 0.34.4)"
    assert found.loc[OTHER, "verdict"] == "not pooled"
    assert found.loc[OTHER, "refused"] == "other weights (bbbbbbbb here, aaaaaaaa there)"
    assert found.loc[OTHER, "compared"] == 80
    assert found.loc[OTHER, "departed"] > 20
    pooled = made("pooled", study())
    assert pooled["machines"].tolist() == [11, 1]
    assert pooled["apart"].tolist()[0] == OUTLIER
    assert pooled["refused"].tolist()[1].startswith("other weights")


def test_nothing_is_named_where_nothing_was_planted() -> None:
    false = sum((made("machines", study(seed, planted=False))["verdict"] == "apart").any() for seed in range(20))
    assert false <= 2


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        ("suite_hash", "another", "another version of the suite (another here, s there)"),
        ("digest", None, "weights not told"),
        ("scorer", "choice/1", "another rule of reading (choice/1 here, choice/2 there)"),
        ("task", "determinism", "another task (determinism here, benchmark there)"),
    ],
)
def test_what_must_not_be_pooled_is_refused_with_the_reason(column: str, value: str | None, reason: str) -> None:
    found = study(planted=False)
    frame = found.frame.copy()
    frame[column] = frame[column].astype(object)
    frame.loc[frame["contributor"] == OTHER, column] = value
    frame[column] = frame[column].astype("category")
    pooled = made("pooled", Samples(frame, found.factors, found.runs, {}, {}))
    assert refused(pooled) == [None, reason]
    assert pooled["machines"].tolist() == [11, 1]


def test_another_chat_template_is_not_pooled() -> None:
    found = study(planted=False)
    runs = dict(found.runs)
    runs[f"run-{OTHER}"] = header(f"run-{OTHER}", "0.34.4")
    runs[f"run-{OTHER}"].models[0].template_hash = "c" * 64
    pooled = made("pooled", Samples(found.frame, found.factors, runs, {}, {}))
    assert refused(pooled) == [None, "another chat template (cccccccc here, not told there)"]


def test_items_on_which_machines_disagree_say_who_gave_what() -> None:
    found = made("disagreement", study())
    first = found.iloc[0]
    assert first["share"] == found["share"].min()
    assert sum(int(part.rsplit(" ", 1)[1]) for part in first["answers"].split(", ")) == first["machines"]
    assert OTHER not in " ".join(found["departing"].dropna())


def test_a_machine_is_a_contributor_then_its_hardware_then_a_run() -> None:
    found = study(planted=False)
    assert made("machines", found)["machine"].nunique() == 12
    alone = found.where(contributor="student-01")
    assert made("machines", alone)["machine"].tolist() == ["run-student-01"]
    assert made("machines", found, factor="digest")["machine"].tolist() == ["a" * 64]
    with pytest.raises(KeyError, match="hardware"):
        made("machines", found, factor="hardwar")


@pytest.mark.parametrize("measure", ["agreement", "confidence_gap", "brier", "latency_ms"])
def test_other_measures_are_pooled_too(measure: str) -> None:
    kind = table("pooled")
    assert kind.measuring is not None
    found = kind.measuring(measure).make(study(planted=False), Asked(measure=measure))
    assert found["mean"].notna().all()
    if measure == "latency_ms":
        assert found["mean"].iloc[0] == pytest.approx(105.5)
        assert found["tau"].iloc[0] is None or np.isnan(found["tau"].iloc[0]) or found["tau"].iloc[0] > 3


def test_the_forest_marks_who_answers_apart_and_who_is_not_pooled() -> None:
    drawn = figure.build("forest", study(), {}, id="f")
    rows = {row["label"]: row for row in drawn.marks["table"]}
    assert [label for label in rows if label.endswith("(apart)")] == [f"{OUTLIER} (apart)"]
    assert rows[f"{OTHER} (not pooled)"]["kind"] == "refused"
    assert [row["kind"] for row in drawn.marks["table"]][11:] == ["mean", "next", "refused"]
    mean = made("pooled", study())["mean"].iloc[0]
    assert rows["Mean machine"]["value"] == pytest.approx(100 * mean, abs=1e-3)
    assert len(drawn.marks["diamond"]) == 3
    assert any("not pooled with most, other weights" in note for note in drawn.notes)
    behind = [row["behind"] for row in drawn.marks["table"]]
    assert behind[0]["contributor"] == "student-00"
    assert behind[11] is None


def test_a_forest_of_one_machine_says_where_to_look() -> None:
    with pytest.raises(ChartProblem, match="nothing that may be pooled"):
        figure.build("forest", study().where(contributor="student-01"), {}, id="f")
    with pytest.raises(ChartProblem, match="no measure called 'ece' is pooled"):
        figure.build("forest", study(), {"value": "ece"}, id="f")


def test_two_machines_that_differ_say_how_often_and_not_which_departs() -> None:
    found = made("machines", study().where(contributor=["student-01", OUTLIER]))
    assert set(found["verdict"]) == {"two alone"}
    assert found["departed"].nunique() == 1
    assert found["departed"].iloc[0] > 0
    assert found["p"].isna().all()


def test_a_row_of_a_table_is_always_named() -> None:
    assert table("machines").keys == ["machine"]
    assert table("disagreement").keys == ["item"]
    assert table("pooled").keys == []
    assert table("summary").keys == []
