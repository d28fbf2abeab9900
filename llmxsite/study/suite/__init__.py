"""A suite: a named set of items, with a content hash. Formats of other publishers live in `suite_formats`."""

from llmxsite.study.suite.model import LETTERS, Item, QuestionItem, Suite, choices_of, content, item_hash, item_kind
from llmxsite.study.suite.reader import Loaded, find, kind_of, load, locate, read
from llmxsite.study.suite.writer import scaffold, write

__all__ = [
    "LETTERS",
    "Item",
    "Loaded",
    "QuestionItem",
    "Suite",
    "choices_of",
    "content",
    "find",
    "item_hash",
    "item_kind",
    "kind_of",
    "load",
    "locate",
    "read",
    "scaffold",
    "write",
]
