"""Keys that can be guessed: balanced suites pass, lopsided ones are told apart from chance."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from llmxsite.base.diagnostics import Issues
from llmxsite.study.suite import LETTERS, QuestionItem, Suite, write
from llmxsite.study.suite.check import check
from llmxsite.study.suite.giveaway import balance, cycle, lengths


def made(letters: str, options: int = 4, *, widths: tuple[int, int] = (5, 5)) -> list[QuestionItem]:
    """Items whose keys are `letters`; the right option is `widths[0]` characters long, the others `widths[1]`."""
    items = []
    for number, letter in enumerate(letters):
        choices = [f"{other}{number}".ljust(widths[0 if other == letter else 1], "x") for other in LETTERS[:options]]
        items.append(
            QuestionItem(id=f"i{number}", category="c", question=f"question {number}", choices=choices, answer=letter)
        )
    return items


def codes(tmp_path: Path, items: list[QuestionItem]) -> list[str]:
    suite = Suite(
        id="s", title="t", description="d", version="1", licence="CC0-1.0", source="s", language="en", items=items
    )
    issues = Issues()
    check(write(suite, tmp_path), issues)
    return [issue.code for issue in issues]


MIXED = "BDACCABDDBCAACDBBADC" * 2


@pytest.mark.parametrize(
    ("letters", "widths", "expected"),
    [
        (MIXED, (5, 5), []),
        ("A" * 24, (5, 5), ["suite-answer-position"]),
        ("A" * 24 + "BCD" * 4, (5, 5), ["suite-answer-position"]),
        ("ABCD" * 6, (5, 5), ["suite-answer-pattern"]),
        ("ABBCDDAC" * 3, (5, 5), ["suite-answer-pattern"]),
        (MIXED, (9, 5), ["suite-answer-longest"]),
        (MIXED, (4, 8), ["suite-answer-shortest"]),
        ("A" * 11, (9, 5), ["suite-few-items"]),
    ],
)
def test_what_gives_the_key_away(tmp_path: Path, letters: str, widths: tuple[int, int], expected: list[str]) -> None:
    assert codes(tmp_path, made(letters, widths=widths)) == expected


def test_chi_square_is_scipys() -> None:
    items = made("AABBBCDDDDDD" * 3)
    found = balance(items)
    expected = stats.chisquare([6, 9, 3, 18])
    assert found.counts == {"A": 6, "B": 9, "C": 3, "D": 18}
    assert found.chi_square == pytest.approx(expected.statistic)
    assert found.p == pytest.approx(expected.pvalue)


def test_items_with_different_numbers_of_options_share_out_their_key() -> None:
    found = balance(made("ABCD" * 5) + made("AB" * 10, options=2))
    assert found.expected == pytest.approx({"A": 15, "B": 15, "C": 5, "D": 5})
    assert found.chi_square == pytest.approx(0)


def test_lengths_are_counted_strictly() -> None:
    found = lengths([*made("ABCD", widths=(9, 5)), *made("ABCD"), *made("ABCD", widths=(3, 5))])
    assert (found.n, found.longest, found.shortest, found.expected) == (12, 4, 4, 3)
    assert found.p_longest == pytest.approx(stats.binom.sf(3, 12, 0.25))


def test_shuffled_keys_are_seldom_flagged(tmp_path: Path) -> None:
    rng = random.Random(1)
    flagged = sum(balance(made("".join(rng.choices("ABCD", k=48)))).p < 0.01 for _ in range(300))
    assert flagged <= 9  # three were expected; P(more than nine) is below one in a thousand


@given(st.text("ABCD", min_size=1, max_size=6), st.integers(3, 8))
def test_a_cycle_is_found_and_explains_every_key(period: str, times: int) -> None:
    letters = (period * times)[:24]
    found = cycle(made(letters))
    if found is not None:
        parts = found.split()
        assert all(letter == parts[index % len(parts)] for index, letter in enumerate(letters))
        assert len(letters) >= 2 * len(parts)
    elif len(set(period)) >= 2 and len(letters) >= 3 * len(period):
        pytest.fail(f"{letters} repeats {period}")
