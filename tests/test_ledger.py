"""The ledger of tests, and looks: every test once, in three families; data that came after results are marked."""

from __future__ import annotations

import csv
import html
import re
from dataclasses import asdict
from pathlib import Path
from typing import Any

import msgspec
import pytest
import site_study
from collect_support import make_study, run, write_experiment
from hypothesis import given
from hypothesis import strategies as st
from servers.fake import Fake

from llmxsite.analysis.results import kind
from llmxsite.analysis.stats.multiple import adjust
from llmxsite.base.diagnostics import Issues
from llmxsite.base.memory import Cache
from llmxsite.exchange.engine.protocol import EngineInfo
from llmxsite.log.record import End, RerunOf, Run, Share
from llmxsite.press.catalogue import catalogue
from llmxsite.press.catalogue.entries import RunEntry
from llmxsite.press.site.build import build
from llmxsite.press.site.ledger import LedgerEntry, lines, of_pairs, of_value
from llmxsite.press.site.looks import looks
from llmxsite.study.study import Study


def shown(p: float | None, place: str = "Figure 1", report: str = "r", **more: Any) -> LedgerEntry:
    sides = more.pop("sides", ["accuracy", "temperature", "0", "1"])
    return LedgerEntry(
        report=report,
        address=f"{report}#{place}",
        place=place,
        what="a minus b",
        sides=sides,
        n=20,
        difference=0.1,
        p=p,
        **more,
    )


@given(st.lists(st.floats(1e-9, 1), min_size=1, max_size=12))
def test_the_study_is_one_family(p: list[float]) -> None:
    tests = [shown(x, report=f"r{n}") for n, x in enumerate(p)]
    assert [line.p_study for line in lines(tests)] == pytest.approx(list(adjust(p).p))


def test_a_test_that_is_shown_twice_counts_once() -> None:
    figure = shown(0.0123456789, p_family=0.03)
    rounded = msgspec.structs.replace(figure, place="Table 1", p=0.012346, p_family=0.02)
    turned = msgspec.structs.replace(figure, place="Compare page", difference=-0.1, p_family=0.025)
    other = msgspec.structs.replace(figure, sides=["accuracy", "temperature", "0", "2"], what="a minus c")
    margin = msgspec.structs.replace(figure, place="Prediction 1", declared="prediction", p=0.3, p_family=0.6)
    found = lines([margin, figure, rounded, turned, other])
    assert [[place for place, _ in line.places] for line in found] == [
        ["Prediction 1"],
        ["Figure 1", "Table 1", "Compare page"],
        ["Figure 1"],
    ]
    assert [line.p_shown for line in found] == [None, 0.03, 0.03]
    assert [line.p_declared for line in found] == [0.6, None, None]
    assert found[1].p_study == pytest.approx(3 * 0.0123456789)


def test_what_was_declared_stands_for_the_places_that_show_it() -> None:
    figure = shown(0.01, p_family=0.03)
    declared = msgspec.structs.replace(
        figure, place="Prediction 1", declared="prediction", p_family=0.02, verdict="supported"
    )
    (line,) = lines([figure, declared])
    assert (line.test.verdict, line.p_shown, line.p_declared, line.p_study) == ("supported", 0.03, 0.02, 0.03)


def test_pairs_that_were_compared_and_are_not_shown_count_in_the_study() -> None:
    """The two of 28 pairs that differ most, as a page picks them: over the study they are not found either."""
    pair = shown(0.005, p_family=28 * 0.005)
    other = msgspec.structs.replace(pair, sides=["accuracy", "temperature", "0", "2"], what="a minus c")
    assert [line.p_study for line in lines([pair, other])] == pytest.approx([0.14, 0.14])


def test_without_a_p_there_is_no_family() -> None:
    same = shown(None, verdict="identical")
    waiting = msgspec.structs.replace(same, what="a minus b > 0", verdict="not measured yet")
    assert [line.p_study for line in lines([same, waiting, shown(0.2)])] == [None, None, 0.2]


def entry(number: int, started: str, ended: str | None, **more: Any) -> RunEntry:
    extended = more.pop("extended", [])
    engine = EngineInfo(name=more.pop("engine", "ollama"))
    header = {"schema": 1, "report": "r", "task": "benchmark", "experiment": {}, "suites": [], "models": []}
    made = Run(id=f"run-{number}", started=started, engine=engine, **(header | more))
    end = End(time=ended, counts={}, sha256="") if ended else None
    return RunEntry(run=made, path=f"runs/r/run-{number}.jsonl", hash="", size=1, end=end, extended=extended)


