"""The suites that ship with the project: sound, balanced, complete, and their sums right."""

from __future__ import annotations

import re
from collections import Counter
from fractions import Fraction
from pathlib import Path

import pytest

from llmxsite.base.diagnostics import Issues
from llmxsite.study.suite import Suite, load
from llmxsite.study.suite.check import DIFFICULTIES, check
from llmxsite.study.suite.datasheet import QUESTIONS
from llmxsite.study.suite.giveaway import lengths

FOLDER = Path(__file__).resolve().parent.parent / "suites"
NAMES = ("arithmetic-steps", "everyday-science", "misconceptions", "reading-charts", "sciences-en-francais")
CHOICE = tuple(name for name in NAMES if name != "arithmetic-steps")
EQUATION = re.compile(r"((?:\(?[\d.,]*\d\)?\s*[−+×÷]\s*)+\(?[\d.,]*\d\)?)\s*=\s*([\d.,]*\d)")


def suite(name: str) -> Suite:
    return load(FOLDER / f"{name}.yaml", Issues())


@pytest.mark.parametrize("name", NAMES)
def test_check_has_nothing_to_say(name: str) -> None:
    issues = Issues()
    check(FOLDER / f"{name}.yaml", issues)
    assert not len(issues), [issue.render() for issue in issues]


@pytest.mark.parametrize("name", NAMES)
def test_size_categories_difficulties_and_explanations(name: str) -> None:
    found = suite(name)
    assert len(found.items) == 48
    assert set(found.categories().values()) == {8}
    assert Counter(item.difficulty for item in found.items) == dict.fromkeys(DIFFICULTIES, 16)
    assert all(item.explanation and item.source for item in found.items)
    assert len(found.examples) == 5 and all(example.explanation for example in found.examples)


@pytest.mark.parametrize("name", CHOICE)
def test_letters_are_right_equally_often_and_length_is_no_clue(name: str) -> None:
    found = suite(name)
    assert {len(item.choices or []) for item in found.items} == {4}
    assert Counter(item.answer for item in found.items) == dict.fromkeys("ABCD", 12)
    by_length = lengths(found.items)
    assert by_length.longest <= 12 and by_length.shortest <= 12
    for category in found.categories():
        assert max(Counter(i.answer for i in found.items if i.category == category).values()) <= 3
    assert len({example.answer for example in found.examples}) >= 3


@pytest.mark.parametrize("name", NAMES)
def test_datasheet_answers_every_section(name: str) -> None:
    found = suite(name)
    assert set(found.datasheet) == set(QUESTIONS)
    assert found.licence == "CC-BY-4.0" and found.version and found.language and found.description and found.authors


def value(expression: str) -> Fraction:
    """What an expression of numbers, the four signs and brackets comes to: products before sums."""
    tokens = re.findall(r"\d[\d.,]*\d|\d|[−+×÷()]", expression)
    position = 0

    def factor() -> Fraction:
        nonlocal position
        token = tokens[position]
        position += 1
        if token == "(":
            inner = total()
            position += 1
            return inner
        return Fraction(token.replace(",", ""))

    def product() -> Fraction:
        nonlocal position
        found = factor()
        while position < len(tokens) and tokens[position] in "×÷":
            sign = tokens[position]
            position += 1
            found = found * factor() if sign == "×" else found / factor()
        return found

    def total() -> Fraction:
        nonlocal position
        found = product()
        while position < len(tokens) and tokens[position] in "+−":
            sign = tokens[position]
            position += 1
            found = found + product() if sign == "+" else found - product()
        return found

    return total()


@pytest.mark.parametrize("name", ["arithmetic-steps", "reading-charts"])
def test_every_equation_holds(name: str) -> None:
    found = suite(name)
    checked = 0
    for item in [*found.examples, *found.items]:
        for left, right in EQUATION.findall(item.explanation or ""):
            stated = Fraction(right.replace(",", ""))
            places = len(right.partition(".")[2])
            assert abs(value(left) - stated) <= Fraction(5, 10 ** (places + 1)) * (places > 0), (item.id, left, right)
            checked += 1
    assert checked > 50


def test_last_equation_of_a_word_problem_is_its_answer() -> None:
    found = suite("arithmetic-steps")
    for item in [*found.examples, *found.items]:
        last = EQUATION.findall(item.explanation or "")[-1][1]
        assert Fraction(last.replace(",", "")) == Fraction(str(item.answer)), item.id
        assert item.unit and item.choices is None


def test_no_question_is_one_of_a_published_test() -> None:
    import os

    data = os.environ.get("LLMXSITE_TEST_DATA")
    if not data:
        pytest.skip("LLMXSITE_TEST_DATA is not set: nothing to compare with")
    from llmxsite.study.suite_formats import import_suite

    folder = Path(data) / "data"
    files = ["TruthfulQA.csv", "gsm8k_test.jsonl", "mmlu-pro/model_outputs_gemma-7b_5shots.zip"]
    published = [
        shingles(item.question) for file in files for item in import_suite("auto", folder / file, Issues()).items
    ]
    holders: dict[str, list[int]] = {}
    for number, runs in enumerate(published):
        for run in runs:
            holders.setdefault(run, []).append(number)
    for name in NAMES:
        for item in suite(name).items:
            own = shingles(item.question)
            near = {number for run in own for number in holders.get(run, [])}
            # Runs of five words are shared by copies and paraphrases, hardly ever by chance.
            close = [published[n] for n in near if len(own & published[n]) > 0.3 * len(own | published[n])]
            assert not close, (item.id, item.question, close[:1])


def shingles(text: str, length: int = 5) -> set[str]:
    parts = re.findall(r"\w+", text.casefold())
    return {" ".join(parts[n : n + length]) for n in range(max(1, len(parts) - length + 1))}
