"""The built site as files: the same bytes every time, links that lead somewhere, numbers that are the logs' own."""

from __future__ import annotations

import gzip
import json
import posixpath
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
import site_study
from collect_support import make_study

from llmxsite.base.diagnostics import Issues
from llmxsite.log.record import Sample
from llmxsite.log.runlog import read
from llmxsite.press.check.check import check
from llmxsite.press.numbers.outcomes import STATES
from llmxsite.press.site import manifest
from llmxsite.press.site.build import Built, build
from llmxsite.press.site.directives.kinds import directives
from llmxsite.study.study import Study


def make(study: Study, out: Path, **options: object) -> Built:
    issues = Issues()
    report = build(study, out, issues=issues, **options)  # type: ignore[arg-type]
    assert not issues.failed(), "\n".join(i.render() for i in issues)
    return report


@pytest.fixture
def copy(site_study_built: tuple[Study, Path], tmp_path: Path) -> Study:
    """The study again, with what its build remembers, to be changed."""
    return Study(Path(shutil.copytree(site_study_built[0].root, tmp_path / "study")))


@pytest.fixture(scope="module")
def study(site_study_built: tuple[Study, Path]) -> Study:
    return site_study_built[0]


@pytest.fixture(scope="module")
def site(site_study_built: tuple[Study, Path]) -> Path:
    return site_study_built[1]


