"""docs/ollama.md, the tests and the recordings say the same: each row is asserted by a test on the recording it names."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from pathlib import Path

import pytest
import test_engine_ollama
import test_ollama_facts
import test_ollama_old
from servers.replay import RECORDINGS

PAGE = Path(__file__).parent.parent / "docs" / "ollama.md"
ROW = re.compile(r"^\| `([\w-]+)` \| (.+) \| (\w+) \| (`[^|]+`) \|$", re.MULTILINE)


def rows() -> dict[str, tuple[str, str, set[str]]]:
    """What is seen, the verdict and the recordings of each row, by its name."""
    found = ROW.findall(PAGE.read_text(encoding="utf-8"))
    assert len({name for name, *_ in found}) == len(found), "a row twice"
    return {name: (seen, verdict, set(re.findall(r"`([^`]+)`", where))) for name, seen, verdict, where in found}


def claims() -> dict[str, set[str]]:
    """The recordings on which the tests assert each claim."""
    found: dict[str, set[str]] = defaultdict(set)
    for module in (test_engine_ollama, test_ollama_facts, test_ollama_old):
        for name, test in vars(module).items():
            for mark in getattr(test, "pytestmark", ()) if name.startswith("test_") else ():
                if mark.name == "claim":
                    found[mark.args[0]].add(mark.kwargs.get("recording", module.RECORDING))
    return found


def test_each_row_is_asserted_on_the_recordings_it_names() -> None:
    assert {name: where for name, (_, _, where) in rows().items()} == claims()


def test_every_row_is_read() -> None:
    """A row that is misspelt would be passed over: as many lines of tables as rows."""
    lines = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| `")]
    assert len(lines) == len(rows()) > 40


@pytest.mark.parametrize("name", sorted({name for _, _, where in rows().values() for name in where}))
def test_recording_is_of_the_version_in_its_name(name: str) -> None:
    server = json.loads((RECORDINGS / f"{name}.json").read_text(encoding="utf-8"))["server"]
    assert server["name"] == "ollama" and name.split("-")[1] == server["version"]


def test_verdicts() -> None:
    assert {verdict for _, verdict, _ in rows().values()} == {"confirmed", "corrected", "found"}
