"""Columns while they grow, some thousand values at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from llmxsite.analysis.tables.columns import Array


class Growing:
    """One column, as one array with room to spare: systems give memory to the room only once it is used."""

    def __init__(self, convert: Callable[[Sequence[Any]], Array], missing: float) -> None:
        """`convert` makes an array of the column's type, with `missing` where the list has None."""
        self._convert, self._missing = convert, missing
        self._array: Array | None = None
        self._size = 0

    def add(self, values: Sequence[Any]) -> None:
        """Append values; None is missing. As long as nothing is known no array is made."""
        start, self._size = self._size, self._size + len(values)
        if values[0] is None and values.count(None) == len(values):
            if self._array is None:
                return
            piece: Any = self._missing
        else:
            piece = self._convert(values)
        if self._array is None:
            self._array = np.full(start, self._missing, piece.dtype)
        if len(self._array) < self._size:
            longer = np.empty(max(self._size, 2 * len(self._array)), self._array.dtype)
            longer[:start] = self._array[:start]
            self._array = longer
        self._array[start : self._size] = piece

    def take(self) -> Array | None:
        """The column; None when nothing in it is known."""
        return None if self._array is None else self._array[: self._size]


class Words:
    """Numbers texts in order of appearance. None is -1."""

    def __init__(self) -> None:
        self._codes: dict[str | None, int] = {None: -1}

    def codes(self, texts: Sequence[str | None]) -> Array:
        known = self._codes
        for text in dict.fromkeys(texts):
            if text not in known:
                known[text] = len(known) - 1
        return np.fromiter(map(known.__getitem__, texts), np.int32, len(texts))

    def texts(self) -> list[str]:
        return [text for text in self._codes if text is not None]
