"""Whether the key can be guessed without knowing anything: by place, by pattern or by length."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from llmxsite.base.diagnostics import Issue
from llmxsite.study.suite.model import LETTERS, QuestionItem, Suite
from llmxsite.study.suite.origin import Origin

ALPHA = 0.01
"""A suite is flagged when balanced keys would look like this in fewer than one suite in a hundred."""
FEW = 12
"""Keyed items below which no pattern can be told from chance."""


class Balance(NamedTuple):
    """How often each letter is right, against equal shares."""

    counts: dict[str, int]
    expected: dict[str, float]
    """Each item shares its one right answer out equally among its letters, so suites that mix 4 and 10 options fit too."""
    chi_square: float
    p: float
    """Upper tail of the chi-square distribution with letters - 1 degrees of freedom (Pearson)."""


class Lengths(NamedTuple):
    """How often the right option is strictly the longest, or strictly the shortest, of its item."""

    n: int
    longest: int
    shortest: int
    expected: float
    """Items in which it would be, were length no clue: the sum of 1/options."""
    p_longest: float
    p_shortest: float
    """Upper tails of a binomial with the mean share, a little too large (ties) and so on the safe side."""


def find(suite: Suite, origin: Origin) -> Iterator[Issue]:
    """A warning for every way in which the right options of the suite give themselves away."""
    asked = (item for item in suite.items if isinstance(item, QuestionItem))
    keyed = [item for item in asked if item.right is not None and len(item.choices or []) > 1]
    if len(keyed) < FEW:
        return
    shown = balance(keyed)
    spread = ", ".join(f"{letter} {shown.counts.get(letter, 0)}" for letter in shown.expected)
    if len(shown.counts) == 1:
        message = f"the right option is always {next(iter(shown.counts))}: whoever answers with that letter gets everything right"
        yield origin.suite.issue(
            "suite-answer-position", message, "items", severity="warning", hint="spread the answers"
        )
    elif shown.p < ALPHA:
        message = (
            f"the answer's position gives itself away: {spread} (chi-square {shown.chi_square:.1f}, p = {shown.p:.2g})"
        )
        yield origin.suite.issue(
            "suite-answer-position", message, "items", severity="warning", hint="spread the answers"
        )
    elif pattern := cycle(keyed):
        message = f"the right letters repeat: {pattern}, and so on"
        yield origin.suite.issue(
            "suite-answer-pattern", message, "items", severity="warning", hint="shuffle the answers"
        )
    by_length = lengths(keyed)
    for word, count, p in (
        ("longest", by_length.longest, by_length.p_longest),
        ("shortest", by_length.shortest, by_length.p_shortest),
    ):
        if p < ALPHA and count > 1.25 * by_length.expected:
            message = (
                f"the right option is the {word} in {count} of {by_length.n} items "
                f"({by_length.expected:.0f} expected): guessing by length beats chance"
            )
            hint = "make wrong options as long and as exact as the right ones"
            yield origin.suite.issue(f"suite-answer-{word}", message, "items", severity="warning", hint=hint)


def balance(items: list[QuestionItem]) -> Balance:
    """Chi-square of the right letters against equal shares. Items without a right option must be left out."""
    from scipy.special import chdtrc

    counts = Counter(LETTERS[item.right] for item in items if item.right is not None)
    expected: dict[str, float] = {}
    for item in items:
        options = len(item.choices or [])
        for letter in LETTERS[:options]:
            expected[letter] = expected.get(letter, 0.0) + 1 / options
    statistic = sum((counts.get(letter, 0) - share) ** 2 / share for letter, share in expected.items())
    p = float(chdtrc(len(expected) - 1, statistic)) if len(expected) > 1 else 1.0
    return Balance(dict(counts), expected, statistic, p)


def cycle(items: list[QuestionItem]) -> str | None:
    """The repeating sequence of right letters, such as `A B C D`, that explains every key; None when there is none."""
    letters = [LETTERS[item.right] for item in items if item.right is not None]
    for period in range(2, min(9, len(letters) // 3 + 1)):
        if all(letter == letters[index % period] for index, letter in enumerate(letters)):
            return " ".join(letters[:period])
    return None


def lengths(items: list[QuestionItem]) -> Lengths:
    """How well the length of an option tells the right one. Items without a right option must be left out."""
    from scipy.special import bdtrc

    longest = shortest = 0
    expected = 0.0
    for item in items:
        if item.right is None or item.choices is None:
            continue
        own = len(item.choices[item.right])
        others = [len(choice) for index, choice in enumerate(item.choices) if index != item.right]
        longest += own > max(others)
        shortest += own < min(others)
        expected += 1 / len(item.choices)
    n = len(items)
    tails = [float(bdtrc(count - 1, n, expected / n)) if count else 1.0 for count in (longest, shortest)]
    return Lengths(n, longest, shortest, expected, tails[0], tails[1])
