"""A run's samples as columns, small enough that all of a study's are held at once: what the sample explorer filters and sorts.

The texts stand on the pages of samples and nowhere else. An item's name, category and the start of its question are the same
in every run that asks it, so they are a file of their own, named after its content: runs of the same items share it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec
from msgspec import UNSET

from llmxsite.base.memory import digest
from llmxsite.exchange.answer.scores import ChoiceScores
from llmxsite.log.record import Sample, scores_of
from llmxsite.press.catalogue import addresses
from llmxsite.press.numbers.outcomes import STATES
from llmxsite.press.site.samples import transcript

STARTS = 90
"""Characters of a question that the list of samples shows."""


COLUMNS = ("item", "condition", "repeat", "answer", "rule", "confidence")
"""Of numbers, one a sample: places in the lists beside them, and the confidence in thousandths."""


class Index:
    """Takes a run's samples in the order of its pages and gives its two scripts."""

    def __init__(self, report: str, run: str) -> None:
        self.report, self.run = report, run
        self.items: dict[tuple[str, str, str], tuple[int, list[str]]] = {}
        self.conditions: dict[tuple[tuple[str, object], ...], int] = {}
        self.answers: dict[tuple[str, str], int] = {}
        self.rules: dict[str, int] = {}
        self.columns: dict[str, list[int | None]] = {name: [] for name in COLUMNS}
        self.states: list[str] = []
        self.keys: list[str] = []

    def add(self, sample: Sample, question: str, state: str) -> None:
        """One more sample, of this state, with its item's question."""
        scores = scores_of(sample, ChoiceScores)
        named = sample.suite, sample.item, sample.item_hash
        known = self.items.get(named)
        if known is None:
            start = transcript.snippet(question, STARTS)
            shown = [sample.suite, sample.item, sample.category or "", sample.difficulty or "", start]
            known = self.items[named] = len(self.items), shown
        sure = scores.confidence
        row = (
            known[0],
            _place(self.conditions, tuple(sample.condition.items())),
            sample.repeat,
            _place(self.answers, (_text(scores.answer), _text(scores.expected))),
            _place(self.rules, _text(scores.rule or scores.reason)),
            round(1000 * sure) if isinstance(sure, int | float) and 0 <= sure <= 1 else None,
        )
        for column, value in zip(self.columns.values(), row, strict=True):
            column.append(value)
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
            "conditions": [{k: addresses.level(v) for k, v in pairs if v is not None} for pairs in self.conditions],
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
    text = msgspec.json.encode(payload).replace(b"<", b"\\u003c")
    return b'llmx.receive("%s",%s);\n' % (name.encode(), text)
