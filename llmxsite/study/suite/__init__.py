"""A suite: a named set of items, with a content hash. Formats of other publishers live in `suite_formats`."""

from llmxsite.study.suite.model import LETTERS, Item, Suite, content, item_hash
from llmxsite.study.suite.reader import Loaded, find, load, locate, read
from llmxsite.study.suite.writer import scaffold, write

__all__ = [
    "LETTERS",
    "Item",
    "Loaded",
    "Suite",
    "content",
    "find",
    "item_hash",
    "load",
    "locate",
    "read",
    "scaffold",
    "write",
]
