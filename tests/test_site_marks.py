"""Live charts that answer, in real Chromium: a mark by mouse, finger and keyboard, and a level held in every figure."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from test_site_browser import KINDS, Visit, browser, pytestmark, root, server, site

__all__ = ["KINDS", "browser", "pytestmark", "server", "site"]  # fixtures, found by name
REPORT = "reports/temperature/index.html"
ANSWERING = ".frame:has(.mark-card)"


def live(page: Any) -> list[Any]:
    """The page's frames, each with its live chart."""
    frames = page.locator("figure.frame").all()
    for frame in frames:
        frame.scroll_into_view_if_needed()
        page.locator(f"#{frame.get_attribute('id')}[data-state=live]").wait_for()
    return page.locator(ANSWERING).all()


@pytest.fixture(params=["http", "disk"])
def page(request: pytest.FixtureRequest, browser: Any, site: Path, server: str) -> Iterator[Any]:
    with Visit(browser, root(request.param, site, server)) as visit:
        yield visit.open(REPORT)
        assert visit.said == []


def faint(frame: Any) -> int:
    return int(frame.locator(".chart-live [opacity='0.2']").count())


def test_a_mark_by_keyboard_shows_its_numbers_and_leads_to_its_samples(page: Any) -> None:
    frame = live(page)[0]
    frame.locator(".chart-live").focus()
    page.keyboard.press("ArrowRight")
    card = frame.get_by_role("group", name="Chosen mark")
    assert "Accuracy" in card.inner_text()
    address = urlsplit(card.get_by_role("link").get_attribute("href"))
    assert address.path.endswith("samples/index.html")
    assert {"run", "model"} <= set(parse_qs(address.query))
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.closest('.mark-card') !== null")
    frame.locator(".chart-live").focus()
    page.keyboard.press("Escape")
    assert card.is_hidden()


def test_a_level_is_held_in_every_figure_in_the_address_and_by_back_and_forward(page: Any) -> None:
    frames = live(page)
    frames[0].locator(".chart-live").focus()
    page.keyboard.press("ArrowRight")
    frames[0].get_by_role("button", name="Highlight").first.click()
    assert "hold=" in page.url
    page.wait_for_function("() => document.querySelectorAll('.chart-live [opacity=\"0.2\"]').length > 0")
    assert all(f.locator(".mark-held").is_visible() for f in frames)
    linked = page.url
    page.go_back()
    page.wait_for_function("() => document.querySelectorAll('.chart-live [opacity=\"0.2\"]').length === 0")
    page.goto(linked)
    frame = live(page)[0]
    assert faint(frame) > 0
    frame.get_by_role("button", name="Reset").click()
    page.wait_for_function("() => document.querySelectorAll('.chart-live [opacity=\"0.2\"]').length === 0")
    assert "hold=" not in page.url


@pytest.mark.parametrize("touch", [False, True], ids=["mouse", "finger"])
def test_a_mark_is_chosen_where_it_is_pressed(browser: Any, site: Path, touch: bool) -> None:
    context = browser.new_context(viewport={"width": 390 if touch else 1280, "height": 900}, has_touch=touch)
    page = context.new_page()
    page.goto(f"{site.as_uri()}/{REPORT}")
    frame = live(page)[0]
    mark = frame.locator(".chart-live .mark-rect.role-mark > path").first
    mark.scroll_into_view_if_needed()
    box = mark.bounding_box()
    at = box["x"] + box["width"] / 4, box["y"] + box["height"] / 4
    (page.touchscreen.tap if touch else page.mouse.click)(*at)
    card = frame.get_by_role("group", name="Chosen mark")
    card.wait_for()
    assert card.bounding_box()["y"] >= frame.locator(".frame-chart").bounding_box()["y"]
    context.close()


def test_the_button_of_a_level_holds_it_and_lets_it_go(page: Any) -> None:
    frame = next(f for f in live(page) if f.locator(".mark-levels button").count() > 1)
    button = frame.locator(".mark-levels button").first
    button.focus()
    page.keyboard.press("Enter")
    assert button.get_attribute("aria-pressed") == "true"
    page.keyboard.press("Enter")
    assert button.get_attribute("aria-pressed") == "false"
