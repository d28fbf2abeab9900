"""Reading answers out of replies: folders of cases under `cases/task`, and properties that hold for any text."""

from __future__ import annotations

import json
import math
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import assume, given
from hypothesis import strategies as st

from llmxsite.exchange.answer.choice import parse_choice
from llmxsite.exchange.answer.letters import plain
from llmxsite.exchange.answer.numeric import Number, parse_number, read_digits, same_number
from llmxsite.exchange.answer.short import matches, parse_text
from llmxsite.exchange.answer.statement import answer_part
from llmxsite.study.suite import LETTERS

DATA = os.environ.get("LLMXSITE_TEST_DATA")
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
        unit=case.get("unit"),
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


def gsm8k() -> list[tuple[str, float]]:
    """Worked solutions without their last line, and the number they come to."""
    lines = Path(str(DATA), "data", "gsm8k_test.jsonl").read_text(encoding="utf-8").splitlines()
    found = []
    for row in map(json.loads, lines):
        solution, _, final = row["answer"].rpartition("####")
        found.append((re.sub("<<.*?>>", "", solution).strip(), float(final.replace(",", ""))))
    return found


@pytest.mark.skipif(not DATA, reason="LLMXSITE_TEST_DATA is not set: no published solutions are read")
@pytest.mark.parametrize(
    "around", ["#### {}", "\\boxed{{{}}}", "The answer is {}.", "答案是{}元。", "That makes **{}** for 3 people."]
)
@pytest.mark.parametrize("separator", [",", "{,}", "\\,", "\u202f", ""])
def test_what_published_solutions_state_is_read_right(around: str, separator: str) -> None:
    for solution, value in gsm8k():
        text = f"{solution}\n{around.format(f'{value:,.0f}'.replace(',', separator))}"
        parsed = parse_number(text, style="reasoned")
        assert parsed.value is not None and same_number(parsed.value, value), text[-80:]


@pytest.mark.skipif(not DATA, reason="LLMXSITE_TEST_DATA is not set: no published solutions are read")
def test_what_published_solutions_only_close_with_is_hardly_ever_read_wrong() -> None:
    """They do not state an answer; a few close with another number than it (cents as dollars, a purpose)."""
    readings = [(parse_number(solution, style="reasoned").value, value) for solution, value in gsm8k()]
    wrong = sum(number is not None and not same_number(number, value) for number, value in readings)
    missed = sum(number is None for number, _ in readings)
    assert wrong <= 0.008 * len(readings) and missed <= 0.003 * len(readings)


REPLIES = sorted(Path(DATA, "reports").glob("*/replies.json")) if DATA else []
NUMERIC = [
    path
    for path in REPLIES
    if all(
        isinstance(i["answer"], int | float) for i in yaml.safe_load(path.with_name("suite.yaml").read_text())["items"]
    )
]


@pytest.mark.skipif(not DATA, reason="LLMXSITE_TEST_DATA is not set: no reported reply is read")
@pytest.mark.parametrize("path", NUMERIC, ids=lambda path: path.parent.name)
def test_reported_replies_give_the_numbers_of_their_suite(path: Path) -> None:
    suite = yaml.safe_load(path.with_name("suite.yaml").read_text(encoding="utf-8"))
    replies = json.loads(path.read_text(encoding="utf-8"))
    for mark, reply in replies.items():
        (item,) = [item for item in suite["items"] if f"({mark}" in item["question"]]
        parsed = parse_number(reply, style="reasoned", language=suite.get("language", "en"), unit=item.get("unit"))
        assert parsed.value is not None and same_number(parsed.value, item["answer"]), reply


def test_same_number() -> None:
    assert same_number(Number(18), 18.0)
    assert not same_number(Number(18), 18.01)
    assert same_number(Number(25, percent=True), 0.25)
    assert same_number(Number(25, percent=True), 25)
    assert not same_number(Number(25), 0.25)
    assert not same_number(Number(25, percent=True), 0.25, unit="per cent")
    assert same_number(Number(3_000_000, scale=1e6), 3, unit="million people")
    assert not same_number(Number(3_000_000, scale=1e6), 3, unit="people")


@given(st.integers(0, 10**12), st.sampled_from(["en", "fr", "de"]))
def test_written_numbers_are_read_back(number: int, language: str) -> None:
    separator = {"en": ",", "fr": "\u202f", "de": "."}[language]
    assert read_digits(f"{number:,}".replace(",", separator), language) == number


