"""Search: the index's promises, and the client in a real browser from a disk."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmxsite.press.site import feed, search
from llmxsite.press.site.feed import FeedEntry
from llmxsite.press.site.search import SearchEntry
from llmxsite.study.study import Author, SiteConfig

SCRIPT = Path(search.__file__).parent / "static" / "js" / "search.js"
CHROMIUM = shutil.which("chromium")
ENTRIES = [
    SearchEntry(
        address="reports/sizes/index.html", title="Does size help?", kind="Report", summary="Élan of small models."
    ),
    SearchEntry(
        address="models/llama3.2-3b.html",
        title="llama3.2:3b",
        kind="Model",
        text="A model of three billion parameters.",
    ),
    SearchEntry(
        address="models/phi3.html",
        title="phi3:mini",
        kind="Model",
        text="Small model, calibration poor.",
        headings=["Limits"],
    ),
    SearchEntry(
        address="pages/about.html", title="About", kind="Page", text="Who we are <script>alert(1)</script> __proto__"
    ),
]


def _postings(files: dict[str, bytes]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for address, body in files.items():
        if address.startswith("search/terms"):
            letters, terms, codes = json.loads(body.decode().removeprefix("llmxsiteSearch.shard(").removesuffix(");\n"))
            assert terms == sorted(terms)
            assert {t[0] for t in terms} == set(letters)
            found |= dict(zip(terms, codes, strict=True))
    return found


def test_terms_keep_names_whole_and_in_parts() -> None:
    assert search.terms("Élan of llama3.2:3b") == ["elan", "of", "llama3.2:3b", "llama3", "2", "3b"]


def test_every_word_leads_to_its_page_by_its_best_place() -> None:
    files = search.build(ENTRIES)
    postings = _postings(files)
    pages = json.loads(files[search.INDEX].decode().removeprefix("llmxsiteSearch.index(").removesuffix(");\n"))["pages"]
    by_title = {page[0]: n for n, page in enumerate(pages)}
    assert by_title["phi3:mini"] * 8 + 4 in postings["limits"]
    assert by_title["llama3.2:3b"] * 8 + 7 in postings["llama3.2:3b"]
    assert {code >> 3 for code in postings["small"]} == {by_title["phi3:mini"], by_title["Does size help?"]}


@given(st.lists(st.text(max_size=30), max_size=5))
def test_any_text_gives_the_same_index_in_any_order(texts: list[str]) -> None:
    entries = [SearchEntry(address=f"p{n}.html", title=t, kind="Page", text=t) for n, t in enumerate(texts)]
    files = search.build(entries)
    assert files == search.build(entries[::-1])
    _postings(files)


def test_a_large_site_is_split_and_bounded() -> None:
    words = [f"{chr(97 + n % 26)}word{n}" for n in range(5000)]
    entries = [SearchEntry(address=f"p{n}.html", title=f"P{n}", kind="Page", text=" ".join(words)) for n in range(60)]
    files = search.build(entries)
    assert len(_postings(files)) < 5000
    entries = [
        SearchEntry(address=f"p{n}.html", title=f"P{n}", kind="Page", text=" ".join(words[n * 80 : n * 80 + 80]))
        for n in range(60)
    ]
    files = search.build([*entries, *ENTRIES])
    assert len(files) > 2
    assert all(len(body) < 2 * search.SHARD_BYTES for address, body in files.items() if address != search.INDEX)


def _page(folder: Path, name: str, body: str) -> None:
    target = folder / name
    target.parent.mkdir(parents=True, exist_ok=True)
    policy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; form-action 'none'"
    head = f'<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{policy}"><title>{name}</title>'
    target.write_text(f'<!doctype html><html lang="en"><head>{head}</head><body>{body}</body></html>', encoding="utf-8")


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here")
def test_in_a_browser_from_a_disk(tmp_path: Path) -> None:
    from playwright.sync_api import expect, sync_playwright

    for address, content in search.build(ENTRIES).items():
        (tmp_path / address).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / address).write_bytes(content)
    shutil.copy(SCRIPT, tmp_path / "search.js")
    for entry in ENTRIES:
        up = "../" * entry.address.count("/")
        script = f'<script src="{up}search.js" defer></script>'
        _page(tmp_path, entry.address, search.field(lambda to, up=up: up + to) + script)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page()
        errors: list[str] = []
        page.on("console", lambda m: errors.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda e: errors.append(str(e)))
        page.goto((tmp_path / "reports/sizes/index.html").as_uri())
        field = page.get_by_role("combobox")
        page.keyboard.press("/")
        expect(field).to_be_focused()
        field.fill("small mod")
        expect(page.get_by_role("option")).to_have_count(2)
        expect(page.get_by_role("status")).to_have_text("2 pages")
        field.fill("elan")
        expect(page.get_by_role("option")).to_have_count(1)
        field.fill("llama3.2:3b")
        expect(page.get_by_role("option")).to_have_count(1)
        field.fill("proto alert")
        expect(page.get_by_role("option")).to_have_count(1)
        field.fill("zebra")
        expect(page.get_by_role("status")).to_contain_text("No page has all of these words.")
        expect(page.get_by_role("option").filter(has_text="Does size help?")).to_have_count(1)
        field.fill("zebra small")
        page.get_by_role("option", name="Only small").click()
        expect(field).to_have_value("small")
        field.fill("calibraton por")
        expect(page.get_by_role("option")).to_have_count(1)
        expect(page.get_by_role("status")).to_contain_text("Showing results for “calibration”")
        expect(page.locator("[role=option] mark").first).to_have_text("calibration", ignore_case=True)
        field.fill("phi")
        expect(page.get_by_role("option")).to_have_count(1)
        field.press("ArrowDown")
        expect(page.get_by_role("option")).to_have_attribute("aria-selected", "true")
        assert field.get_attribute("aria-activedescendant") == "search-result-0"
        field.press("Enter")
        page.wait_for_url("**/models/phi3.html")
        assert errors == []
        browser.close()


def test_the_words_of_pages_are_kept_apart_in_their_order() -> None:
    files = search.build(ENTRIES, "samples/index.html")
    index = json.loads(files[search.INDEX].decode().removeprefix("llmxsiteSearch.index(").removesuffix(");\n"))
    assert index["samples"] == "samples/index.html"
    texts: dict[int, str] = {}
    for first, name in index["texts"]:
        body = files[f"search/{name}"].decode().removeprefix("llmxsiteSearch.texts(").removesuffix(");\n")
        at, held = json.loads(body)
        assert at == first
        texts |= dict(enumerate(held, at))
    assert len(texts) == len(ENTRIES)
    assert "billion" in texts[[page[0] for page in index["pages"]].index("llama3.2:3b")]


FORGIVEN = {
    "temprature": "temperature", "temperture": "temperature", "tempreature": "temperature", "calibraton": "calibration",
    "smolm": "smollm2", "determinsm": "determinism", "acuracy": "accuracy", "quantisation": "quantization",
    "benchmrk": "benchmark", "hypotesis": "hypothesis", "mistrl": "mistral", "entropie": "entropy",
}  # fmt: skip


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here")
def test_one_or_two_letters_are_forgiven_and_reports_come_first(tmp_path: Path) -> None:
    from playwright.sync_api import sync_playwright

    right = sorted(set(FORGIVEN.values()))
    entries = [
        SearchEntry(address=f"figures/{w}.html", title=f"A figure about {w} and {w}", kind="Figure") for w in right
    ]
    entries += [
        SearchEntry(address=f"reports/{w}.html", title="A report", kind="Report", text=f"so {w} was seen")
        for w in right
    ]
    entries += [SearchEntry(address="suites/x.html#item-1", title="What falls from rain clouds?", kind=search.QUESTION)]
    for address, content in search.build(entries, "samples/index.html").items():
        (tmp_path / address).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / address).write_bytes(content)
    shutil.copy(SCRIPT, tmp_path / "search.js")
    _page(tmp_path, "samples/index.html", "samples")
    _page(tmp_path, "index.html", search.field(lambda to: to) + '<script src="search.js" defer></script>')
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page()
        page.goto((tmp_path / "index.html").as_uri())
        field, options = page.get_by_role("combobox"), page.get_by_role("option")
        for typed, meant in FORGIVEN.items():
            field.fill(typed)
            page.get_by_role("status").filter(has_text=f"“{meant}”").wait_for(state="attached")
            assert "A report" in options.first.inner_text(), typed
            assert page.locator("[role=option] mark").first.inner_text() == meant
        field.fill("rain")
        options.filter(has_text="rain clouds").first.wait_for()
        last = options.last
        assert "Search all questions and replies for “rain”" in last.inner_text()
        last.click()
        page.wait_for_url(re.compile(r"samples/index\.html\?full=1&q=rain$"))
        browser.close()


CONFIG = SiteConfig(title="A study & more", base_url="https://example.org/study", authors=[Author(name="Ann")])


def test_the_feed_is_atom_with_the_newest_first() -> None:
    entries = [
        FeedEntry(address="reports/a/index.html", title="A <b>", date="2026-01-02", summary="\x00What & why"),
        FeedEntry(address="reports/b/index.html", title="B", date="2026-03-04", updated="2026-04-05", draft=True),
    ]
    root = ElementTree.fromstring(feed.atom(CONFIG, entries))
    ns = {"a": feed.ATOM}
    assert root.findtext("a:updated", namespaces=ns) == "2026-04-05T00:00:00Z"
    assert [e.findtext("a:title", namespaces=ns) for e in root.findall("a:entry", ns)] == ["Draft: B", "A <b>"]
    assert root.findtext("a:entry/a:id", namespaces=ns) == "https://example.org/study/reports/b/"
    assert feed.atom(CONFIG, entries) == feed.atom(CONFIG, entries[::-1])


def test_the_sitemap_lists_every_page() -> None:
    root = ElementTree.fromstring(feed.sitemap(CONFIG, [("index.html", "2026-01-01"), ("pages/about.html", None)]))
    found = [e.text for e in root.iter(f"{{{feed.SITEMAP}}}loc")]
    assert found == ["https://example.org/study/", "https://example.org/study/pages/about.html"]
    assert b"Sitemap: https://example.org/study/sitemap.xml" in feed.robots(CONFIG)
