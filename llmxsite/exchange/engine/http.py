"""The HTTP client under the engines: one server, streamed bodies with limits, and faults told apart.

Requests are httpx's, and go to the transport as they are: no client stands between that would follow a redirect, keep a
cookie, heed the environment, or take a quarter more of the CPU time for looking whether it has to. Nothing here retries: an
`EngineError` says whether asking again may help, and the collector decides. `transport` has the one exception.
"""

from __future__ import annotations

import asyncio
import base64
import errno
import os
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from functools import lru_cache
from types import TracebackType
from typing import NamedTuple

import httpx
import msgspec

from llmxsite import __version__
from llmxsite.base import in_use
from llmxsite.exchange.engine.address import Address
from llmxsite.exchange.engine.fault import error_for, plain
from llmxsite.exchange.engine.lines import Lines, TooLong
from llmxsite.exchange.engine.protocol import EngineError
from llmxsite.exchange.engine.transport import Transport
from llmxsite.exchange.engine.trust import certificates

LINE_LIMIT = 8 << 20
"""Bytes of one line: a token with its 20 alternatives takes a few kilobytes."""
BODY_LIMIT = 64 << 20
"""Bytes of an answer that is not streamed: a list of models, a template, a vector."""


class Limits(NamedTuple):
    """How long to wait, in seconds. Loading a large model from a slow disk sends no byte for minutes."""

    connect: float = 10.0
    answer: float = 30.0
    """For questions about the server itself, which load nothing."""
    first_byte: float = 900.0
    """From sending a request to the first byte of its reply: loading, and reading the prompt."""
    stall: float = 180.0
    """Between two chunks of a reply."""
    reply: float = 7200.0
    """A whole reply."""


class Http:
    """One server, spoken to over reused connections. Use as an asynchronous context manager."""

    def __init__(
        self,
        address: Address,
        *,
        connections: int = 4,
        limits: Limits | None = None,
        key: str | None = None,
    ) -> None:
        self.address = address
        self.limits = limits or Limits()
        self._connections = connections
        # Bytes, so that no key of whatever characters fails here, where nobody expects it.
        headers = [
            (b"Accept", b"*/*"),
            (b"Accept-Encoding", b"identity"),
            (b"Content-Type", b"application/json"),
            (b"User-Agent", f"llmxsite/{__version__}".encode()),
        ]
        in_use.remember(key, address.user, address.password)
        if key:
            headers.append((b"Authorization", b"Bearer " + os.fsencode(key.strip())))
        elif address.user is not None:
            pair = f"{address.user}:{address.password or ''}".encode()
            headers.append((b"Authorization", b"Basic " + base64.b64encode(pair)))
            in_use.remember(base64.b64encode(pair).decode())
        self._headers = httpx.Headers(headers)
        self._transport: Transport | None = None

    async def __aenter__(self) -> Http:
        """Open it; nothing is sent. Raises `EngineError` for an address that nothing can be sent to."""
        try:
            _url(self.address.url)
        except (httpx.InvalidURL, ValueError) as error:
            raise EngineError("invalid-request", f"{self.address.shown}: {_reason(error)}", retry=False) from None
        self._transport = Transport(connections=self._connections + 1, verify=certificates(self.address.url))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._transport is not None:
            await self._transport.aclose()
            self._transport = None

    async def ask(self, path: str, body: object = None, *, seconds: float | None = None) -> bytes:
        """One question, its whole answer: GET, or POST when there is a body. Raises `EngineError`."""
        method, data = ("GET", None) if body is None else ("POST", msgspec.json.encode(body))
        async with self._exchange(method, path, data, seconds or self.limits.answer) as (response, _):
            return await _whole(response, BODY_LIMIT)

    async def stream(self, path: str, body: object, *, byte_limit: int) -> AsyncGenerator[list[bytes], None]:
        """POST `body` and yield the lines of the reply as they arrive, several at a time. Raises `EngineError`.

        `byte_limit` bounds the whole reply. What comes after the last line end is yielded as a line of its own.
        """
        lines, size = Lines(LINE_LIMIT), 0
        loop = asyncio.get_running_loop()
        async with self._exchange("POST", path, msgspec.json.encode(body), self.limits.first_byte) as (response, timer):
            _check_stream(response)
            last = loop.time() + self.limits.reply
            async for chunk in response.aiter_bytes():
                timer.reschedule(min(loop.time() + self.limits.stall, last))
                size += len(chunk)
                if size > byte_limit:
                    raise EngineError("protocol", f"the reply is longer than {byte_limit >> 20} MB", retry=False)
                try:
                    whole = lines.feed(chunk)
                except TooLong:
                    raise EngineError(
                        "protocol", f"one line of the reply is longer than {LINE_LIMIT >> 20} MB", retry=False
                    ) from None
                if whole:
                    yield whole
            if rest := lines.rest():
                yield [rest]

    @asynccontextmanager
    async def _exchange(
        self, method: str, path: str, data: bytes | None, seconds: float
    ) -> AsyncIterator[tuple[httpx.Response, asyncio.Timeout]]:
        """A request and its successful response; every fault on the way becomes an `EngineError`."""
        if self._transport is None:
            raise RuntimeError("the engine is used outside its `async with`")
        where = self.address.shown
        timer: asyncio.Timeout | None = None
        response: httpx.Response | None = None
        try:
            async with asyncio.timeout(seconds) as timer:
                response = await self._transport.handle_async_request(self._request(method, path, data))
                try:
                    if response.status_code >= 300:
                        words = await _whole(response, 1 << 20)
                        raise error_for(response.status_code, words, response.headers.get("Retry-After"))
                    yield response, timer
                finally:
                    await response.aclose()
        except TimeoutError:
            if timer is None or not timer.expired():
                raise
            raise EngineError("timeout", f"{where}: no byte in time", retry=True) from None
        except (httpx.RequestError, OSError) as error:
            raise _fault(error, where, begun=response is not None) from None
        except (httpx.InvalidURL, ValueError) as error:
            raise EngineError("invalid-request", f"{where}: {_reason(error)}", retry=False) from None

    def _request(self, method: str, path: str, data: bytes | None) -> httpx.Request:
        return httpx.Request(
            method,
            _url(self.address.url + path),
            headers=self._headers,
            content=data,
            extensions={"timeout": {"connect": self.limits.connect}},
        )


