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

    Comments, other fields and events without data, which keep a connection alive, are passed over. An event counts when the
    blank line after it has come, or the stream is over.
    """

    def __init__(self) -> None:
        self._data: list[bytes] = []
        self.met = False
        """Whether there was an event at all."""
        self.stray: list[bytes] = []
        """Lines that belong to no event, as long as none was met: a body that is no stream of them."""

    def feed(self, lines: list[bytes]) -> Iterator[bytes]:
        """The data of each event that `lines` complete."""
        for line in lines:
            if line.startswith(b"data:"):
                self.met = True
                self._data.append(line[6:] if line.startswith(b"data: ") else line[5:])
            elif not line:
                yield from self.rest()
            elif not self.met and not line.startswith((b":", b"event:", b"id:", b"retry:")):
                self.stray.append(line)

    def rest(self) -> Iterator[bytes]:
        """The data of an event that nothing has closed yet."""
        data = self._data[0] if len(self._data) == 1 else b"\n".join(self._data)
        self._data = []
        if data.strip():
            yield data


class Values:
    """JSON, a value a line; or one value over several lines, where a server writes it for people to read."""

    def __init__(self) -> None:
        self._begun: list[bytes] = []
        self._met = False

    def feed(self, lines: list[bytes]) -> Iterator[bytes]:
        """The lines that hold a value each. Where the first does not end its value, all are kept for `rest`."""
        for line in lines:
            bare = line.strip()
            if not bare:
                continue
            if self._begun or (not self._met and bare in (b"{", b"[")):
                self._begun.append(line)
                continue
            self._met = True
            yield line

    def rest(self) -> Iterator[bytes]:
        """The value over several lines, when the stream is over."""
        if self._begun:
            yield b"\n".join(self._begun)
