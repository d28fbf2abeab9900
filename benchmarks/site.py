"""The site and the command line beside their budgets, in one run on one machine.

    python benchmarks/site.py [--models 29] [--rounds 3] [--scale 4]

`build` builds a study of a log a model (`trial`): cold, with nothing changed, with one report edited. `scale` builds 1, 2
and 4 times `--scale` models, to see what grows with what. `pages` measures what one more page of words costs, and what pages weigh
compressed, before pictures. `commands` measures `--help`, and `check` of this repository's study without and with its cache.
Name some of them to measure only those. Floors stand beside: reading the logs' lines, an interpreter that starts.
"""

from __future__ import annotations

import argparse
import gzip
import re
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import process
import trial

from llmxsite.base.user import study_cache

ROOT = Path(__file__).resolve().parent.parent
LLMXSITE = [sys.executable, "-m", "llmxsite"]
PAGES = 200
"""Pages of words more, to see what one costs."""
_ASSET = re.compile(r'(?:<script src|<link rel="stylesheet" href)="([^"]+)"')
_FONT = re.compile(r'url\("?([^")]+\.woff2)')
_ITALIC = re.compile(r"<(?:em|cite|i)>")
_LATER = re.compile(r'data-(?:vega|charts|live)="([^"]+)"')


def row(what: str, measured: str, budget: str, note: str = "") -> None:
    print(f"| {what} | {measured} | {budget} | {note} |", flush=True)


