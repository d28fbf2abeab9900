"""A run's samples as columns, small enough that all of a study's are held at once: what the sample explorer filters and sorts.

The texts stand on the pages of samples and nowhere else. An item's name, category and the start of its question are the same
in every run that asks it, so they are a file of their own, named after its content: runs of the same items share it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from msgspec import UNSET

from llmxsite.base.memory import digest
from llmxsite.exchange.answer.scores import ChoiceScores
from llmxsite.log.record import Sample, scores_of
from llmxsite.press.catalogue import addresses
from llmxsite.press.numbers.outcomes import STATES
from llmxsite.press.site.samples import transcript
from llmxsite.press.site.samples.asked import Questions, question

STARTS = 90
"""Characters of a question that the list of samples shows."""


class Index:
    """Takes a run's samples in the order of its pages and gives its two scripts."""

    def __init__(self, report: str, run: str, known: Questions) -> None:
        self.report, self.run, self.known = report, run, known
        self.items: dict[tuple[str, str, str], tuple[int, list[str]]] = {}
        self.conditions: dict[str, int] = {}
        self.answers: dict[tuple[str, str], int] = {}
        self.rules: dict[str, int] = {}
        self.columns: dict[str, list[int | None]] = {
            name: [] for name in ("item", "condition", "repeat", "answer", "rule", "confidence")
        }
        self.states: list[str] = []
        self.keys: list[str] = []

    def add(self, sample: Sample, state: str) -> None:
        """One more sample, of this state."""
        scores = scores_of(sample, ChoiceScores)
        named = sample.suite, sample.item, sample.item_hash
        if named not in self.items:
            start = transcript.snippet(question(sample, self.known), STARTS)
            shown = [sample.suite, sample.item, sample.category or "", sample.difficulty or "", start]
            self.items[named] = len(self.items), shown
        condition = {k: v for k, v in sample.condition.items() if v is not None}
        sure = scores.confidence
        row = {
            "item": self.items[named][0],
            "condition": _place(self.conditions, json.dumps(condition, ensure_ascii=False)),
            "repeat": sample.repeat,
            "answer": _place(self.answers, (_text(scores.answer), _text(scores.expected))),
            "rule": _place(self.rules, _text(scores.rule or scores.reason)),
            "confidence": round(1000 * sure) if isinstance(sure, int | float) and 0 <= sure <= 1 else None,
        }
        for name, value in row.items():
            self.columns[name].append(value)
        self.states.append(str(STATES.index(state)))
        self.keys.append(addresses.sample_anchor(sample.key)[2:])

    def scripts(self) -> dict[str, bytes]:
        """Address to content: the items, then the columns that name them by their place there."""
        shown = [fields for _, fields in self.items.values()]
        items = _call("items", _constants(zip(*shown, strict=True)) if shown else [])
        place = f"samples/items-{digest(items)[:12]}.js"
        columns: dict[str, Any] = {
            "run": self.run,
            "report": self.report,
            "items": place,
            "conditions": [json.loads(text) for text in self.conditions],
            "answers": list(self.answers),
            "rules": list(self.rules),
            "state": "".join(self.states),
            "key": self.keys,
            **{name: _constant(values) for name, values in self.columns.items()},
        }
        return {place: items, index_script(self.report, self.run): _call("samples", columns)}


def index_script(report: str, run: str) -> str:
    """Address of the script that holds a run's columns."""
    return addresses.run(report, run).removesuffix("index.html") + "samples-index.js"


def _place(known: dict[Any, int], thing: Any) -> int:
    return known.setdefault(thing, len(known))


def _constants(columns: Iterable[tuple[str, ...]]) -> list[Any]:
    return [_constant(list(column)) for column in columns]


def _constant(values: list[Any]) -> Any:
    """A column; one value where all are the same."""
    return values[0] if values and all(value == values[0] for value in values) else values


def _text(value: object) -> str:
    return "" if value in (None, UNSET) else str(value)[:40]


def _call(name: str, payload: Any) -> bytes:
    """Data as a classic script, so that it also comes from a disk."""
    text = json.dumps(payload, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    return f'llmx.receive("{name}",{text});\n'.encode()
