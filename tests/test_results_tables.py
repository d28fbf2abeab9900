"""Tables of every kind there is: their measures are their columns, and a task's own are asked for like the core's."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from determinism_log import make_log
from distribution_support import installed, told
from typer.testing import CliRunner

from llmxsite.analysis import tables
from llmxsite.analysis.measure import MISSING
from llmxsite.analysis.results import measured
from llmxsite.analysis.results.shown import cell
from llmxsite.analysis.results.tables import Asked, fitting, kinds, rows, table, words
from llmxsite.base.diagnostics import Issues
from llmxsite.cli import app
from llmxsite.exchange.answer.rules import RULES
from llmxsite.press.numbers.query import QueryError
from llmxsite.press.numbers.value import evaluate
from llmxsite.press.site.build import build
from llmxsite.study.study import Study

KINDS = [kind.name for kind in kinds()]
RESULTS = """
from llmxsite.analysis.measure import Measure
from llmxsite.analysis.results.tables import TableKind


def lengths(samples, asked):
    import pandas as pd
    from llmxsite.analysis.results.groups import group

    if asked.levels:
        sides = [samples.where(**{asked.factor: level}).frame["answer"].notna().sum() for level in asked.levels]
        return pd.DataFrame([{"a": asked.levels[0], "b": asked.levels[1], "n": sum(sides), "more": sides[0] - sides[1]}])
    groups = group(samples, asked.by if asked.by is not None else ["model"])
    found = groups.keys.copy()
    found["n"] = groups.sum(samples.frame["answer"].notna().to_numpy())
    return found.assign(share=0.25, share_low=0.125, share_high=0.5)


SHARE = Measure(name="share", title="Share of long answers", head="Long", form="percent",
                interval=("share_low", "share_high"), what="share of answers that are long")
TABLES = (
    TableKind(name="lengths", summary="A row a model.", measures=(Measure(name="n", title="Answers", form="count"), SHARE),
              shown=("n", "share"), make=lengths, task="determinism", value="long", of="share"),
    TableKind(name="length-pairs", summary="A row a pair.", make=lengths, task="determinism", pair=True, factor="regime",
              measures=(Measure(name="n", title="Answers", form="count"), Measure(name="more", title="More", form="count")),
              shown=("n", "more"), value="longer", of="more"),
)
"""
FILES = {
    "length_task/__init__.py": '"""How long answers are."""\n',
    "length_task/results.py": RESULTS,
    **told("length-task", "length", "length_task"),
}


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return make_log(tmp_path_factory.mktemp("again"))


@pytest.fixture(scope="module")
def samples(study: Study) -> tables.Samples:
    return tables.load(study, Issues())


@pytest.fixture
def lengths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Another distribution with a task of its own, installed."""
    with installed(tmp_path / "installed", monkeypatch, FILES) as site:
        yield site


@pytest.mark.parametrize("name", KINDS)
def test_a_table_has_the_columns_that_its_measures_name(name: str, samples: tables.Samples) -> None:
    kind = table(name)
    assert kind.summary and kind.name and {*kind.shown, *kind.more} <= {m.name for m in kind.measures}
    assert len({m.name for m in kind.measures}) == len(kind.measures) and all(m.title for m in kind.measures)
    drawn = tuple(m.name for m in kind.measures if m.resampled)
    found = kind.make(fitting(samples, kind), Asked(intervals=drawn))
    counted = {m.name for m in kind.measures if kind.value is not None and m.name not in (*kind.shown, *kind.more)}
    for measure in kind.measures:
        if len(found) and measure.name not in counted:
            assert measure.name in found.columns and {*(measure.interval or ())} <= {*found.columns}, measure.name
            assert {type(cell(row, measure)) for row in rows(found)} == {str}


def test_a_word_of_prose_means_a_measure_that_its_table_has() -> None:
    for word, kind in words().items():
        assert kind.measure(kind.of) is not None and word == kind.value
    assert set(words()) >= {"difference", "agreement", "identical", "partings"}


def test_the_readings_are_those_of_the_rules_there_are() -> None:
    assert tuple(RULES) == measured.RULES


def test_what_nobody_described_is_shown_as_the_text_it_is() -> None:
    measure = table("summary").described("num_ctx")
    assert (measure.title, measure.form) == ("Num ctx", "text")
    assert cell({"num_ctx": None}, measure) == MISSING and cell({"num_ctx": 4096}, measure) == "4096"


