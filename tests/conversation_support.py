"""Tasks that another distribution brings, for the tests of conversations: `talk` doubts answers and has them judged, `seek` ranks
options by vectors."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import distribution_support
import pytest
from collect_support import samples_of

DISTRIBUTION = Path(__file__).parent / "task" / "distribution"
MODELS = ("fake:1b", "judge:1b")
DESIGN = {"task": "talk", "sweep": {"doubts": [0, 2]}, "repeats": 2, "concurrency": 3}
SEEK = {"task": "seek", "sweep": {"way": ["vectors", "words"]}, "concurrency": 2}


def answer(body: dict[str, Any]) -> tuple[list[str], str]:
    """A letter that hangs on every word of the conversation."""
    said = json.dumps([body["model"], body.get("messages"), body.get("options", {}).get("seed")], sort_keys=True)
    return ["AB"[hashlib.sha256(said.encode()).digest()[0] % 2]], "stop"


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with distribution_support.installed(DISTRIBUTION, monkeypatch):
        yield


def told(path: Path) -> dict[str, tuple[object, ...]]:
    """What each sample of a log is, by key; the last line of a key counts."""
    found = {}
    for s in samples_of(path):
        said = (
            [(turn.follows, turn.request, turn.reply and turn.reply.text) for turn in s.turns]
            if isinstance(s.turns, list)
            else None
        )
        found[s.key] = (s.item, str(s.condition), s.repeat, s.outcome, str(s.scores), str(s.rubric), s.of, str(said))
    return found
