"""Cutting a byte stream into lines and events, with limits: what arrives in pieces, leaves whole."""

from __future__ import annotations

from collections.abc import Iterator


class TooLong(Exception):  # noqa: N818 - a limit, mapped to an EngineError where it is met
    """A line is longer than any honest server would write."""


class Lines:
    """Cuts chunks of bytes at line ends. Holds at most `limit` bytes of an unfinished line."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._parts: list[bytes] = []
        self._held = 0

    def feed(self, chunk: bytes) -> list[bytes]:
        """The lines that `chunk` completes, without their ends (`\\n` or `\\r\\n`). Raises `TooLong`."""
        head, *rest = chunk.split(b"\n")
        if not rest:
            self._hold(head)
            return []
        lines = [b"".join([*self._parts, head]), *rest[:-1]]
        if max(map(len, lines)) > self._limit:
            raise TooLong
        self._parts, self._held = [], 0
        self._hold(rest[-1])
        return [line.removesuffix(b"\r") for line in lines]

    def rest(self) -> bytes:
        """What is left without a line end when the stream is over."""
        return b"".join(self._parts).removesuffix(b"\r")

    def _hold(self, part: bytes) -> None:
        self._held += len(part)
        if self._held > self._limit:
            raise TooLong
        if part:
            self._parts.append(part)


class Events:
    """Server-sent events (WHATWG HTML, 9.2.6): the data of each event, its `data:` lines joined.

    Comments and other fields are passed over. An event counts when the blank line after it has come.
    """

    def __init__(self) -> None:
        self._data: list[bytes] = []

    def feed(self, lines: list[bytes]) -> Iterator[bytes]:
        """The data of each event that `lines` complete."""
        for line in lines:
            if line.startswith(b"data:"):
                self._data.append(line[6:] if line.startswith(b"data: ") else line[5:])
            elif not line and self._data:
                yield self._data[0] if len(self._data) == 1 else b"\n".join(self._data)
                self._data = []

    def rest(self) -> list[bytes]:
        """Data of an event whose blank line never came."""
        return self._data
