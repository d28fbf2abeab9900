"""The lines of a log that count: a key that stands there twice was asked again, and its last line counts."""

from __future__ import annotations

from pathlib import Path

import msgspec


class _Key(msgspec.Struct):
    type: str
    key: str | None = None


def last_lines(log: Path) -> set[int]:
    """Numbers of the lines that count: the last one of each key."""
    decode = msgspec.json.Decoder(_Key).decode
    found: dict[str, int] = {}
    with log.open("rb") as stream:
        for number, raw in enumerate(stream, 1):
            try:
                head = decode(raw)
            except (msgspec.DecodeError, UnicodeDecodeError):
                continue
            if head.type == "sample" and head.key is not None:
                found[head.key] = number
    return set(found.values())
