"""Pages on paper: nothing reaches beyond the sheet, and every cell of every table is on it."""

from __future__ import annotations

from typing import Any

import pytest
from test_site_browser import KINDS, browser, pytestmark, server, site

__all__ = ["browser", "pytestmark", "server", "site"]  # fixtures, found by name
SHEET = 658
"""Pixels between the margins of an A4 sheet, 18 mm each."""
BEYOND = """width => [...document.querySelectorAll('main *')].filter(e => e.offsetParent && !e.closest('svg'))
    .filter(e => e.getBoundingClientRect().right > width + 1 && !e.closest('pre')).map(e => `${e.tagName} ${e.className}`).slice(0, 5)"""


@pytest.mark.parametrize("opened", [False, True])
def test_no_table_or_figure_is_cut_on_paper(browser: Any, server: str, opened: bool) -> None:
    context = browser.new_context(viewport={"width": SHEET, "height": 1000})
    page = context.new_page()
    cut = {}
    for kind in KINDS:
        if kind == "samples/index.html":
            continue  # a tool, of which paper has the list of runs
        page.goto(server + kind, wait_until="load")
        if opened:
            page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        page.emulate_media(media="print")
        if beyond := page.evaluate(BEYOND, SHEET):
            cut[kind] = beyond
    context.close()
    assert cut == {}
