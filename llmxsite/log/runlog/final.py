"""The lines of a log that count: a key that stands there twice was asked again, and its last line counts."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import msgspec

from llmxsite.base.lines import raw_lines
from llmxsite.base.regular import opened

T = TypeVar("T")


def put_last(found: dict[str, T], key: str, value: T) -> None:
    """Keep what stands in a line under its sample's key, in place of any earlier one, in the order of the lines that count."""
    found.pop(key, None)
    found[key] = value


class _Key(msgspec.Struct):
    type: str
    key: str | None = None


def last_lines(log: Path) -> set[int]:
    """Numbers of the lines that count: the last one of each key."""
    decode = msgspec.json.Decoder(_Key).decode
    found: dict[str, int] = {}
    with opened(log) as stream:
        for number, raw in raw_lines(stream):
            try:
                head = decode(raw)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                continue
            if head.type == "sample" and head.key is not None:
                found[head.key] = number
    return set(found.values())
