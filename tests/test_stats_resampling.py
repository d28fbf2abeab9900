"""Repeats, missing values and small designs: what copies must not add, what is left out, and what is enumerated."""

from __future__ import annotations

import math
from itertools import combinations, permutations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmxsite.analysis.stats import (
    agreement,
    bootstrap,
    calibration,
    chance,
    cluster,
    cosine,
    embedding_pairs,
    interval,
    item,
    latency,
    mean,
    measures,
    meta,
    noise_floor,
    paired,
    proper_scores,
    repeats,
    resample,
    resamples,
    selective,
    trend,
)

bits = st.integers(0, 1)
confidences = st.floats(0, 1, width=32)
answers = st.lists(st.tuples(confidences, bits), min_size=2, max_size=25)
owned = st.lists(st.tuples(confidences, bits, st.integers(0, 5)), min_size=1, max_size=30)


def columns(rows: list[tuple[float, ...]]) -> list[np.ndarray]:
    return [np.array(column, dtype=np.float64) for column in zip(*rows, strict=True)]


@given(rows=answers, copies=st.integers(2, 5))
@settings(deadline=None)
def test_copies_of_an_answer_add_nothing_to_calibration(rows: list[tuple[float, int]], copies: int) -> None:
    c, y = columns(rows)
    label = np.arange(len(c))
    plain, floor = calibration.calibration(c, y), noise_floor.noise_floor(c, draws=50)
    many = [np.repeat(side, copies) for side in (c, y, label)]
    again = calibration.calibration(many[0], many[1], unit=many[2])
    assert again.ece == pytest.approx(plain.ece, abs=1e-12) and again.gap == pytest.approx(plain.gap, abs=1e-12)
    assert again.gap_se == pytest.approx(plain.gap_se, abs=1e-9) and again.n == copies * again.units
    copied = noise_floor.noise_floor(many[0], draws=50, answer=many[2])
    assert copied.mean == pytest.approx(floor.mean, abs=1e-9) and copied.p95 == pytest.approx(floor.p95, abs=1e-9)
    assert copied.answers == len(c) and noise_floor.noise_floor(many[0], draws=50).answers == len(many[0])


@given(rows=answers)
@settings(deadline=None)
def test_one_answer_an_item_is_what_it_was(rows: list[tuple[float, int]]) -> None:
    c, y = columns(rows)
    labels = [f"q{i}" for i in range(len(c))]
    assert calibration.calibration(c, y, unit=labels) == calibration.calibration(c, y)
    assert noise_floor.noise_floor(c, draws=20, answer=labels) == noise_floor.noise_floor(c, draws=20)


def test_a_bin_of_one_item_asked_often_has_no_interval() -> None:
    found = calibration.calibration([0.95] * 5, [1, 1, 0, 1, 1], unit=["q"] * 5)
    assert found.bins[9].n == 5 and found.bins[9].units == 1 and found.bins[9].interval == interval.UNDEFINED
    assert (
        found.gap_se is None and calibration.calibration([0.95] * 5, [1, 1, 0, 1, 1]).bins[9].interval.low is not None
    )


@given(scores=st.lists(st.integers(-3, 3), min_size=1, max_size=5))
def test_a_small_bootstrap_is_every_resample_there_is(scores: list[int]) -> None:
    x = np.array(scores, dtype=np.float64)
    means = x[np.array(list(product(range(len(x)), repeat=len(x))))].mean(axis=1)
    found = bootstrap.bootstrap([x], bootstrap.mean)
    assert found.exact and found.resamples == len(x) ** len(x)
    assert found.se == pytest.approx(means.std(), abs=1e-9)
    assert tuple(found.interval) == pytest.approx(tuple(np.quantile(means, [0.025, 0.975])), abs=1e-9)


def test_nine_units_are_enumerated_and_ten_are_drawn_from_the_seed_that_is_named() -> None:
    rng = np.random.default_rng(3)
    for units, exact in ((9, True), (10, False)):
        x = rng.random(units)
        found = resample.resample_units({"m": measures.mean(x, np.arange(units), units)}, units)["m"]
        assert found.exact is exact and found.seed == (None if exact else 0)
        assert found.estimate == pytest.approx(x.mean()) and x.mean() in found.interval
    assert (
        resample.resample_units({"m": measures.mean(x, np.arange(10), 10)}, 10, seed=1)["m"].interval != found.interval
    )