@lru_cache(maxsize=64)
def _url(text: str) -> httpx.URL:
    """Parsed once a path: it takes a tenth of the time of a whole request. Raises `httpx.InvalidURL`, `UnicodeError`."""
    return httpx.URL(text)


def _fault(error: httpx.RequestError | OSError, where: str, *, begun: bool) -> EngineError:
    """What went wrong on the way. `begun` says that the head of the reply had come."""
    match error:
        case httpx.DecodingError():
            return EngineError("protocol", f"{where} does not speak HTTP: {_reason(error)}", retry=True)
        case _ if begun:  # httpx-aiohttp has several names for what can only be one thing
            return EngineError("connection", f"{where} closed in the middle of a reply", retry=True)
        case httpx.ConnectTimeout():
            return EngineError("timeout", f"{where}: no connection", retry=True)
        case httpx.ConnectError():
            return EngineError("connection", f"{where} does not answer: {_reason(error)}", retry=True)
        case httpx.ReadError() | OSError():
            return EngineError("connection", f"{where} closed the connection: {_reason(error)}", retry=True)
        case httpx.UnsupportedProtocol():
            return EngineError("invalid-request", f"{where}: {_reason(error)}", retry=False)
        case _:
            return EngineError("protocol", f"{where} does not speak HTTP: {_reason(error)}", retry=True)


async def _whole(response: httpx.Response, limit: int) -> bytes:
    parts, size = [], 0
    async for chunk in response.aiter_bytes():
        size += len(chunk)
        if size > limit:
            raise EngineError("protocol", f"the answer is longer than {limit >> 20} MB", retry=False)
        parts.append(chunk)
    return b"".join(parts)


def _check_stream(response: httpx.Response) -> None:
    kind = response.headers.get("Content-Type", "application/octet-stream").partition(";")[0].strip().lower()
    if kind not in ("application/x-ndjson", "text/event-stream", "application/json", "application/octet-stream"):
        raise EngineError(
            "protocol", f"{response.url.host} answered with {kind}: it is no model server", retry=False, status=200
        )


def _reason(error: BaseException) -> str:
    cause = error.__cause__ or error
    cause = getattr(cause, "os_error", cause)
    number = cause.errno if isinstance(cause, OSError) else None
    if number is not None and number in errno.errorcode:
        # The event loop writes "Connect call failed (...)" where the system says "Connection refused".
        return os.strerror(number).lower()
    return plain(getattr(cause, "strerror", None) or str(error) or type(error).__name__)
