"""The items of the task: sentences."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from llmxsite.study.suite import Item


class Sentence(Item, kw_only=True):
    """A sentence that is told."""

    kind: ClassVar[str] = "sentences"
    sentence: str

    def faults(self) -> Iterator[tuple[str, str]]:
        if len(self.sentence.split()) < 2:
            yield "sentence", "a sentence has two words or more"


ITEMS = (Sentence,)