def test_scores_in_clusters_are_drawn_by_whole_clusters() -> None:
    scores, clusters = [1, 1, 1, 0, 0, 1, 0], ["a", "a", "a", "b", "b", "c", "c"]
    found = bootstrap.cluster_bootstrap(scores, clusters)
    sums, sizes = np.array([3.0, 0.0, 1.0]), np.array([3.0, 2.0, 2.0])
    index = np.array(list(product(range(3), repeat=3)))
    ratios = sums[index].sum(axis=1) / sizes[index].sum(axis=1)
    assert found.n == 3 and found.exact and found.se == pytest.approx(ratios.std())
    assert tuple(found.interval) == pytest.approx(tuple(np.quantile(ratios, [0.025, 0.975])))
    assert found.se != pytest.approx(bootstrap.bootstrap([scores], bootstrap.mean).se), "clusters are not items"
    assert bootstrap.cluster_bootstrap([*scores, None], [*clusters, "d"]).missing == 1


@given(rows=owned, data=st.data())
@settings(deadline=None)
def test_measures_of_counts_are_those_of_the_samples_laid_out(
    rows: list[tuple[float, int, int]], data: st.DataObject
) -> None:
    c, y, owner = columns(rows)
    unit = np.unique(owner, return_inverse=True)[1]
    units = int(unit.max()) + 1
    counts = np.array(data.draw(st.lists(st.integers(0, 3), min_size=units, max_size=units)), dtype=np.float64)
    rows_again = np.repeat(np.arange(len(c)), counts[unit].astype(int))
    a, b = c[rows_again], y[rows_again]
    found = {
        name: float(make(c, y, unit, units)(counts[None, :])[0])
        for name, make in (("ece", measures.ece), ("brier", measures.brier), ("auroc", measures.auroc))
    }
    found["median"] = float(measures.median(c, unit, units)(counts[None, :])[0])
    found["unweighted"] = float(measures.ece(c, y, unit, units, weighted=False)(counts[None, :])[0])
    if not len(a):
        assert all(math.isnan(value) for value in found.values())
        return
    laid = calibration.calibration(a, b)
    area = proper_scores.auroc(a, b)
    assert found["ece"] == pytest.approx(laid.ece, abs=1e-9) and found["median"] == pytest.approx(
        np.median(a), abs=1e-12
    )
    assert found["unweighted"] == pytest.approx(laid.ece_unweighted, abs=1e-9)
    assert found["brier"] == pytest.approx(proper_scores.brier(a, b).brier, abs=1e-9)
    assert math.isnan(found["auroc"]) if area is None else found["auroc"] == pytest.approx(area, abs=1e-9)


def test_both_sides_of_a_difference_take_the_same_draws() -> None:
    rng = np.random.default_rng(5)
    base = rng.random(40)
    unit = np.arange(40)
    a, b = measures.mean(base + 0.1, unit, 40), measures.mean(base, unit, 40)
    apart = resample.resample_units({"d": measures.difference(a, b)}, 40)["d"]
    assert apart.estimate == pytest.approx(0.1) and apart.interval.width == pytest.approx(0, abs=1e-12)
    other = resample.resample_units({"d": measures.difference(a, measures.mean(rng.random(40), unit, 40))}, 40)["d"]
    assert other.interval.width is not None and other.interval.width > 0.1


@given(
    scores=st.lists(st.lists(st.sampled_from([0, 0.5, 1]), min_size=3, max_size=3), min_size=2, max_size=4),
    settings_=st.sampled_from([(0.0, 0.5, 1.0), (0.2, 0.7, 1.2), (0.1, 0.3, 1.0)]),
)
@settings(deadline=None)
def test_a_sweep_is_permuted_in_every_way(scores: list[list[float]], settings_: tuple[float, ...]) -> None:
    found = trend.slope(settings_, scores)
    x = np.array(settings_) - np.mean(settings_)
    sums = np.array([sum(float(x @ row) for row in rows) for rows in product(*(list(permutations(r)) for r in scores))])
    seen = sum(float(x @ row) for row in scores)
    tails = ((sums <= seen + 1e-9).mean(), (sums >= seen - 1e-9).mean())
    assert found.exact and found.p == pytest.approx(min(1.0, 2 * min(tails)), abs=1e-9)


