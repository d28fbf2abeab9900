"""The built site in real Chromium: over http and from a disk, dark and light, on a phone and a desk, with and without scripts."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from llmxsite.study.study import Study

playwright = pytest.importorskip("playwright.sync_api", reason="the browser tests need playwright")
CHROMIUM = next(
    (p for p in ("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome") if Path(p).exists()), None
)
pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")]
RUN = "runs/temperature/20260914T091500Z-heat"
KINDS = [
    "index.html",
    "reports/index.html",
    "reports/temperature/index.html",
    "reports/later/index.html",
    "models/index.html",
    "models/small-1b.html",
    "suites/everyday/index.html",
    "runs/index.html",
    f"{RUN}/index.html",
    f"{RUN}/samples-001.html",
    "samples/index.html",
    "runs/size/20260928T101500Z-rerun/index.html",
    "runs/size/20260928T101500Z-rerun/drift.html",
    "runs/club/imported-club/index.html",
    "compare/index.html",
    "compare/temperature/temperature-0-vs-1.2.html",
    "figures/index.html",
    "figures/temperature-sweep.html",
    "hardware.html",
    "methods.html",
    "pages/about.html",
    "search.html",
    "404.html",
]


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@pytest.fixture(scope="module")
def site(site_study_built: tuple[Study, Path]) -> Path:
    return site_study_built[1]


@pytest.fixture(scope="module")
def server(site: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The site under `/study/`, as a project page is served."""
    root = tmp_path_factory.mktemp("www")
    (root / "study").symlink_to(site)
    httpd = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(root)))
    thread = threading.Thread(target=httpd.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{httpd.server_port}/study/"
    httpd.shutdown()
    httpd.server_close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as p:
        flags = [
            "--no-sandbox",
            "--disable-gpu",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
        ]
        chromium = p.chromium.launch(executable_path=CHROMIUM, args=flags)
        yield chromium
        chromium.close()


class Visit:
    """A page opened with everything it asked for and complained of."""

    def __init__(
        self, browser: Any, root: str, *, width: int = 1280, theme: str = "light", scripts: bool = True
    ) -> None:
        size = {"width": width, "height": 900}
        self.context = browser.new_context(viewport=size, color_scheme=theme, java_script_enabled=scripts)
        self.page = self.context.new_page()
        self.root, self.asked, self.said = root, [], []
        self.page.on("request", lambda r: self.asked.append(r.url))
        self.page.on("requestfailed", self._failed)
        self.page.on("console", lambda m: self.said.append(f"{m.type}: {m.text}"))
        self.page.on("pageerror", lambda e: self.said.append(f"error: {e}"))

    def _failed(self, request: Any) -> None:
        # Pictures and fonts may still be on their way when the next page is opened, which cuts them off. What is missing,
        # refused or forbidden fails otherwise.
        if request.failure != "net::ERR_ABORTED":
            self.said.append(f"failed: {request.url} ({request.failure})")

    def open(self, address: str) -> Any:
        self.page.goto(self.root + address, wait_until="load")
        return self.page

    def __enter__(self) -> Visit:
        return self

    def __exit__(self, *_: object) -> None:
        self.context.close()


def root(place: str, site: Path, server: str) -> str:
    return server if place == "http" else f"{site.as_uri()}/"


@pytest.mark.parametrize("place", ["http", "file"])
@pytest.mark.parametrize(("theme", "width"), [("light", 390), ("dark", 1280)])
def test_every_kind_of_page_is_quiet_whole_and_within_its_width(
    browser: Any, site: Path, server: str, place: str, theme: str, width: int
) -> None:
    """Nothing is asked for outside the site, nothing complains, nothing overflows."""
    with Visit(browser, root(place, site, server), theme=theme, width=width) as visit:
        for address in KINDS:
            if address == "404.html" and place == "file":
                continue  # only a server shows it, and its links start at the published root
            page = visit.open(address)
            frames = page.locator("figure.frame")
            for index in range(frames.count()):
                frames.nth(index).scroll_into_view_if_needed()
                page.wait_for_function(
                    "i => document.querySelectorAll('figure.frame')[i].dataset.state === 'live'", arg=index
                )
            assert page.evaluate("document.documentElement.scrollWidth") <= width, address
            here = page.locator(".bar nav [aria-current]")
            for box in [here.bounding_box()] if here.count() else []:
                assert box["x"] >= 0 and box["x"] + box["width"] <= width, address
        outside = [u for u in visit.asked if not u.startswith((visit.root, "data:", server.removesuffix("study/")))]
        assert outside == [] and visit.said == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing(browser: Any, server: str, theme: str) -> None:
    from axe_playwright_python.sync_playwright import Axe

    found = []
    with Visit(browser, server, theme=theme, width=1280 if theme == "light" else 390) as visit:
        for address in KINDS:
            page = visit.open(address)
            page.evaluate("for (const d of [...document.querySelectorAll('details')].slice(0, 12)) d.open = true")
            if page.locator("figure.frame").count():
                page.locator("figure.frame").first.scroll_into_view_if_needed()
                page.wait_for_function("() => document.querySelector('figure.frame').dataset.state === 'live'")
            for fault in Axe().run(page).response["violations"]:
                found.append((address, fault["id"], fault["nodes"][0]["html"][:160]))
    assert found == [], "\n".join(map(str, found))


def test_without_scripts_a_figure_is_a_picture_and_a_table(browser: Any, site: Path) -> None:
    with Visit(browser, f"{site.as_uri()}/", scripts=False) as visit:
        page = visit.open("reports/temperature/index.html")
        frames = page.locator("figure.frame")
        assert frames.count() == 3
        for index in range(3):
            frame = frames.nth(index)
            picture = frame.locator("img")
            picture.scroll_into_view_if_needed()
            assert picture.is_visible() and len(picture.get_attribute("alt") or "") > 40
            assert not frame.locator("table").first.is_visible()
            frame.locator("summary", has_text="Table").click()
            assert frame.locator("table tbody tr").count() > 1 and frame.locator("table").first.is_visible()
        page.wait_for_function("() => [...document.images].every(i => i.complete && i.naturalWidth > 0)")
        page = visit.open(f"{RUN}/index.html")
        page.locator("details.s summary").first.click()
        assert page.locator("details.s .own").first.is_visible() and not page.locator(".find").is_visible()
        page = visit.open("samples/index.html")
        assert not page.locator("[data-explorer]").is_visible()
        page.locator(".ex-runs a").first.click()
        assert page.locator("details.s").count() > 0
        page = visit.open(f"{RUN}/samples-001.html")
        page.locator("label", has_text="unparsed").click()
        assert page.locator("details.s:visible").count() == page.locator("details.s.unparsed").count() > 0


def test_the_theme_switch_holds_and_figures_follow(browser: Any, server: str) -> None:
    with Visit(browser, server, theme="light") as visit:
        page = visit.open("reports/size/index.html")
        paper = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
        page.locator("[data-theme-switch]").click()
        dark = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
        assert dark != paper
        page = visit.open("figures/index.html")
        assert page.evaluate("document.documentElement.dataset.theme") == "dark"
        assert page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == dark
        page.wait_for_function("() => document.images[0].complete")
        assert "dark-thumb" in page.evaluate("document.images[0].currentSrc")


def test_tabs_of_a_figure_by_keyboard(browser: Any, site: Path) -> None:
    with Visit(browser, f"{site.as_uri()}/") as visit:
        page = visit.open("figures/temperature-sweep.html")
        tabs = page.get_by_role("tab")
        assert [t.inner_text() for t in tabs.all()] == ["Chart", "Table", "Sources", "Download"]
        tabs.first.focus()
        page.keyboard.press("ArrowRight")
        assert page.get_by_role("tabpanel", name="Table").locator("td").first.is_visible()
        assert not page.locator(".frame-chart").is_visible()
        page.keyboard.press("End")
        assert page.get_by_role("tabpanel", name="Download").get_by_role("link").count() >= 6


def test_a_run_leads_into_the_explorer(browser: Any, site: Path) -> None:
    with Visit(browser, f"{site.as_uri()}/") as visit:
        page = visit.open(f"{RUN}/index.html")
        chip = page.locator(".finder a", has_text="truncated")
        count = int(chip.inner_text().split()[-1])
        chip.click()
        page.wait_for_url("**/samples/index.html*")
        page.locator("[data-list]").wait_for()
        page.wait_for_function(
            "n => document.querySelector('[data-list]').getAttribute('aria-label').startsWith(n + ' of ')",
            arg=str(count),
        )
        assert visit.said == []


def test_the_gallery_shows_figures_of_one_kind_by_mouse_and_by_keyboard(browser: Any, site: Path) -> None:
    with Visit(browser, f"{site.as_uri()}/") as visit:
        page = visit.open("figures/index.html")
        shown = page.locator(".thumbs > li:visible")
        everything = shown.count()
        page.locator("label", has=page.locator("input[name=kind][value=heatmap]")).click()
        assert 0 < shown.count() < everything
        assert all(li.get_attribute("data-kind") == "heatmap" for li in shown.all())
        page.locator("input[name=kind]:checked").focus()
        page.keyboard.press("ArrowRight")
        assert all(li.get_attribute("data-kind") != "heatmap" for li in shown.all())
        assert visit.said == []


def test_two_conditions_that_a_reader_chooses_lead_to_their_page(browser: Any, site: Path) -> None:
    with Visit(browser, f"{site.as_uri()}/") as visit:
        page = visit.open("compare/index.html")
        page.locator("[data-chooser] button:enabled").click()
        page.wait_for_url(re.compile(r"/compare/[^/]+/[^/]+\.html$"))
        page.go_back()
        first = page.locator("[data-a]").input_value()
        page.locator("[data-b]").select_option(first)
        assert page.locator("[data-chooser] button").is_disabled()
        assert visit.said == []


def test_items_of_a_suite_by_how_hard_they_were(browser: Any, site: Path) -> None:
    with Visit(browser, f"{site.as_uri()}/") as visit:
        page = visit.open("suites/everyday/index.html")
        page.locator("[data-items]").select_option("share")
        shares = [float(x) for i in page.locator(".item").all() if (x := i.get_attribute("data-share"))]
        assert shares == sorted(shares) and len(set(shares)) > 1
        page.locator("[data-items]").select_option("order")
        assert page.locator(".item").first.get_attribute("data-order") == "0"


def test_search_finds_a_report(browser: Any, site: Path) -> None:
    with Visit(browser, f"{site.as_uri()}/") as visit:
        page = visit.open("models/small-1b.html")
        page.locator(".bar input[type=search]").fill("temperature likeliest")
        page.get_by_role("option").first.click()
        page.wait_for_url("**/reports/temperature/index.html")
        assert visit.said == []


def test_print_leaves_out_the_tools(browser: Any, site: Path) -> None:
    with Visit(browser, f"{site.as_uri()}/", theme="dark") as visit:
        page = visit.open("reports/size/index.html")
        page.emulate_media(media="print")
        assert not page.locator(".bar nav").is_visible() and not page.locator(".toc").is_visible()
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(253, 253, 251)"
