"""Every reader of what somebody else wrote, fed with what nobody meant to write: `make fuzz`.

Each example is a whole input of one reader, grown out of a good one and of the seeds in `tests/cases/fuzz/READER`, which are inputs that once
made it fail. A reader may say what is wrong (`Problem`, issues, `Refused`); anything else it raises is a fault of ours, and the input is
kept there. `tests/test_fuzz.py` reads the seeds at every test run.
"""

from __future__ import annotations

import contextlib
import hashlib
import random
import re
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from llmxsite.base.diagnostics import Issues, Problem
from llmxsite.base.document import Document
from llmxsite.base.foreign_text import Table, json_value, text
from llmxsite.press.files import Refused, cleaned, css

SEEDS = Path(__file__).parent / "cases/fuzz"
GOOD = {
    "yaml": b"title: T\nitems: [1, 2.5, 'x']\na: &a {b: 1e-3}\nc: *a\ntext: |\n  words\n",
    "json": b'{"a": [1, 2.5, "x\\u00e9", null, true], "b": {"c": -1e-3}}',
    "log": (
        b'{"type":"run","schema":3,"id":"r","report":"r1","task":"benchmark","experiment":{"sweep":{"temperature":[0.0]}},"suites":[],'
        b'"engine":{"name":"ollama"},"models":[{"name":"m"}]}\n'
        b'{"type":"sample","key":"k","item":"i","item_hash":"h","condition":{"model":"m"},"outcome":"ok","reply":{"text":"A"},'
        b'"scores":{"answer":"A","correct":true,"confidence":0.5}}\n{"type":"end","time":"t","counts":{},"sha256":"x","reason":"complete"}\n'
    ),
    "markdown": (
        b"---\ntitle: T\n---\n# T\n\nWords **bold** `code` $x^2$ [a](b.md) ![p](x.png) [@k] {sub}`2` {value}`accuracy`\n\n"
        b"```{note} Title\n:class: x\nbody\n```\n\n$$\\frac{a}{b}$$\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n<div onclick='x'>raw</div>\n\n- [ ] x\n\n[^1]\n\n[^1]: n\n"
    ),
    "bibtex": b'@string{s = "x"}\n@article{k, title = {A {B} \\"o $x$}, author = {A, B and {C}}, year = 2020, journal = s # s}\n@comment{x}\n',
    "maths": b"\\frac{a}{\\sqrt{b}} \\begin{aligned} x &= y \\\\ z \\end{aligned} \\text{words} \\left( \\alpha \\right)",
    "html": b"<div class='a' style='x'><a href='b'>c</a><img src=x onerror=y><!-- z --><svg><script>1</script></svg></div>",
    "suite": b"id: s\ntitle: S\nitems:\n  - id: a\n    question: Q\n    choices: [x, y]\n    answer: A\n",
    "experiment": b"task: benchmark\nsuites: [s1]\nmodels: [m1]\nsweep: {temperature: [0.0, 0.7]}\nrepeats: 2\npredictions:\n  - accuracy > 0.5\n",
    "csv": b'question;a;b\nx;1,5;"y\nz"\n',
    "svg": b"<svg xmlns='http://www.w3.org/2000/svg'><style>a{}</style><g style='fill:red'><path d='M0 0'/></g><a href='x'/></svg>",
    "css": b"a { b: url(data:x) } @media x { c { d: '\\201C' } } /* e */",
}
"""A good input of each reader."""


def _in_study(name: str, read: Callable[[Path], object]) -> Callable[[bytes], object]:
    """A reader of a file at a place in a study."""

    def run(data: bytes) -> object:
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            for needed, words in (
                ("content/site.yaml", "title: T\n"),
                ("suites/s1.yaml", GOOD["suite"].decode().replace("id: s", "id: s1")),
            ):
                (root / needed).parent.mkdir(parents=True, exist_ok=True)
                (root / needed).write_text(words)
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
            return read(root)

    return run


def _log(root: Path) -> None:
    from llmxsite.analysis import results, tables
    from llmxsite.base.memory import Cache
    from llmxsite.log.runlog import verify
    from llmxsite.press.catalogue import catalogue
    from llmxsite.press.site.samples import sheets
    from llmxsite.study.study import Study

    study, issues = Study(root), Issues()
    (path,) = study.run_logs()
    found = catalogue.read(study, Cache(None), issues)
    samples = tables.load(study, issues)
    if len(samples):
        results.summarise(samples, ["model"])
    for entry in found.logs:
        sheets.write(
            sheets.SheetJob(path, entry.report, entry.id, entry.run.task, "<!--samples-->", frozenset(), {}),
            lambda a, c: "x",
        )
    verify(path, issues)


def _markdown(data: bytes) -> None:
    from text_support import RecordingHost

    from llmxsite.press.writing import frontmatter
    from llmxsite.press.writing.frontmatter import ReportMeta
    from llmxsite.press.writing.markdown import render

    issues = Issues()
    article = frontmatter.parse(data.decode("utf-8", "replace"), Path("x.md"), ReportMeta, issues)
    for trusted in (True, False):
        render(article.body, Path("x.md"), RecordingHost(), first_line=article.first_line, trusted=trusted)


def _bibtex(data: bytes) -> None:
    from llmxsite.press.writing import bibtex

    bibtex.parse(data.decode("utf-8", "replace"), "x.bib", Issues())


