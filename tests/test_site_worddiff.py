"""Two replies side by side: what is marked, and that nothing is lost by marking it."""

from __future__ import annotations

import re
from html import unescape

from hypothesis import given
from hypothesis import strategies as st

from llmxsite.press.site.samples.worddiff import MOST, word_diff


def test_words_that_differ_are_marked_together() -> None:
    assert word_diff("a b", "a c") == ("a <del>b</del>", "a <ins>c</ins>")
    assert word_diff("one two three, four", "one 2 3, four") == (
        "one <del>two three</del>, four",
        "one <ins>2 3</ins>, four",
    )


def test_space_alone_is_no_difference() -> None:
    assert word_diff("a  b\n", " a b") == ("a  b\n", " a b")


def test_texts_too_long_to_compare_are_shown_as_they_are() -> None:
    assert word_diff("a " * (MOST + 1), "<b>") == ("a " * (MOST + 1), "&lt;b&gt;")


@given(st.text(alphabet="ab <>&\n.é"), st.text(alphabet="ab <>&\n.é"))
def test_nothing_is_lost_and_what_is_not_marked_is_the_same(left: str, right: str) -> None:
    first, second = word_diff(left, right)
    assert unescape(re.sub(r"</?del>", "", first)) == left
    assert unescape(re.sub(r"</?ins>", "", second)) == right
    kept = [unescape(re.sub(r"<(del|ins)>.*?</\1>", "", html, flags=re.DOTALL)).split() for html in (first, second)]
    assert "".join(kept[0]) == "".join(kept[1])
