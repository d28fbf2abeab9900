"""The distribution of `tests/toy_task`, installed for a test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import distribution_support
import pytest

ROOT = Path(__file__).parent / "toy_task"
MODELS = ("fake:1b", "near:1b", "judge:1b")


@pytest.fixture
def toy(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with distribution_support.installed(ROOT, monkeypatch):
        yield


def parrot(body: dict[str, Any]) -> tuple[list[str], str]:
    """Says the sentence; asked for it a third time, it forgets the last of an odd number of words. As a judge it compares."""
    asked = [m["content"] for m in body.get("messages", ())]
    if not asked:
        return ["ready"], "stop"  # the model is only being loaded
    if body["model"] == "judge:1b":
        one, other = asked[-1].split("\n")[-2:]
        return ["yes" if one[3:] == other[3:] else "no"], "stop"
    words = asked[0].partition(": ")[2].split()
    lost = len(asked) > 3 and len(words) % 2
    return [f"{' ' if place else ''}{word}" for place, word in enumerate(words[:-1] if lost else words)], "stop"
