"""What is wrong with YAML that cannot be read, in the words of who wrote it: the line of the mistake and its mend.

A parser says where it could not go on, which is mostly the line after the one to mend.
"""

from __future__ import annotations

import re
from typing import NamedTuple

import yaml

_KEY = re.compile(
    r"( *)((?:- +)*)(?:\"[^\"]*\"|'[^']*'|[^\s#'\"\[\]{}&*!|>%@`,-][^#\[\]{}]*?|-[^\s:]+):(?:[ \t]+(.*))?$"
)
_ITEM = re.compile(r"( *)-(?: |$)")
_BLOCK = re.compile(r"[|>][-+0-9]*$")
_OPENED = {
    "while parsing a flow sequence": "this '[' is never closed",
    "while parsing a flow mapping": "this '{' is never closed",
    "while scanning a quoted scalar": "this quotation mark is never closed",
    "while scanning a double-quoted scalar": "this quotation mark is never closed",
    "while scanning a single-quoted scalar": "this quotation mark is never closed",
}
"""What the parser was in the middle of when it met something else on a later line."""


class Mistake(NamedTuple):
    """A place in the text, counted from 0, what is wrong there, and how to mend it."""

    line: int
    column: int | None
    message: str
    hint: str | None


def explain(text: str, error: yaml.MarkedYAMLError, first_line: int = 1) -> Mistake:
    """The mistake that made `text`, which starts on `first_line` of its file, unreadable."""
    mark, context = error.problem_mark or error.context_mark, error.context_mark
    problem = str(error.problem or error.context)
    line = mark.line if mark else 0
    if context is not None and context.line < line and str(error.context) in _OPENED:
        return Mistake(context.line, context.column, _OPENED[str(error.context)], "close it where it ends")
    structure = "did not find expected" in problem or "mapping values" in problem or "expected <" in problem
    if structure and (indented := misaligned(text)) is not None and indented <= line:
        column = len(text.splitlines()[indented]) - len(text.splitlines()[indented].lstrip())
        said = "this line starts in another column than the keys it belongs to"
        hint = f"keys must start in the same column; line {indented + first_line} is indented by {column}"
        if "mapping values" in problem and column > 0:
            hint += "; text of several lines that holds ': ' must be in quotes"
        return Mistake(indented, column, said, hint)
    if "could not find expected ':'" in problem and context is not None and context.line < line:
        return Mistake(context.line, context.column, "a ':' is missing after this key", "write key: value")
    return Mistake(line, mark.column if mark else None, f"not valid YAML: {problem}", _hint(problem))


def misaligned(text: str) -> int | None:
    """The first line, counted from 0, whose key or item starts in a column where nothing can start; None where all can.

    Looks at lines alone, so it is asked only about text that is known to be broken.
    """
    columns: list[int] = []  # where keys and items stand, from the outside in
    first, filled = 0, False  # `filled`: the key before has its value beside it, so that nothing can stand below it
    block: int | None = None
    for number, line in enumerate(text.splitlines()):
        column = len(line) - len(line.lstrip(" "))
        if not line.strip() or line.lstrip().startswith("#") or (block is not None and column > block):
            continue
        block = None
        key, item = _KEY.match(line), _ITEM.match(line)
        if key is None and item is None:
            continue
        if not columns:
            first, columns = number, [column]
        elif column > columns[-1]:
            if filled:
                return number
            columns.append(column)
        else:
            while columns and column < columns[-1]:
                columns.pop()
            if not columns:
                return first
            if column > columns[-1]:
                return number
        if key is None:
            filled = True
            continue
        if key[2]:
            columns.append(column + len(key[2]))
        value = (key[3] or "").strip()
        filled = bool(value) and not value.startswith("#")
        if _BLOCK.match(value):
            block = columns[-1]
        elif value[:1] in ("[", "{") and value[-1] not in "]}":
            return None  # further lines belong to it, in any column
    return None


def _hint(problem: str) -> str | None:
    if "mapping values are not allowed" in problem:
        return "a value that holds ': ' must be in quotes"
    if "cannot start any token" in problem:
        return "indent with spaces, and put a value that starts with @, ` or % in quotes"
    if "found undefined alias" in problem:
        return "a value that starts with * must be in quotes"
    return None
