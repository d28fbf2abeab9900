"""`llmxsite suite ...`, as a person types it."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from test_suite_pull import BODY, SHA256, server

from llmxsite.base.diagnostics import Issues
from llmxsite.cli import main
from llmxsite.study.suite import QuestionItem, Suite, load, write
from llmxsite.study.suite_formats import pull as pulling
from llmxsite.study.suite_formats.pull import Release

__all__ = ["server"]


class Said(NamedTuple):
    code: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        return json.loads(self.out)


@pytest.fixture
def study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "content").mkdir()
    (tmp_path / "content" / "site.yaml").write_text("title: t\n")
    monkeypatch.chdir(tmp_path)
    items = [
        QuestionItem(
            id=f"i{n}",
            category="one" if n % 2 else "two",
            question=f"Question {n}?",
            choices=["p", "q", "r", "s"],
            answer="BDACCABDDBCAACDBBADC"[n],
        )
        for n in range(20)
    ]
    suite = Suite(
        id="good", title="Good", description="d", version="1", licence="CC0-1.0", source="s", language="en", items=items
    )
    write(suite, tmp_path / "suites")
    return tmp_path


@pytest.fixture
def llmxsite(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Any:
    def run(*words: str) -> Said:
        monkeypatch.setattr(sys, "argv", ["llmxsite", "suite", *words])
        code = 0
        try:
            main()
        except SystemExit as leaving:
            code = int(leaving.code or 0)
        return Said(code, *capsys.readouterr())

    return run


def test_check_passes_what_is_good(study: Path, llmxsite: Any) -> None:
    for words in ([], ["good"], ["suites/good.yaml"], ["good", "--strict"]):
        said = llmxsite("check", *words)
        assert (said.code, said.out, said.err) == (0, "good: 20 items, no problem found\n", "")


def test_check_reports_all_suites_at_once(study: Path, llmxsite: Any) -> None:
    (study / "suites" / "few.yaml").write_text(
        "id: few\ntitle: t\nlicence: MIT\nitems: [{id: a, category: c, question: q, answer: 1}]\n"
    )
    (study / "suites" / "broken.yaml").write_text("id: broken\n  title: t\n")
    (study / "suites" / "other.json").write_text('{"id": "good", "title": "t", "items": []}')
    said = llmxsite("check")
    assert said.code == 1
    for place in (
        "suites/few.yaml:4:8 suite-few-items",
        "suites/broken.yaml:2:3 yaml-syntax",
        "suites/other.json suite-id-taken",
    ):
        assert place in said.err
    assert "good: 20 items, no problem found" in said.out
    assert llmxsite("check", "few").code == 0
    assert llmxsite("check", "few", "--strict").code == 1
    found = llmxsite("check", "few", "--format", "json")
    assert {"code": "suite-few-items", "line": 4, "column": 8}.items() <= found.data[-1].items()


def test_list_and_hash(study: Path, llmxsite: Any) -> None:
    listed = llmxsite("list", "--format", "json").data
    assert [(row["id"], row["items"], row["categories"]) for row in listed] == [("good", 20, {"two": 10, "one": 10})]
    digest = load(study / "suites" / "good.yaml", Issues()).hash()
    assert llmxsite("hash").out == f"{digest}  good\n"
    assert llmxsite("hash", "good", "--format", "json").data == [{"id": "good", "hash": digest}]
    assert "good" in llmxsite("list").out


def test_show(study: Path, llmxsite: Any) -> None:
    said = llmxsite("show", "good", "--item", "i3")
    assert "Question 3?" in said.out and "  * C) r" in said.out and "i4" not in said.out
    assert llmxsite("show", "good", "--limit", "2", "--format", "json").data["items"][1]["id"] == "i1"
    missing = llmxsite("show", "good", "--item", "i33")
    assert missing.code == 1 and "did you mean 'i3'?" in missing.err


def test_import_writes_once_and_never_over_another(study: Path, llmxsite: Any) -> None:
    (study / "test.jsonl").write_bytes(BODY)
    said = llmxsite("import", "auto", "test.jsonl")
    assert said.code == 0 and said.out.startswith("suites/gsm8k.yaml: 30 items, hash ")
    assert llmxsite("import", "gsm8k", "test.jsonl").code == 0
    assert load(study / "suites" / "gsm8k.yaml", Issues()).source_sha256 == SHA256
    (study / "test.jsonl").write_bytes(BODY.split(b"\n", 1)[1] + b'{"answer": 1}\n')
    refused = llmxsite("import", "gsm8k", "test.jsonl")
    assert refused.code == 1 and "suite-exists" in refused.err
    forced = llmxsite("import", "gsm8k", "test.jsonl", "--force")
    assert forced.code == 0 and "row 30 left out: without answer" in forced.err
    assert llmxsite("import", "gsm8k", "test.jsonl", "--strict").code == 1
    drawn = llmxsite("import", "gsm8k", "test.jsonl", "--limit", "7", "--seed", "3", "--out", "elsewhere")
    assert drawn.out.startswith("elsewhere/gsm8k-7.yaml: 7 items")
    assert llmxsite("import", "gsm8k", "test.jsonl", "--id", "mine", "--limit", "7").out.startswith(
        "suites/mine.yaml: 7 items"
    )


def test_force_leaves_one_file_of_a_suite(study: Path, llmxsite: Any) -> None:
    row = b'{"question": "%d?", "answer": "#### 1"}\n'
    (study / "test.jsonl").write_bytes(b"".join(row % n for n in range(201)))
    assert llmxsite("import", "gsm8k", "test.jsonl").out.startswith("suites/gsm8k/suite.yaml: 201 items")
    (study / "test.jsonl").write_bytes(BODY)
    assert llmxsite("import", "gsm8k", "test.jsonl", "--force").code == 0
    assert sorted(p.name for p in (study / "suites").rglob("*") if p.is_file()) == ["good.yaml", "gsm8k.yaml"]


def test_pull_verifies_a_known_sha256(study: Path, llmxsite: Any, server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(pulling.RELEASES, "gsm8k", Release(f"{server}/test.jsonl", "gsm8k", SHA256))
    said = llmxsite("pull", "gsm8k")
    assert said.code == 0 and "is that of the release" in said.err and "30 items" in said.out
    refused = llmxsite("pull", "gsm8k", "--url", f"{server}/bad.jsonl", "--force")
    assert refused.code == 1 and "pull-sha256" in refused.err
    assert load(study / "suites" / "gsm8k.yaml", Issues()).source_sha256 == SHA256


def test_pull_keeps_the_first_sha256_where_none_is_known(
    study: Path, llmxsite: Any, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(pulling.RELEASES, "gsm8k", Release(f"{server}/test.jsonl", "gsm8k", None))
    assert "was seen here for the first time" in llmxsite("pull", "gsm8k").err
    assert "is the one of the earlier pull" in llmxsite("pull", "gsm8k").err
    changed = llmxsite("pull", "gsm8k", "--url", f"{server}/bad.jsonl")
    assert changed.code == 1 and "pull-changed" in changed.err
    forced = llmxsite("pull", "gsm8k", "--url", f"{server}/bad.jsonl", "--force")
    assert forced.code == 0
    assert f"{server}/bad.jsonl:31 import-row row 31 left out" in forced.err


def test_pull_without_a_name_lists_what_there_is(llmxsite: Any) -> None:
    assert {line.split()[0] for line in llmxsite("pull").out.splitlines()} == set(pulling.RELEASES)
    assert "did you mean 'hellaswag'?" in llmxsite("pull", "hellaswang").err


def test_outside_a_study_paths_work_and_ids_say_why_not(
    tmp_path: Path, llmxsite: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write(Suite(id="lone", title="t", items=[QuestionItem(id="a", question="q", answer=1)]), tmp_path)
    assert llmxsite("show", "lone.yaml").code == 0
    assert "study-missing" in llmxsite("show", "lone").err
    assert llmxsite("frobnicate").code == 2
