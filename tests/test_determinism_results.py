"""How far replies agree, on a log whose numbers are worked out by hand; and the same numbers wherever they are shown."""

from __future__ import annotations

import csv
import io
import json
import math
from pathlib import Path
from typing import Any

import altair as alt
import pandas as pd
import pytest
from determinism_log import make_log
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from llmxsite.analysis import tables
from llmxsite.analysis.results.tables import Asked, table
from llmxsite.analysis.stats.determinism import edit_distance
from llmxsite.analysis.stats.proportion import wilson
from llmxsite.analysis.tables import Samples
from llmxsite.base.diagnostics import Issues, Problem
from llmxsite.cli import app
from llmxsite.press import figure
from llmxsite.press.figure import ChartProblem, render
from llmxsite.press.figure.fields import used
from llmxsite.press.numbers.query import QueryError
from llmxsite.press.numbers.value import evaluate
from llmxsite.press.site.build import build
from llmxsite.study.study import Study
from llmxsite.task.determinism.agreement import DeterminismTables, determinism
from llmxsite.task.determinism.partings import partings


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return make_log(tmp_path_factory.mktemp("again"))


@pytest.fixture(scope="module")
def samples(study: Study) -> Samples:
    return load(study)


def load(study: Study) -> Samples:
    issues = Issues()
    found = tables.load(study, issues)
    assert not list(issues)
    return found


@pytest.fixture(scope="module")
def found(samples: Samples) -> DeterminismTables:
    return determinism(samples)


def row(frame: pd.DataFrame, **keys: Any) -> Any:
    kept = frame
    for name, value in keys.items():
        kept = kept[kept[name] == value]
    (one,) = kept.to_dict("records")
    return one


def test_agreement_within_a_regime(found: DeterminismTables) -> None:
    assert list(found.agreement["regime"]) == ["cold", "warm", "concurrent"]
    cold = row(found.agreement, regime="cold")
    assert (cold["n_items"], cold["n"], cold["repeats"]) == (3, 12, 4)
    assert cold["tarr"] == cold["tara"] == cold["pairwise"] == cold["similarity"] == 1 and cold["unique"] == 1
    assert (cold["tarr_low"], cold["tarr_high"]) == pytest.approx(wilson(3, 3))
    assert (cold["differing"], cold["compared"]) == (0, 9)
    assert cold["bound"] == pytest.approx(1 - 0.05 ** (1 / 3)) and cold["units"] == 3, "the request is the unit"
    assert math.isnan(cold["first_divergence"]) and cold["largest_drift"] == 0
    assert cold["accuracy"] == cold["accuracy_min"] == cold["accuracy_max"] == pytest.approx(2 / 3)
    assert cold["fleiss_kappa"] == 1 and cold["cached_share"] == 0 and cold["prompt_ms"] == 50
    several = row(found.agreement, regime="concurrent")
    assert several["tarr"] == pytest.approx(2 / 3) and several["tara"] == 1
    assert several["unique"] == pytest.approx(4 / 3) and several["modal_share"] == pytest.approx(2.75 / 3)
    assert several["differing"] == 1 and math.isnan(several["bound"])
    # Of the six pairs of replies to q2, three are alike; the others share one token of two.
    assert several["pairwise"] == pytest.approx(2.5 / 3)
    assert several["similarity"] == pytest.approx((2 + (3 + 3 * 0.5) / 6) / 3)
    assert several["first_divergence"] == 1 and several["largest_drift"] == pytest.approx(0.02)
    assert several["cached_share"] == pytest.approx(0.9)


