"""The page that compares a run with the one it repeats or follows: linked, true to the logs, made only when they change."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmxsite.analysis.drift import Drift, compare
from llmxsite.base.diagnostics import Issues
from llmxsite.log.record import encode_line
from llmxsite.log.runlog import read, write
from llmxsite.press.site import manifest
from llmxsite.press.site.build import build
from llmxsite.press.site.sketch.beside import BARS, before_after, histogram
from llmxsite.study.study import Study

FIRST, AGAIN = "20260920T170000Z-size", "20260928T101500Z-rerun"
PAGE = f"runs/size/{AGAIN}/drift.html"


@pytest.fixture(scope="module")
def site(site_study_built: tuple[Study, Path]) -> Path:
    return site_study_built[1]


@pytest.fixture(scope="module")
def page(site: Path) -> str:
    return (site / PAGE).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def found(site_study_built: tuple[Study, Path]) -> Drift:
    runs = site_study_built[0].runs / "size"
    return compare(runs / f"{FIRST}.jsonl", runs / f"{AGAIN}.jsonl", Issues())


def test_a_rerun_has_one_and_a_run_of_another_experiment_none(site: Path) -> None:
    pages = [p.address for p in manifest.read(site).pages if p.kind == "drift"]
    assert pages == [PAGE]


@pytest.mark.parametrize(
    ("address", "link", "words"),
    [
        (f"runs/size/{AGAIN}/index.html", "drift.html", f"What changed since run {FIRST}"),
        (f"runs/size/{FIRST}/index.html", f"../{AGAIN}/drift.html", f"What changed in run {AGAIN}"),
        ("reports/size/index.html", f"../../{PAGE}", f"What changed from run {FIRST} to run {AGAIN}"),
    ],
)
def test_both_runs_and_the_report_link_to_it(site: Path, address: str, link: str, words: str) -> None:
    assert f'<a href="{link}">{words}</a>' in (site / address).read_text(encoding="utf-8")


def test_the_page_says_what_the_comparison_found(page: str, found: Drift) -> None:
    text = re.sub(r"<[^>]+>", "", page)
    for sentence in found.summary:
        assert sentence in text
    assert found.accuracy.lost + found.accuracy.gained > 0 and found.replies.alike < found.replies.n
    for fact in found.of("changed"):
        assert re.search(rf"{fact.name}", text)
    assert re.search(r'<th scope="row"[^>]*>digest of small:1b</th><td class="text"[^>]*>2b2b2b2b2b2b</td>', page)
    assert '<span class="missing">not recorded</span></td>' in page, "the rerun has no commit"


def test_every_pair_that_differs_stands_side_by_side_with_its_tokens(page: str, found: Drift, site: Path) -> None:
    flips = re.findall(r'<article class="flip"><h3>(\S+)', page)
    assert flips == [p.item for p in found.differing] and len(flips) > 1
    assert page.count("<del>") >= len(flips) and page.count("<ins>") >= len(flips)
    assert page.count("Each token tinted by its probability") == len(flips) and '<span class="t' in page
    for link in re.findall(r'<a href="([^"]+)">sample</a>', page):
        address, _, anchor = link.partition("#")
        assert f"id={anchor}>" in (site / PAGE).parent.joinpath(address).read_text(encoding="utf-8")


def test_methods_explain_it(site: Path) -> None:
    assert '<h2 id="drift">' in (site / "methods.html").read_text(encoding="utf-8")


def test_it_is_made_again_when_a_log_of_its_pair_changes_and_only_then(
    site_study_built: tuple[Study, Path], tmp_path: Path
) -> None:
    study = Study(Path(shutil.copytree(site_study_built[0].root, tmp_path / "study")))
    out = tmp_path / "out"
    build(study, out, issues=Issues())
    before = (out / PAGE).stat().st_mtime_ns
    club = study.runs / "club" / "imported-club.jsonl"
    log = read(club, Issues())
    club.unlink()
    write(club, log.run, log.samples[:-1])
    build(study, out, issues=Issues())
    assert (out / PAGE).stat().st_mtime_ns == before, "another run's log is none of its business"
    path = study.runs / "size" / f"{AGAIN}.jsonl"
    again = read(path, Issues())
    path.write_bytes(b"".join(map(encode_line, [again.run, *again.samples[:-1]])))
    build(study, out, issues=Issues())
    text = (out / PAGE).read_text(encoding="utf-8")
    assert "Without a partner: 1 sample of the first run." in text
    shutil.rmtree(study.runs / "size")
    build(study, out, issues=Issues())
    assert not (out / PAGE).exists()


@given(st.lists(st.tuples(st.integers(0, 5000), st.integers(1, 90)), min_size=1, max_size=60, unique_by=lambda t: t[0]))
def test_a_histogram_has_few_bars_inside_its_frame(at: list[tuple[int, int]]) -> None:
    drawn = str(histogram(sorted(at), 'so "many"'))
    bars = re.findall(r"M([\d.]+) 40v-([\d.]+)h([\d.]+)V40z", drawn)
    assert 1 <= len(bars) <= BARS and max(float(h) for _, h, _ in bars) == 38
    assert all(float(x) + float(w) <= 100 for x, _, w in bars)
    assert "so &#34;many&#34;" in drawn


def test_dots_keep_apart_what_turned() -> None:
    drawn = str(before_after([(0.25, 0.25, True), (1.0, 0.0, False)], "two"))
    assert '<path class="dots" d="M25.0 75.0h0"/>' in drawn and '<path class="dots other" d="M100.0 100.0h0"/>' in drawn
