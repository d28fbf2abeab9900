"""What columns and levels are called where a person reads them: words for `num_ctx`, a suite's title for its id."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

from llmxsite.base import registry
from llmxsite.press.figure import words

if TYPE_CHECKING:
    from llmxsite.press.figure.draft import Samples

_WORDS = {
    "experiment": "Report",
    "digest": "Model digest",
    "suite_hash": "Version of the suite",
    "item_hash": "Version of the item",
    "expected": "Expected answer",
    "parsed": "Read",
}
"""Of columns whose name is none; those of factors are the factors' own."""
_TITLES: ContextVar[Mapping[str, str]] = ContextVar("titles")
"""Titles of suites by id, while a figure is made."""


def column(name: str) -> str:
    """A column's name in words, as a title begins: `num_ctx` -> `Context length`."""
    return words.heading(_WORDS.get(name) or _factors().get(name) or name)


def noun(name: str) -> str:
    """The same inside a sentence: `context length`, but `Top-p`."""
    title = column(name)
    return title if "-" in title[:5] else title[0].lower() + title[1:]


def nouns(name: str) -> str:
    """Several of them: `categories`, `ways of asking`."""
    first, *rest = noun(name).split(" ", 1) if " of " in noun(name) else (noun(name),)
    several = f"{first[:-1]}ies" if first.endswith("y") and first[-2:-1] not in "aeiou" else f"{first}s"
    return " ".join([several, *rest])


def counted(count: int, name: str) -> str:
    """`3 categories`."""
    return f"{count:,} {noun(name) if count == 1 else nouns(name)}"


def level(name: str, text: str) -> str:
    """The text of a level as it is shown: of a suite its title."""
    return _TITLES.get({}).get(text, text) if name == "suite" else text


def titles_of(samples: Samples) -> dict[str, str]:
    """Titles of the suites of samples by id, but for those that share one."""
    found = {
        ref.id: words.clean(ref.title) for run in samples.runs.values() for ref in run.suites if ref.title is not None
    }
    shared = Counter(found.values())
    return {suite: title for suite, title in found.items() if title and shared[title] == 1}


@contextmanager
def titled(samples: Samples) -> Iterator[None]:
    """Inside, suites of these samples are called by their titles."""
    token = _TITLES.set(titles_of(samples))
    try:
        yield
    finally:
        _TITLES.reset(token)


@registry.remembered
def _factors() -> dict[str, str]:
    """Titles of the factors that have one, those of tasks among them."""
    from llmxsite.study.experiment import FACTORS, terms_of

    own = [factor for task, _ in registry.parts("experiment") for factor in terms_of(task).factors]
    return {factor.name: factor.title for factor in (*FACTORS.values(), *own) if factor.title}
