"""Properties of the statistics that hold for any data, and the edges where a number is undefined."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from llmxsite.analysis.stats import (
    bootstrap,
    calibration,
    chance,
    cluster,
    cosine,
    decomposition,
    equivalence,
    interval,
    item,
    latency,
    mcnemar,
    mean,
    meta,
    multiple,
    noise_floor,
    paired,
    percentile,
    power,
    proper_scores,
    proportion,
    resamples,
    selective,
    trend,
)

shares = st.floats(0, 1, allow_nan=False)
bits = st.integers(0, 1)
answers = st.lists(st.tuples(st.floats(0, 1, width=32), bits), min_size=1, max_size=60)
paired_scores = st.lists(st.tuples(shares, shares), min_size=2, max_size=40)


def split(rows: list[tuple[float, float]]) -> tuple[list[float], list[float]]:
    return [row[0] for row in rows], [row[1] for row in rows]


@given(n=st.integers(1, 5000), data=st.data(), alpha=st.floats(0.001, 0.5))
def test_wilson_lies_in_0_to_1_and_covers_the_proportion(n: int, data: st.DataObject, alpha: float) -> None:
    k = data.draw(st.integers(0, n))
    found = proportion.wilson(k, n, alpha)
    assert 0 <= found.low <= k / n <= found.high <= 1
    wider = proportion.wilson(k, n, alpha / 2)
    assert wider.low <= found.low + 1e-12 and wider.high >= found.high - 1e-12
    exact = proportion.interval(k, n, alpha, "clopper-pearson")
    assert exact.low <= k / n <= exact.high


@given(n=st.integers(1, 300), data=st.data())
def test_wilson_of_a_column_is_wilson_of_each(n: int, data: st.DataObject) -> None:
    k = data.draw(st.integers(0, n))
    low, high = proportion.wilson_bounds(k / n, n, 1.959963984540054)
    assert (float(low), float(high)) == pytest.approx(tuple(proportion.wilson(k, n)), abs=1e-12)


def test_wilson_covers_what_it_promises_for_twenty_items() -> None:
    weights = [math.comb(20, k) * 0.9**k * 0.1 ** (20 - k) for k in range(21)]
    assert sum(w for k, w in enumerate(weights) if 0.9 in proportion.wilson(k, 20)) == pytest.approx(0.957, abs=1e-3)
    wald = sum(
        w for k, w in enumerate(weights) if 0.9 in mean.mean([1] * k + [0] * (20 - k), distribution="z").interval
    )
    assert wald == pytest.approx(0.876, abs=0.001)


@given(n=st.integers(1, 500), alpha=st.floats(0.001, 0.5))
def test_a_rate_never_seen_is_bounded_by_the_exact_interval(n: int, alpha: float) -> None:
    assert power.never_seen(n, alpha) == pytest.approx(
        proportion.interval(0, n, 2 * alpha, "clopper-pearson").high, abs=1e-9
    )


@given(scores=st.lists(shares, min_size=2, max_size=40))
def test_singleton_clusters_are_no_clusters(scores: list[float]) -> None:
    alone, clustered = mean.mean(scores), cluster.clustered_mean(scores, list(range(len(scores))))
    assert clustered.se == pytest.approx(alone.se, abs=1e-12)
    assert clustered.interval == pytest.approx(alone.interval, abs=1e-9)


@given(scores=st.lists(shares, min_size=2, max_size=12), copies=st.integers(2, 5))
def test_copies_of_items_do_not_narrow_a_clustered_interval(scores: list[float], copies: int) -> None:
    once = mean.mean(scores)
    often = cluster.clustered_mean(scores * copies, list(range(len(scores))) * copies)
    assert often.se == pytest.approx(once.se, abs=1e-12)


@given(rows=paired_scores)
def test_a_paired_difference_changes_sign_with_its_sides(rows: list[tuple[float, float]]) -> None:
    a, b = split(rows)
    there, back = paired.paired_difference(a, b), paired.paired_difference(b, a)
    assert there.difference == pytest.approx(-back.difference, abs=1e-12)
    assert there.se == pytest.approx(back.se, abs=1e-12) and there.identical == back.identical
    assert (there.p is None) == (back.p is None) and (there.r is None) == (back.r is None)
    assert there.interval.low == pytest.approx(-back.interval.high, abs=1e-12)


@given(rows=paired_scores)
def test_paired_variance_is_both_variances_less_twice_the_covariance(rows: list[tuple[float, float]]) -> None:
    a, b = split(rows)
    found = paired.paired_difference(a, b)
    expected = (np.var(a, ddof=1) + np.var(b, ddof=1) - 2 * np.cov(a, b)[0, 1]) / len(a)
    assert found.se**2 == pytest.approx(max(expected, 0), abs=1e-12)


def test_identical_scores_have_no_p_and_say_so() -> None:
    found = paired.paired_difference([1, 0, 1], [1, 0, 1])
    assert found.identical and found.p is None and found.t is None and found.se == 0
    shifted = paired.paired_difference([1, 1, 1], [0, 0, 0])
    assert not shifted.identical and shifted.p is None and shifted.r is None


@given(b=st.integers(0, 400), c=st.integers(0, 400))
def test_mcnemar_is_symmetric_and_its_variants_are_ordered(b: int, c: int) -> None:
    found, back = mcnemar.mcnemar(b, c), mcnemar.mcnemar(c, b)
    assert found.p == back.p and 0 <= found.p_mid <= found.p <= 1
    assert (found.chi2 is None) == (b + c == 0)


def test_mcnemar_needs_six_on_one_side() -> None:
    assert mcnemar.mcnemar(5, 0).p > 0.05 > mcnemar.mcnemar(6, 0).p
    nothing = mcnemar.mcnemar(0, 0)
    assert nothing.p == 1 and nothing.chi2 is None and nothing.odds is None
    with pytest.raises(ValueError):
        mcnemar.mcnemar(-1, 2)


@given(p=st.lists(shares, min_size=1, max_size=20))
def test_holm_is_monotone_and_never_below_the_raw_p(p: list[float]) -> None:
    found = multiple.adjust(p)
    in_order = [found.p[i] for i in np.argsort(p, kind="stable")]
    assert all(x <= y for x, y in pairwise(in_order))
    assert all(raw <= adjusted + 1e-12 <= 1 + 1e-9 for raw, adjusted in zip(p, found.p, strict=True))
    bonferroni = multiple.adjust(p, method="bonferroni")
    assert all(h <= b + 1e-12 for h, b in zip(found.p, bonferroni.p, strict=True))


def test_holm_is_that_of_statsmodels() -> None:
    p = np.random.default_rng(4).random(40) ** 3
    assert multiple.adjust(p.tolist()).p == pytest.approx(multipletests(p, method="holm")[1].tolist(), abs=1e-14)


def test_undefined_p_values_are_left_out_of_the_family() -> None:
    found = multiple.adjust([0.01, None, 0.04, math.nan])
    assert found.p == (0.02, None, 0.04, None) and found.reject == (True, None, True, None) and found.family == 2
    assert multiple.adjust([None]).p == (None,) and multiple.adjust([]).p == ()
    assert multiple.adjust([0.04, 0.04], method="none").p == (0.04, 0.04)


@given(rows=answers, bins=st.integers(1, 20))
def test_calibration_errors_keep_their_order(rows: list[tuple[float, int]], bins: int) -> None:
    found = calibration.calibration(*split(rows), bins)
    assert 0 <= abs(found.gap) - 1e-9 <= found.ece <= found.rmsce + 1e-9 or abs(found.gap) < 1e-9
    assert found.ece <= found.rmsce + 1e-9 and found.rmsce <= found.mce + 1e-9 and found.mce <= 1
    assert sum(row.n for row in found.bins) == found.n
    assert found.ece_unweighted_all <= found.ece_unweighted + 1e-12
    for row in found.bins:
        if row.n:
            assert row.low - 1e-12 <= row.confidence <= row.high + 1e-12 and row.accuracy in row.interval


@given(rows=answers, bins=st.integers(1, 20))
def test_equal_mass_bins_hold_every_answer_and_never_part_ties(rows: list[tuple[float, int]], bins: int) -> None:
    c, y = split(rows)
    found = calibration.equal_mass(c, y, bins)
    assert 1 <= len(found.bins) <= bins and sum(row.n for row in found.bins) == len(c)
    assert abs(found.gap) - 1e-9 <= found.ece <= 1


@pytest.mark.parametrize("bins", [5, 7, 10, 15, 20])
def test_an_edge_falls_into_the_lower_bin(bins: int) -> None:
    edges = np.array([b / bins for b in range(bins + 1)])
    assert calibration.bin_index(edges, bins).tolist() == [0, *range(bins)]


def test_calibration_of_nothing_and_of_nonsense() -> None:
    empty = calibration.calibration([], [])
    assert empty.n == 0 and empty.ece is None and empty.bins[0].interval == interval.UNDEFINED
    for confidence, correct in (([1.2], [1]), ([0.5], [2]), ([0.5, 0.5], [1])):
        with pytest.raises(ValueError):
            calibration.calibration(confidence, correct)


def test_the_noise_floor_falls_with_n_as_simulated() -> None:
    rng = np.random.default_rng(7)
    floors = {n: noise_floor.noise_floor(rng.beta(6, 2, n)) for n in (20, 100, 1000)}
    assert floors[20].mean == pytest.approx(0.17, abs=0.03)
    assert floors[100].mean == pytest.approx(0.08, abs=0.015)
    assert floors[1000].mean == pytest.approx(0.027, abs=0.006)
    assert all(floor.mean < floor.p95 for floor in floors.values())


def test_the_noise_floor_is_seeded_and_bounded_in_work() -> None:
    c = np.linspace(0.3, 0.99, 50)
    assert noise_floor.noise_floor(c) == noise_floor.noise_floor(c) != noise_floor.noise_floor(c, seed=1)
    assert noise_floor.draws_for(10) == 2000 and noise_floor.draws_for(10_000) == 400
    assert noise_floor.draws_for(10**9) == 200
    assert noise_floor.noise_floor([]).mean is None
    certain = noise_floor.noise_floor([0.0, 1.0, 1.0])
    assert certain.mean == certain.p95 == 0 and certain.band[9] == (1.0, 1.0) and certain.band[5] == (None, None)


@given(rows=answers)
def test_decompositions_add_up(rows: list[tuple[float, int]]) -> None:
    c, y = split(rows)
    score = proper_scores.brier(c, y).brier
    corp = decomposition.corp(c, y)
    assert corp.miscalibration - corp.discrimination + corp.uncertainty == pytest.approx(score, abs=1e-9)
    assert corp.miscalibration >= 0 and corp.discrimination >= 0
    assert decomposition.murphy(c, y).three_terms == pytest.approx(score, abs=1e-9)
    binned = decomposition.murphy(c, y, 5)
    total = binned.three_terms + binned.within_variance - binned.within_covariance
    assert total == pytest.approx(score, abs=1e-9)


@given(rows=st.lists(st.tuples(st.integers(0, 64).map(lambda i: i / 64), bits), min_size=1, max_size=60))
def test_auroc_turns_over_with_its_ranking(rows: list[tuple[float, int]]) -> None:
    c, y = split(rows)
    area = proper_scores.auroc(c, y)
    if len(set(y)) < 2:
        assert area is None
    else:
        assert area + proper_scores.auroc([1 - x for x in c], y) == pytest.approx(1, abs=1e-9)


def test_a_certain_miss_costs_what_the_clip_says() -> None:
    assert proper_scores.log_loss([1.0], [0]) == pytest.approx(-math.log(1e-6), rel=1e-6)
    assert decomposition.corp([1.0], [0], score="log").score == math.inf
    assert proper_scores.spiegelhalter([0.5, 1.0], [1, 1]).z is None


@given(rows=answers, coverage=st.floats(0.01, 1))
def test_selective_accuracy_at_full_coverage_is_accuracy(rows: list[tuple[float, int]], coverage: float) -> None:
    c, y = split(rows)
    assert selective.accuracy_at_coverage(c, y, 1) == pytest.approx(np.mean(y))
    assert 0 <= selective.accuracy_at_coverage(c, y, coverage) <= 1
    assert selective.accuracy_at_coverage(c, y, 0) is None and selective.area([], []) is None


@given(scores=st.lists(st.lists(bits, min_size=3, max_size=3), min_size=2, max_size=30))
def test_more_samples_an_item_never_widen_the_prediction(scores: list[list[int]]) -> None:
    found = resamples.components(scores)
    errors = [found.predicted_se(k) for k in (1, 2, 4, 8)]
    assert all(x >= y - 1e-12 for x, y in pairwise(errors))
    if not found.truncated:
        assert found.predicted_se(3) == pytest.approx(found.se, abs=1e-9)


def test_components_of_repelling_samples_are_truncated_and_say_so() -> None:
    found = resamples.components([[0, 1], [1, 0], [0, 1]])
    assert found.omega2_raw < 0 and found.omega2 == 0 and found.truncated
    assert found.icc == -1 and found.item_share == 0, "ICC(1) is not truncated; the component beside it is"
    assert resamples.components(np.empty((0, 3))).mean is None
    assert resamples.components([[1, 0]]).se is None
    with pytest.raises(ValueError):
        resamples.components([1, 0])


@given(delta=st.floats(0.005, 0.3), variance=st.floats(0.01, 1))
def test_needed_items_and_detectable_difference_are_inverse(delta: float, variance: float) -> None:
    n = power.items_needed(delta, variance)
    if n >= 1:
        assert power.detectable(n, variance) == pytest.approx(delta)
    assert power.items_needed(0, variance) is None and power.detectable(0, variance) is None
    assert power.power_z(0, delta, 1) is None and power.power_t(1, delta, 1) is None


def test_what_twenty_questions_can_see() -> None:
    assert power.detectable(20, 1 / 9 + 2 / 6) == pytest.approx(0.42, abs=0.005)
    assert power.detectable_from_se(1) == pytest.approx(2.80, abs=0.005)


@given(rows=paired_scores, margin=st.floats(0.01, 0.5))
def test_equivalence_is_an_interval_inside_the_margin(rows: list[tuple[float, float]], margin: float) -> None:
    found = equivalence.equivalence(*split(rows), margin)
    if found.equivalent is not None and abs(found.p - 0.05) > 1e-9:
        assert found.equivalent == (-margin < found.interval.low and found.interval.high < margin)


def test_equivalence_without_variance_reports_disagreement() -> None:
    found = equivalence.equivalence([1, 0, 1], [1, 0, 1], 0.05)
    assert found.p is None and found.equivalent is None and found.disagreement.high == pytest.approx(0.708, abs=1e-3)
    with pytest.raises(ValueError):
        equivalence.equivalence([1], [1], 0)


def test_bootstrap_is_seeded_and_says_when_it_is_exact_or_degenerate() -> None:
    scores = [1.0] * 12 + [0.0] * 8
    once, again = (bootstrap.bootstrap([scores], bootstrap.mean, draws=300) for _ in range(2))
    assert once == again and not once.exact and once.resamples == 300 and 0.6 in once.interval
    assert bootstrap.bootstrap([scores], bootstrap.mean, draws=300, seed=1) != once
    assert bootstrap.bootstrap([[1.0] * 9], bootstrap.mean, method="bca").degenerate
    assert bootstrap.bootstrap([[1.0, 0.0]], bootstrap.mean).exact
    assert bootstrap.bootstrap([[]], bootstrap.mean).estimate is None
    with pytest.raises(ValueError):
        bootstrap.bootstrap([[1, 2], [1]], bootstrap.mean_of_clusters)


def test_a_cluster_bootstrap_resamples_sums_and_sizes() -> None:
    sums, sizes = bootstrap.totals([1, 0, 1, 1], ["a", "a", "b", "c"])
    assert sums.tolist() == [1, 1, 1] and sizes.tolist() == [2, 1, 1]
    assert bootstrap.bootstrap([sums, sizes], bootstrap.mean_of_clusters).estimate == 0.75


@given(rows=st.lists(st.tuples(st.floats(-3, 3), st.floats(0.01, 2)), min_size=2, max_size=15))
def test_pooling_stays_between_the_effects(rows: list[tuple[float, float]]) -> None:
    y, v = split(rows)
    found = meta.pool(y, v)
    assert min(y) - 1e-9 <= found.random <= max(y) + 1e-9
    assert found.se >= found.random_se and 0 <= found.i2 < 1 and found.tau2 >= 0
    if found.k > 2:
        assert found.prediction.width >= found.random_interval_z.width - 1e-9


def test_thirty_identical_runs_show_no_machine_effect() -> None:
    effect, variance = meta.logit(14, 20)
    found = meta.pool([effect] * 30, [variance] * 30)
    assert found.q == pytest.approx(0, abs=1e-12) and found.i2 == 0 and found.tau == 0
    assert meta.pool([], []).fixed is None and meta.pool([0.1], [0.2]).random is None
    assert meta.pool([0.1, 0.2], [0.2, 0.2]).prediction == interval.UNDEFINED
    with pytest.raises(ValueError):
        meta.pool([1.0], [0.0])
    assert math.isfinite(meta.logit(20, 20)[0])


def test_a_sweep_without_change_is_undefined_not_zero() -> None:
    same = [[1, 1, 1], [0, 0, 0]]
    assert trend.cochran_q(same).q is None and trend.cochran_q(same).df == 2
    flat = trend.slope([0, 0.5, 1], same)
    assert flat.slope == 0 and flat.p == 1
    assert trend.slope([1, 1], [[0, 1], [1, 0]]).slope is None
    assert trend.slope([0, 1], [[1, 0]]).slope == -1 and trend.slope([0, 1], [[1, 0]]).p is None
    assert trend.page_decreasing([[1, 0], [1, 0]]) is None
    with pytest.raises(ValueError):
        trend.cochran_q([[0.5, 1]])
    with pytest.raises(ValueError):
        trend.slope([0, 1], [[1, 1, 1]])


def test_a_slope_is_in_units_of_the_setting() -> None:
    found = trend.slope([0.0, 0.5, 1.0], [[1.0, 0.9, 0.8], [0.8, 0.7, 0.6], [0.6, 0.5, 0.4]])
    assert found.slope == pytest.approx(-0.2) and found.items == 3


@given(correct=st.lists(st.lists(bits, min_size=4, max_size=4), min_size=1, max_size=12))
def test_item_analysis_never_prints_an_undefined_number(correct: list[list[int]]) -> None:
    found = item.item_analysis(correct)
    assert found.discriminating >= 0 and set(found.floor).isdisjoint(found.ceiling)
    assert all(r is None or -1 - 1e-9 <= r <= 1 + 1e-9 for r in found.item_rest)
    assert found.kr20 is None or found.kr20 <= 1 + 1e-9
    with pytest.raises(ValueError):
        item.item_analysis([])


@given(durations=st.lists(st.floats(0.1, 1e6), min_size=1, max_size=40))
def test_a_median_lies_in_its_interval(durations: list[float]) -> None:
    found = latency.latency(durations)
    assert found.median_interval == interval.UNDEFINED or found.median in found.median_interval
    assert len(durations) >= 6 or found.median_interval == interval.UNDEFINED


@given(durations=st.lists(st.floats(0.1, 1e6), min_size=1, max_size=60))
def test_95_percent_do_not_exceed_the_95th_percentile(durations: list[float]) -> None:
    found = latency.latency(durations)
    most, rank = sorted(durations), 19 * (len(durations) - 1)
    assert 20 * sum(d <= found.p95_observed for d in durations) >= 19 * len(durations)
    assert 20 * sum(d < found.p95_observed for d in durations) < 19 * len(durations)
    # The interpolated one lies between the two order statistics around place 0.95 (n - 1).
    assert most[rank // 20] * (1 - 1e-9) <= found.p95 <= most[-(-rank // 20)] * (1 + 1e-9)


def test_latency_and_throughput_of_nothing() -> None:
    assert latency.latency([]).median is None and latency.throughput([], []).total is None
    assert latency.throughput([5], [0]).total is None


def test_chance_letters_and_unparsed_answers_at_their_edges() -> None:
    assert chance.above_chance(0, 0, 4).p is None
    assert chance.letter_bias([0, 0], [1, 1]).total_variation is None
    assert chance.letter_bias([3, 0], [3, 0]).p is None
    assert chance.letter_bias([3, 1, 1], [3, 2, 0]).chi2 == math.inf
    assert chance.unparsed(0, 0, 0).accuracy is None
    with pytest.raises(ValueError):
        chance.above_chance(1, 2, 1)
    with pytest.raises(ValueError):
        chance.letter_bias([1], [1, 2])


@given(
    a=st.lists(st.floats(-1e3, 1e3).filter(lambda x: x == 0 or abs(x) > 1e-300), min_size=2, max_size=8),
    scale=st.floats(0.1, 100),
)
def test_cosine_ignores_length(a: list[float], scale: float) -> None:
    found = cosine.cosine(a, [x * scale for x in a])
    assert found is None if not any(a) else found == pytest.approx(1, abs=1e-9)
    assert cosine.cosine([0, 0], [1, 1]) is None and cosine.similarities([]).mean is None
    assert cosine.similarities([0.4]).sd is None


def test_percentiles_need_a_reference() -> None:
    assert percentile.percentile_rank([None, math.nan], 0.5) is None
    assert percentile.llmxray_scale([0.3, 0.5], 0.4) == pytest.approx(50)


def test_means_of_little_are_undefined_not_zero() -> None:
    assert mean.mean([]).mean is None and mean.mean([1]).se is None and mean.mean([1]).interval == interval.UNDEFINED
    assert cluster.clustered_mean([], []).mean is None
    alone = cluster.clustered_mean([1, 0], ["a", "a"])
    assert alone.se is None and alone.se_cr0 == 0 and alone.interval == interval.UNDEFINED
    assert paired.paired_difference([], []).difference is None
    with pytest.raises(ValueError):
        cluster.clustered_mean([1, 0], ["a"])
    with pytest.raises(ValueError):
        mean.mean([[1, 0]])  # type: ignore[list-item]


def test_an_interval_knows_what_lies_in_it() -> None:
    assert 0.5 in interval.Interval(0.5, 1) and 0.4 not in interval.Interval(0.5, 1)
    assert 0.5 not in interval.UNDEFINED and interval.UNDEFINED.width is None
    assert interval.Interval(-0.2, 1.4).clipped() == (0, 1) and interval.UNDEFINED.clipped() == interval.UNDEFINED


@given(k=st.integers(0, 30), n=st.integers(1, 30))
def test_clustered_wilson_with_one_item_a_cluster_is_wilson_with_t(k: int, n: int) -> None:
    k = min(k, n)
    p, groups = k / n, n
    se = math.sqrt(p * (1 - p) / n)
    low, high = cluster.clustered_wilson([p], [se], [n], [groups])
    if groups < 2:
        assert np.isnan(low[0]) and np.isnan(high[0])
    else:
        plain = proportion.wilson(k, n)
        assert low[0] <= plain.low + 1e-9 and plain.high - 1e-9 <= high[0]
