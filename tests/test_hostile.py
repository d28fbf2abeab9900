"""Hostile studies: built, checked, and opened in a browser. Nothing of them runs, nothing outside of them is read or written, nothing ends in
a traceback, and each says what was refused.

A case of ours is a folder with `make.py`, which does mischief to a small study, and `expected.json`: the commands, and the codes that they say.
A case of `LLMXSITE_TEST_DATA` has `cmd`, a script that is given the command as `LX` and works on a copy in the temporary folder.
"""

from __future__ import annotations

import csv
import importlib.util
import json
import os
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hostile_study
import pytest
from hostile_study import MEMORY, SECRET, Ran

OURS = sorted(p.parent for p in (Path(__file__).parent / "cases/hostile").glob("*/make.py"))
DATA = os.environ.get("LLMXSITE_TEST_DATA")
OTHERS = sorted(p.parent for p in Path(DATA).glob("hostile/*/cmd")) if DATA else []
PAGES = 40
"""Pages of a site that are opened."""
ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api")
    where = next((p for name in ("chromium", "chromium-browser", "google-chrome") if (p := shutil.which(name))), None)
    with playwright.sync_playwright() as p:
        try:
            chromium = p.chromium.launch(executable_path=where, args=["--no-sandbox"])
        except playwright.Error:
            pytest.skip("no Chromium")
        yield chromium
        chromium.close()


class World:
    """A study in a folder of its own, with what lies outside and a mark that code of the study would leave."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.study, self.outside, self.ran = folder, folder / "s", folder / "outside", folder / "ran"
        self.home = folder / "home"
        for made in (self.outside, self.home):
            made.mkdir()
        (self.outside / "secret.txt").write_text(SECRET)
        (self.outside / "manifest.json").write_text('{"files": ["secret.txt"]}')
        self.environment = {
            "HOME": str(self.home),
            "TMPDIR": str(folder / "tmp"),
            "RAN": str(self.ran),
            "LLMXSITE_CACHE": str(folder / "cache"),
            "LLMXSITE_DEBUG": "",
            "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]).strip(os.pathsep),
            "NO_COLOR": "1",
        }
        (folder / "tmp").mkdir()

    def untouched(self) -> None:
        """Nothing ran, and what lies outside is as it was."""
        assert not self.ran.exists(), "code of the study ran"
        assert sorted(p.name for p in self.outside.iterdir()) == ["manifest.json", "secret.txt"]
        assert (self.outside / "secret.txt").read_text() == SECRET
        for path in self.folder.rglob("*"):
            inside = path.is_file() and not path.is_symlink() and not path.is_relative_to(self.outside)
            if (
                inside
                and path.suffix != ".py"
                and "make" not in path.name
                and not path.samefile(self.outside / "secret.txt")
            ):
                assert SECRET.encode() not in path.read_bytes(), f"{path} holds what lies outside"


def spoken(done: Ran) -> None:
    """What a command says is words: no traceback, nothing for the terminal, nothing for GitHub's machines."""
    assert done.code not in (124, -9, -24, 137, 152), f"stopped: {done.said[-800:]}"
    assert done.code >= 0, f"ended by signal {-done.code}: {done.said[-800:]}"
    assert "Traceback" not in done.said and "internal error" not in done.said, done.said[-2000:]
    odd = [c for c in done.said if not c.isprintable() and c not in "\n"]
    assert odd == [], f"{odd[:5]}: {done.said[:500]!r}"
    assert not re.search(r"(?m)^\s*::|##\[", done.said), done.said[-800:]


def sites(folder: Path) -> list[Path]:
    return sorted(
        p.parent for p in folder.rglob("manifest.json") if (p.parent / ".nojekyll").is_file() and not p.is_symlink()
    )