def test_pairs_of_regimes(found: DeterminismTables) -> None:
    assert [(r.a, r.b) for r in found.pairs.itertuples()] == [
        ("cold", "warm"),
        ("cold", "concurrent"),
        ("warm", "concurrent"),
    ]
    apart = row(found.pairs, a="cold", b="warm")
    assert (apart["n"], apart["lost"], apart["identical"]) == (3, 0, 1) and apart["share"] == pytest.approx(1 / 3)
    assert (apart["ci_low"], apart["ci_high"]) == pytest.approx(wilson(1, 3))
    assert apart["agreement"] == pytest.approx(1 / 3) and apart["first_divergence"] == 0.5
    # q1 shares two tokens, the first .05 apart; q2 one, .02 apart; q3 none.
    assert apart["largest_drift"] == pytest.approx(0.05) and apart["mean_drift"] == pytest.approx(0.07 / 3)
    assert apart["logprobs_identical"] == pytest.approx(1 / 3)
    assert (apart["flips"], apart["only_a"], apart["only_b"], apart["mcnemar_p"]) == (1, 1, 0, 1)
    alike = row(found.pairs, a="warm", b="concurrent")
    assert alike["identical"] == 2 and alike["agreement"] == pytest.approx((1 + 0.75 + 1) / 3) and alike["flips"] == 0


def test_items_and_what_is_fragile(found: DeterminismTables) -> None:
    parted = row(found.items, regime="concurrent", item="q2")
    assert (parted["n"], parted["unique"], parted["modal_share"], parted["continuations"]) == (4, 2, 0.75, 2)
    assert parted["entropy_bits"] == pytest.approx(-(0.75 * math.log2(0.75) + 0.25 * math.log2(0.25)))
    assert not parted["identical"] and parted["answers"] == 1 and math.isnan(parted["bound"])
    same = row(found.items, regime="cold", item="q1")
    assert same["identical"] and same["bound"] == pytest.approx(1 - 0.05 ** (1 / 3))
    assert list(found.items[found.items["item"] == "q3"]["usual"]) == [0, 1, 1]
    assert [tuple(r) for r in found.fragile[["item", "predicted", "flipped", "replies"]].itertuples(index=False)] == [
        ("q1", False, False, 1),
        ("q2", False, False, 2),
        ("q3", True, True, 2),
    ]
    assert list(found.fragile["margin"]) == pytest.approx([2.0, 1.0, 0.05])
    assert list(found.fragile["largest_drift"]) == pytest.approx([0.05] * 3)


def test_where_replies_part(samples: Samples) -> None:
    first, second = partings(samples)
    assert (first.item, first.shared) == ("q3", []) and (second.item, second.shared) == ("q2", ["B"])
    assert [v.tokens for v in second.variants] == [[" no"], [" yes"]]
    assert second.variants[0].given == [("warm", 4), ("concurrent", 3)]
    assert second.variants[1].given == [("cold", 4), ("concurrent", 1)]
    assert [(v.answer, v.correct) for v in first.variants] == [("D", 0.0), ("C", 1.0)]
    assert first.key == {"model": "fake:1b", "prompt": "letter", "temperature": 0.0}


def test_other_days_are_other_runs(tmp_path: Path) -> None:
    make_log(tmp_path)
    both = load(make_log(tmp_path, "2026-01-03-030405-bbbb"))
    days = determinism(both, ["regime"], "run").pairs
    assert list(days["regime"]) == ["cold", "warm", "concurrent"] and list(days["n"]) == [3, 3, 3]
    assert list(days["identical"]) == [3, 3, 2] and list(days["flips"]) == [0, 0, 0]
    regimes = determinism(both, []).pairs
    assert list(regimes["n"]) == [6, 6, 6], "within each run: requests of two days are not one request"
    assert (
        evaluate("identical factor=run a=2026-01-02-030405-aaaa b=2026-01-03-030405-bbbb regime=warm", both).number == 1
    )


def test_without_logprobs_words_are_compared(tmp_path: Path) -> None:
    bare = determinism(load(make_log(tmp_path, logprobs=False)))
    apart = row(bare.pairs, a="cold", b="warm")
    assert apart["identical"] == 1 and math.isnan(apart["largest_drift"]) and apart["first_divergence"] == 0.5
    assert bare.fragile["predicted"].isna().all() and list(bare.fragile["flipped"]) == [False, False, True]


