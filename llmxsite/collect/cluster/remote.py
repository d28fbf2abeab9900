"""An engine on another machine, as a collector on this one sees it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar, cast

import msgspec

from llmxsite.collect.cluster.station import Facts, Said, decode, encode
from llmxsite.exchange.engine.protocol import (
    EmbedRequest,
    EngineError,
    EngineInfo,
    Message,
    ModelInfo,
    OnText,
    Reply,
    Request,
    Vectors,
)

T = TypeVar("T")
R = TypeVar("R")


class Handle(Protocol):
    """A station as Dask hands it out: calling a method sends the call, awaiting what it gives brings the answer.

    Even naming a method raises when the worker has gone.
    """

    def open(self, contexts: dict[str, int]) -> Awaitable[bytes]: ...
    def describe(self) -> Awaitable[bytes]: ...
    def models(self) -> Awaitable[bytes]: ...
    def model(self, name: str, num_ctx: int | None) -> Awaitable[bytes]: ...
    def chat(self, request: bytes) -> Awaitable[bytes]: ...
    def embed(self, request: bytes) -> Awaitable[bytes]: ...
    def unload(self, model: str) -> Awaitable[bytes]: ...


class Remote:
    """A `Station` as an `Engine`. Once `lost`, every call under way and every later one is a `connection` error."""

    def __init__(self, handle: Handle) -> None:
        self._handle = handle
        self.on_lost: Callable[[], None] | None = None
        """Called once, before any call fails."""
        self._lost = asyncio.get_running_loop().create_future()
        self._lacks: list[str] = []
        self._settled: dict[bytes, Request] = {}
        """What became of a request, by its form."""

    @property
    def gone(self) -> bool:
        return self._lost.done()

    def lost(self) -> None:
        """The worker is no longer there; what it may still answer counts for nothing."""
        if not self._lost.done():
            self._lost.set_result(None)
            if self.on_lost is not None:
                self.on_lost()

    async def open(self, contexts: dict[str, int]) -> Facts:
        return await self._ask(lambda: self._handle.open(contexts), Facts)

    async def __aenter__(self) -> Remote:
        return self

    async def __aexit__(self, *exc: object) -> None: ...

    async def describe(self) -> EngineInfo:
        return await self._ask(lambda: self._handle.describe(), EngineInfo)

    def lacks(self) -> list[str]:
        """What the server on the other machine was found to lack, as it last said."""
        return list(self._lacks)

    def settled(self, request: Request) -> Request:
        """The request as it goes over the wire there, as far as one of its form came back."""
        known = self._settled.get(_form(request))
        if known is None:
            return request
        own = {name: getattr(request.options, name) for name in _VARIES if getattr(known.options, name) is not None}
        options = msgspec.structs.replace(known.options, **own)
        return msgspec.structs.replace(
            request,
            options=options,
            think=known.think,
            top_logprobs=known.top_logprobs,
            cache_prompt=known.cache_prompt,
        )

    async def models(self) -> list[ModelInfo]:
        return await self._ask(lambda: self._handle.models(), list[ModelInfo])

    async def model(self, name: str, *, num_ctx: int | None = None) -> ModelInfo:
        return await self._ask(lambda: self._handle.model(name, num_ctx), ModelInfo)

    async def chat(self, request: Request, on_text: OnText | None = None) -> Reply:
        """`on_text` is never called: pieces of a reply do not cross the network."""
        data = encode(request)
        reply = await self._ask(lambda: self._handle.chat(data), Reply)
        if reply.sent is not None and reply.sent != request:
            self._settled[_form(request)] = reply.sent
        elif reply.sent is not None:
            reply.sent = request
        return reply

    async def embed(self, request: EmbedRequest) -> Vectors:
        data = encode(request)
        return await self._ask(lambda: self._handle.embed(data), Vectors)

    async def unload(self, model: str) -> None:
        await self._call(lambda: self._handle.unload(model), None)

    async def _ask(self, call: Callable[[], Awaitable[bytes]], kind: type[T]) -> T:
        value = await self._call(call, kind)
        if value is None:
            raise EngineError("protocol", "the machine answered with nothing", retry=False)
        return value

    async def _call(self, call: Callable[[], Awaitable[bytes]], kind: type[T] | None) -> T | None:
        said = decode(await self._race(call), cast("type[Said[T]]", Said[kind]))  # type: ignore[valid-type]
        self._lacks = said.lacks or self._lacks
        if said.fault is not None:
            raise said.fault.error()
        return said.value

    async def _race(self, call: Callable[[], Awaitable[R]]) -> R:
        """The answer, unless the worker goes first: Dask alone may let a call wait for ever then."""
        if not self.gone:
            try:
                answer = asyncio.ensure_future(_awaited(call()))
                try:
                    await asyncio.wait({answer, self._lost}, return_when=asyncio.FIRST_COMPLETED)
                    if answer.done():
                        return answer.result()
                finally:
                    answer.cancel()
            except (OSError, RuntimeError):  # RuntimeError is Dask's for a station that went with its worker
                self.lost()
            except Exception as error:
                raise EngineError(
                    "server", f"the machine failed: {type(error).__name__}: {error}", retry=False
                ) from error
        raise EngineError("connection", "the machine has gone", retry=False)


async def _awaited(answer: Awaitable[R]) -> R:
    return await answer


_VARIES = ("seed", "num_predict", "stop")
"""Options that differ from request to request and that are sent wherever any is."""


def _form(request: Request) -> bytes:
    """What requests that a server settles alike have in common: all but their words, seed and budget."""
    options = msgspec.structs.replace(request.options, seed=None, num_predict=0, stop=None)
    messages: list[Message] = []
    raw = None if request.raw_prompt is None else ""
    return encode(msgspec.structs.replace(request, options=options, messages=messages, raw_prompt=raw))