def published(site: Path) -> None:
    """What is published is what a browser shows: by name, and by what is in it."""
    files = [p for p in site.rglob("*") if p.is_file() and not p.is_symlink()]
    names = [p.relative_to(site).as_posix() for p in files]
    assert len({name.lower() for name in names}) == len(names)
    assert not [
        n
        for n in names
        if n.startswith(("content/", "theme/")) and Path(n).suffix in (".html", ".js", ".xml", ".xhtml", ".mjs")
    ]
    for path in files:
        if path.suffix == ".csv":
            for row in csv.reader(path.read_text(encoding="utf-8").splitlines()):
                wrong = [
                    cell
                    for cell in row
                    if re.match(r"[=+@\t-]", cell) and not re.fullmatch(r"-?[\d.]+(e[+-]?\d+)?", cell)
                ]
                assert wrong == [], f"{path}: {wrong}"
        if path.suffix == ".html":
            text = path.read_text(encoding="utf-8")
            assert "Content-Security-Policy" in text and "unsafe-inline" not in text, path
            assert not re.search(r"<[a-z][^<>]*\sstyle\s*=", text), f"{path} has a style of its own"


def opened(site: Path, browser: Any) -> None:
    """Every page and published picture in a browser: no dialog, no word on its console, no request that leaves the site."""
    wanted = [p for p in sorted(site.rglob("*")) if p.suffix in (".html", ".svg") and not p.is_symlink()]
    first = [p for p in wanted if p.is_relative_to(site / "content") or "reports" in p.parts or p.parent == site]
    seen: list[str] = []
    context = browser.new_context()
    page = context.new_page()
    page.on("dialog", lambda d: (seen.append(f"dialog {d.message}"), d.dismiss()))
    page.on("console", lambda m: seen.append(f"console {page.url}: {m.text}"))
    page.on("pageerror", lambda e: seen.append(f"error {page.url}: {e}"))
    page.on(
        "request",
        lambda r: None if r.url.startswith((site.as_uri(), "data:", "blob:")) else seen.append(f"request {r.url}"),
    )
    for path in [*first, *(p for p in wanted if p not in first)][:PAGES]:
        page.goto(path.as_uri())
        page.evaluate("window.scrollTo(0, document.documentElement.scrollHeight)")
        assert page.url.startswith(site.as_uri()), f"{path} leads to {page.url}"
    context.close()
    assert seen == [], "\n".join(seen[:10])


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.parametrize("case", OURS, ids=lambda p: p.name)
def test_a_hostile_study_is_safe_to_build(case: Path, tmp_path: Path, browser: Any) -> None:
    world, expected = World(tmp_path), json.loads((case / "expected.json").read_text(encoding="utf-8"))
    world.study.mkdir()
    hostile_study.make(world.study)
    spec = importlib.util.spec_from_file_location("made", case / "make.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.make(world.study, world.outside, world.ran)
    said = ""
    for words in expected["commands"]:
        where = world.study if expected.get("inside") else tmp_path
        command = [sys.executable, "-m", "llmxsite", "--study", str(world.study), *words]
        done = hostile_study.run(command, where, world.environment)
        spoken(done)
        assert done.kilobytes < MEMORY, f"{done.kilobytes:,} KB"
        said += done.said
    missing = [code for code in expected["says"] if f" {code} " not in said]
    assert missing == [], f"{missing} not in: {said[-3000:]}"
    world.untouched()
    for site in sites(world.study):
        published(site)
        opened(site, browser)


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.skipif(not OTHERS, reason="LLMXSITE_TEST_DATA is not set: no hostile study of others was built")
@pytest.mark.parametrize("case", OTHERS, ids=lambda p: p.name)
def test_a_hostile_study_of_others_is_safe_to_build(case: Path, tmp_path: Path, browser: Any) -> None:
    world = World(tmp_path)
    command = {"LX": str(hostile_study.llmxsite(tmp_path)), "SAID": str(tmp_path / "said.txt")}
    done = hostile_study.run(["sh", str(case / "cmd")], tmp_path, world.environment | command)
    assert done.code not in (124, -9, -24, 137, 152), done.said[-800:]
    assert "Traceback" not in done.said and "internal error" not in done.said, done.said[-2000:]
    assert not re.search("rc=(124|13[0-9]|152)", done.said), done.said[-800:]
    assert done.kilobytes < MEMORY, f"{done.kilobytes:,} KB"
    world.untouched()
    for site in sites(tmp_path / "tmp"):
        published(site)
        opened(site, browser)