CATEGORY = next(iter(site_study.CATEGORIES))
FIRST = entry(1, "2026-01-01T10:00:00Z", "2026-01-01T11:00:00Z")
LATER = {"started": "2026-01-02T10:00:00Z", "ended": "2026-01-02T11:00:00Z"}


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ([FIRST], []),
        ([FIRST, entry(2, **LATER)], [("run-2", "run", True)]),
        ([FIRST, entry(2, "2026-01-01T10:30:00Z", None)], []),
        (
            [FIRST, entry(2, **LATER), entry(3, "2026-01-03T10:00:00Z", None)],
            [("run-2", "run", True), ("run-3", "run", True)],
        ),
        ([FIRST, entry(2, **LATER, rerun_of=RerunOf(id="run-1", sha256=""))], [("run-2", "rerun", False)]),
        ([FIRST, entry(2, **LATER, source={"tool": "x"})], []),
        (
            [entry(1, "2026-01-01T10:00:00Z", "2026-01-01T11:00:00Z", extended=["2026-01-05T09:00:00Z"])],
            [("run-1", "taken up", True)],
        ),
        (
            [
                entry(n, t, t, cluster=Share(id="c", machine=n))
                for n, t in ((1, "2026-01-01T10:00:00Z"), (2, "2026-01-01T12:00:00Z"))
            ],
            [],
        ),
        (
            [
                entry(n, t, t, engine=name, experiment={"sweep": {"engine": ["ollama", "openai"]}})
                for n, t, name in ((1, "2026-01-01T10:00:00Z", "ollama"), (2, "2026-01-01T12:00:00Z", "openai"))
            ],
            [],
        ),
        ([FIRST, entry(2, **LATER, engine="openai")], [("run-2", "run", True)]),
    ],
    ids=[
        "one",
        "another",
        "side by side",
        "two more",
        "rerun",
        "import",
        "taken up",
        "cluster",
        "engines of one",
        "another engine",
    ],
)
def test_looks(entries: list[RunEntry], expected: list[tuple[str, str, bool]]) -> None:
    assert [(look.run.id, look.kind, look.counted) for look in looks(entries)] == expected
    assert [(look.run.id, look.kind, look.counted) for look in looks(entries[::-1])] == expected


def test_a_log_that_is_taken_up_after_its_end_is_a_look(tmp_path: Path) -> None:
    study = make_study(tmp_path / "s", items=8, sweep={"temperature": [0, 1]}, hypothesis="It falls.")
    with Fake() as server:
        for limit in ("4", "8"):
            assert run(study, "run", "trial", "--limit", limit, server=server).returncode == 0
        (log,) = catalogue.read(study, Cache(None), Issues()).runs
        assert len(log.extended) == 1
        write_experiment(study.root, sweep={"temperature": [0, 1]}, hypothesis="It falls.", repeats=2)
        assert run(study, "run", "trial", "--new", server=server).returncode == 0
    text = _built(study, tmp_path / "out", "tests.html")
    assert "taken up again after it had been complete look" in text and f"begun after {log.id} had ended look" in text
    assert "2 looks: data were added after results could be seen" in _built(
        study, tmp_path / "out", "reports/trial/index.html"
    )


def _built(study: Study, out: Path, page: str) -> str:
    build(study, out, issues=Issues())
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", (out / page).read_text(encoding="utf-8"))).split())


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Study, Path]:
    root = tmp_path_factory.mktemp("ledger")
    study = Study(site_study.make(root / "study"))
    folder = study.reports / "temperature"
    text = (
        "task: benchmark\nquestion: Does it matter?\nhypothesis: Accuracy falls.\nsuites: [everyday]\n"
        "models: [tiny:135m, small:1b]\nsweep: {temperature: [0.0, 0.6, 1.2]}\nrepeats: 2\npredictions:\n"
        "  - accuracy of temperature=0 minus temperature=1.2 > 5 points\n"
        "  - accuracy of model=small:1b minus model=tiny:135m > 0\n"
        "  - accuracy of temperature=0 minus temperature=1.2 = within 40 points\n"
    )
    (folder / "experiment.yaml").write_text(text, encoding="utf-8")
    page = folder / "index.md"
    quoted = (
        "\nWarm less cold: {value}`difference factor=temperature a=1.2 b=0 model=tiny:135m`, p {value}`difference of=p "
        "factor=temperature a=1.2 b=0 model=tiny:135m`. Over both models, {value}`difference factor=temperature a=0 b=0.6 "
        f"pool=yes category={CATEGORY}`, and {{value}}`difference of=n factor=temperature a=0.6 b=1.2 pool=yes` items. "
        "Right: {value}`correct pool=yes`.\n"
    )
    more = "\n```{chart} differences\n:name: pairs\nfactor: temperature\nby: model\n```\n\n```{table} comparison\nfactor: model\n```\n"
    page.write_text(page.read_text(encoding="utf-8") + quoted + more, encoding="utf-8")
    issues = Issues()
    build(study, root / "out", issues=issues)
    assert not [i for i in issues if i.severity == "error"]
    return study, root / "out"


