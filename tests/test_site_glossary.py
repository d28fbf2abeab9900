"""Words that are explained where they first stand: which, where, once a page, and by a note that needs no script."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_site_browser import Visit, browser, root, server, site

from llmxsite.press.site import glossary

__all__ = ["browser", "server", "site"]  # fixtures, found by name


def page_of(body: str) -> str:
    return f'<!doctype html><html><body><main id="main">{body}</main></body></html>'


def test_a_word_is_marked_where_it_first_stands_in_prose_and_never_twice() -> None:
    found = glossary.marked(page_of("<h2>ECE</h2><p>The ECE, an ECE.</p><p>ECE</p>"), "../glossary.html")
    assert found.count('class="term"') == 1
    assert (
        '<h2>ECE</h2><p>The <button type="button" class="term" popovertarget="term-ece">ECE</button>, an ECE.</p>'
        in found
    )
    assert found.count('id="term-ece"') == 1
    assert 'href="../glossary.html#ece"' in found


@pytest.mark.parametrize(
    "body",
    [
        "<p><a href='x'>ECE</a></p>",
        "<p><code>digest</code></p>",
        "<pre>digest</pre>",
        "<table><tbody><tr><td><p>ECE</p></td></tr></tbody></table>",
        "<details><summary>ECE</summary></details>",
        "<div>ECE</div>",
        "<p>RECEIVED, ECE-like, pre-ECE</p>",
        "<svg><text>ECE</text></svg>",
        "<script>var ECE</script>",
        "<!-- ECE --><p title='ECE'>x</p>",
        "<math><mi>τ</mi></math>",
    ],
)
def test_other_places_stay_as_they_are(body: str) -> None:
    assert glossary.marked(page_of(body), "g.html") == page_of(body)


@given(
    st.lists(
        st.sampled_from(["<p>", "</p>", "<li>", "</div>", "<b>", "ECE ", "a < b ", "<br>", "Holm", "</h2>", "<h2>"]),
        max_size=12,
    )
)
def test_nothing_but_buttons_and_notes_is_added(pieces: list[str]) -> None:
    import re

    html = page_of("".join(pieces))
    found = glossary.marked(html, "g.html")
    plain = re.sub(r'<button type="button" class="term"[^>]*>(.*?)</button>', r"\1", found)
    assert re.sub(r'<div popover id="term-.*?</div>\n', "", plain, flags=re.DOTALL) == html


def test_terms_are_whole_and_no_word_means_two_things() -> None:
    terms = glossary.terms()
    words = [word for term in terms.values() for word in term.matches]
    assert len(words) == len(set(words))
    for name, term in terms.items():
        assert name.replace("-", "").isalnum()
        assert term.says.endswith(".")
        assert 30 < len(term.says) < 400


@pytest.fixture(params=["http", "disk"])
def page(request: pytest.FixtureRequest, browser: Any, site: Path, server: str) -> Iterator[Any]:
    with Visit(browser, root(request.param, site, server), scripts=request.param == "http") as visit:
        yield visit.open("reports/temperature/index.html")
        assert visit.said == []


@pytest.mark.browser
def test_a_note_opens_by_mouse_and_by_keyboard_and_leads_to_the_glossary(page: Any) -> None:
    word = page.locator("button.term").first
    note = page.locator(f"#{word.get_attribute('popovertarget')}")
    assert note.is_hidden()
    word.click()
    assert note.is_visible()
    page.keyboard.press("Escape")
    assert note.is_hidden()
    word.focus()
    page.keyboard.press("Enter")
    assert note.is_visible()
    note.get_by_role("link").click()
    page.wait_for_url("**/glossary.html#*")
    assert page.locator("dt:target").is_visible()