def test_a_sweep_of_many_different_sums_is_drawn_and_says_so() -> None:
    scores = np.random.default_rng(2).random((12, 5))
    found = trend.slope([0.0, 0.11, 0.37, 0.71, 1.3], scores)
    assert not found.exact and found.permutations == 4999 and found.p is not None


@given(answers=st.lists(st.lists(st.integers(0, 3), min_size=1, max_size=6), min_size=1, max_size=8))
def test_agreement_within_items_counts_pairs(answers: list[list[int]]) -> None:
    request = np.repeat(np.arange(len(answers)), [len(row) for row in answers])
    found = repeats.shares(request, np.array([a for row in answers for a in row]))
    for share, row in zip(found, answers, strict=True):
        pairs = [x == y for x, y in combinations(row, 2)]
        assert math.isnan(share) if not pairs else share == pytest.approx(np.mean(pairs))
    within = repeats.within(found)
    assert within.items == sum(len(row) > 1 for row in answers)
    if within.interval.low is not None:
        assert 0 <= within.interval.low <= within.share <= within.interval.high <= 1


NAN = math.nan


@pytest.mark.parametrize(
    ("with_gaps", "without"),
    [
        (lambda: mean.mean([1, None, 0, 1]), lambda: mean.mean([1, 0, 1])),
        (lambda: cluster.clustered_mean([1, NAN, 0, 1], "abab"), lambda: cluster.clustered_mean([1, 0, 1], "aab")),
        (
            lambda: paired.paired_difference([1, 0, None, 1], [0, None, 1, 1]),
            lambda: paired.paired_difference([1, 1], [0, 1]),
        ),
        (
            lambda: calibration.calibration([0.5, None, 0.7], [1, 1, 0]),
            lambda: calibration.calibration([0.5, 0.7], [1, 0]),
        ),
        (
            lambda: calibration.equal_mass([0.5, NAN, 0.7], [1, 1, 0]),
            lambda: calibration.equal_mass([0.5, 0.7], [1, 0]),
        ),
        (lambda: proper_scores.brier([0.5, None], [1, 1]), lambda: proper_scores.brier([0.5], [1])),
        (lambda: selective.weighted_accuracy([0.5, 0.2], [1, None]), lambda: selective.weighted_accuracy([0.5], [1])),
        (lambda: latency.latency([5, None, 7]), lambda: latency.latency([5, 7])),
        (lambda: latency.throughput([5, 4, 7], [1, None, 2]), lambda: latency.throughput([5, 7], [1, 2])),
        (lambda: cosine.similarities([0.5, None, 0.7]), lambda: cosine.similarities([0.5, 0.7])),
        (
            lambda: bootstrap.bootstrap([[1, None, 0]], bootstrap.mean),
            lambda: bootstrap.bootstrap([[1, 0]], bootstrap.mean),
        ),
        (lambda: meta.pool([0.1, None, 0.3], [1, 1, 2]), lambda: meta.pool([0.1, 0.3], [1, 2])),
        (lambda: resamples.components([[1, 0], [NAN, 1], [1, 1]]), lambda: resamples.components([[1, 0], [1, 1]])),
        (lambda: agreement.cohen(["a", None, "b"], ["a", "a", "a"]), lambda: agreement.cohen(["a", "b"], ["a", "a"])),
        (
            lambda: trend.slope([0, 1], [[1, 0], [None, 1], [1, 1]]),
            lambda: trend.slope([0, 1], [[1, 0], [1, 1]]),
        ),
    ],
)
def test_what_is_missing_is_left_out_and_counted(with_gaps, without) -> None:  # type: ignore[no-untyped-def]
    found, whole = with_gaps(), without()
    assert found.missing >= 1 and whole.missing == 0
    names = [name for name in whole.__dataclass_fields__ if name != "missing"]
    assert [getattr(found, name) for name in names] == [getattr(whole, name) for name in names]


def test_what_cannot_be_a_share_is_refused_all_the_same() -> None:
    with pytest.raises(ValueError):
        calibration.calibration([1.2, None], [1, 1])
    with pytest.raises(ValueError):
        interval.complete([1, 2], [1])
    assert chance.letter_bias([0, 0], [1, 1]).chi2 is None


