"""A suite: a named set of items, with a content hash. Formats of other publishers live in `suite_formats`."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec

from llmxsite.study import Author


class Item(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One question. What fields mean beyond `id` is the task's business; unknown to a task, they are carried along."""

    id: str
    category: str | None = None
    subcategory: str | None = None
    difficulty: str | None = None
    language: str | None = None
    cluster: str | None = None
    """Items that share a passage, a template or a translation share a cluster: their errors are not independent."""
    question: str
    choices: list[str] | None = None
    """Two to 26 options without their letters; None for numeric and short answers."""
    answer: str | int | float | list[str]
    """Multiple choice: the letter of the right option. Numeric: the number. Short answer: one or several accepted texts."""
    unit: str | None = None
    explanation: str | None = None
    source: str | None = None
    """Where the fact can be checked."""


class Suite(msgspec.Struct, kw_only=True, omit_defaults=True):
    """`suites/<id>.yaml`, or `suites/<id>/suite.yaml` with its items in `items.jsonl`."""

    id: str
    title: str
    description: str | None = None
    version: str | None = None
    licence: str | None = None
    source: str | None = None
    language: str | None = None
    authors: list[Author] = []
    datasheet: dict[str, Any] = {}
    """Answers to Gebru et al.'s questions that only a person can give, by section."""
    examples: list[Item] = []
    """Worked items for few-shot prompts; never asked."""
    items: list[Item] = []

    def hash(self) -> str:
        """Content hash: sha256 over what reaches a model or a score, so formatting and prose about the suite do not matter."""
        parts = [
            self.id,
            [content(i) for i in self.examples],
            sorted((content(i) for i in self.items), key=lambda c: str(c[0])),
        ]
        return hashlib.sha256(msgspec.json.encode(parts, order="sorted")).hexdigest()


def content(item: Item) -> list[Any]:
    """The parts of an item that make it the same item: what is asked and what is right."""
    return [item.id, item.question, item.choices, item.answer, item.unit]


def item_hash(item: Item) -> str:
    """32 hex digits of sha256 over question, options and key, without the id: two files that hold the same question agree."""
    return hashlib.sha256(msgspec.json.encode(content(item)[1:], order="sorted")).hexdigest()[:32]
