"""Nothing on a page moves while it arrives: layout shift over a slow line, by Chromium's own measure."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from test_site_browser import KINDS, browser, pytestmark, server, site

__all__ = ["browser", "pytestmark", "server", "site"]  # fixtures, found by name
LEAST = 0.02
SHIFT = """() => new Promise(done => {
    let sum = 0;
    const moved = [];
    new PerformanceObserver(list => list.getEntries().filter(e => !e.hadRecentInput).forEach(entry => {
        sum += entry.value;
        entry.sources.forEach(s => moved.push(`${s.node && (s.node.id || s.node.className || s.node.nodeName)} ${entry.value.toFixed(3)}`));
    })).observe({type: 'layout-shift', buffered: true});
    setTimeout(() => done([sum, moved]), 300);
})"""


@pytest.mark.parametrize("width", [390, 1280])
def test_no_page_jumps_while_fonts_scripts_and_charts_arrive(browser: Any, server: str, site: Path, width: int) -> None:
    jumping = {}
    for kind in KINDS:
        if kind == "404.html":
            continue  # its style is in the page itself, which a slow line brings in parts
        context = browser.new_context(viewport={"width": width, "height": 800})
        page = context.new_page()
        line = context.new_cdp_session(page)
        line.send("Network.enable")
        slow = {"offline": False, "latency": 60, "downloadThroughput": 400_000, "uploadThroughput": 200_000}
        line.send("Network.emulateNetworkConditions", slow)
        page.goto(server + kind, wait_until="load")
        page.wait_for_timeout(300)
        for _ in range(8):
            page.mouse.wheel(0, 700)
            page.wait_for_timeout(60)
        shift, moved = page.evaluate(SHIFT)
        if shift >= LEAST:
            jumping[kind] = (round(shift, 3), moved[:6])
        context.close()
    assert jumping == {}
