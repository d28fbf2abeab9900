"""Text of other programs: every encoding and delimiter that is read gives the same cells, and nothing that is read is guessed."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmxsite.base import foreign_text
from llmxsite.base.diagnostics import Problem
from llmxsite.base.foreign_text import Table, blank, same, text, utf8

CELL = st.text(st.characters(codec="utf-8", exclude_characters="\x00\ufeff"), min_size=1, max_size=12).filter(str.strip)
HEAD = ["id", "question", "answer"]


@given(
    st.lists(st.tuples(CELL, CELL, CELL), min_size=1, max_size=6),
    st.sampled_from(",;\t|"),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"]),
    st.booleans(),
)
def test_a_table_is_the_same_however_it_was_saved(
    rows: list[tuple[str, str, str]], delimiter: str, encoding: str, quoted: bool
) -> None:
    content = io.StringIO(newline="")
    writer = csv.writer(content, delimiter=delimiter, quoting=csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL)
    writer.writerows([HEAD, *rows])
    found = list(Table(content.getvalue().encode(encoding), "x.csv").rows())
    assert [row.fault for row in found] == [None] * len(rows)
    assert [tuple(row.cells[name] for name in HEAD) for row in found] == rows


@given(st.binary(max_size=200))
def test_no_bytes_break_reading(data: bytes) -> None:
    try:
        rows = list(Table(data, "x.csv").rows())
    except Problem as problem:
        assert "iconv" in str(problem.issues[0].hint)
        return
    assert all(row.line >= 1 for row in rows)
    text(data, "x").encode("utf-8")


@given(st.text(st.characters(codec="utf-8"), max_size=50))
def test_utf_8_stays_what_it_is(content: str) -> None:
    data = content.encode("utf-8")
    if content[:1] != "\ufeff" and "\x00" not in content[:4]:
        assert utf8(data) == data
    assert utf8(b"\xef\xbb\xbf" + data) == data or content[:1] == "\ufeff" or "\x00" in content[:4]


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1", "mac-roman"])
def test_an_old_code_page_is_never_guessed(encoding: str) -> None:
    with pytest.raises(Problem) as caught:
        text("a;b\nGröße;1\n".encode(encoding), "x.csv")
    assert caught.value.issues[0].line == 2


def test_rows_that_are_broken_say_why_and_the_others_follow() -> None:
    data = b'id,q\n1,a\n2,b,c\n\n,\n3,"d"e\n4,f\n'
    assert [(row.line, row.fault) for row in Table(data, "x").rows()] == [
        (2, None),
        (3, "3 cells, but the header has 2"),
        (6, "not valid CSV: ',' expected after '\"'"),
        (7, None),
    ]


@pytest.mark.parametrize(
    ("answer", "expected", "equal"),
    [
        ("4.0", "4", True),
        (" B ", "B", True),
        ("4", 4, True),
        ("1e3", "1000", True),
        ("4.01", "4", False),
        ("b", "B", False),
        ("nan", "nan", True),
        ("1_0", "10", False),
        ("", "0", False),
        ("True", "1", False),
    ],
)
def test_answers_are_compared_as_what_they_are(answer: object, expected: object, equal: bool) -> None:
    assert same(answer, expected) is equal


def test_numbers_with_commas_are_numbers_only_where_no_column_ends_there() -> None:
    assert foreign_text.number("0,91") is None
    assert foreign_text.number("0,91", decimal_comma=True) == 0.91
    assert foreign_text.number("1.234,5", decimal_comma=True) is None
    assert foreign_text.number(True) is None and foreign_text.number(float("inf")) is None


def test_what_is_blank() -> None:
    assert all(map(blank, [None, "", "  ", "NaN", "nan", "<NA>", "#N/A"]))
    assert not any(map(blank, ["None", "0", 0, False, "N/A", []]))
