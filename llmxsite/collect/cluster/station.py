"""The far end of a run on many machines: an engine beside a Dask worker, and what crosses the network to and from it.

A `Station` lives on the worker, as long as the client that made it is there. Everything it is told and says is MessagePack of
typed records, so that what comes back is data whatever has become of the worker.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any, Generic, TypeVar

import msgspec

from llmxsite.collect.surroundings import answers
from llmxsite.exchange.engine import connect
from llmxsite.exchange.engine.protocol import (
    EmbedRequest,
    Engine,
    EngineError,
    EngineInfo,
    ModelInfo,
    RefusedError,
    Request,
)
from llmxsite.log import provenance
from llmxsite.log.record import Host

T = TypeVar("T")


class Fault(msgspec.Struct, kw_only=True, omit_defaults=True):
    """An `EngineError`, as it crosses the network."""

    kind: str
    message: str
    retry: bool = False
    retry_after: float | None = None
    status: int | None = None
    context: int | None = None
    field: str | None = None
    """Of a `RefusedError`, with its value."""
    value: Any = None

    @classmethod
    def of(cls, error: EngineError) -> Fault:
        return cls(
            kind=error.kind,
            message=str(error),
            retry=error.retry,
            retry_after=error.retry_after,
            status=error.status,
            context=error.context,
            field=error.field if isinstance(error, RefusedError) else None,
            value=error.value if isinstance(error, RefusedError) else None,
        )

    def error(self) -> EngineError:
        if self.field is not None:
            return RefusedError(self.field, self.value, self.message, status=self.status)
        return EngineError(
            self.kind,
            self.message,
            retry=self.retry,
            retry_after=self.retry_after,
            status=self.status,
            context=self.context,
        )


class Said(msgspec.Struct, Generic[T], kw_only=True, omit_defaults=True):
    """What an engine said: a value, or why there is none."""

    value: T | None = None
    fault: Fault | None = None
    lacks: list[str] = []
    """What the server was found to lack so far."""


class Facts(msgspec.Struct, kw_only=True):
    """A machine as its station found it."""

    engine: EngineInfo
    models: dict[str, ModelInfo]
    """The models asked for that are there, loaded once."""
    lacking: dict[str, Fault]
    """Those that are not there, or do not fit."""
    there: list[str]
    """Every model the server has, by name."""
    host: Host
    software: dict[str, str]


class Station:
    """An engine on a worker's machine. Made where the worker runs; `name` and `host` mean what they mean there.

    Not under way until `open`; closes its engine when it is let go, also when the client was killed.
    """

    def __init__(self, name: str, host: str | None, width: int) -> None:
        self._name, self._host, self._width = name, host, width
        self._stack = AsyncExitStack()
        self._engine: Engine | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def open(self, contexts: dict[str, int]) -> bytes:
        """Connect and look: `Said[Facts]`. `contexts` has the models that are asked for, and the context of each."""
        return await self._said(lambda: self._open(contexts))

    async def _open(self, contexts: dict[str, int]) -> Facts:
        around = asyncio.create_task(asyncio.to_thread(lambda: (provenance.host(), provenance.software())))
        self._loop = asyncio.get_running_loop()
        try:
            made = await asyncio.to_thread(connect, self._name, self._host, self._width)
            engine = self._engine = await self._stack.enter_async_context(made)
            found: dict[str, ModelInfo] = {}
            lacking: dict[str, Fault] = {}
            for name, context in contexts.items():
                try:
                    found[name] = await engine.model(name, num_ctx=context)
                except EngineError as error:
                    if error.kind not in ("missing-model", "memory"):
                        raise
                    lacking[name] = Fault.of(error)
            there = sorted(m.name for m in await engine.models() if answers(m)) if lacking else []
            info = await engine.describe()
        finally:
            host, software = await around
        return Facts(engine=info, models=found, lacking=lacking, there=there, host=host, software=software)

    async def describe(self) -> bytes:
        """`Said[EngineInfo]`."""
        return await self._said(self._there.describe)

    async def models(self) -> bytes:
        """`Said[list[ModelInfo]]`."""
        return await self._said(self._there.models)

    async def model(self, name: str, num_ctx: int | None) -> bytes:
        """`Said[ModelInfo]`."""
        return await self._said(lambda: self._there.model(name, num_ctx=num_ctx))

    async def chat(self, request: bytes) -> bytes:
        """`Request` to `Said[Reply]`. Times are measured here, beside the server."""
        asked = decode(request, Request)
        return await self._said(lambda: self._there.chat(asked))

    async def embed(self, request: bytes) -> bytes:
        """`EmbedRequest` to `Said[Vectors]`."""
        asked = decode(request, EmbedRequest)
        return await self._said(lambda: self._there.embed(asked))

    async def unload(self, model: str) -> bytes:
        """`Said[None]`."""
        return await self._said(lambda: self._there.unload(model))

    async def _said(self, ask: Callable[[], Awaitable[Any]]) -> bytes:
        try:
            said = Said(value=await ask())
        except EngineError as error:
            said = Said(fault=Fault.of(error))
        if self._engine is not None:
            said.lacks = self._engine.lacks()
        return encode(said)

    @property
    def _there(self) -> Engine:
        if self._engine is None:
            raise RuntimeError("the station is not open")
        return self._engine

    def __del__(self) -> None:
        # The worker lets go of a station when its client goes, in whatever way, and tells it nothing else.
        if self._loop is not None and not self._loop.is_closed():
            stack = self._stack
            self._loop.call_soon_threadsafe(lambda: asyncio.ensure_future(stack.aclose()))


_encoder = msgspec.msgpack.Encoder()


def encode(value: object) -> bytes:
    return _encoder.encode(value)


def decode(data: bytes, kind: type[T]) -> T:
    """A record out of what came over the network. Raises `EngineError` (`protocol`) for anything else."""
    try:
        return msgspec.msgpack.decode(data, type=kind)
    except msgspec.DecodeError as error:
        raise EngineError(
            "protocol", f"the machine answered what this version cannot read: {error}", retry=False
        ) from None
