"""The sample explorer in real Chromium: found, read, sorted and put side by side, by mouse, keyboard and finger, over http and from a disk."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from test_site_browser import RUN, Visit, browser, pytestmark, root, server, site

from llmxsite.analysis import tables
from llmxsite.base.diagnostics import Issues
from llmxsite.study.study import Study

__all__ = ["browser", "pytestmark", "server", "site"]
PAGE = "samples/index.html"


@pytest.fixture(params=["http", "file"])
def place(request: pytest.FixtureRequest, site: Path, server: str) -> str:
    return root(request.param, site, server)


@pytest.fixture
def visit(browser: Any, place: str) -> Iterator[Visit]:
    with Visit(browser, place) as opened:
        yield opened
        assert opened.said == []


def found(page: Any) -> int:
    """How many samples or items the list says it has."""
    page.wait_for_function("() => /^[0-9,]+ /.test(document.querySelector('[data-list]').getAttribute('aria-label'))")
    return int(page.locator("[data-list]").get_attribute("aria-label").split()[0].replace(",", ""))


def given(page: Any) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query)


def reading(page: Any) -> Any:
    page.locator(".ex-body .ex-head").first.wait_for()
    return page.locator("[data-one]")


def test_what_is_chosen_is_counted_as_the_logs_have_it_and_stands_in_the_address(
    visit: Visit, site_study_built: tuple[Study, Path]
) -> None:
    frame = tables.load(site_study_built[0], Issues()).frame
    page = visit.open(PAGE)
    assert found(page) == int(page.locator("[data-found]").inner_text().split(" of ")[1].split()[0].replace(",", ""))
    page.locator("[data-facet=model]").select_option("small:1b")
    page.locator("[data-facet=category]").select_option(str(frame["category"].dropna().iloc[0]))
    kept = frame[(frame["model"] == "small:1b") & (frame["category"] == frame["category"].dropna().iloc[0])]
    page.wait_for_function(
        "n => document.querySelector('[data-list]').getAttribute('aria-label').startsWith(n + ' of ')",
        arg=str(len(kept)),
    )
    assert given(page)["model"] == ["small:1b"]
    again = visit.open(PAGE + "?" + urlsplit(page.url).query)
    assert found(again) == len(kept)
    again.go_back()
    again.locator("[data-reset]").click()
    assert given(again) == {}


def test_the_surest_wrong_answers_come_by_one_click(visit: Visit) -> None:
    page = visit.open(PAGE)
    found(page)
    page.locator("[data-surest]").click()
    page.locator(".ex-row").first.wait_for()
    words = page.locator(".ex-row .ex-u").all_inner_texts()
    sure = [int(text.split("%")[0].split("· ")[-1]) for text in words if "%" in text]
    assert sure == sorted(sure, reverse=True) and len(sure) > 2
    assert set(page.locator(".ex-row .chip").all_inner_texts()) == {"wrong"}


def test_a_sample_is_read_with_its_own_question_and_by_keys_the_next(visit: Visit) -> None:
    page = visit.open(PAGE + "?verdict=wrong")
    found(page)
    page.locator("[data-list]").focus()
    page.keyboard.press("Enter")
    one = reading(page)
    first = given(page)["open"]
    options = one.locator(".opts li")
    assert options.count() >= 2 and one.locator(".opts .ok").count() == 1
    assert "chosen" in (one.locator(".opts .it").first.inner_text())
    assert one.locator(".ask").inner_text().strip() not in ("", one.locator(".opts").inner_text())
    page.keyboard.press("j")
    page.wait_for_function("k => new URLSearchParams(location.search).get('open') !== k", arg=first[0])
    page.keyboard.press("k")
    page.wait_for_function("k => new URLSearchParams(location.search).get('open') === k", arg=first[0])
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.matches('[data-query]')")


def test_a_sample_has_an_address_and_leads_to_its_page(visit: Visit) -> None:
    page = visit.open(f"{RUN}/samples-001.html")
    key = page.locator("details.s").nth(3).get_attribute("id").removeprefix("s-")
    page = visit.open(f"{PAGE}?open={key}")
    link = reading(page).get_by_role("link", name="its page")
    assert link.get_attribute("href").endswith(f"samples-001.html#s-{key}")
    link.click()
    page.wait_for_url(f"**/samples-001.html#s-{key}")
    assert page.locator(":target[open]").count() == 1


def test_words_are_found_in_whole_replies(visit: Visit, site_study_built: tuple[Study, Path]) -> None:
    """As many as there are samples whose question, options or reply hold them."""
    from llmxsite.log.runlog import read

    study = site_study_built[0]
    samples = [s for log in study.run_logs() for s in read(log, Issues()).samples]
    word = next(
        w for s in samples if s.reply and s.reply.text for w in s.reply.text.split() if len(w) > 5 and w.isalpha()
    )
    least = sum(word.lower() in (s.reply.text or "").lower() for s in samples if s.reply is not None)
    page = visit.open(PAGE)
    found(page)
    page.locator("[data-full]").check()
    page.locator("[data-query]").fill(word)
    page.wait_for_function(
        "() => { const said = document.querySelector('[data-progress]').textContent.match(/(\\d+) of (\\d+)/); return said && said[1] === said[2]; }"
    )
    page.wait_for_function("() => document.querySelector('[data-stop]').hidden")
    assert least <= found(page) < len(samples)


def test_two_conditions_stand_side_by_side_with_the_words_that_differ(visit: Visit) -> None:
    page = visit.open(PAGE)
    found(page)
    names = page.locator("[data-a] option").evaluate_all("all => all.map(o => o.value)")
    here = [n for n in names if n.startswith("20260914T091500Z-heat~")]
    page.locator("[data-a]").select_option(here[0])
    page.locator("[data-b]").select_option(here[1])
    total = found(page)
    page.locator("[data-flip]").select_option("any")
    page.wait_for_function(
        "n => parseInt(document.querySelector('[data-list]').getAttribute('aria-label')) < n", arg=total
    )
    for row in page.locator(".ex-row .chips").all()[:5]:
        assert row.locator(".chip.right").count() == 1
    one = reading(page)
    page.locator(".ex-two .ex-body").nth(1).wait_for()
    assert one.locator("article").count() == 2 and one.locator("del, ins").count() > 0


def test_on_a_phone_the_list_and_the_sample_take_turns(browser: Any, place: str) -> None:
    from axe_playwright_python.sync_playwright import Axe

    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.goto(place + PAGE + "?verdict=wrong")
    found(page)
    page.locator(".ex-row").nth(2).tap()
    reading(page)
    assert not page.locator("[data-list]").is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert Axe().run(page).response["violations"] == []
    page.get_by_role("button", name="List").tap()
    assert page.locator("[data-list]").is_visible() and not page.locator(".ex-body").first.is_visible()
    context.close()


def test_many_samples_keep_few_rows_in_the_page(browser: Any, site: Path, tmp_path: Path) -> None:
    """Of 20,000 samples only those in sight are rows; all of them are counted, filtered and sorted."""
    count = 20_000
    folder = tmp_path / "site"
    import shutil

    shutil.copytree(site, folder)
    script = next((folder / "runs").rglob("samples-index.js"))
    index = json.loads(script.read_text(encoding="utf-8").partition(",")[2].removesuffix(");\n"))
    index |= {
        "state": "".join(str(n % 2) for n in range(count)),
        "key": [f"{n:010x}" for n in range(count)],
        "confidence": [n % 1000 for n in range(count)],
        **dict.fromkeys(("item", "condition", "repeat", "answer", "rule"), 0),
    }
    script.write_text(f'llmx.receive("samples",{json.dumps(index)});\n', encoding="utf-8")
    with Visit(browser, f"{folder.as_uri()}/") as visit:
        page = visit.open(PAGE)
        assert found(page) > count
        assert 5 < page.locator(".ex-row").count() < 60
        page.locator("[data-list]").evaluate("list => { list.scrollTop = list.scrollHeight; }")
        page.wait_for_function(
            "() => [...document.querySelectorAll('.ex-row')].some(r => r.getAttribute('aria-posinset') === r.getAttribute('aria-setsize'))"
        )
        assert page.locator(".ex-row").count() < 60