def test_a_kind_that_there_is_not_is_told_with_the_nearest(study: Study) -> None:
    with pytest.raises(KeyError, match="did you mean 'agreement'"):
        table("agrement")
    called = CliRunner().invoke(app, ["--study", str(study.root), "results", "--table", "agrement"])
    assert called.exit_code == 2 and "did you mean 'agreement'?" in " ".join(called.stderr.replace("│", " ").split())


@pytest.mark.parametrize(
    ("old", "new"), [("--determinism pairs", "pairs"), ("--determinism items", "requests"), ("--readings", "readings")]
)
def test_an_option_of_before_names_what_took_its_place(old: str, new: str, study: Study) -> None:
    called = CliRunner().invoke(app, ["--study", str(study.root), "results", *old.split()])
    assert called.exit_code == 2 and f"{old} is now --table {new}" in " ".join(called.stderr.replace("│", " ").split())


def test_the_comparison_of_another_measure_is_a_table_too(study: Study) -> None:
    words = ["--study", str(study.root), "results", "--table", "comparison", "--factor", "regime"]
    found = json.loads(CliRunner().invoke(app, [*words, "--measure", "latency_ms", "--format", "json"]).stdout)
    assert found and {row["measure"] for row in found} == {"latency_ms"} and "value_a" in found[0]
    wrong = CliRunner().invoke(app, [*words, "--measure", "latency"])
    assert wrong.exit_code == 2 and "latency_ms" in wrong.stderr
    alone = CliRunner().invoke(app, ["--study", str(study.root), "results", "--measure", "ece"])
    assert alone.exit_code == 2 and "comparison" in alone.stderr


def test_the_first_of_two_levels_is_the_one_that_was_named_first(samples: tables.Samples) -> None:
    kind = table("pairs")
    one, other = (
        rows(kind.make(samples, Asked(by=(), levels=levels))) for levels in (("cold", "warm"), ("warm", "cold"))
    )
    assert len(one) == len(other) == 1 and (other[0]["a"], other[0]["b"]) == ("warm", "cold")
    assert (one[0]["only_a"], one[0]["only_b"]) == (other[0]["only_b"], other[0]["only_a"]) == (1, 0)


def test_partings_can_be_counted_in_prose_and_listed(samples: tables.Samples, study: Study) -> None:
    found = rows(table("partings").make(samples, Asked()))
    assert evaluate("partings", samples).text == str(len(found)) and len(found) == 2
    assert all(
        len(row["variants"]) == row["replies"] and len(row["shared"]) == row["first_divergence"] for row in found
    )
    called = CliRunner().invoke(app, ["--study", str(study.root), "results", "--table", "partings", "--format", "json"])
    assert json.loads(called.stdout) == found


@pytest.mark.usefixtures("lengths")
def test_a_task_of_another_distribution_is_asked_for_like_any(study: Study, tmp_path: Path) -> None:
    found = tables.load(study, Issues())
    value = evaluate("long regime=cold", found)
    assert value.plain() == "25.0% [12.5, 50.0]" and value.title.startswith("share of answers that are long; n = ")
    assert evaluate("long of=n interval=no", found).text == str(int(found.frame["answer"].notna().sum()))
    assert evaluate("longer a=cold b=warm", found).plain() == "0"
    with pytest.raises(QueryError, match="two levels are compared: 'b=' is missing"):
        evaluate("longer a=cold", found)
    with pytest.raises(QueryError, match="'of=shares' is not known"):
        evaluate("long of=shares", found)
    shown = CliRunner().invoke(app, ["--study", str(study.root), "results", "--table", "lengths"]).stdout
    assert "25.0% [12.5, 50.0]" in shown and "long" in shown
    article = study.reports / "again" / "index.md"
    article.write_text("---\ntitle: Long\ndate: 2026-01-03\n---\n\n```{table} lengths\n```\n", encoding="utf-8")
    issues = Issues()
    build(study, tmp_path / "site", issues=issues)
    article.unlink()
    page = (tmp_path / "site" / "reports" / "again" / "index.html").read_text(encoding="utf-8")
    assert not issues.failed() and "Long, 95% interval" in page and "25.0%" in page
