"""A suite and its items as typed records, and the hashes that say whether two of them are the same."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import cache
from typing import Any, ClassVar

import msgspec

from llmxsite.base import registry
from llmxsite.study.study import Author

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_ABOUT = frozenset({"category", "subcategory", "difficulty", "language", "cluster", "explanation", "source"})
"""Fields that say something about an item; a model never sees them and no score depends on them."""
_ASKED = ("id", "question", "choices", "answer", "unit")
QUESTIONS = "questions"
"""The kind of a suite's items where it names none."""


class Item(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What a sample is of, whatever its kind. A task with items of its own has a subclass in its module `suite`, under `ITEMS`: reading,
    checking for unknown keys, writing and hashing go by the fields."""

    kind: ClassVar[str]
    """What a suite names in its key `kind`."""
    id: str
    category: str | None = None
    subcategory: str | None = None
    difficulty: str | None = None
    """`easy`, `medium` or `hard`, in the author's judgement; other words are kept as they are."""
    language: str | None = None
    """BCP 47 tag where it differs from the suite's."""
    cluster: str | None = None
    """Items that share a passage, a template or a translation share a cluster: their errors are not independent."""
    explanation: str | None = None
    """Why the answer is right, in a sentence; shown to readers, and used in worked examples."""
    source: str | None = None
    """Where the fact can be checked."""

    def shown(self) -> str:
        """The item for lists, and for whoever is asked what it is."""
        return " · ".join(text for _, text in self.texts())

    def details(self) -> Iterator[tuple[str, str]]:
        """What a reader sees of an item that is opened: the title of each part, and its text."""
        for name, text in self.texts():
            yield name.replace("_", " ").capitalize(), text

    def asked(self) -> list[Any]:
        """What a model or a score depends on: the item's hash is made of it."""
        return [
            self.kind,
            *([name, value] for name, default in _own(type(self)) if (value := getattr(self, name)) != default),
        ]

    def texts(self) -> Iterator[tuple[str, str]]:
        """Every text that may reach a model, each with its field."""
        for name, _ in _own(type(self)):
            value = getattr(self, name)
            for text in value if isinstance(value, list) else [value]:
                if isinstance(text, str):
                    yield name, text

    def faults(self) -> Iterator[tuple[str, str]]:
        """What would give a wrong score, each as field and message; an empty text is one unless a kind says otherwise."""
        for name, text in self.texts():
            if not text:
                yield name, f"'{name}' is empty"

    def tidy(self) -> None:
        """Take away what only formatting put there: white space at the ends, Windows line ends."""
        for name, _ in _own(type(self)):
            setattr(self, name, _tidied(getattr(self, name)))


class QuestionItem(Item, kw_only=True):
    """A question with a right answer: the items of the kind `questions`."""

    kind: ClassVar[str] = QUESTIONS
    question: str
    choices: list[str] | None = None
    """Two to 26 options without their letters; None for numeric and short answers."""
    answer: str | int | float | list[str]
    """Multiple choice: the letter of the right option. Numeric: the number. Short answer: one or several accepted texts."""
    unit: str | None = None
    """What a numeric answer is counted in; told to the model."""

    @property
    def right(self) -> int | None:
        """Index of the right option; None where there are no options or the answer is not one of their letters."""
        if not self.choices or not isinstance(self.answer, str) or len(self.answer) != 1:
            return None
        index = LETTERS.find(self.answer)
        return index if 0 <= index < len(self.choices) else None

    def shown(self) -> str:
        return self.question

    def asked(self) -> list[Any]:
        more = [
            [name, value]
            for name, default in _own(type(self))
            if name not in _ASKED and (value := getattr(self, name)) != default
        ]
        return [self.question, self.choices, _number(self.answer), self.unit, *more]

    def texts(self) -> Iterator[tuple[str, str]]:
        yield "question", self.question
        for choice in self.choices or ():
            yield "choices", choice

    def faults(self) -> Iterator[tuple[str, str]]:
        return iter(())  # `validity` says them, each under a code of its own

    def tidy(self) -> None:
        for name in ("question", "choices", "answer"):
            setattr(self, name, _tidied(getattr(self, name)))


def choices_of(item: Item) -> list[str]:
    """The options of a question; none of an item of another kind."""
    return (item.choices or []) if isinstance(item, QuestionItem) else []


@registry.remembered
def item_kind(name: str) -> type[Item] | None:
    """The kind of items that a suite names; None where no task that is installed has it. Raises `Problem` where two tasks have it."""
    if name == QUESTIONS:
        return QuestionItem
    found: type[Item] | None = registry.find("suite", "ITEMS", name)
    return found


def item_kinds() -> list[str]:
    """Every kind of items that a suite may name."""
    return [QUESTIONS, *(kind.kind for _, kind in registry.declared("suite", "ITEMS"))]


@cache
def _own(kind: type[Item]) -> list[tuple[str, Any]]:
    """Fields of a kind itself, with their defaults. Kept, because logs of 100,000 items ask for each."""
    fields = [f for f in msgspec.structs.fields(kind) if f.name not in _ABOUT and f.name != "id"]
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
    kind: str = QUESTIONS
    """What its items are: questions, or a kind that a task brings."""
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
    return [item.id, *item.asked()]


def item_hash(item: Item) -> str:
    """32 hex digits of sha256 over question, options and key, without the id: two files that hold the same question agree."""
    return hashlib.sha256(msgspec.json.encode(item.asked(), order="sorted")).hexdigest()[:32]


def tidy(text: str) -> str:
    """Text as it will be asked: `\\n` line ends, no white space at its ends."""
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


def _tidied(value: Any) -> Any:
    if isinstance(value, list):
        return [_tidied(one) for one in value]
    return tidy(value) if isinstance(value, str) else value


def _number(answer: str | int | float | list[str]) -> str | int | float | list[str]:
    """`5.0` and `5` are one number, however a file writes it."""
    return int(answer) if isinstance(answer, float) and answer.is_integer() else answer
