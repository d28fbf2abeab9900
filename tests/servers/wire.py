"""HTTP/1.1 by hand, small enough to break on purpose: a server whose handlers write bytes."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
import threading
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Self

REASONS = {200: "OK", 400: "Bad Request", 404: "Not Found", 500: "Internal Server Error", 503: "Service Unavailable"}


@dataclass
class Call:
    """A request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body) if self.body else None


class Closed(Exception):  # noqa: N818 - not an error: the handler is done with the connection
    """Raised by a handler that has closed the connection."""


class Wire:
    """One connection, as a handler sees it: whole answers, streams in chunks, and ways to break off."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self.writer = writer

    async def answer(
        self, status: int, body: Any, *, kind: str = "application/json", headers: dict[str, str] | None = None
    ) -> None:
        """A whole answer; `body` is bytes, text, or something for JSON."""
        data = body if isinstance(body, bytes) else (body if isinstance(body, str) else json.dumps(body)).encode()
        self.head(status, kind, {"Content-Length": str(len(data)), **(headers or {})})
        self.writer.write(data)
        await self.writer.drain()

    def head(self, status: int, kind: str, headers: dict[str, str]) -> None:
        lines = [f"HTTP/1.1 {status} {REASONS.get(status, 'Status')}", f"Content-Type: {kind}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        self.writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())

    def start(self, kind: str) -> None:
        """The head of a stream in chunks."""
        self.head(200, kind, {"Transfer-Encoding": "chunked"})

    async def chunk(self, data: bytes) -> None:
        self.writer.write(b"%x\r\n%b\r\n" % (len(data), data))
        await self.writer.drain()

    async def end(self) -> None:
        self.writer.write(b"0\r\n\r\n")
        await self.writer.drain()

    def reset(self) -> None:
        """Break the connection off with a TCP reset."""
        sock = self.writer.get_extra_info("socket")
        with suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()
        raise Closed

    def close(self) -> None:
        """Break the connection off in an orderly way, wherever the stream stands."""
        self.writer.close()
        raise Closed


Handler = Callable[[Call, Wire], Awaitable[None]]


class HttpServer:
    """Listens on a free port of 127.0.0.1. `async with` runs it in this event loop, `with` in a thread of its own."""

    def __init__(self) -> None:
        self.port = 0
        self.calls: list[Call] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def handle(self, call: Call, wire: Wire) -> None:
        """Answer one request. To be written by each server."""
        raise NotImplementedError

    async def __aenter__(self) -> Self:
        await self.listen()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.hang_up()

    def __enter__(self) -> Self:
        ready = threading.Event()

        def run() -> None:
            self._loop = asyncio.new_event_loop()
            self._loop.run_until_complete(self.listen())
            ready.set()
            self._loop.run_forever()
            self._loop.run_until_complete(self.hang_up())
            self._loop.close()

        self._thread = threading.Thread(target=run, daemon=True)
        self._thread.start()
        ready.wait()
        return self

    def __exit__(self, *exc: object) -> None:
        assert self._loop is not None and self._thread is not None
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    async def listen(self) -> None:
        """Begin to listen, on the port it had before if it had one."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, limit=64 << 20)
        self.port = self._server.sockets[0].getsockname()[1]

    async def hang_up(self) -> None:
        """Stop listening and break off every connection: what follows is refused."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            with suppress(Closed, ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
                while head := await reader.readuntil(b"\r\n\r\n"):
                    first, *rest = head.decode("latin-1").strip().split("\r\n")
                    method, path, _ = first.split(" ", 2)
                    headers = {k.strip().lower(): v.strip() for k, _, v in (line.partition(":") for line in rest)}
                    body = await reader.readexactly(int(headers.get("content-length", "0")))
                    call = Call(method, path, headers, body)
                    self.calls.append(call)
                    await self.handle(call, Wire(writer))
        finally:
            self._tasks.discard(task)
            writer.close()