def test_the_ledger_lists_what_the_site_shows_and_declares(built: tuple[Study, Path]) -> None:
    _, out = built
    page = (out / "tests.html").read_text(encoding="utf-8")
    table = (out / "figures" / "temperature-pairs" / "table.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(table.splitlines()))
    assert len(rows) == 6
    text = " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())
    for row in rows:
        assert f"accuracy of temperature={float(row['a']):g} minus temperature={float(row['b']):g}" in text
    number = r"(?:[−+\d.]+ (?:to )?)*"
    what = r"accuracy of temperature=0 minus temperature=1\.2 = within 40 points not declared: exploratory "
    assert re.search(what + number + r"\d+ Prediction 3", text)
    places = re.search(
        rf"minus model=tiny:135m > 0 not declared: exploratory {number}24 (Prediction 2 , Table \d)", text
    )
    assert places is not None, "one test in two places"
    assert 'href="reports/temperature/index.html#' in page and 'href="compare/' in page


def test_every_difference_in_prose_is_a_test_of_the_study(built: tuple[Study, Path]) -> None:
    _, out = built
    page = (out / "tests.html").read_text(encoding="utf-8")
    rows = [
        [" ".join(html.unescape(re.sub(r"<[^>]+>", " ", cell)).split()) for cell in re.split(r"</t[hd]>", row)]
        for row in re.findall(r"<tr>(.*?)</tr>", page, re.DOTALL)
    ]
    in_text = {row[0]: row for row in rows if len(row) > 7 and "Text" in row[3]}
    # What a figure or a page shows too is one test in two places, what only the text shows is in no figure's family.
    places = {what.partition(" not declared")[0].partition(" declared")[0]: row for what, row in in_text.items()}
    figure = places.pop("accuracy of temperature=1.2 minus temperature=0 model=tiny:135m")
    assert re.fullmatch(r"Text , Figure \d", figure[3]) and figure[4] != "–"
    assert places.pop("accuracy of temperature=0.6 minus temperature=1.2")[3] == "Text , Compare page"
    ((what, alone),) = places.items()
    assert what == f"accuracy of temperature=0 minus temperature=0.6 category={CATEGORY}"
    assert (alone[3], alone[4]) == ("Text", "–") and alone[6] != "–"
    tested = re.search(r"(\d+) tests", page)
    over_the_study = re.findall(r'data-head="p, Holm over the study"[^>]*>(.*?)</td>', page)
    assert tested is not None and int(tested[1]) == sum("–" not in p for p in over_the_study)


def test_the_p_of_flips_in_prose_is_the_one_of_the_table() -> None:
    row = {"factor": "regime", "a": "cold", "b": "warm", "n": 12, "mcnemar_p": 0.03}
    test = kind.Test("mcnemar_p", "right answers", "McNemar", "flips")
    quoted = {**row, "where": {"model": "tiny:135m"}, "reading": None, "test": asdict(test)}
    (shown,) = of_value(quoted, report="r", address="r#")
    (table,) = of_pairs([row], test, "regime", [], report="r", address="r#t", place="Table 1")
    assert (shown.p, shown.p_family, shown.scope) == (0.03, None, "model=tiny:135m")
    (line,) = lines([table, shown])
    assert [place for place, _ in line.places] == ["Table 1", "Text"] and line.p_shown == 0.03


def test_a_difference_under_another_reading_is_another_test() -> None:
    row = {"factor": "temperature", "a": 0.0, "b": 1.2, "n": 12, "difference": 0.1, "ci_low": 0.0, "ci_high": 0.2}
    row |= {"p": 0.03, "p_holm": 0.03, "verdict": "different", "measure": "accuracy", "where": {}}
    scored, strict = (
        test for rule in (None, "strict") for test in of_value({**row, "reading": rule}, report="r", address="r#")
    )
    assert strict.what == f"{scored.what}, replies read by the rule strict"
    assert [line.p_study for line in lines([scored, strict])] == [0.06, 0.06]


def test_every_page_that_tests_leads_there(built: tuple[Study, Path]) -> None:
    _, out = built
    for page, link in (("methods.html", "tests.html"), ("compare/index.html", "../tests.html")):
        assert f'href="{link}"' in (out / page).read_text(encoding="utf-8")
    report = (out / "reports" / "temperature" / "index.html").read_text(encoding="utf-8")
    assert report.count('href="../../tests.html"') >= 2
    methods = (out / "methods.html").read_text(encoding="utf-8")
    assert 'id="predictions"' in methods and 'id="tests"' in methods


def test_verdicts_stand_in_the_hypothesis_box(built: tuple[Study, Path]) -> None:
    _, out = built
    page = (out / "reports" / "temperature" / "index.html").read_text(encoding="utf-8")
    box = re.search(r'<ol class="predictions">.*?</ol>', page, re.DOTALL)
    assert box is not None
    text = " ".join(html.unescape(re.sub(r"<[^>]+>", " ", box[0])).split())
    assert re.search(r"> 5 points (supported|refuted|inconclusive) [+−]?[\d.]+ points, \d\d(\.\d)?% interval", text)
    assert "n = 24 items, over 2 models" in text
    assert text.count("Stated after the data: exploratory") == 3


def test_a_built_page_is_remembered_with_its_tests(built: tuple[Study, Path]) -> None:
    study, out = built
    before = (out / "tests.html").read_bytes()
    (study.content / "index.md").write_text("---\ntitle: Other words\n---\n\nNothing else.\n", encoding="utf-8")
    report = build(study, out, issues=Issues())
    assert 0 < report.made < 10
    assert (out / "tests.html").read_bytes() == before
