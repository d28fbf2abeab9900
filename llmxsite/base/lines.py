"""The lines of a file as bytes, however long somebody made them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO

MAX_LINE = 64 * 1024 * 1024
"""Longest line read, in bytes; a longer one is passed over with an issue."""


def raw_lines(stream: IO[bytes]) -> Iterator[tuple[int, bytes]]:
    """`(number, bytes)` of each line; of one longer than `MAX_LINE` no more than the start is held in memory."""
    number = 0
    while raw := stream.readline(MAX_LINE + 1):
        number += 1
        yield number, raw
        while len(raw) > MAX_LINE and not raw.endswith(b"\n"):
            raw = stream.readline(MAX_LINE + 1)