def test_takers_who_missed_an_item_count_in_the_others_difficulty_only() -> None:
    full = [[1, 1, 0], [1, 0, 0], [0, 1, 1]]
    found = item.item_analysis([*full, [1, NAN, 0]])
    assert found.takers == 4 and found.incomplete == 1 and found.difficulty == (0.75, pytest.approx(2 / 3), 0.25)
    assert found.kr20 == item.item_analysis(full).kr20 and found.item_rest == item.item_analysis(full).item_rest


def test_weighted_kappa_counts_the_steps_of_a_miss() -> None:
    a, b = [1, 2, 3, 4, 1, 2], [1, 2, 4, 4, 2, 2]
    found = agreement.cohen(a, b)
    for power, ours in ((1, found.linear), (2, found.quadratic)):
        table = np.zeros((4, 4))
        for x, y in zip(a, b, strict=True):
            table[x - 1, y - 1] += 1 / 6
        steps = np.abs(np.subtract.outer(np.arange(4), np.arange(4))) ** power
        expected = (np.outer(table.sum(axis=1), table.sum(axis=0)) * steps).sum()
        assert ours == pytest.approx(1 - (table * steps).sum() / expected)
    assert agreement.cohen(["x", "y"], ["x", "x"]).linear is None, "words have no order"
    assert agreement.cohen(["low", "high"], ["low", "mid"], ["low", "mid", "high"]).linear is not None
    with pytest.raises(ValueError):
        agreement.cohen(["low"], ["none"], ["low", "high"])


def test_embeddings_are_worth_what_they_tell_apart() -> None:
    rng = np.random.default_rng(8)
    texts = rng.normal(size=(12, 6))
    near = embedding_pairs.separation(texts, texts + 0.05 * rng.normal(size=(12, 6)))
    assert near.retrieval == 1 and near.hits == 12 and near.separation > 0.5 and near.separation in near.interval
    # A common direction raises every cosine and tells nothing more apart.
    shifted = embedding_pairs.separation(texts + 5, texts + 5 + 0.05 * rng.normal(size=(12, 6)))
    assert shifted.matched.mean > 0.9 and shifted.separation < near.separation
    gone = texts.copy()
    gone[3] = 0
    assert embedding_pairs.separation(gone, texts).missing == 1 and embedding_pairs.separation(gone, texts).n == 11
    tied = embedding_pairs.separation([[1, 0], [1, 0], [0, 1]], [[1, 0], [1, 0], [0, 1]])
    assert tied.hits == 1, "a tie with another partner is a miss"
    assert embedding_pairs.separation(texts[:1], texts[:1]).separation is None


def test_two_embedders_are_compared_on_the_same_pairs() -> None:
    a, b = [0.9, 0.8, 0.85, 0.7, None], [0.8, 0.75, 0.7, 0.72, 0.1]
    found = embedding_pairs.embedders(a, b)
    d = np.subtract(a[:4], b[:4]).astype(float)
    ranks = np.argsort(np.argsort(np.abs(d))) + 1
    sums = [sum(r for r, s in zip(ranks, signs, strict=True) if s) for signs in product([0, 1], repeat=4)]
    seen = min(ranks[d > 0].sum(), ranks[d < 0].sum())
    assert found.difference.n == 4 and found.difference.missing == 1 and found.wilcoxon == seen
    assert found.wilcoxon_p == pytest.approx(min(1.0, 2 * np.mean([s <= seen for s in sums])))
    tied = embedding_pairs.embedders([1.0, 1, 1, 0], [0.0, 0, 0, 0])
    assert tied.wilcoxon_p == pytest.approx(0.25), (
        "of the eight ways to put signs on three equal differences two are as uneven"
    )
    assert embedding_pairs.embedders([0.5], [0.5]).wilcoxon_p is None


@pytest.mark.parametrize("units", [10, 97, 700])
def test_draws_are_those_of_one_unit_after_another(units: int) -> None:
    taken = np.concatenate([counts for counts, _ in resample._drawn(units, 60, 3)])
    rng = np.random.default_rng(3)
    each = [rng.integers(0, units, units, dtype=np.uint32) for _ in range(60)]
    assert (taken == np.stack([np.bincount(index, minlength=units) for index in each])).all()
