"""One study built by two states of the source, and every number compared: what a change that must change none is held to.

    python benchmarks/two_builds.py OLD [NEW] [--study FOLDER]... [--only KIND]... [--most 20]

OLD and NEW are each a commit of this repository, a folder with the package `llmxsite` in it, or a site that was built before (a
folder with a manifest.json); NEW is this working tree where it is left out. Every study (this repository's, where none is named)
is copied without what builds remember and without its repository, and built cold by both with this interpreter. Its pictures,
style sheets and scripts are not compared; these are:

- `data`: byte for byte, what figures, tables and searches are made from: CSV, Vega-Lite, rows for live charts, logs
- `values`: each number that a `{value}` writes into a page, with its interval and what it says of itself
- `tables`: each row of each table, as it is read
- `texts`: all other words of the pages, pictures' descriptions and hints among them, and the pages that there are

Left out are the hash of its content in a file's name, the version of llmxsite at the foot of a page, and the line that installs
it. Exit code 0 where nothing differs, 1 where something does, 2 where a study cannot be built.

    $ python benchmarks/two_builds.py v0.1.0 --only data --only values
    llmxsite of v0.1.0 and of /home/ada/llmxsite
    /home/ada/llmxsite: data: 72 compared, 0 differ
    /home/ada/llmxsite: values: 101 compared, 1 differs
      reports/prompt-style/index.html
        - 41.3% [36.5, 46.2] (share of answers that are right; n = 400 samples of 200 items)
        + 41.4% [36.6, 46.3] (share of answers that are right; n = 400 samples of 200 items)
"""

from __future__ import annotations

import argparse
import io
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from difflib import unified_diff
from html.parser import HTMLParser
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PARTS = ("content", "runs", "suites", "contributions")
"""Folders of a study that a build reads."""
KINDS = ("data", "values", "tables", "texts")
_HASH = re.compile(r"-[0-9a-f]{8}(?=\.\w+$)")
_MADE_BY = re.compile(r"Made with llmxsite \S+|^(?:# llmxsite \d|pip install ).*")
_DATA = (".csv", ".json", ".js", ".gz", ".xml")
_NO_DATA = ("assets/", "search/", "manifest.json")
"""Scripts and fonts; an index of the pages' words, which are compared themselves; names with hashes."""
_VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
_INLINE = re.compile(
    r"a|abbr|b|br|button|cite|code|del|em|i|img|input|ins|kbd|mark|m(?!ain|eta)[a-z]+|q|s|samp|small|span|strong|su[bp]|time|u|var|wbr"
)
"""Elements, MathML's among them, that do not end a line of words."""
_SAID = ("alt", "aria-label", "title")
"""Attributes that are words for readers."""


class UnbuiltError(Exception):
    """There is nothing to compare."""


@dataclass
class Site:
    """What is compared of a site: its data files, and lines of its pages, by name."""

    data: dict[str, Path] = field(default_factory=dict)
    values: dict[str, list[str]] = field(default_factory=dict)
    tables: dict[str, list[str]] = field(default_factory=dict)
    texts: dict[str, list[str]] = field(default_factory=dict)