def files(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


class Links(HTMLParser):
    """Every address in a page, and every id."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.ids: list[str] = []
        self.images_without_words = 0
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.images_without_words += tag == "img" and "alt" not in given
        if given.get("id"):
            self.ids.append(str(given["id"]))
        for name in ("href", "src", "action", "data-live", "data-vega", "data-charts", "data-index", "data-search"):
            if given.get(name) is not None:
                self.addresses.append(str(given[name]))
        for candidate in str(given.get("srcset") or "").split(","):
            if candidate.strip():
                self.addresses.append(candidate.split()[0])


def pages(site: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(site.rglob("*.html")):
        yield path.relative_to(site).as_posix(), path.read_text(encoding="utf-8")


def test_every_link_leads_to_a_file_and_every_anchor_to_an_id(site: Path) -> None:
    ids = {address: set(Links(text).ids) for address, text in pages(site)}
    lost = []
    for address, text in pages(site):
        if address == "404.html":
            continue  # its links start at the published root
        for link in Links(text).addresses:
            parts = urlsplit(link)
            if parts.scheme:
                continue
            target = posixpath.normpath(posixpath.join(posixpath.dirname(address), unquote(parts.path)))
            target = target if parts.path else address
            if not (site / target).is_file() or (
                parts.fragment and target in ids and unquote(parts.fragment) not in ids[target]
            ):
                lost.append((address, link))
    assert lost == []


def test_ids_are_unique_and_pictures_have_words(site: Path) -> None:
    for address, text in pages(site):
        found = Links(text)
        assert [i for i, n in Counter(found.ids).items() if n > 1] == [], address
        assert found.images_without_words == 0, address


def test_an_interval_has_two_ends_or_is_missing(site: Path) -> None:
    wrong = [address for address, text in pages(site) if "–</span> to <" in text]
    assert wrong == []


def test_a_number_of_a_card_or_a_suite_is_of_one_run_and_one_setting(study: Study, site: Path) -> None:
    from llmxsite.analysis import tables
    from llmxsite.analysis.results import settings, summarise

    samples = tables.load(study, Issues())
    for pattern, by in (
        ("models/tiny-135m.html", {"model": "tiny:135m"}),
        ("suites/everyday/index.html", {"suite": "everyday"}),
    ):
        kept = samples.where(**by)
        names = settings(kept)
        assert "temperature" in names and "seed" not in names
        apart = summarise(kept, ["suite", "model", "digest", "run", *names])
        text = site.joinpath(pattern).read_text(encoding="utf-8")
        table = text.partition("Accuracy by suite" if "model" in by else "Accuracy by model")[2].partition("</table>")[
            0
        ]
        rows = [
            re.search(r"<b>([\d.]+%)</b>.*?<td class=\"num\"[^>]*>([\d,]+)</td>", row) for row in table.split("<tr>")
        ]
        shown = [found.groups() for found in rows if found]
        assert Counter(shown) == Counter((f"{100 * row.accuracy:.1f}%", f"{row.n:,}") for row in apart.itertuples())
        pooled = summarise(kept, ["suite", "model"]).iloc[0]
        assert len(apart) > 3 and (f"{100 * pooled.accuracy:.1f}%", f"{pooled.n:,}") not in shown
        assert (
            "Each row is one model in one run under one prompt and setting" in text
            or "neither averaged nor ranked" in text
        )


def test_a_difference_that_could_have_been_shown_is_in_points(site: Path) -> None:
    told = [
        re.search(r"could have shown ([\d.]+)( points|%)", text)
        for name, text in pages(site)
        if name.startswith("compare/")
    ]
    assert any(told) and all(found[2] == " points" for found in told if found)


def test_pages_name_nothing_outside_but_links_a_person_made(site: Path) -> None:
    for address, text in pages(site):
        loaded = re.findall(r'<(?:script|img|source|iframe)[^>]*?(?:src|srcset)="([^"]*)"', text)
        loaded += re.findall(r'<link rel="(?:stylesheet|preload|icon)"[^>]*href="([^"]*)"', text)
        outside = [x for x in loaded if urlsplit(x).scheme not in ("", "data") or x.startswith("//")]
        assert outside == [], address
        assert "Content-Security-Policy" in text and "unsafe-eval" not in text and not re.search(r"\son\w+=", text), (
            address
        )
        assert not re.search(r"<script(?![^>]*(?:src=|ld\+json))", text), address


def test_404_starts_at_the_published_root_and_needs_no_style_sheet(site: Path) -> None:
    text = (site / "404.html").read_text(encoding="utf-8")
    links = [x for x in Links(text).addresses if not urlsplit(x).scheme and not x.startswith("#")]
    assert links and all(x.startswith("/study/") for x in links)
    assert "<style>" in text and 'rel="stylesheet"' not in text


def test_two_builds_are_the_same_bytes(study: Study, site: Path, tmp_path: Path) -> None:
    again = Study(site_study.make(tmp_path / "another place", base_url=site_study.BASE))
    make(again, tmp_path / "out")
    assert files(tmp_path / "out") == files(site)


def test_another_base_changes_nothing_but_absolute_addresses(study: Study, site: Path, tmp_path: Path) -> None:
    make(study, tmp_path / "out", base_url="https://elsewhere.example.net/deep/er")
    ours, theirs = files(site), files(tmp_path / "out")
    assert ours.keys() == theirs.keys()
    for address, content in theirs.items():
        if content != ours[address]:
            text = (
                content.decode()
                .replace("https://elsewhere.example.net/deep/er", site_study.BASE)
                .replace('"/deep/er/', '"/study/')
            )
            assert text == ours[address].decode(), address


def test_nothing_changed_means_nothing_made_and_nothing_heavy_imported(study: Study, site: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from llmxsite.study.study import Study; from llmxsite.base.diagnostics import Issues\n"
        "from llmxsite.press.site.build import build\n"
        "r = build(Study(Path(sys.argv[1])), Path(sys.argv[2]), issues=Issues())\n"
        "heavy = {'pandas', 'altair', 'numpy', 'vl_convert', 'jinja2', 'markdown_it'} & set(sys.modules)\n"
        "print(r.unchanged, sorted(heavy))"
    )
    done = subprocess.run([sys.executable, "-c", code, study.root, site], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "True []"


def test_one_report_edited_makes_that_report_and_loads_no_table(copy: Study, tmp_path: Path) -> None:
    study = copy
    make(study, tmp_path / "out")
    text = study.root / "content/reports/temperature/index.md"
    text.write_text(text.read_text().replace("Two models are two models.", "Two models are only two."))
    code = (
        "import sys; from pathlib import Path; from llmxsite.study.study import Study; from llmxsite.base.diagnostics import Issues\n"
        "from llmxsite.press.site.build import build\n"
        "r = build(Study(Path(sys.argv[1])), Path(sys.argv[2]), issues=Issues())\n"
        "print(r.made, r.deleted, sorted({'pandas', 'altair', 'vl_convert'} & set(sys.modules)))"
    )
    command = [sys.executable, "-c", code, study.root, tmp_path / "out"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "1 2 []"  # the shards of the search index, of terms and of words, have other names
    assert "Two models are only two." in (tmp_path / "out/reports/temperature/index.html").read_text()


def test_an_edited_build_equals_a_fresh_one_and_foreign_files_stay(copy: Study, tmp_path: Path) -> None:
    study = copy
    make(study, tmp_path / "out")
    (tmp_path / "out/CNAME").write_text("study.example.org\n")
    shutil.rmtree(study.reports / "size")
    shutil.rmtree(study.runs / "size")
    (study.content / "pages/about.md").unlink()
    report = make(study, tmp_path / "out")
    assert report.deleted > 5
    shutil.rmtree(study.cache)
    make(study, tmp_path / "fresh")
    after = files(tmp_path / "out")
    assert after.pop("CNAME") == b"study.example.org\n"
    assert after == files(tmp_path / "fresh")


def test_a_file_somebody_changed_in_the_site_is_put_right(study: Study, site: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    make(study, out)
    (out / "index.html").write_text("vandalised")
    (out / "methods.html").unlink()
    make(study, out)
    assert files(out) == files(site)


def test_manifest_names_what_there_is(site: Path) -> None:
    found = manifest.read(site)
    assert set(found.files) == set(files(site))
    assert all((site / p.address).is_file() for p in found.pages)
    assert {f.id for f in found.figures} >= {"temperature-accuracy", "temperature-sweep", "size-accuracy"}
    for figure in found.figures:
        assert all(
            (site / x).is_file() for x in [figure.table, figure.spec, *figure.svg.values(), *figure.png.values()]
        )
        assert figure.runs
    assert {t.address for t in found.tables} >= {f.table for f in found.figures}


def received(script: Path) -> Any:
    """What a script of data hands over."""
    return json.loads(script.read_text(encoding="utf-8").partition(",")[2].removesuffix(");\n"))


def test_every_sample_has_its_place_once(study: Study, site: Path) -> None:
    for log in study.run_logs():
        run = read(log, Issues())
        folder = site / "runs" / log.parent.name / run.run.id
        text = "".join(p.read_text(encoding="utf-8") for p in sorted(folder.glob("samples-*.html")))
        anchors = re.findall(r'<details class="s (\w+)" id=s-([0-9a-f]+)>', text)
        assert [a for _, a in anchors] == [s.key[:10] for s in run.samples]
        index = received(folder / "samples-index.js")
        assert index["key"] == [a for _, a in anchors]
        assert [STATES[int(state)] for state in index["state"]] == [kind for kind, _ in anchors]
        names = received(site / index["items"])[1]
        shown = [names[place] for place in index["item"]] if isinstance(names, list) else [names] * len(anchors)
        assert shown == [s.item for s in run.samples]
        assert gzip.decompress((folder / "log.jsonl.gz").read_bytes()) == log.read_bytes()


def test_a_figures_table_has_the_numbers_of_the_logs(study: Study, site: Path) -> None:
    samples: list[Sample] = read(study.run_logs("temperature")[0], Issues()).samples
    rows = (site / "figures/temperature-accuracy/table.csv").read_text().splitlines()
    head = rows[0].split(",")
    table = {tuple(r.split(",")[head.index(c)] for c in ("model", "category")): r.split(",") for r in rows[1:]}
    for model in ("tiny:135m", "small:1b"):
        for category in site_study.CATEGORIES:
            mine = [
                s for s in samples if s.condition["model"] == model and s.category == category and s.outcome != "error"
            ]
            row = table[model, category]
            assert float(row[head.index("accuracy")]) == pytest.approx(
                sum(bool(s.scores.get("correct")) for s in mine) / len(mine), abs=1e-5
            )


def test_models_words_are_text(site: Path) -> None:
    text = "".join(t for a, t in pages(site) if a.startswith("runs/"))
    assert "<b>how</b>" not in text and "&lt;b&gt;how&lt;/b&gt;" in text
    assert "<even>" not in "".join(t for _, t in pages(site))


def test_weights(site: Path) -> None:
    """60 kB before pictures, 450 kB with charts, compressed: fonts, style, scripts and the page itself."""

    def weight(address: str) -> int:
        content = (site / address).read_bytes()
        return len(content) if address.endswith(".woff2") else len(gzip.compress(content, 6))

    loaded = [p.relative_to(site).as_posix() for p in (site / "assets").iterdir()]
    formulas = sum(weight(a) for a in loaded if re.match(r"assets/math", a))
    assert formulas <= 46_000, "loaded where a page has formulas, beside everything else"
    fonts = sum(weight(a) for a in loaded if a.endswith(".woff2")) - formulas
    italic = sum(weight(a) for a in loaded if "italic" in a)  # a browser loads it where it is used
    charts = sum(weight(a) for a in loaded if re.match(r"assets/(vega|charts)", a))
    for address, text in pages(site):
        if "samples-0" in address:
            continue  # two hundred transcripts
        links = Links(text).addresses
        own = [a for a in loaded if a.endswith((".js", ".css")) and any(x.endswith(Path(a).name) for x in links)]
        always = [a for a in own if not re.match(r"assets/(vega|charts)", a)]
        always += [a for a in loaded if a.startswith("assets/tables") and "data-ruled" in text]
        before = sum(map(weight, always)) + fonts + weight(address) - (0 if "<em>" in text else italic)
        if 'class="frame"' not in text:
            assert before <= 60_000, (address, before)
        else:
            data = sum(weight(f"data/{Path(x).name}") for x in links if "/data/" in x)
            assert before + charts + data <= 450_000, address


def test_strict_writes_nothing_and_says_where(copy: Study, tmp_path: Path) -> None:
    study = copy
    path = study.content / "reports/size/index.md"
    path.write_text(
        path.read_text() + "\n```{chart} heatmop\n```\n\n[nowhere](nowhere.md)\n\n{value}`accuracy model=nobody`\n"
    )
    issues = Issues()
    build(study, tmp_path / "out", issues=issues, strict=True)
    codes = {i.code: i for i in issues if i.severity == "error"}
    assert {"link-broken", "value-query"} <= set(codes) and any("heatm" in i.message + str(i.hint) for i in issues)
    assert all(i.line and i.line > 10 for i in codes.values())
    assert not (tmp_path / "out/index.html").exists()
    issues = Issues()
    build(study, tmp_path / "out", issues=issues)
    assert issues.failed() and (tmp_path / "out/index.html").exists()
    replayed = Issues()
    build(study, tmp_path / "out", issues=replayed)
    assert list(replayed) == list(issues)


def test_a_study_of_nothing_but_its_name_is_a_site(tmp_path: Path) -> None:
    (tmp_path / "content").mkdir()
    (tmp_path / "content/site.yaml").write_text("title: Empty\n")
    make(Study(tmp_path), tmp_path / "site")
    text = (tmp_path / "site/index.html").read_text()
    assert "Empty" in text and "Models" not in text


def test_before_the_first_run_every_directive_waits_or_says_what_is_known(tmp_path: Path) -> None:
    root = make_study(tmp_path / "study", hypothesis="They cannot count.").root
    needs = {
        "chart": "```{chart} bars\n```\n",
        "transcript": "```{transcript}\nitem: sum-01\n```\n",
        "diff": "```{diff}\nitem: sum-01\na: {temperature: 0}\nb: {temperature: 1}\n```\n",
        "parting": "```{parting}\nitem: sum-01\n```\n",
    }
    body = "\n".join(needs.get(name, f"```{{{name}}}\n```\n") for name in directives())
    (root / "content/reports/trial/index.md").write_text(f"---\ntitle: Trial\ndate: 2026-01-03\n---\n\n{body}")
    built = Issues()
    build(Study(root), tmp_path / "site", issues=built)
    for issues in (built, check(Study(root))):
        said = [i for i in issues if i.path.endswith("index.md")]
        assert {i.code for i in said} == {"not-run"}, "\n".join(i.render() for i in said)
        assert {i.message.split("'")[1] for i in said} == {k.name for k in directives().values() if k.needs_runs}
    assert 'class="problem"' not in (tmp_path / "site/reports/trial/index.html").read_text()


def test_a_study_overrides_templates_and_style_file_by_file(copy: Study, tmp_path: Path) -> None:
    study = copy
    theme = study.content / "theme"
    (theme / "templates").mkdir(parents=True)
    (theme / "templates/not_found.html").write_text(
        '{% extends "base.html" %}{% block main %}<h1>Lost</h1>{% endblock %}'
    )
    (theme / "extra.css").write_text("h1 { color: rebeccapurple; }\n")
    make(study, tmp_path / "out")
    assert "<h1>Lost</h1>" in (tmp_path / "out/404.html").read_text()
    assert "rebeccapurple" in next((tmp_path / "out/assets").glob("site-*.css")).read_text()


def test_the_command_builds_and_says_what_it_did(copy: Study, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "llmxsite", "--study", str(copy.root), "build", "--out", str(tmp_path / "out")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "pages made" in done.stderr and (tmp_path / "out/index.html").is_file()
