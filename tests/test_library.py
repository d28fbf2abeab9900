"""`llmxsite.open`: a study in a notebook. The code of docs/library.md runs against this repository's study."""

from __future__ import annotations

import ast
import inspect
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import llmxsite
from llmxsite.analysis.measure import Measure
from llmxsite.base.diagnostics import Issues, Problem
from llmxsite.cli import app
from llmxsite.cli.terminal import choose_study
from llmxsite.library.frames import Frame
from llmxsite.library.opened import OpenStudy

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "library.md"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """This repository's study, where nothing else works in it."""
    copy = tmp_path_factory.mktemp("study")
    for name in ("content", "suites", "runs"):
        shutil.copytree(ROOT / name, copy / name)
    return copy


@pytest.fixture(scope="module")
def study(folder: Path) -> OpenStudy:
    opened: OpenStudy = llmxsite.open(folder)
    return opened


def cells(page: Path) -> Iterator[str]:
    yield from re.findall(r"^```python\n(.*?)^```$", page.read_text(encoding="utf-8"), flags=re.M | re.S)


def test_the_code_of_the_docs_runs_and_each_cell_shows_something(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(folder)
    names: dict[str, Any] = {}
    for cell in cells(PAGE):
        tree = ast.parse(cell)
        for node in tree.body:
            if isinstance(node, ast.Expr):
                shown = eval(compile(ast.Expression(node.value), str(PAGE), "eval"), names)
                assert shown is not None or "save(" in cell or "print(" in cell, ast.unparse(node)
            else:
                exec(compile(ast.Module([node], []), str(PAGE), "exec"), names)
    assert capsys.readouterr().out == "did you mean 'model'?\n"
    assert (folder / "differences.svg").read_text(encoding="utf-8").startswith("<svg")
    assert len(list(cells(PAGE))) > 5


def test_every_argument_is_documented() -> None:
    text = PAGE.read_text(encoding="utf-8")
    for method in (OpenStudy.results, OpenStudy.samples, OpenStudy.figure):
        names = [name for name in inspect.signature(method).parameters if name not in ("self", "kind", "options")]
        assert not [name for name in names if not re.search(rf"`{name}\b", text)], method.__name__
    properties = [n for n, v in vars(OpenStudy).items() if isinstance(v, property)]
    assert not [name for name in properties if f"`study.{name}`" not in text]


def test_results_are_those_of_the_command_line(study: OpenStudy, folder: Path) -> None:
    words = [
        "results",
        "--by",
        "model,suite",
        "--report",
        "size-and-calibration",
        "--sort",
        "-accuracy",
        "--intervals",
        "ece",
    ]
    said = CliRunner().invoke(app, ["--study", str(folder), *words, "--format", "csv"]).stdout
    choose_study(None)
    frame = study.results("model,suite", report="size-and-calibration", sort="-accuracy", intervals="ece")
    assert frame.to_csv(index=False, lineterminator="\n") == said


def test_a_chart_is_the_figure_of_a_page(study: OpenStudy) -> None:
    from llmxsite.base.memory import Cache
    from llmxsite.press.catalogue import catalogue
    from llmxsite.press.site.edition import Edition
    from llmxsite.press.site.figures.drawing import draw

    cache, issues = Cache(None), Issues()
    edition = Edition(study.study, catalogue.read(study.study, cache, issues), cache, issues, None)
    runs = [run for run in edition.catalogue.runs if run.report == "size-and-calibration"]
    options = {"by": "suite", "colour": "model", "chance": 0.25}
    _, drawn = draw(edition, "bars", options, runs, id="accuracy")
    chart = study.figure("bars", report="size-and-calibration", **options)
    assert chart.frame.to_csv(index=False, lineterminator="\n") == drawn.csv
    assert (chart.caption, chart.alt, list(chart.notes), chart.runs) == (
        drawn.caption,
        drawn.alt,
        drawn.notes,
        drawn.runs,
    )


CHARTS: list[dict[str, Any]] = [
    {"kind": "bars", "by": "suite", "colour": "model"},
    {"kind": "heatmap", "rows": "model", "columns": "suite"},
    {"kind": "radar", "axes": "suite"},
    {"kind": "reliability", "by": "model"},
    {"kind": "confidence", "by": "model"},
    {"kind": "differences", "factor": "model", "by": "suite"},
    {"kind": "latency", "by": "model"},
    {"kind": "latency-distribution", "by": "model"},
    {"kind": "difficulty"},
    {"kind": "sweep", "x": "temperature", "report": "temperature-and-accuracy"},
    {"kind": "determinism", "report": "determinism"},
]


@pytest.mark.parametrize("options", CHARTS, ids=lambda options: options["kind"])
def test_every_kind_is_a_chart_that_altair_takes_for_valid(options: dict[str, Any], study: OpenStudy) -> None:
    import altair

    chart = study.figure(**{"report": "size-and-calibration", **options})
    assert isinstance(chart, altair.LayerChart)
    spec = chart.to_dict(validate=True)
    altair.LayerChart.validate(spec)
    assert spec["datasets"]
    assert "var(--" not in json.dumps(spec), "colours that only a page of ours knows"
    shown = chart._repr_mimebundle_()
    assert shown["application/vnd.vegalite.v6+json"]["title"]["text"]
    assert shown["image/png"].startswith("iVBOR")
    assert not re.search(r"<script|https?:", re.sub(r"base64,[^\"]*", "", shown["text/html"]))


def test_a_changed_chart_has_no_words_of_its_own(study: OpenStudy) -> None:
    chart = study.figure("bars", by="model", report="size-and-calibration")
    changed = chart.properties(width=300)
    with pytest.raises(AttributeError, match="changed copy"):
        _ = changed.caption
    shown = changed._repr_mimebundle_()
    assert shown["image/png"].startswith("iVBOR")
    assert "text/html" not in shown, "Altair's own page loads scripts from the network"


class Text(HTMLParser):
    """The rows of a table as a browser reads them, and every tag."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.tags: set[str] = set()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.add(tag)
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_data(self, data: str) -> None:
        if self.rows and self.rows[-1]:
            self.rows[-1][-1] += data


def test_a_table_shows_numbers_with_their_intervals(study: OpenStudy) -> None:
    frame = study.results("model", report="size-and-calibration")
    head, first, *_ = Text(frame._repr_html_()).rows
    row = frame.iloc[0]
    at = head.index("Accuracy")
    assert first[0] == row["model"]
    low, high = (f"{100 * row[end]:.1f}" for end in ("ci_low", "ci_high"))
    assert first[at] == f"{100 * row['accuracy']:.1f}% [{low}, {high}]"
    assert first[head.index("Samples")] == str(row["n"])


def test_text_from_a_log_is_escaped() -> None:
    import pandas as pd

    hostile = "<script>alert(1)</script>"
    frame = Frame.of(
        pd.DataFrame({"model": [hostile]}), notes=[hostile], heads=[Measure(name="model", title=hostile, form="text")]
    )
    assert "script" not in Text(frame._repr_html_()).tags
    assert "script" not in Text(Frame.of(frame, notes=[hostile])._repr_html_()).tags


def test_what_pandas_makes_of_a_frame_is_plain(study: OpenStudy) -> None:
    frame = study.results("model", report="size-and-calibration")
    assert not isinstance(frame.head(), Frame)
    assert not isinstance(frame[["model", "accuracy"]], Frame)
    samples = study.samples(report="size-and-calibration")
    samples["model"] = "changed"
    assert "changed" not in set(study.samples(report="size-and-calibration")["model"])


MISTAKES: list[tuple[Callable[[OpenStudy], object], str, str]] = [
    (lambda s: s.results(by="modle"), "table-column", "did you mean 'model'?"),
    (lambda s: s.results(sort="acuracy"), "table-column", "did you mean 'accuracy'?"),
    (lambda s: s.results(intervals="eces"), "table-column", "did you mean 'ece'?"),
    (lambda s: s.results(table="sumary"), "table-kind", "did you mean 'summary'?"),
    (lambda s: s.results(where={"modle": "x"}), "table-column", "did you mean 'model'?"),
    (lambda s: s.samples(where={"model": ["smollm2:135"]}), "no-samples", "did you mean 'smollm2:135m'?"),
    (lambda s: s.samples(report="determinsm"), "report-missing", "did you mean 'determinism'?"),
    (lambda s: s.figure("bar", by="model"), "chart-kind", "did you mean 'bars'?"),
    (lambda s: s.figure("bars", byy="model"), "chart-option", "did you mean 'by'?"),
    (lambda s: s.figure("bars", by="modle"), "chart-column", "did you mean 'model'?"),
    (lambda s: s.value("acuracy"), "value-query", "did you mean 'accuracy'?"),
]


@pytest.mark.parametrize(("ask", "code", "hint"), MISTAKES, ids=[f"{code}: {hint}" for _, code, hint in MISTAKES])
def test_a_mistake_is_a_problem_that_a_notebook_shows_in_lines(
    ask: Callable[[OpenStudy], object], code: str, hint: str, study: OpenStudy
) -> None:
    with pytest.raises(Problem) as caught:
        ask(study)
    first, *_, last = caught.value._render_traceback_()
    assert code in first
    assert last == f"    hint: {hint}"
    assert caught.value.__cause__ is None


def test_no_study_is_a_problem(tmp_path: Path) -> None:
    with pytest.raises(Problem, match="no study here"):
        llmxsite.open(tmp_path)


def test_a_log_that_changed_is_read_again_and_what_is_wrong_in_it_is_a_note(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "content").mkdir()
    shutil.copy(folder / "content" / "site.yaml", tmp_path / "content")
    shutil.copytree(folder / "runs" / "prompt-style", tmp_path / "runs" / "prompt-style")
    opened = llmxsite.open(str(tmp_path))
    before = opened.results("model")
    log = next((tmp_path / "runs" / "prompt-style").iterdir())
    log.write_bytes(b"".join(log.read_bytes().splitlines(keepends=True)[:11]) + b'{"type":"sample"}\n')
    after = opened.results("model")
    assert (after["n"][0], before["n"][0]) == (10, 384)
    assert any("log-line" in note for note in after.notes)
    assert "log-line" in after._repr_html_()


def test_opening_loads_no_tables_and_no_charts(folder: Path) -> None:
    code = "import sys, llmxsite; llmxsite.open(sys.argv[1]); print([m for m in ('pandas', 'altair', 'scipy', 'typer') if m in sys.modules])"
    ran = subprocess.run([sys.executable, "-c", code, str(folder)], capture_output=True, text=True, check=True)
    assert ran.stdout == "[]\n"


def test_the_types_of_open_are_those_of_its_stub() -> None:
    tree = ast.parse((ROOT / "llmxsite" / "__init__.pyi").read_text(encoding="utf-8"))
    stub = next(node for node in tree.body if isinstance(node, ast.FunctionDef))
    assert stub.name == "open"
    assert [a.arg for a in stub.args.args] == list(inspect.signature(llmxsite.open).parameters)
