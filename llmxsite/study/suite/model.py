"""A suite and its items as typed records, and the hashes that say whether two of them are the same."""

from __future__ import annotations

import hashlib
from functools import cache
from typing import Any

import msgspec

from llmxsite.study.study import Author

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_ABOUT = frozenset({"category", "subcategory", "difficulty", "language", "cluster", "explanation", "source"})
"""Fields that say something about an item; a model never sees them and no score depends on them."""
_ASKED = ("id", "question", "choices", "answer", "unit")


class Item(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One question. What fields mean beyond `id` is the task's business; unknown to a task, they are carried along.

    A task that needs more of an item adds an optional field here: reading, checking for unknown keys, writing and
    hashing go by the fields, and an item that does not use the new one keeps its hash.
    """

    id: str
    category: str | None = None
    subcategory: str | None = None
    difficulty: str | None = None
    """`easy`, `medium` or `hard`, in the author's judgement; other words are kept as they are."""
    language: str | None = None
    """BCP 47 tag where it differs from the suite's."""
    cluster: str | None = None
    """Items that share a passage, a template or a translation share a cluster: their errors are not independent."""
    question: str
    choices: list[str] | None = None
    """Two to 26 options without their letters; None for numeric and short answers."""
    answer: str | int | float | list[str]
    """Multiple choice: the letter of the right option. Numeric: the number. Short answer: one or several accepted texts."""
    unit: str | None = None
    """What a numeric answer is counted in; told to the model."""
    explanation: str | None = None
    """Why the answer is right, in a sentence; shown to readers, and used in worked examples."""
    source: str | None = None
    """Where the fact can be checked."""

    @property
    def right(self) -> int | None:
        """Index of the right option; None where there are no options or the answer is not one of their letters."""
        if not self.choices or not isinstance(self.answer, str) or len(self.answer) != 1:
            return None
        index = LETTERS.find(self.answer)
        return index if 0 <= index < len(self.choices) else None


@cache
def _more(kind: type[Item]) -> list[tuple[str, Any]]:
    """Fields that a task added, with their defaults. Kept, because logs of 100,000 items ask for each."""
    fields = [f for f in msgspec.structs.fields(kind) if f.name not in _ABOUT and f.name not in _ASKED]
    return [(f.name, f.default if f.default_factory is msgspec.NODEFAULT else f.default_factory()) for f in fields]


class Suite(msgspec.Struct, kw_only=True, omit_defaults=True):
    """`suites/<id>.yaml`, or `suites/<id>/suite.yaml` with its items in `items.jsonl`."""

    id: str
    title: str
    description: str | None = None
    version: str | None = None
    licence: str | None = None
    """SPDX identifier, such as `CC-BY-4.0`."""
    source: str | None = None
    """Where the items come from: `Written for this study`, or the address of the release."""
    source_sha256: str | None = None
    """Of the released file a converted suite was made from; a second `suite pull` must meet the same."""
    language: str | None = None
    """BCP 47 tag: `en`, `fr`."""
    authors: list[Author] = []
    datasheet: dict[str, Any] = {}
    """Answers to Gebru et al.'s questions that only a person can give, by section: see `suite.datasheet`."""
    examples: list[Item] = []
    """Worked items for few-shot prompts; never asked."""
    items: list[Item] = []

    def hash(self) -> str:
        """Content hash: sha256 over what reaches a model or a score, so formatting and prose about the suite do not matter."""
        parts = [
            self.id,
            [[*content(i), *([["explanation", i.explanation]] if i.explanation else [])] for i in self.examples],
            sorted((content(i) for i in self.items), key=lambda c: str(c[0])),
        ]
        return hashlib.sha256(msgspec.json.encode(parts, order="sorted")).hexdigest()

    def categories(self) -> dict[str, int]:
        """Items by category, in the order of first appearance; items without one under the empty name."""
        found: dict[str, int] = {}
        for item in self.items:
            found[item.category or ""] = found.get(item.category or "", 0) + 1
        return found


def content(item: Item) -> list[Any]:
    """The parts of an item that make it the same item: what is asked and what is right."""
    more = [[name, value] for name, default in _more(type(item)) if (value := getattr(item, name)) != default]
    return [item.id, item.question, item.choices, _number(item.answer), item.unit, *more]


def item_hash(item: Item) -> str:
    """32 hex digits of sha256 over question, options and key, without the id: two files that hold the same question agree."""
    return hashlib.sha256(msgspec.json.encode(content(item)[1:], order="sorted")).hexdigest()[:32]


def tidy(text: str) -> str:
    """Text as it will be asked: `\\n` line ends, no white space at its ends."""
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


def _number(answer: str | int | float | list[str]) -> str | int | float | list[str]:
    """`5.0` and `5` are one number, however a file writes it."""
    return int(answer) if isinstance(answer, float) and answer.is_integer() else answer