def test_a_log_that_is_gone_is_a_problem(tmp_path: Path) -> None:
    study = make_log(tmp_path)
    found = load(study)
    next(iter(found.paths.values())).unlink()
    with pytest.raises(Problem, match="no such file"):
        determinism(found)


def test_a_column_that_is_not_there_is_named(samples: Samples) -> None:
    with pytest.raises(KeyError, match="no column 'regimes'"):
        determinism(samples, ["regimes"])
    with pytest.raises(KeyError, match="no column 'day'"):
        determinism(samples, [], "day")


words = st.lists(st.sampled_from("abc"), max_size=8)


@given(words, words, words)
def test_edit_distance_is_a_distance(a: list[str], b: list[str], c: list[str]) -> None:
    assert edit_distance(a, b) == edit_distance(b, a) and (edit_distance(a, b) == 0) == (a == b)
    assert abs(len(a) - len(b)) <= edit_distance(a, b) <= max(len(a), len(b))
    assert edit_distance(a, c) <= edit_distance(a, b) + edit_distance(b, c)


# The same numbers on the command line, in prose, in figures and on pages.


def cli(study: Study, *words: str) -> Any:
    return CliRunner().invoke(app, ["--study", str(study.root), "results", *words])


def test_the_command_line_has_every_table(study: Study, found: DeterminismTables) -> None:
    text = cli(study, "--table", "agreement").stdout
    assert "suite quiz, model fake:1b" in text and "66.7% [20.8, 93.9]" in text and "63.2%" in text
    lines = list(csv.DictReader(io.StringIO(cli(study, "--table", "pairs", "--format", "csv").stdout)))
    assert [line["identical"] for line in lines] == ["1", "1", "2"] and len(lines) == len(found.pairs)
    rows = json.loads(cli(study, "--table", "requests", "--format", "json", "--sort", "-unique").stdout)
    assert rows[0]["item"] == "q2" and rows[0]["bound"] is None and len(rows) == 9
    assert "yes" in cli(study, "--table", "fragile").stdout
    assert cli(study, "--table", "pairs", "--factor", "run").exit_code == 1
    assert cli(study, "--table", "pairs", "--factor", "regimes").exit_code == 2


def test_the_command_line_says_where_there_is_no_such_experiment(tmp_path: Path) -> None:
    (tmp_path / "content").mkdir()
    (tmp_path / "content/site.yaml").write_text("title: T\n")
    outcome = cli(Study(tmp_path), "--table", "agreement")
    assert outcome.exit_code == 1 and "no sample of a determinism experiment fits" in str(outcome.exception)


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("agreement regime=cold", "100.0% [43.9, 100.0]"),
        ("agreement of=tara", "100.0% [70.1, 100.0]"),
        ("agreement of=bound regime=cold", "63.2%"),
        ("agreement of=differing regime=concurrent", "1"),
        ("agreement of=prompt_ms regime=cold", "50 ms"),
        ("agreement of=fleiss_kappa regime=cold", "1.000"),
        ("agreement of=predicted", "1"),
        ("agreement of=both", "1"),
        ("identical a=cold b=warm", "33.3% [6.1, 79.2]"),
        ("identical a=cold b=warm interval=no", "33.3%"),
        ("identical of=flips a=warm b=cold", "1"),
        ("identical of=only_b a=warm b=cold", "1"),
        ("identical of=largest_drift a=cold b=warm digits=2", "0.05"),
    ],
)
def test_numbers_in_prose(samples: Samples, query: str, text: str) -> None:
    value = evaluate(query, samples)
    assert value.plain() == text and value.runs == ["2026-01-02-030405-aaaa"]


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("identical a=cold", "'b=' is missing"),
        ("identical a=cold b=hot", "no sample has hot there"),
        ("identical of=tarr a=cold b=warm", "'of=tarr' is not known"),
        ("agreement of=share", "'of=share' is not known"),
        ("agreement a=cold", "belongs to a comparison"),
        ("identical factor=day a=1 b=2", "no column 'day'"),
    ],
)
def test_queries_that_cannot_be_answered(samples: Samples, query: str, words: str) -> None:
    with pytest.raises(QueryError, match=words):
        evaluate(query, samples)