class Words(HTMLParser):
    """The words of a page: the numbers of `{value}`, rows of tables, and the rest, a line a block."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.values: list[str] = []
        self.rows: list[str] = []
        self.lines: list[str] = []
        self._open: list[str] = []
        self._line: list[str] = []
        self._cells: list[str] | None = None
        """Of the row that is open."""
        self._value: tuple[int, str, list[str]] | None = None
        """The number that is open: how deep, what it says of itself, its words."""
        self.feed(page)
        self.close()
        self._end_line()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if not _INLINE.fullmatch(tag):
            self._end_line()
        if tag == "tr":
            self._cells = []
        elif tag in ("td", "th") and self._cells is not None:
            self._cells.append("")
        if tag not in _VOID:
            self._open.append(tag)
        if self._value is None and "value" in (given.get("class") or "").split() and tag in ("a", "span"):
            self._value = len(self._open), given.get("title") or "", []
            return
        for name in _SAID:
            if said := given.get(name):
                self.handle_data(f" [{said}] ")

    def handle_endtag(self, tag: str) -> None:
        if tag not in self._open:
            return
        while self._open.pop() != tag:
            pass
        if self._value is not None and len(self._open) < self._value[0]:
            _, title, words = self._value
            self._value = None
            self.values.append(f"{_plain(words)} ({title})")
            self.handle_data(" … " if self._cells is None else _plain(words))
        if tag == "tr" and self._cells is not None:
            self.rows.append(" | ".join(_plain([cell]) for cell in self._cells))
            self._cells = None
        if not _INLINE.fullmatch(tag):
            self._end_line()

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] in ("script", "style"):
            return
        if self._value is not None:
            self._value[2].append(data)
        elif self._cells:
            self._cells[-1] += data
        else:
            for number, piece in enumerate(data.split("\n") if "pre" in self._open else [data]):
                if number:
                    self._end_line()
                self._line.append(piece)

    def _end_line(self) -> None:
        if self._cells:
            self._cells[-1] += " "
        elif line := _MADE_BY.sub("", _plain(self._line)):
            self.lines.append(line)
        if not self._cells:
            self._line = []


def _plain(words: list[str]) -> str:
    return " ".join("".join(words).split())


def read(folder: Path) -> Site:
    """What is compared of a built site, by names without their hashes."""
    found = Site()
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        name = _HASH.sub("", path.relative_to(folder).as_posix())
        if path.suffix == ".html":
            words = Words(path.read_text(encoding="utf-8"))
            found.values[name], found.tables[name], found.texts[name] = words.values, words.rows, words.lines
        elif path.suffix in _DATA and not name.startswith(_NO_DATA):
            found.data[name] = path
    return found


def changed(old: list[str], new: list[str]) -> list[str]:
    """What is no longer there, marked with -, and what is there instead, marked with +."""
    if old == new:
        return []
    lines = list(unified_diff(old, new, lineterm="", n=0))[2:]
    return [f"{line[0]} {line[1:].strip()[:200]}" for line in lines if not line.startswith("@@")]


def changed_bytes(old: Path, new: Path) -> list[str]:
    """The same of two data files."""
    if old.read_bytes() == new.read_bytes():
        return []
    return changed(_pieces(old), _pieces(new)) or ["! other bytes"]


def _pieces(path: Path) -> list[str]:
    """A data file in pieces that can be shown: rows of a table, members of an object. What is packed has none."""
    if path.suffix == ".gz":
        return []
    text = path.read_bytes().decode("utf-8", "backslashreplace")
    return text.splitlines() if path.suffix == ".csv" else re.split(r"(?<=[\n,{}])", text)


def compare(old: Path, new: Path, kinds: tuple[str, ...], most: int, label: str) -> bool:
    """Whether two built sites are the same in these kinds; what is not is printed, at most `most` lines a kind."""
    sites = read(old), read(new)
    same = True
    for kind in kinds:
        before, after = (getattr(site, kind) for site in sites)
        count = len(before) if kind == "data" else sum(map(len, before.values()))
        found: dict[str, list[str]] = {}
        for name in sorted(before.keys() | after.keys()):
            if name in before and name in after:
                found[name] = (changed_bytes if kind == "data" else changed)(before[name], after[name])
            else:
                found[name] = ["! only in the old site" if name in before else "! only in the new site"]
        found = {name: lines for name, lines in found.items() if lines}
        each = 1 if kind == "data" else None
        number = sum(
            each or max(sum(line[0] in marks for line in lines) for marks in ("-!", "+!")) for lines in found.values()
        )
        print(f"{label}: {kind}: {count:,} compared, {number:,} differ{'s' if number == 1 else ''}", flush=True)
        shown = [line for name, lines in found.items() for line in (f"  {name}", *(f"    {line}" for line in lines))]
        print(*(line.encode(errors="replace").decode() + "\n" for line in shown[:most]), sep="", end="")
        if len(shown) > most:
            print(f"  and {len(shown) - most:,} lines more")
        same = same and not found
    return same


def source(named: str, folder: Path) -> Path:
    """The folder that `named` means: a source tree or a built site as it stands, or a commit's package in `folder`."""
    path = Path(named).resolve()
    if (path / "llmxsite" / "__init__.py").is_file() or (path / "manifest.json").is_file():
        return path
    archive = subprocess.run(["git", "-C", str(ROOT), "archive", named, "llmxsite"], capture_output=True)
    if archive.returncode:
        raise UnbuiltError(f"'{named}' is no commit here, no folder with llmxsite in it, and no built site")
    with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as packed:
        packed.extractall(folder, filter="data")
    return folder


