"""The request for vectors, and what comes back for it: a row of little-endian float32 for each text.

A row is kept as bytes, so that what is logged is bit for bit what the measures read: JSON has it as base64, a quarter of its
size in decimals. Servers compute with float32 or less, so nothing of theirs is lost.
"""

from __future__ import annotations

import math
import sys
from array import array
from collections.abc import Iterable
from typing import TYPE_CHECKING

import msgspec

from llmxsite.exchange.engine.cost import Timing, Usage

if TYPE_CHECKING:
    import numpy as np

UNIT = 1e-3
"""How far from 1 the length of a vector may be that counts as scaled to length 1: the rounding of half precision."""


class EmbedRequest(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """A request for the vectors of texts. None is a field that is not sent."""

    model: str
    texts: list[str]
    """As the model is to read them: with the prefix for a query or a passage that it was trained with, where it has one."""
    dimensions: int | None = None
    """Numbers a vector is to have, where the model was trained to be cut (Matryoshka)."""
    num_ctx: int | None = None
    """Context in tokens."""
    keep_alive: float | str | None = None
    """Seconds the model stays loaded afterwards; 0 unloads it."""
    truncate: bool = False
    """Whether a text that does not fit may be cut by the server, which says nothing of it. Otherwise it is an error."""


class Vectors(msgspec.Struct, kw_only=True):
    """What came back for an `EmbedRequest`."""

    rows: list[bytes]
    """One a text, in order: little-endian float32, `dimensions` of them. Empty where the server gave no vector for a text, or
    could not write it because it is not made of numbers."""
    dimensions: int | None = None
    """Numbers a row; None where no row has any."""
    tokens: list[int | None] = []
    """Tokens that the server read of each text, special ones included; None where it does not tell."""
    usage: Usage = msgspec.field(default_factory=Usage)
    """Of all texts together."""
    timing: Timing = msgspec.field(default_factory=Timing)
    """Of all texts together."""
    sent: EmbedRequest | None = None
    """The request as it went over the wire: another than was asked for where the server takes less. None is `as asked`."""
    warnings: list[str] = []
    """What is suspicious: `no-vector` (nothing came for a text), `zero-vector`, `not-finite` (NaN or infinity),
    `dimensions-ignored` (another number of dimensions than was asked for), `context-truncated` (the server seems to have cut
    a text), `invalid-utf8`, `unread-fields`."""

    def array(self) -> np.ndarray:
        """The rows as float32, shape (texts, dimensions); NaN in a row that did not come."""
        import numpy as np

        found = np.full((len(self.rows), self.dimensions or 0), np.nan, dtype=np.float32)
        for i, row in enumerate(self.rows):
            if row:
                found[i] = np.frombuffer(row, dtype="<f4")
        return found

    def faults(self) -> list[str | None]:
        """What is wrong with each row, as `warnings` calls it; None where it can be measured with."""
        return [fault(row) for row in self.rows]

    def normalised(self) -> bool | None:
        """Whether every row that can be measured has length 1, as a server that scales gives them; None without such a row."""
        lengths = [length(row) for row in self.rows if fault(row) is None]
        return all(abs(found - 1) < UNIT for found in lengths) if lengths else None


def packed(values: Iterable[float | None]) -> bytes:
    """Numbers as a row. None is NaN, which JSON has no number for; what float32 cannot hold is infinite."""
    row = array("f", (math.nan if value is None else value for value in values))
    if sys.byteorder == "big":
        row.byteswap()
    return row.tobytes()


def unpacked(row: bytes) -> array[float]:
    """The numbers of a row."""
    values = array("f", row)
    if sys.byteorder == "big":
        values.byteswap()
    return values


def length(row: bytes) -> float:
    """The Euclidean length of a row, computed in double precision."""
    return math.sqrt(math.fsum(x * x for x in unpacked(row)))


def fault(row: bytes) -> str | None:
    """`no-vector`, `zero-vector`, `not-finite`, or None for a row that can be measured with."""
    if not row:
        return "no-vector"
    values = unpacked(row)
    if not all(map(math.isfinite, values)):
        return "not-finite"
    return None if any(values) else "zero-vector"