def test_the_matrix_has_what_was_measured_and_hatches_what_was_not(samples: Samples) -> None:
    made = figure.build("determinism", samples, {}, id="t-matrix")
    shares = {(r["a"], r["b"]): r["share"] for r in made.data.to_dict("records")}
    assert (
        len(shares) == 16
        and shares["cold", "cold"] == 1
        and shares["concurrent", "concurrent"] == pytest.approx(2 / 3, abs=1e-5)
    )
    assert shares["cold", "warm"] == shares["warm", "cold"] == pytest.approx(1 / 3, abs=1e-5)
    assert math.isnan(shares["reload", "cold"]), "named in the experiment, left out by the server"
    assert "Between two ways of asking, 33.3% to 66.7%" in made.caption and "cold and warm" in made.caption
    assert any("is below 63.2% (95% bound)" in note and "cold and warm" in note for note in made.notes)
    assert any(note.startswith("Not measured: reload") for note in made.notes)
    hover = next(r for r in made.marks["table"] if (r["row"], r["column"]) == ("cold", "warm"))
    assert (hover["answered"], hover["interval"], hover["flips"]) == (3, "6.1% to 79.2%", "1")
    assert sum(r["missing"] for r in made.marks["table"]) == 7
    assert not any(word in render.svg(made) for word in ("NaN", "undefined", "null"))


def test_items_against_regimes(samples: Samples) -> None:
    made = figure.build("determinism", samples, {"rows": "item"}, id="t-items")
    usual = {(r["item"], r["regime"]): r["usual"] for r in made.data.to_dict("records")}
    assert usual["q2", "concurrent"] == 0.75 and usual["q3", "cold"] == 0 and usual["q1", "cold"] == 1
    assert list(dict.fromkeys(made.data["item"])) == ["q2", "q3", "q1"], "those that differ most come first"
    assert made.caption.startswith("2 of 3 items got more than one reply")


def test_a_matrix_of_days(tmp_path: Path) -> None:
    make_log(tmp_path)
    both = load(make_log(tmp_path, "2026-01-03-030405-bbbb"))
    made = figure.build("determinism", both, {"factor": "run", "by": "regime"}, id="t-days")
    shares = {(r["regime"], r["a"][-4:], r["b"][-4:]): r["share"] for r in made.data.to_dict("records")}
    assert len(shares) == 12 and shares["warm", "aaaa", "bbbb"] == 1
    assert shares["concurrent", "aaaa", "bbbb"] == pytest.approx(2 / 3, abs=1e-5)


@pytest.mark.parametrize("options", [{}, {"by": "temperature"}, {"rows": "item"}, {"rows": "item", "by": "model"}])
def test_specs_pass_altairs_own_checks(samples: Samples, options: dict[str, Any]) -> None:
    made = figure.build("determinism", samples, options, id="t")
    assert list(made.data.columns) == [c.name for c in made.columns] and made.runs == ["2026-01-02-030405-aaaa"]
    for size in ("wide", "narrow"):
        alt.Chart.from_dict(json.loads(json.dumps({**made.of(size), "datasets": made.marks})))
    drawn = {*used(made.spec)["table"], *used(made.narrow)["table"]}
    assert all(set(mark) <= drawn for mark in made.marks["table"])
    assert not any(word in " ".join([made.title, made.caption, made.alt, *made.notes]) for word in ("nan", "None"))


def test_charts_that_cannot_be_drawn(samples: Samples) -> None:
    from figure_samples import study as benchmark

    for data, options, words in (
        (benchmark(), {}, "no sample is of a determinism experiment"),
        (samples, {"rows": "category"}, "rows: 'category' is not `item`"),
        (samples, {"factor": "regimes"}, "no column 'regimes'"),
    ):
        with pytest.raises(ChartProblem, match=words):
            figure.build("determinism", data, options, id="t")