def build(tree: Path, study: Path, out: Path) -> Path:
    """The study's site by the package in `tree`, cold, in `out`. Raises `UnbuiltError` with what the build says."""
    if (tree / "manifest.json").is_file():
        return tree
    shutil.rmtree(study / ".llmxsite", ignore_errors=True)  # of trees that kept their memory there
    environment = os.environ | {"PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1", "NO_COLOR": "1"}
    environment["LLMXSITE_CACHE"] = str(out.with_name(f"{out.name}-cache"))

    def python(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([sys.executable, *words], cwd=tree, env=environment, capture_output=True, text=True)

    # A package installed in editable mode must not stand in for the one to be measured.
    used = python("-c", "import llmxsite; print(llmxsite.__path__[0])").stdout.strip()
    if not used or Path(used).resolve() != (tree / "llmxsite").resolve():
        raise UnbuiltError(f"{tree}: python imports {used or 'no llmxsite'}")
    made = python("-m", "llmxsite", "--study", str(study), "build", "--out", str(out))
    if made.returncode or not (out / "manifest.json").is_file():
        raise UnbuiltError(f"{tree} does not build {study}:\n{made.stdout[-2000:]}{made.stderr[-2000:]}")
    return out


def copied(study: Path, folder: Path) -> Path:
    """A study to be built, without what earlier builds remember; files are linked where the disk can."""

    def link(old: str, new: str) -> object:
        try:
            os.link(old, new)
        except OSError:
            shutil.copy2(old, new)
        return new

    if not (study / "content" / "site.yaml").is_file():
        raise UnbuiltError(f"{study}: no study here: content/site.yaml is missing")
    for part in PARTS:
        if (study / part).is_dir():
            shutil.copytree(study / part, folder / part, copy_function=link)
    return folder


def main(words: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("old", help="a commit, a folder with llmxsite in it, or a built site")
    parser.add_argument("new", nargs="?", default=str(ROOT), help="the same; this working tree if left out")
    parser.add_argument("--study", action="append", type=Path, help="folder of a study; may be given again")
    parser.add_argument("--only", action="append", choices=KINDS, help="compare this alone; may be given again")
    parser.add_argument("--most", type=int, default=20, help="lines shown of what differs, a kind and study")
    options = parser.parse_args(words)
    kinds = tuple(kind for kind in KINDS if kind in (options.only or KINDS))
    same = True
    with ExitStack() as stack:
        new_folder: Callable[[], Path] = lambda: Path(stack.enter_context(tempfile.TemporaryDirectory()))  # noqa: E731
        try:
            trees = source(options.old, new_folder()), source(options.new, new_folder())
            print(f"llmxsite of {options.old} and of {options.new}", flush=True)
            built = all((tree / "manifest.json").is_file() for tree in trees)
            for study in [ROOT] if built else options.study or [ROOT]:
                copy = new_folder() if built else copied(study.resolve(), new_folder())
                old, new = (build(tree, copy, new_folder() / "site") for tree in trees)
                same = compare(old, new, kinds, options.most, "sites" if built else str(study)) and same
        except UnbuiltError as problem:
            print(problem, file=sys.stderr)
            return 2
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
