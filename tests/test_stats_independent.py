"""Two independent groups against other programs' results and against all permutations."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmxsite.analysis.stats.independent import apart, permuted

SCORES = st.lists(st.sampled_from([0.0, 1.0]), min_size=1, max_size=40)


def test_newcombes_own_example() -> None:
    """56 of 70 against 48 of 80: 0.2000, method 10: 0.0524 to 0.3339 (Newcombe 1998, table II, example a)."""
    found = apart(np.repeat([1.0, 0.0], [56, 14]), np.repeat([1.0, 0.0], [48, 32]))
    assert (found.difference, found.low, found.high) == pytest.approx((0.2, 0.0524, 0.3339), abs=5e-5)


@given(SCORES, SCORES)
def test_p_of_right_and_wrong_is_fishers(first: list[float], second: list[float]) -> None:
    from scipy.stats import fisher_exact

    table = [[sum(side), len(side) - sum(side)] for side in (first, second)]
    assert permuted(np.array(first), np.array(second)) == pytest.approx(fisher_exact(table).pvalue, abs=1e-9)


def test_p_of_shares_is_close_to_that_of_all_permutations() -> None:
    first, second = np.array([0.9, 0.6, 0.8, 1.0, 0.7, 0.4, 0.9]), np.array([0.3, 0.5, 0.2, 0.6, 0.8, 0.1, 0.4])
    every = np.concatenate([first, second])
    seen = abs(first.mean() - second.mean())
    sums = [every[list(chosen)].sum() for chosen in combinations(range(14), 7)]
    exact = np.mean([abs(s / 7 - (every.sum() - s) / 7) >= seen - 1e-12 for s in sums])
    assert permuted(first, second) == pytest.approx(exact, abs=0.01)


@given(SCORES, SCORES)
def test_groups_exchanged_give_the_same_the_other_way_round(first: list[float], second: list[float]) -> None:
    there, back = apart(np.array(first), np.array(second)), apart(np.array(second), np.array(first))
    assert (there.difference, there.low, there.high, there.p) == pytest.approx(
        (-back.difference, -back.high, -back.low, back.p)
    )
    assert there.low <= there.difference + 1e-12 and there.difference <= there.high + 1e-12


def test_scores_that_do_not_vary_differ_by_chance_alone() -> None:
    assert permuted(np.full(12, 0.5), np.full(15, 0.5)) == 1.0
