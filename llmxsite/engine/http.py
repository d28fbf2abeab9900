"""The HTTP client under the engines: one session, streamed bodies with limits, and faults told apart.

aiohttp rather than httpx, because a request costs it half the CPU time at concurrency 4 and it keeps its pace at 16.
Nothing here retries: an `EngineError` says whether asking again may help, and the collector decides. The one
exception is no answer at all on a connection used before, which a server may close at any time (RFC 9112, 9.6).
"""

from __future__ import annotations

import asyncio
import base64
import errno
import os
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Any, NamedTuple

import aiohttp
import msgspec

from llmxsite.engine.address import Address
from llmxsite.engine.fault import error_for, plain
from llmxsite.engine.lines import Lines, TooLong
from llmxsite.engine.protocol import EngineError

LINE_LIMIT = 8 << 20
"""Bytes of one line: a token with its 20 alternatives takes a few kilobytes."""
BODY_LIMIT = 64 << 20
"""Bytes of an answer that is not streamed: a list of models, a template, a vector."""
_IDLE = 4.0
"""Seconds after which a connection is not used again. llama-server closes one that was idle for 5 s, and where several were,
each of them may turn out to be closed just as a request goes out on it."""


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
        self._headers = {"Accept-Encoding": "identity", "Content-Type": "application/json"}
        if key:
            self._headers["Authorization"] = f"Bearer {key}"
        elif address.user is not None:
            pair = f"{address.user}:{address.password or ''}".encode()
            self._headers["Authorization"] = f"Basic {base64.b64encode(pair).decode()}"
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Http:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=self._connections + 1, keepalive_timeout=_IDLE),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=self.limits.connect),
            headers=self._headers,
            trust_env=False,
            trace_configs=[_reuse_tracer()],
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

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
            async for chunk in response.content.iter_any():
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
    ) -> AsyncIterator[tuple[aiohttp.ClientResponse, asyncio.Timeout]]:
        """A request and its successful response; every fault on the way becomes an `EngineError`."""
        if self._session is None:
            raise RuntimeError("the engine is used outside its `async with`")
        where = self.address.shown
        timer: asyncio.Timeout | None = None
        try:
            async with asyncio.timeout(seconds) as timer:
                async with await self._send(method, path, data) as response:
                    if response.status >= 300:
                        raise error_for(
                            response.status, await _whole(response, 1 << 20), response.headers.get("Retry-After")
                        )
                    yield response, timer
        except TimeoutError as error:
            if timer is not None and not timer.expired() and not isinstance(error, aiohttp.ServerTimeoutError):
                raise
            what = "no connection" if isinstance(error, aiohttp.ConnectionTimeoutError) else "no byte in time"
            raise EngineError("timeout", f"{where}: {what}", retry=True) from None
        except aiohttp.ClientConnectorError as error:
            raise EngineError("connection", f"{where} does not answer: {_reason(error)}", retry=True) from None
        except aiohttp.ClientPayloadError:
            raise EngineError("connection", f"{where} closed in the middle of a reply", retry=True) from None
        except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError, ConnectionError) as error:
            raise EngineError("connection", f"{where} closed the connection: {_reason(error)}", retry=True) from None
        except aiohttp.InvalidURL as error:
            raise EngineError("invalid-request", f"{where}: {_reason(error)}", retry=False) from None
        except aiohttp.ClientError as error:
            raise EngineError("protocol", f"{where} does not speak HTTP: {_reason(error)}", retry=True) from None

    async def _send(self, method: str, path: str, data: bytes | None) -> aiohttp.ClientResponse:
        """The head of the response; sent once more where a connection used before turns out to be closed."""
        assert self._session is not None
        url = self.address.url + path
        reused = _Reused()
        try:
            return await self._session.request(method, url, data=data, allow_redirects=False, trace_request_ctx=reused)
        except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError, ConnectionError):
            if not reused.yes:
                raise
        return await self._session.request(
            method, url, data=data, allow_redirects=False, headers={"Connection": "close"}
        )


class _Reused:
    """Whether a request went out on a connection used before."""

    yes = False


def _reuse_tracer() -> aiohttp.TraceConfig:
    async def note(_session: object, context: Any, _params: object) -> None:
        if isinstance(context.trace_request_ctx, _Reused):
            context.trace_request_ctx.yes = True

    tracer = aiohttp.TraceConfig()
    tracer.on_connection_reuseconn.append(note)
    return tracer


async def _whole(response: aiohttp.ClientResponse, limit: int) -> bytes:
    parts, size = [], 0
    async for chunk in response.content.iter_any():
        size += len(chunk)
        if size > limit:
            raise EngineError("protocol", f"the answer is longer than {limit >> 20} MB", retry=False)
        parts.append(chunk)
    return b"".join(parts)


def _check_stream(response: aiohttp.ClientResponse) -> None:
    kind = response.content_type
    if kind not in ("application/x-ndjson", "text/event-stream", "application/json", "application/octet-stream"):
        raise EngineError(
            "protocol", f"{response.host} answered with {kind}: it is no model server", retry=False, status=200
        )


def _reason(error: BaseException) -> str:
    cause = getattr(error, "os_error", error)
    number = cause.errno if isinstance(cause, OSError) else None
    if number is not None and number in errno.errorcode:
        # The event loop writes "Connect call failed (...)" where the system says "Connection refused".
        return os.strerror(number).lower()
    return plain(getattr(cause, "strerror", None) or str(error) or type(error).__name__)