def _maths(data: bytes) -> None:
    from llmxsite.press.writing import maths

    with contextlib.suppress(maths.FormulaError):
        maths.to_mathml(data.decode("utf-8", "replace"), display=True)


def _html(data: bytes) -> None:
    from llmxsite.press.writing import sanitise

    html, _ = sanitise.fragment(data.decode("utf-8", "replace"), lambda tag, url: url)
    for trusted in (True, False):
        clean = sanitise.clean(html, [], trusted=trusted).lower()
        tags = re.sub(r'"[^"]*"', '""', clean)
        assert not re.search(r"<script|<[^<>]*(javascript:| on\w+=| style=)", tags), clean


def _suite(root: Path) -> None:
    from llmxsite.study.suite import load

    load(root / "suites/s9.yaml", Issues())


def _experiment(root: Path) -> None:
    from llmxsite.study.experiment import load
    from llmxsite.study.study import Study

    load(Study(root), "r1", Issues())


READERS: dict[str, Callable[[bytes], object]] = {
    "yaml": lambda data: Document.parse(text(data, "x.yaml"), "x.yaml"),
    "json": lambda data: (Document.parse_json(text(data, "x.json"), "x.json"), json_value(data)),
    "log": _in_study("runs/r1/r.jsonl", _log),
    "markdown": _markdown,
    "bibtex": _bibtex,
    "maths": _maths,
    "html": _html,
    "suite": _in_study("suites/s9.yaml", _suite),
    "experiment": _in_study("content/reports/r1/experiment.yaml", _experiment),
    "csv": lambda data: list(Table(data, "x.csv").rows()),
    "svg": lambda data: cleaned(data, ".svg"),
    "css": lambda data: (css.fault(data.decode("utf-8", "replace")), css.declarations(data.decode("utf-8", "replace"))),
}
SAID = (Problem, Refused)
"""What a reader says of an input that is none."""
_BITS = [
    b"\0",
    b"\xff",
    b"\xed\xa0\x80",
    b"\xe2\x80\xae",
    b"\x1b[",
    b"{" * 200,
    b"[" * 2000,
    b"9" * 5000,
    b"1e999",
    b"-",
    b"NaN",
    b"*a",
    b"&a",
    b"<![",
    b"<!--",
    b"]]>",
]
_BITS += [
    b"$",
    b"`",
    b"```{",
    b"\\",
    b"{{",
    b"%",
    b"\r",
    b"\n\n",
    b"  ",
    b"|",
    b"@",
    b"#",
    b'"',
    b"'",
    b":",
    b",",
    b"=",
    b"<",
    b">",
    b"&#x0;",
    b"null",
    b"[]",
    b"{}",
]


def mutated(data: bytes, rng: random.Random) -> bytes:
    """An input with some of it left out, doubled, moved, or put in place of other."""
    out = bytearray(data)
    for _ in range(rng.randint(1, 8)):
        at, length = rng.randint(0, len(out)), rng.choice([0, 1, 1, 2, 5, 20])
        kind = rng.randint(0, 4)
        if kind == 0:
            del out[at : at + length]
        elif kind == 1:
            out[at:at] = rng.choice(_BITS)
        elif kind == 2:
            out[at : at + length] = rng.choice(_BITS)
        elif kind == 3:
            out[at:at] = out[rng.randint(0, len(out)) :][: length + 1] * rng.choice([1, 1, 2, 50])
        else:
            out[at : at + 1] = bytes([rng.randint(0, 255)])
    return bytes(out[:200_000])


def attempt(name: str, data: bytes) -> BaseException | None:
    """What a reader raised that it should not have; None where it took the input or said what is wrong with it."""
    try:
        READERS[name](data)
    except SAID:
        return None
    except Exception as error:
        return error
    return None


def main(seconds: float, seed: int, names: list[str]) -> int:
    """Feed every reader for its share of the time; how many inputs made one fail."""
    rng, failed = random.Random(seed), 0
    for name in names or list(READERS):
        seeds = [GOOD[name], *(p.read_bytes() for p in sorted((SEEDS / name).glob("*")))]
        until, count, seen = time.monotonic() + seconds / len(names or READERS), 0, set()
        while time.monotonic() < until:
            data = mutated(rng.choice(seeds), rng)
            count += 1
            error = attempt(name, data)
            if error is not None:
                trace = error.__traceback__
                while trace is not None and trace.tb_next is not None:
                    trace = trace.tb_next
                mark = (
                    type(error).__name__,
                    trace.tb_frame.f_code.co_filename if trace else "",
                    trace.tb_lineno if trace else 0,
                )
                if mark not in seen:
                    seen.add(mark)
                    failed += 1
                    kept = SEEDS / name / hashlib.sha256(data).hexdigest()[:12]
                    kept.parent.mkdir(parents=True, exist_ok=True)
                    kept.write_bytes(data)
                    sys.stderr.write(
                        f"{name}: {mark[0]}: {str(error)[:200]} at {mark[1]}:{mark[2]}; kept as {kept.name}\n"
                    )
        sys.stderr.write(f"{name}: {count:,} inputs\n")
    return failed


if __name__ == "__main__":
    import argparse

    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument(
        "readers", nargs="*", metavar="READER", help=f"of {', '.join(READERS)}; all when none is named"
    )
    options.add_argument("--seconds", type=float, default=600)
    options.add_argument("--seed", type=int, default=0)
    given = options.parse_args()
    sys.exit(min(main(given.seconds, given.seed, given.readers), 1))
