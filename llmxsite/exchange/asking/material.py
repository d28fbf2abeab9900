"""Vectors that a task wanted made before the samples of a condition are asked, by text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping


class Material(Mapping[str, bytes]):
    """The vectors of one suite under one condition, each as little-endian float32.

    Empty as long as samples are only planned; whole before the first of them is asked.
    """

    def __init__(self) -> None:
        self._rows: dict[str, bytes] = {}

    def add(self, text: str, row: bytes) -> None:
        """A vector has come."""
        self._rows[text] = row

    def __getitem__(self, text: str) -> bytes:
        return self._rows[text]

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)
