"""The transport under the engines: httpx-aiohttp's, which keeps its pace at 16 replies at once where httpx's own does not.

Two things are added. What goes wrong before a reply begins is raised under the name that httpx has for it (httpx-aiohttp
0.2 calls a refused connection and a broken one `ConnectTimeout`). And a request that found a connection used before to be
closed is sent once more, on a new one: a server may close an idle connection at any time (RFC 9112, 9.6).
"""

from __future__ import annotations

import ssl
from contextvars import ContextVar

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport

_IDLE = 4.0
"""Seconds after which a connection is not used again. llama-server closes one that was idle for 5 s, and where several were,
each of them may turn out to be closed just as a request goes out on it."""
_REUSED = ContextVar("_REUSED", default=False)
"""Whether the request under way in this task went out on a connection used before."""


class Transport(httpx.AsyncBaseTransport):
    """At most `connections` to one server, used again and again. Heeds no proxy of the environment.

    `handle_async_request` raises `ConnectTimeout`, `ConnectError`, `ReadError` where the connection ended before a reply
    began, `RemoteProtocolError` for what is no HTTP, `UnsupportedProtocol` for an address that cannot be used.
    """

    def __init__(self, *, connections: int, verify: ssl.SSLContext) -> None:
        self._connections = connections
        self._verify = verify
        self._kept = AiohttpTransport(verify=verify, client=self._keeping)
        self._new = AiohttpTransport(verify=verify, client=self._closing)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        _REUSED.set(False)
        try:
            return await _head(self._kept, request)
        except httpx.ReadError:
            if not _REUSED.get():
                raise
        request.headers["Connection"] = "close"
        return await _head(self._new, request)

    async def aclose(self) -> None:
        await self._kept.aclose()
        await self._new.aclose()

    def _keeping(self) -> aiohttp.ClientSession:
        """What httpx-aiohttp would make by itself, but for the note of a connection used before, which httpx has no word for."""

        async def note(*_: object) -> None:
            _REUSED.set(True)

        tracer = aiohttp.TraceConfig()
        tracer.on_connection_reuseconn.append(note)
        return _session(
            aiohttp.TCPConnector(limit=self._connections, keepalive_timeout=_IDLE, ssl=self._verify), [tracer]
        )

    def _closing(self) -> aiohttp.ClientSession:
        """A connection a request: where several were idle, the next one may be closed as well."""
        return _session(aiohttp.TCPConnector(limit=self._connections, force_close=True, ssl=self._verify))


def _session(
    connector: aiohttp.TCPConnector, tracers: list[aiohttp.TraceConfig] | None = None
) -> aiohttp.ClientSession:
    """Without cookies: no reply may hang on one before it."""
    return aiohttp.ClientSession(
        connector=connector, trust_env=False, cookie_jar=aiohttp.DummyCookieJar(), trace_configs=tracers
    )


async def _head(transport: AiohttpTransport, request: httpx.Request) -> httpx.Response:
    """The response once its head is there; every fault until then under httpx's name, with aiohttp's as its cause."""
    try:
        return await transport.handle_async_request(request)
    except (httpx.TransportError, aiohttp.ClientError, OSError) as raised:
        error = (raised.__cause__ or raised) if isinstance(raised, httpx.TransportError) else raised
    # Where half a head had come, aiohttp's words for a server that left are the half as Python writes it.
    words = "the server left" if isinstance(error, aiohttp.ServerDisconnectedError) else str(error)
    raise _kind(error)(words, request=request) from error


def _kind(error: BaseException) -> type[httpx.TransportError]:
    match error:
        case aiohttp.ConnectionTimeoutError():
            return httpx.ConnectTimeout
        case aiohttp.ClientConnectorError():
            return httpx.ConnectError
        case aiohttp.ClientConnectionError() | OSError():
            return httpx.ReadError
        case aiohttp.InvalidURL():
            return httpx.UnsupportedProtocol
        case _:
            return httpx.RemoteProtocolError
