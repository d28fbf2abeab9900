"""One figure in other places: files of its own, code that runs, a post that needs no published site, a picture in the clipboard."""

from __future__ import annotations

import csv
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import site_study
from test_site_browser import Visit, browser, root, server, site
from typer.testing import CliRunner

from llmxsite.base.diagnostics import Issues, Problem
from llmxsite.cli import app
from llmxsite.press.publish import one_figure
from llmxsite.study.study import Study

__all__ = ["browser", "server", "site"]  # fixtures, found by name
NAME = "temperature-accuracy"


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return Study(site_study.make(tmp_path_factory.mktemp("study")))


@pytest.fixture(scope="module")
def folder(study: Study, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return one_figure.export(study, NAME, tmp_path_factory.mktemp("out"), issues=Issues())[0]


def test_every_form_is_there(folder: Path) -> None:
    pictures = {f"{NAME}-{theme}.{suffix}" for theme in ("light", "dark") for suffix in ("png", "svg")}
    assert {f.name for f in folder.iterdir()} == pictures | {
        f"{NAME}.{suffix}" for suffix in ("csv", "vl.json", "py", "md", "html", "bib", "txt")
    }
    assert (folder / f"{NAME}-light.png").read_bytes() != (folder / f"{NAME}-dark.png").read_bytes()
    rows = list(csv.reader((folder / f"{NAME}.csv").open(encoding="utf-8")))
    assert len(rows) > 1
    assert not any(cell[:1] in "=+@" for row in rows for cell in row if not re.fullmatch(r"[+-]?[\d.]+", cell))


def test_the_code_draws_the_same_chart_with_altair_alone(folder: Path, tmp_path: Path) -> None:
    script = tmp_path / "drawn.py"
    script.write_bytes((folder / f"{NAME}.py").read_bytes())
    print_it = "import json, drawn; print(json.dumps(drawn.chart.to_dict()))"
    done = subprocess.run([sys.executable, "-c", print_it], cwd=tmp_path, capture_output=True, text=True, check=True)
    drawn, spec = json.loads(done.stdout), json.loads((folder / f"{NAME}.vl.json").read_text(encoding="utf-8"))
    assert drawn["datasets"] == spec["datasets"]
    assert drawn["layer"] == spec["layer"]
    done = subprocess.run([sys.executable, "drawn.py"], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert (tmp_path / f"{NAME}.html").is_file()


def test_the_post_works_before_the_site_is_public(folder: Path) -> None:
    text = (folder / f"{NAME}.md").read_text(encoding="utf-8")
    shown = re.findall(r"!\[((?:[^\]\\]|\\.)+)\]\(([^)]+)\)", text)
    assert [target for _, target in shown] == [f"{NAME}-light.png"]
    assert all((folder / target).is_file() for _, target in shown)
    assert "http" not in text, "nothing in it needs a published site"
    assert "<summary>The numbers" in text


def test_with_an_address_it_leads_to_the_figures_page(study: Study, tmp_path: Path) -> None:
    base = "https://me.github.io/study"
    one_figure.export(study, NAME, tmp_path, issues=Issues(), base_url=base)
    for suffix in ("md", "html", "bib", "txt"):
        assert f"{base}/figures/{NAME}.html" in (tmp_path / f"{NAME}.{suffix}").read_text(encoding="utf-8")


def test_figures_of_cards_and_suites_are_found_too(study: Study, tmp_path: Path) -> None:
    one_figure.export(study, "suite-everyday-models", tmp_path, issues=Issues())
    assert (tmp_path / "suite-everyday-models.csv").is_file()


def test_an_unknown_figure_names_the_nearest(study: Study, tmp_path: Path) -> None:
    with pytest.raises(Problem, match="no figure is called 'temperature-acuracy'") as caught:
        one_figure.export(study, "temperature-acuracy", tmp_path, issues=Issues())
    assert NAME in str(caught.value.issues[0].hint)


def test_the_command_line(study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(study.root)
    done = CliRunner().invoke(app, ["export", "figure", NAME, "--out", str(tmp_path / "x")])
    assert done.exit_code == 0, done.output
    assert "11 files written" in done.output


@pytest.fixture(params=["http", "disk"])
def page(request: pytest.FixtureRequest, browser: Any, site: Path, server: str) -> Iterator[Any]:
    with Visit(browser, root(request.param, site, server)) as visit:
        visit.context.grant_permissions(["clipboard-read", "clipboard-write"])
        yield visit.open(f"figures/{NAME}.html")
        assert visit.said == []


@pytest.mark.browser
def test_a_figure_is_copied_as_a_picture(page: Any) -> None:
    page.locator("figure.frame[data-state=live]").wait_for()
    page.get_by_role("tab", name="Download").click()
    page.get_by_role("button", name="Copy as picture").click()
    said = page.locator("[data-copied]")
    said.filter(has_text=re.compile("Copied|Saved")).wait_for()
    if said.inner_text() == "Copied":
        kinds = page.evaluate("navigator.clipboard.read().then(items => items.flatMap(item => item.types))")
        assert "image/png" in kinds


@pytest.mark.browser
def test_a_figures_page_has_it_ready_to_post_embed_and_cite(page: Any) -> None:
    for words, holds in (("Post it", "<!-- Drag"), ("Embed it", "<figure>"), ("Cite it", "@misc{")):
        page.locator("summary").filter(has_text=words).click()
        assert holds in page.locator("details[open] pre").last.inner_text()
