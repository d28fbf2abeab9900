"""Reading answers out of replies: folders of cases under `cases/task`, and properties that hold for any text."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from llmxsite.suite import LETTERS
from llmxsite.task.choice import parse_choice
from llmxsite.task.letters import plain
from llmxsite.task.numeric import Number, parse_number, read_digits, same_number
from llmxsite.task.short import matches, parse_text
from llmxsite.task.statement import answer_part

CASES = Path(__file__).parent / "cases" / "task"


def cases(kind: str) -> list[Any]:
    """Every reply of every file, as a test parameter named after both."""
    found = []
    for path in sorted((CASES / kind).glob("*.yaml")):
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
        for case in data["replies"]:
            found.append(pytest.param(data, case, id=f"{path.stem}: {case['reply'][:60]!r}"))
    assert found
    return found


@pytest.mark.parametrize(("data", "case"), cases("choice"))
def test_choice(data: dict[str, Any], case: dict[str, Any]) -> None:
    start, end = answer_part(case["reply"])
    text = case["reply"][start:end]
    parsed = parse_choice(text, data["choices"], style=data.get("style", "direct"), complete=data.get("complete", True))
    assert (parsed.value, parsed.reason) == (case.get("answer"), case.get("reason"))
    if parsed.value is not None:
        assert parsed.at is not None and parsed.rule is not None
        place = LETTERS.index(parsed.value)
        written = plain(text)[parsed.at :].casefold()
        option = data["choices"][place].casefold().split(" ")[-1]
        assert written.startswith(parsed.value.casefold()) or option in written.replace("−", "-")


@pytest.mark.parametrize(("data", "case"), cases("numeric"))
def test_number(data: dict[str, Any], case: dict[str, Any]) -> None:
    parsed = parse_number(
        case["reply"],
        style=data.get("style", "direct"),
        language=data["language"],
        complete=data.get("complete", True),
    )
    value = None if parsed.value is None else parsed.value.value
    assert value == (pytest.approx(case["answer"]) if "answer" in case else None)
    assert parsed.reason == case.get("reason")


@pytest.mark.parametrize(("data", "case"), cases("text"))
def test_text(data: dict[str, Any], case: dict[str, Any]) -> None:
    parsed = parse_text(case["reply"])
    assert parsed.reason == case.get("reason")
    if "correct" in case:
        assert parsed.value is not None and matches(parsed.value, data["accepted"]) is case["correct"]


def test_same_number() -> None:
    assert same_number(Number(18), 18.0)
    assert not same_number(Number(18), 18.01)
    assert same_number(Number(25, percent=True), 0.25)
    assert same_number(Number(25, percent=True), 25)
    assert not same_number(Number(25), 0.25)
    assert not same_number(Number(25, percent=True), 0.25, unit="per cent")


@given(st.integers(0, 10**12), st.sampled_from(["en", "fr", "de"]))
def test_written_numbers_are_read_back(number: int, language: str) -> None:
    separator = {"en": ",", "fr": "\u202f", "de": "."}[language]
    assert read_digits(f"{number:,}".replace(",", separator), language) == number


WORDS = st.lists(
    st.sampled_from(
        [
            "the",
            "answer",
            "is",
            "A",
            "a",
            "B",
            "I",
            "or",
            "not",
            "because",
            ".",
            ",",
            ":",
            "(",
            ")",
            "**",
            "\n",
            "=",
            "5",
            "Paris",
            "wait",
        ]
    ),
    max_size=30,
)


@given(WORDS.map(" ".join) | st.text(max_size=200), st.integers(2, 26))
def test_any_text_is_read(text: str, count: int) -> None:
    """Nothing raises, and what is found lies in the text and among the options."""
    choices = [f"option number {i}" for i in range(count)]
    for complete in (True, False):
        for style in ("direct", "reasoned", "completion"):
            parsed = parse_choice(text, choices, style=style, complete=complete)  # type: ignore[arg-type]
            assert (parsed.value is None) == (parsed.reason is not None)
            assert parsed.value is None or (parsed.value in LETTERS[:count] and 0 <= (parsed.at or 0) < len(text))
    number = parse_number(text)
    assert (number.value is None) == (number.reason is not None)
    words = parse_text(text)
    assert (words.value is None) == (words.reason is not None)


@given(
    st.sampled_from("ABCD"),
    st.sampled_from(["{}", "**{}**", "({})", "Answer: {}", "The answer is {}.", "\\boxed{{{}}}"]),
)
def test_every_letter_is_read_alike(letter: str, form: str) -> None:
    assert parse_choice(form.format(letter), ["w1", "x2", "y3", "z4"]).value == letter


@pytest.mark.parametrize(
    "piece",
    ["A ", "**", "answer ", "the the ", "1,", "\\boxed{", "( ", "is is ", "\n", "Paris, ", "- A\n", "1 ", "not "],
)
def test_long_replies_do_not_hang(piece: str) -> None:
    """Patterns that would take hours for these would not let the suite end."""
    text = piece * (1_000_000 // len(piece))
    start, end = answer_part(text)
    parse_choice(text[start:end], ["Paris", "London"])
    parse_number(text[start:end])
    parse_text(text[start:end])