def build(options: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory() as folder:
        study = Path(folder)
        logs = trial.make(study, options.models)
        size = sum(log.stat().st_size for log in logs)
        floor = process.best([sys.executable, "-c", LINES, folder], options.rounds)
        command = [*LLMXSITE, "--study", folder, "build"]
        cost = cold(study)
        site = sum(path.stat().st_size for path in (study / "site").rglob("*") if path.is_file())
        count = f"{options.models * trial.ITEMS:,} samples, {size / 1e6:,.0f} MB"
        ratio = f"{cost.seconds / floor.seconds:.0f} times reading the lines ({floor.seconds:.2f} s)"
        row(f"cold build of {count}", f"{cost.seconds:.1f} s", "30 s", f"{cost.cpu:.1f} s of processor, {ratio}")
        together = f"{cost.together:.0f} MB with the processes beside it" if cost.together else ""
        row("memory of it", f"{cost.largest:.0f} MB", "500 MB", together)
        row("site of it", f"{site / 1e6:,.0f} MB", f"{size / 1e6:,.0f} MB, the logs", f"{site / size:.2f} of the logs")
        same = process.best(command, options.rounds)
        row(
            "nothing changed", f"{same.seconds:.2f} s", "0.5 s", f"{same.cpu:.2f} s of processor, {same.largest:.0f} MB"
        )
        edited = min(edit(study, number) for number in range(options.rounds))
        row(
            "one report edited",
            f"{edited.seconds:.2f} s",
            "1 s",
            f"{edited.cpu:.2f} s of processor, {edited.largest:.0f} MB",
        )


def cold(study: Path) -> process.Cost:
    for folder in (study_cache(study), study / "site"):
        shutil.rmtree(folder, ignore_errors=True)
    return process.run([*LLMXSITE, "--study", str(study), "build"])


def edit(study: Path, number: int) -> process.Cost:
    report = study / "content" / "reports" / trial.REPORT / "index.md"
    report.write_text(f"{report.read_text()}\nOne more line, number {number}.\n")
    return process.run([*LLMXSITE, "--study", str(study), "build"])


def scale(options: argparse.Namespace) -> None:
    known: list[tuple[int, process.Cost]] = []
    for times in (1, 2, 4):
        with tempfile.TemporaryDirectory() as folder:
            logs = trial.make(Path(folder), options.scale * times)
            known.append((len(logs) * trial.ITEMS, cold(Path(folder))))
    for samples, cost in known:
        note = f"{cost.cpu / samples * 1e5:.2f} s of processor for 100,000 samples"
        row(f"cold build of {samples:,} samples", f"{cost.cpu:.1f} s of processor", "linear", note)
    (small, first), _, (large, last) = known
    growth = (last.largest - first.largest) / (large - small) * 1e5
    row(
        "memory for each 100,000 samples more",
        f"{growth:.0f} MB",
        "flat",
        f"{first.largest:.0f} to {last.largest:.0f} MB",
    )


def pages(options: argparse.Namespace) -> None:
    costs = []
    for count in (0, PAGES):
        with tempfile.TemporaryDirectory() as folder:
            study = Path(folder)
            shutil.copytree(ROOT / "content", study / "content", ignore=shutil.ignore_patterns("reports", "models"))
            (study / "content" / "pages").mkdir(exist_ok=True)
            text = "\n\n".join(f"## Part {part}\n\n{WORDS}" for part in range(6))
            for number in range(count):
                (study / "content" / "pages" / f"p{number}.md").write_text(
                    f"---\ntitle: Page {number}\n---\n\n{text}\n"
                )
            costs.append(min(cold(study).cpu for _ in range(options.rounds)))
    note = f"of {len(text.split())} words: {PAGES} pages more in a cold build, processor time"
    row("a page without figures", f"{1000 * (costs[1] - costs[0]) / PAGES:.1f} ms", "8 ms", note)
    with tempfile.TemporaryDirectory() as folder:
        study = Path(folder)
        for name in ("content", "runs", "suites"):
            shutil.copytree(ROOT / name, study / name)
        cold(study)
        pages_of_samples = re.compile(r"/samples-\d+\.html$")
        weights = [weight(study / "site", path) for path in (study / "site").rglob("*.html")]
        shards = [entry for entry in weights if pages_of_samples.search(entry[0])]
        others = [entry for entry in weights if entry not in shards]
        heaviest("page before pictures", [(entry[1], entry[0]) for entry in others], "60 kB")
        heaviest("page with its charts drawn", [(entry[2], entry[0]) for entry in others], "450 kB")
        heaviest("page of 200 samples", [(entry[1], entry[0]) for entry in shards], "")


def heaviest(what: str, sizes: list[tuple[int, str]], budget: str) -> None:
    largest, address = max(sizes)
    middle = sorted(sizes)[len(sizes) // 2][0]
    row(
        f"heaviest {what}, compressed",
        f"{largest / 1000:.0f} kB",
        budget,
        f"{address}; the middle one {middle / 1000:.0f} kB",
    )


def weight(site: Path, page: Path) -> tuple[str, int, int]:
    """A page's address, its bytes with style, fonts and scripts, and those with what its charts load when they are seen."""
    text = page.read_text(encoding="utf-8")
    first = [page.parent / address for address in _ASSET.findall(text)]
    fonts = [
        sheet.parent / name for sheet in first if sheet.suffix == ".css" for name in _FONT.findall(sheet.read_text())
    ]
    if not _ITALIC.search(text):  # a browser asks for a font when there is something to set in it
        fonts = [font for font in fonts if "italic" not in font.name]
    later = {page.parent / address for address in _LATER.findall(text)}
    start = compressed(page) + sum(map(compressed, first)) + sum(font.stat().st_size for font in fonts)
    return page.relative_to(site).as_posix(), start, start + sum(map(compressed, later))


def compressed(path: Path) -> int:
    return len(gzip.compress(path.read_bytes(), 9))


def commands(options: argparse.Namespace) -> None:
    floor = process.best([sys.executable, "-c", "pass"], options.rounds)
    libraries = process.best([sys.executable, "-c", "import pandas, scipy.special"], options.rounds)
    shown = process.best([*LLMXSITE, "--help"], options.rounds, cwd=ROOT)
    row(
        "`--help`",
        f"{shown.seconds:.2f} s",
        "0.3 s",
        f"{shown.cpu:.2f} s of processor; an interpreter {floor.seconds:.2f} s",
    )
    with tempfile.TemporaryDirectory() as folder:
        for name in ("content", "runs", "suites"):
            shutil.copytree(ROOT / name, Path(folder) / name)
        command = [*LLMXSITE, "--study", folder, "check"]
        found = []
        for _ in range(options.rounds):
            shutil.rmtree(study_cache(Path(folder)), ignore_errors=True)
            found.append(process.run(command))
        first = min(found)
        imports = f"importing pandas and scipy.special {libraries.seconds:.2f} s"
        row(
            "`check` of this study, the first",
            f"{first.seconds:.2f} s",
            "2 s",
            f"{first.cpu:.2f} s of processor; {imports}",
        )
        again = process.best(command, options.rounds)
        row("`check` of this study, again", f"{again.seconds:.2f} s", "2 s", f"{again.cpu:.2f} s of processor")


LINES = "import sys, pathlib\nfor log in pathlib.Path(sys.argv[1]).glob('runs/*/*.jsonl'):\n    for _ in log.open('rb'): pass"
SENTENCE = "What a page of words holds: sentences with *emphasis*, some `code`, now and then a number such as 1,024. "
WORDS = 7 * SENTENCE + "And a [link](https://example.org) to somewhere else."
GROUPS: dict[str, Callable[[argparse.Namespace], None]] = {
    "build": build,
    "scale": scale,
    "pages": pages,
    "commands": commands,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "groups", nargs="*", metavar="GROUP", help=f"{', '.join(GROUPS)}; all of them when none is named"
    )
    parser.add_argument("--models", type=int, default=trial.MODELS, help="of `build`; each answers 12,032 questions")
    parser.add_argument("--scale", type=int, default=4, help="models of the smallest study of `scale`")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    unknown = set(options.groups) - set(GROUPS)
    if unknown:
        parser.error(f"no group {', '.join(sorted(unknown))}")
    source = "published outputs of MMLU-Pro" if trial.outputs() else "generated logs"
    print(f"{process.machine()}; {source}\n\n| what | measured | budget | beside |\n|---|---|---|---|")
    for name in options.groups or GROUPS:
        GROUPS[name](options)


if __name__ == "__main__":
    main()