REPORT = """\
---
title: Same again
date: 2026-01-03
---

Cold and warm, {value}`identical a=cold b=warm` of the requests got the same reply.

```{chart} determinism
name: matrix
```

```{table} agreement
caption: Agreement.
```

```{table} pairs
caption: Pairs.
```

```{parting}
item: q2
```
"""


def test_the_pages_say_it(tmp_path: Path) -> None:
    study = make_log(tmp_path / "study")
    (study.reports / "again/index.md").write_text(REPORT)
    issues = Issues()
    build(study, tmp_path / "site", issues=issues)
    assert not issues.failed(), "\n".join(i.render() for i in issues)
    page = (tmp_path / "site/reports/again/index.html").read_text()
    assert "33.3% <span" in page and "Identical under both" in page and "alike for 1 token" in page
    assert page.count('class="problem"') == 0
    run = (tmp_path / "site/runs/again/2026-01-02-030405-aaaa/index.html").read_text()
    assert "Does the same request give the same reply?" in run and "0 of 9" in run and "1 of 9" in run
    assert "no regime reload: a model cannot be unloaded" in run
    part = run[run.index('id="partings"') :]
    assert part.index("<h3>q3") < part.index("<h3>q2") and "warm 4×, concurrent 3×" in part
    assert "<span class='tk t4' title='44.9%'> no</span>" in part
    methods = (tmp_path / "site/methods.html").read_text()
    assert "Used for 1 determinism experiment." in methods


def test_what_is_slow_to_make_is_made_where_it_is_asked_for(samples: Samples, tmp_path: Path) -> None:
    kind = table("agreement")
    whole = kind.make(samples, Asked())
    pd.testing.assert_frame_equal(kind.make(samples, Asked(slow=())), whole.drop(columns="fleiss_kappa"))
    study = make_log(tmp_path / "study")
    options = ("columns: [tara, fleiss_kappa]", "sort: -fleiss_kappa", "columns: [fleiss_kapa]", "sort: fleiss_kapa")
    body = "\n".join(f"```{{table}} agreement\n{one}\n```\n" for one in options)
    (study.reports / "again/index.md").write_text(f"---\ntitle: T\ndate: 2026-01-03\n---\n\n{body}")
    issues = Issues()
    build(study, tmp_path / "site", issues=issues)
    said = [(i.line, i.code, "fleiss_kappa" in f"{i.message} {i.hint}") for i in issues if i.severity == "error"]
    assert said == [(15, "table-column", True), (18, "table-column", True)]
    assert "Fleiss’ κ" in (tmp_path / "site/reports/again/index.html").read_text()


def test_a_directive_that_finds_no_parting_says_so(tmp_path: Path) -> None:
    study = make_log(tmp_path / "study")
    body = "---\ntitle: T\ndate: 2026-01-03\n---\n\n```{parting}\nitem: q1\n```\n\n```{parting}\nwhere: {day: 1}\n```\n"
    (study.reports / "again/index.md").write_text(body)
    issues = Issues()
    build(study, tmp_path / "site", issues=issues)
    said = [(i.line, i.code) for i in issues if i.severity == "error"]
    assert said == [(7, "sample-missing"), (11, "table-column")]


def test_a_transcript_of_an_item_that_was_not_asked_names_the_nearest(tmp_path: Path) -> None:
    study = make_log(tmp_path / "study")
    body = "---\ntitle: T\ndate: 2026-01-03\n---\n\n```{transcript}\nitem: q11\n```\n\n```{transcript}\nitem: q1\nwhere: {temperature: 9}\n```\n"
    (study.reports / "again/index.md").write_text(body)
    issues = Issues()
    build(study, tmp_path / "site", issues=issues)
    hints = [i.hint or "" for i in issues if i.code == "sample-missing"]
    assert "'q11' was not asked; the nearest that were: q1" in hints[0]
    assert "'q1' was asked, under other conditions" in hints[1]
