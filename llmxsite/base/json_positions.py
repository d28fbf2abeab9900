"""Where each value of a JSON text stands. The values themselves come from msgspec; this is asked only when one is wrong."""

from __future__ import annotations

import re
from bisect import bisect_right
from json import JSONDecoder

Key = str | int
_SPACE = re.compile(r"[ \t\r\n]*")
_scalar = JSONDecoder(strict=False).raw_decode


def positions(text: str) -> dict[tuple[Key, ...], tuple[int, int]]:
    """Line and column, from 1, of every value in a valid JSON text; the key `"\\0name"` gives that of a member's name.

    >>> positions('{"a": [1,\\n 2]}')[("a", 1)]
    (2, 2)
    """
    starts = [0, *(match.end() for match in re.finditer("\n", text))]
    found: dict[tuple[Key, ...], tuple[int, int]] = {}

    def skip(index: int) -> int:
        match = _SPACE.match(text, index)
        return match.end() if match else index

    def note(keys: tuple[Key, ...], index: int) -> None:
        line = bisect_right(starts, index)
        found[keys] = (line, index - starts[line - 1] + 1)

    def value(keys: tuple[Key, ...], index: int) -> int:
        note(keys, index)
        if text[index] == "{":
            index = skip(index + 1)
            while text[index] != "}":
                name_at = index
                name, index = _scalar(text, index)
                note((*keys, f"\0{name}"), name_at)
                index = skip(value((*keys, name), skip(skip(index) + 1)))
                if text[index] == ",":
                    index = skip(index + 1)
            return index + 1
        if text[index] == "[":
            index, element = skip(index + 1), 0
            while text[index] != "]":
                index = skip(value((*keys, element), index))
                element += 1
                if text[index] == ",":
                    index = skip(index + 1)
            return index + 1
        return _scalar(text, index)[1]

    value((), skip(0))
    return found