def grouped(number: int, separator: str) -> str:
    return f"{number:,}".replace(",", separator)


WRITTEN: dict[str, Callable[[int], str]] = {
    "en": lambda n: grouped(n, ","),
    "en plain": str,
    "en thin space": lambda n: grouped(n, "\u202f"),
    "en latex": lambda n: grouped(n, "{,}"),
    "en latex thin": lambda n: grouped(n, "\\,"),
    "en latex tight": lambda n: grouped(n, ",\\!"),
    "en money": lambda n: f"${grouped(n, ',')}.00",
    "en escaped money": lambda n: f"\\${grouped(n, '{,}')}",
    "en scientific": lambda n: f"{n}e0",
    "en powers of ten": lambda n: f"{n} \\times 10^{{0}}",
    "en whole fraction": lambda n: f"\\frac{{{2 * n}}}{{2}}",
    "en full width": lambda n: str(n).translate({0x30 + d: 0xFF10 + d for d in range(10)}),
    "de": lambda n: grouped(n, "."),
    "de decimals": lambda n: f"{grouped(n, '.')},0",
    "de latex": lambda n: f"{n}{{,}}0",
    "fr": lambda n: grouped(n, "\u202f"),
    "zh": lambda n: f"{n}元",
    "ja": lambda n: f"{n}円",
}
AROUND = [
    "{}",
    "Answer: {}",
    "**Answer:** {}",
    "The answer is {}.",
    "\\boxed{{{}}}",
    "$\\boxed{{{}}}$",
    "#### {}",
    "<answer>{}</answer>",
    "There are 3 of them, so 2 are left.\nThat makes **{}**.",
    "First 3 + 4 = 7.\nThen {}",
    "总共是{}",
]


@given(st.integers(0, 10**12), st.sampled_from(sorted(WRITTEN)), st.sampled_from(AROUND), st.booleans())
def test_a_number_written_in_any_way_is_read_back(number: int, way: str, around: str, negative: bool) -> None:
    written = ("-" if negative else "") + WRITTEN[way](number)
    parsed = parse_number(around.format(written), style="reasoned", language=way[:2])
    assert parsed.value is not None
    assert parsed.value.value == (-number if negative else number)


@given(st.integers(2, 999), st.sampled_from(":/-×*+^~_±"), st.integers(2, 999), st.sampled_from(AROUND))
def test_the_first_part_of_something_is_not_the_answer(one: int, sign: str, other: int, around: str) -> None:
    """Times, ratios, ranges, unsolved sums: read as what they are worth, or not at all."""
    parsed = parse_number(around.format(f"{one}{sign}{other}"), style="reasoned")
    worth = {"/": one / other, "^": float(one**other) if one**other <= sys.float_info.max else None}.get(sign)
    groups = one * 1000 + other if sign in "~_" and other >= 100 else None
    assert parsed.value is None or parsed.value.value in (pytest.approx(worth or math.nan), groups)


@given(
    st.integers(1, 99), st.integers(1, 11), st.integers(2, 12), st.sampled_from(["{} {}/{}", "{}\\frac{{{}}}{{{}}}"])
)
def test_mixed_numbers_are_read_whole(whole: int, top: int, bottom: int, form: str) -> None:
    assume(top < bottom)
    parsed = parse_number(form.format(whole, top, bottom))
    assert parsed.value is not None and parsed.value.value == pytest.approx(whole + top / bottom)


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
            "\\frac{",
            "\\sqrt",
            "}",
            "^",
            "万",
            "-",
            "$",
            "1,000",
            "so",
            "e^{",
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
    [
        "A ",
        "**",
        "answer ",
        "the the ",
        "1,",
        "\\boxed{",
        "( ",
        "is is ",
        "\n",
        "Paris, ",
        "- A\n",
        "1 ",
        "not ",
        "1:",
        "$(",
        "\\frac{",
        "1 1/",
        "-1",
        "\\sqrt1",
        "1万",
        "2 hours ",
        "so 1 ",
    ],
)
def test_long_replies_do_not_hang(piece: str) -> None:
    """Patterns that would take hours for these would not let the suite end."""
    text = piece * (1_000_000 // len(piece))
    start, end = answer_part(text)
    parse_choice(text[start:end], ["Paris", "London"])
    parse_number(text[start:end])
    parse_text(text[start:end])
