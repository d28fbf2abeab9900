"""Tables of pages: what a row is and its number stand first, what is the same everywhere is a sentence, heads sort."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from test_site_browser import KINDS, Visit, browser, root, server, site

from llmxsite.press.site.ruled import ruled

__all__ = ["browser", "server", "site"]  # fixtures, found by name
browsing = pytest.mark.browser
MARK = '<span class="mark"><svg></svg><b>{}%</b><span class="ci">1–9</span></span>'


def made(heads: list[str], rows: list[list[str]], *, numeric: tuple[str, ...] = (), key: str = "") -> str:
    def cell(name: str, text: str, tag: str) -> str:
        scope = ' scope="row"' if tag == "td" and name == key else ""
        tag = "th" if scope else tag
        kind = ' class="num"' if name in numeric else ""
        return f"<{tag}{scope}{kind}>{text}</{tag}>"

    head = "".join(cell(name, name, "th") for name in heads)
    body = "".join(f"<tr>{''.join(cell(n, t, 'td') for n, t in zip(heads, row, strict=True))}</tr>\n" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead>\n<tbody>{body}</tbody></table>"


def heads_of(html: str) -> list[str]:
    import re

    return re.findall(r"<th(?: [^>]*)?>(.*?)</th>", html.partition("</thead>")[0])


def test_what_names_a_row_its_number_and_its_n_come_first() -> None:
    heads = ["Suite", "Run", "Digest", "Unparsed", "Median", "Accuracy, 95% interval", "Samples"]
    rows = [["a", "r1", "d1", "1", "3 s", MARK.format(10), "48"], ["b", "r2", "d2", "2", "4 s", MARK.format(20), "48"]]
    found = str(ruled(made(heads, rows, numeric=("Unparsed", "Median", "Samples")), "T"))
    assert heads_of(found) == ["Suite", "Accuracy, 95% interval", "Samples", "Run", "Digest", "Unparsed", "Median"]
    assert 'data-role="main"' in found
    assert 'data-head="Median"' in found


def test_no_more_labels_stand_first_than_tell_rows_apart() -> None:
    heads = ["Suite", "Model", "Digest", "Accuracy, 95% interval"]
    rows = [["a", m, d, MARK.format(1)] for m, d in (("x", "1"), ("y", "2"))]
    rows += [["b", m, d, MARK.format(1)] for m, d in (("x", "1"), ("y", "2"))]
    found = str(ruled(made(heads, rows), "T"))
    assert heads_of(found) == ["Suite", "Model", "Accuracy, 95% interval", "Digest"]
    assert found.count('class="again"') == 2, "a label that repeats steps back"


def test_what_is_the_same_in_every_row_is_a_sentence() -> None:
    heads = ["Model", "Accuracy, 95% interval", "Unparsed", "Truncated", "Engine", "Note"]
    rows = [[m, MARK.format(1), "0", "0", "ollama", "–"] for m in "xyz"]
    found = str(ruled(made(heads, rows, numeric=("Unparsed", "Truncated")), "T"))
    assert heads_of(found) == ["Model", "Accuracy, 95% interval"]
    assert '<p class="hint said">Nothing unparsed or cut off.' in found
    assert "In every row: Engine ollama." in found
    assert "Note: not there in any row." in found


def test_one_row_keeps_everything() -> None:
    heads = ["Model", "Accuracy, 95% interval", "Unparsed"]
    found = str(ruled(made(heads, [["x", MARK.format(1), "0"]], numeric=("Unparsed",)), "T"))
    assert heads_of(found) == heads


def test_rows_that_share_every_label_are_named_by_something() -> None:
    found = str(ruled(made(["Model", "n"], [["x", "1"], ["x", "2"]], numeric=("n",)), "T"))
    assert heads_of(found)[0] == "Model"


@pytest.mark.parametrize(
    "html",
    [
        '<table class="plain"><thead><tr><th>a</th></tr></thead><tbody><tr><td>1</td></tr></tbody></table>',
        '<table><thead><tr><th colspan="2">a</th></tr></thead><tbody><tr><td>1</td><td>2</td></tr></tbody></table>',
        "<table><tbody><tr><td>1</td></tr></tbody></table>",
        "<table><thead><tr><th>a</th><th>b</th></tr></thead><tbody><tr><td>1</td></tr></tbody></table>",
    ],
)
def test_a_table_of_another_shape_stays_as_it_was_written(html: str) -> None:
    assert html in str(ruled(html, "T"))


def test_names_are_escaped() -> None:
    html = made(["A &amp; B", "x", "y", "n"], [["1", "2", "&quot;3", "4"], ["5", "6", "7", "8"]])
    found = str(ruled(html, 'a "label" <b>'))
    assert "<b>" not in found
    assert 'data-head="&#34;' not in found or "&amp;" in found


@pytest.fixture
def page(browser: Any, site: Path, server: str, request: pytest.FixtureRequest) -> Iterator[Any]:
    with Visit(browser, root("http", site, server), width=request.param) as visit:
        yield visit
        assert visit.said == []


OPEN = "document.querySelectorAll('details').forEach(d => d.open = true)"


@browsing
@pytest.mark.parametrize("page", [390, 1280], indirect=True)
def test_label_number_and_n_are_in_sight_on_every_page(page: Any) -> None:
    outside = """width => [...document.querySelectorAll('table[data-ruled]')].filter(t => t.offsetParent).flatMap(t =>
        [...t.tBodies[0].rows].flatMap(r => [...r.cells].filter(c => c.dataset.role != 'more')
            .filter(c => c.getBoundingClientRect().right > Math.min(width, t.parentNode.getBoundingClientRect().right + 1))
            .map(c => c.textContent.trim())))"""
    width = page.page.viewport_size["width"]
    for kind in KINDS:
        visited = page.open(kind)
        visited.evaluate(OPEN)
        assert visited.evaluate(outside, width) == [], kind


@browsing
@pytest.mark.parametrize("page", [1280], indirect=True)
def test_a_head_sorts_by_mouse_and_by_keyboard_and_a_third_time_restores(page: Any) -> None:
    visited = page.open("compare/index.html")
    table = visited.locator("table[data-ruled]").first
    shown = lambda: [t.strip() for t in table.locator("tbody tr > :first-child").all_inner_texts()]  # noqa: E731
    first = shown()
    head = table.get_by_role("button", name="Difference, points")
    head.click()
    cell = table.locator("th[aria-sort]")
    assert cell.get_attribute("aria-sort") == "descending"
    numbers = [float(t.replace("−", "-").replace("+", "")) for t in table.locator("tbody .mark b").all_inner_texts()]
    assert numbers == sorted(numbers, reverse=True)
    head.focus()
    visited.keyboard.press("Enter")
    assert cell.get_attribute("aria-sort") == "ascending"
    visited.keyboard.press("Enter")
    assert table.locator("th[aria-sort]").count() == 0
    assert shown() == first
