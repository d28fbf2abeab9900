"""docs/ollama.md is what the kept reports say: its rows are their questions, and its columns their answers."""

from __future__ import annotations

import json
import re

import pytest
import test_engine_ollama
from servers.page import PAGE, QUESTIONS, REPORTS, ROW, filled, report_of
from servers.replay import RECORDINGS

from llmxsite.exchange.engine.tried import OLLAMA

TEXT = PAGE.read_text(encoding="utf-8")
ROWS = {name: (words, verdict, rest) for name, words, verdict, rest in ROW.findall(TEXT)}


def test_columns_are_the_answers_of_the_reports() -> None:
    assert filled(TEXT) == TEXT, "python tests/servers/page.py writes them anew"


def test_each_question_has_one_row() -> None:
    lines = [line for line in TEXT.splitlines() if line.startswith("| `")]
    assert len(lines) == len(ROWS), "a row twice, or one that is misspelt and passed over"
    assert set(ROWS) >= QUESTIONS and all(words for words, _, _ in ROWS.values())


def test_there_is_a_report_and_a_column_for_each_version_tried() -> None:
    assert {path.stem for path in REPORTS.glob("*.json")} == set(OLLAMA)
    heads = {line for line in TEXT.splitlines() if line.startswith("| row | what was seen | verdict | 0")}
    assert heads == {f"| row | what was seen | verdict | {' | '.join(OLLAMA)} |"}
    for version in OLLAMA:
        report = report_of(version)
        assert report is not None and report.version == version and f"({REPORTS.name}/{version}.json)" in TEXT


def test_faults_that_cannot_be_asked_for_are_asserted_on_the_recordings_named() -> None:
    named = {name: set(re.findall(r"`([^`]+)`", rest)) for name, (_, _, rest) in ROWS.items() if name not in QUESTIONS}
    claims: dict[str, set[str]] = {}
    for name, test in vars(test_engine_ollama).items():
        for mark in getattr(test, "pytestmark", ()) if name.startswith("test_") else ():
            if mark.name == "claim" and "recording" in mark.kwargs:
                claims.setdefault(mark.args[0], set()).add(mark.kwargs["recording"])
    assert named == claims and named


@pytest.mark.parametrize("name", sorted(path.stem for path in RECORDINGS.glob("ollama-*.json")))
def test_recording_is_of_the_version_in_its_name(name: str) -> None:
    data = (RECORDINGS / f"{name}.json").read_bytes()
    server = json.loads(data)["server"]
    assert server["name"] == "ollama" and name.split("-")[1] == server["version"]
    assert len(data) < 600_000
