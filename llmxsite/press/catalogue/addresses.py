"""Every question about addresses, in pure functions.

An *address* is a page's or file's place in the site, from its root, with forward slashes and without a leading one:
`reports/temperature/index.html`. Pages link to each other by *relative* addresses that name files, so the same bytes work
at a domain's root, under `/<repository>/` and from a disk.
"""

from __future__ import annotations

import posixpath
import re
from math import isfinite
from pathlib import Path
from urllib.parse import quote, urlencode, urlsplit

from llmxsite.base.diagnostics import Problem
from llmxsite.base.memory import digest
from llmxsite.study.study import is_slug, slugify

HOME = "index.html"
NOT_FOUND = "404.html"
SEARCH = "search.html"
TESTS = "tests.html"
MANIFEST = "manifest.json"
SAMPLES_A_PAGE = 200
PUBLISHED = frozenset(
    [
        ".png",
        ".jpg",
        ".jpeg",
        ".gif",
        ".webp",
        ".avif",
        ".svg",
        ".csv",
        ".pdf",
        ".json",
        ".jsonl",
        ".txt",
        ".zip",
        ".bib",
        ".yaml",
        ".yml",
    ]
)
"""Kinds of file beside a write-up that are copied when it links to them."""
MAX_PART = 200
_ADDRESS = re.compile(r"[A-Za-z0-9._~-]+(?:/[A-Za-z0-9._~-]+)*")


def index(section: str) -> str:
    """`index("reports")` -> `reports/index.html`."""
    return f"{section}/index.html"


def section(name: str) -> str:
    """Where a section of the bar leads: `section("reports")` -> `reports/index.html`, `section("methods")` -> `methods.html`."""
    return f"{name}.html" if name in ("methods", "hardware") else index(name)


def report(slug: str) -> str:
    """`report("temperature")` -> `reports/temperature/index.html`."""
    return f"reports/{part(slug)}/index.html"


def page(slug: str) -> str:
    """`page("about")` -> `pages/about.html`."""
    return f"pages/{part(slug)}.html"


def model(slug: str) -> str:
    """`model("llama3.2-3b")` -> `models/llama3.2-3b.html`."""
    return f"models/{part(slug)}.html"


def suite(slug: str, number: int = 1) -> str:
    """`suite("arc")` -> `suites/arc/index.html`; `suite("arc", 3)` -> `suites/arc/items-003.html`."""
    return f"suites/{part(slug)}/{'index' if number == 1 else f'items-{number:03d}'}.html"


def run(report_slug: str, run_id: str) -> str:
    """`run("temperature", "20260801-1")` -> `runs/temperature/20260801-1/index.html`."""
    return f"runs/{part(report_slug)}/{part(run_id)}/index.html"


def drift(report_slug: str, run_id: str) -> str:
    """`drift("temperature", "20260801-2")` -> `runs/temperature/20260801-2/drift.html`."""
    return f"runs/{part(report_slug)}/{part(run_id)}/drift.html"


def samples(report_slug: str, run_id: str, number: int) -> str:
    """`samples("t", "r1", 3)` -> `runs/t/r1/samples-003.html`."""
    return f"runs/{part(report_slug)}/{part(run_id)}/samples-{number:03d}.html"


def explorer(**view: object) -> str:
    """Where all samples of the study are found, and what of them is shown; what is None is not chosen.

    `explorer(model="phi3", temperature=1.0)` -> `samples/index.html?model=phi3&temperature=1`
    """
    query = urlencode({name: level(value) for name, value in view.items() if value is not None})
    return f"{index('samples')}?{query}" if query else index("samples")


def level(value: object) -> str:
    """A level of a factor as addresses and figures name it: `0.7`, `1` rather than `1.0`."""
    if isinstance(value, float) and isfinite(value):
        return str(int(value)) if value == int(value) and abs(value) < 1e15 else f"{value:.6g}"
    return str(value)


def sample_anchor(key: str) -> str:
    """`sample_anchor("9f2c51aa...")` -> `s-9f2c51aa7b`: enough of the key to be alone on its page."""
    return f"s-{re.sub(r'[^0-9A-Za-z]', '', key)[:10]}"


def compare(report_slug: str, pair: str) -> str:
    """`compare("temperature", "phi3-0.1-vs-1.0")` -> `compare/temperature/phi3-0.1-vs-1.0.html`."""
    return f"compare/{part(report_slug)}/{part(pair)}.html"


def figure(figure_id: str) -> str:
    """`figure("temperature-accuracy")` -> `figures/temperature-accuracy.html`: stable as long as the figure's name is."""
    return f"figures/{part(figure_id)}.html"


def figure_file(figure_id: str, kind: str, suffix: str, content: bytes | None = None) -> str:
    """A file of a figure. With its content, the name carries a hash, for readers that cache pictures for good.

    `figure_file("t-acc", "table", "csv")` -> `figures/t-acc/table.csv`
    `figure_file("t-acc", "light", "svg", b"...")` -> `figures/t-acc/light-3f1c9a02.svg`
    """
    return f"figures/{part(figure_id)}/{hashed(kind, suffix, content) if content is not None else f'{kind}.{suffix}'}"


def hashed(name: str, suffix: str, content: bytes) -> str:
    """`hashed("site", "css", b"...")` -> `site-3f1c9a02.css`."""
    return f"{name}-{digest(content)[:8]}.{suffix}"


def relative(source: str, target: str) -> str:
    """From page to page: `relative("reports/t/index.html", "models/phi3.html#use")` -> `../../models/phi3.html#use`.

    Absolute addresses with a scheme (`https:`, `mailto:`) come back as they are.
    """
    if urlsplit(target).scheme:
        return target
    path, mark, fragment = target.partition("#")
    if not path or path == source:
        return f"#{fragment}" if fragment else posixpath.basename(source)
    return posixpath.relpath(path, posixpath.dirname(source) or ".") + mark + fragment


def absolute(base_url: str, address: str) -> str:
    """`absolute("https://a.org/r", "reports/t/index.html")` -> `https://a.org/r/reports/t/`; files keep their names."""
    address, mark, fragment = address.partition("#")
    folder = address.removesuffix(HOME) if f"/{address}".endswith(f"/{HOME}") else address
    return f"{base_url.rstrip('/')}/{quote(folder, safe='/~')}{mark}{fragment}"


def part(text: str) -> str:
    """One part of an address for any name: itself when it is a slug, else a slug of it with a hash that keeps it apart.

    `part("phi3")` -> `phi3`; `part("../etc")` -> `etc-1cf21a2e`
    """
    if is_slug(text):
        return text
    return f"{slugify(text)[:80]}-{digest(text)[:8]}"


def output(root: Path, address: str) -> Path:
    """Where an address is written. The only way from an address to a file, and it cannot leave `root`.

    Raises `Problem` for an address with a part `..`, a character that is not plain, or more than fits into a name. That no link leads
    outside, `base.written` sees to.
    """
    parts = address.split("/")
    if not _ADDRESS.fullmatch(address) or any(p.strip(".") == "" for p in parts):
        raise Problem.at(address or "(empty)", "address-invalid", f"'{address}' cannot be an address in the site")
    if any(len(p) > MAX_PART for p in parts):
        raise Problem.at(address[:200], "address-invalid", f"a part of an address has at most {MAX_PART} characters")
    return root.joinpath(*parts)
