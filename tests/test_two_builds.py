"""`benchmarks/two_builds.py`: that it finds nothing where nothing was changed, and each kind of change where one was made."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from determinism_log import make_log

from llmxsite.study import Study

ROOT = Path(__file__).parent.parent
REPORT = """\
---
title: Same again
date: 2026-01-03
---

Cold and warm, {value}`identical a=cold b=warm` of the requests got the same reply.

```{chart} determinism
name: matrix
```

```{table} pairs
caption: Pairs.
```
"""


def compared(*words: object) -> tuple[int, str]:
    """Exit code and report."""
    command = [sys.executable, str(ROOT / "benchmarks" / "two_builds.py"), *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def counts(said: str) -> dict[str, tuple[int, int]]:
    """How many were compared of each kind, and how many of them differ."""
    found = re.findall(r": (\w+): ([\d,]+) compared, ([\d,]+) differ", said)
    return {kind: (int(all_.replace(",", "")), int(other.replace(",", ""))) for kind, all_, other in found}


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{path}: no {old!r}"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def tree(folder: Path, old: str, new: str) -> Path:
    """The source once more, with one change to whichever module has the words."""
    shutil.copytree(ROOT / "llmxsite", folder / "llmxsite", ignore=shutil.ignore_patterns("__pycache__"))
    (module,) = [p for p in (folder / "llmxsite").rglob("*.py") if old in p.read_text(encoding="utf-8")]
    replace(module, old, new)
    return folder


@pytest.mark.slow
def test_two_sources_are_compared_by_what_they_make_of_a_study(tmp_path: Path) -> None:
    study = make_log(tmp_path / "study")
    (study.reports / "again/index.md").write_text(REPORT)
    code, said = compared(
        ROOT, tree(tmp_path / "renamed", '__version__ = "', '__version__ = "9.'), "--study", study.root
    )
    assert code == 0, said
    assert all(number > 0 and other == 0 for number, other in counts(said).values()) and len(counts(said)) == 4
    wider = tree(tmp_path / "wider", "half = z / (1 + z2) *", "half = 1.01 * z / (1 + z2) *")
    code, said = compared(ROOT, wider, "--study", study.root)
    assert code == 1, said
    assert all(other > 0 for kind, (_, other) in counts(said).items() if kind in ("data", "values", "tables"))
    assert not (study.root / "site").exists() and not (study.root / ".llmxsite").exists()


def number_in_a_table(site: Path) -> None:
    table = next(site.glob("figures/*/table.csv"))
    data = table.read_text(encoding="utf-8")
    table.write_text(re.sub(r"\d(?=\D*$)", lambda digit: str((int(digit[0]) + 1) % 10), data), encoding="utf-8")


def row_of_a_live_chart(site: Path) -> None:
    with next(site.glob("data/*.js")).open("a") as stream:
        stream.write("\n")


def first(site: Path, pattern: str, other: Callable[[re.Match[str]], str]) -> None:
    """Change the first place in the report's page that the pattern finds."""
    page = next(p for p in sorted(site.glob("reports/*/index.html")) if re.search(pattern, p.read_text()))
    page.write_text(re.sub(pattern, other, page.read_text(), count=1))


CHANGES: dict[str, tuple[str, Callable[[Path], None]]] = {
    "a number in a figure's table": ("data", number_in_a_table),
    "one byte of a live chart's rows": ("data", row_of_a_live_chart),
    "a number in prose": ("values", lambda site: first(site, r'(class="value"[^>]*>)[\d.]+', lambda m: f"{m[1]}12.3")),
    "what a number says of itself": (
        "values",
        lambda site: first(site, r'(class="value"[^>]*) samples', lambda m: m[1]),
    ),
    "a cell": ("tables", lambda site: first(site, r"(<td[^>]*>)[^<]+", lambda m: f"{m[1]}0.1234")),
    "a word": ("texts", lambda site: first(site, r"(<p>)\w+", lambda m: f"{m[1]}Otherwise")),
    "a picture's description": ("texts", lambda site: first(site, r'alt="\w+', lambda m: 'alt="Otherwise')),
}


@pytest.fixture
def other(site_study_built: tuple[Study, Path], tmp_path: Path) -> Path:
    return Path(shutil.copytree(site_study_built[1], tmp_path / "other"))


@pytest.mark.parametrize("name", CHANGES)
def test_one_change_in_a_site_is_found_once(site_study_built: tuple[Study, Path], other: Path, name: str) -> None:
    kind, change = CHANGES[name]
    change(other)
    code, said = compared(site_study_built[1], other)
    assert code == 1, said
    assert {k: differ for k, (_, differ) in counts(said).items() if differ} == {kind: 1}, said


def test_a_page_that_is_gone_is_missed_and_hashes_in_names_are_not_compared(
    site_study_built: tuple[Study, Path], other: Path
) -> None:
    data = next(other.glob("data/*-????????.js"))
    data.rename(data.with_name(re.sub(r"-[0-9a-f]{8}", "-00000000", data.name)))
    assert compared(site_study_built[1], other)[0] == 0
    (other / "methods.html").unlink()
    code, said = compared(site_study_built[1], other, "--only", "texts")
    assert code == 1 and "methods.html\n    ! only in the old site" in said and counts(said).keys() == {"texts"}


def test_what_cannot_be_built_is_no_difference(tmp_path: Path) -> None:
    code, said = compared("no-such-commit")
    assert code == 2 and "'no-such-commit' is no commit here" in said
    code, said = compared(ROOT, "--study", tmp_path)
    assert code == 2 and "content/site.yaml is missing" in said
    (tmp_path / "content").mkdir()
    (tmp_path / "content" / "site.yaml").write_text("titel: Wrong\n")
    code, said = compared(ROOT, "--study", tmp_path)
    assert code == 2 and "does not build" in said and "titel" in said
