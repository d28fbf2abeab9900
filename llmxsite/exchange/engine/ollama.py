"""Engine for Ollama's native API, which tells more than its `/v1`: digests, templates, the context in force, clocks.

What a server can do is found by asking it, never guessed from its version: a load asks for one token with logprobs and
every option that is sent, reads back the context, sends a prompt that cannot fit it, and asks what becomes of a conversation
before the model reads it. What is missing stands in `EngineInfo.lacks`. docs/ollama.md has what was seen, and on which version.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable
from contextlib import aclosing, suppress
from typing import TypeVar

import msgspec

from llmxsite.exchange.engine import ollama_shapes as shapes
from llmxsite.exchange.engine import wire
from llmxsite.exchange.engine.address import Address
from llmxsite.exchange.engine.concessions import Concessions, Names
from llmxsite.exchange.engine.embedding import Given, lone_row, one_by_one
from llmxsite.exchange.engine.fault import plain
from llmxsite.exchange.engine.http import Http, Limits
from llmxsite.exchange.engine.lines import Values
from llmxsite.exchange.engine.ollama_reading import LineReading, was_cut
from llmxsite.exchange.engine.protocol import (
    EmbedRequest,
    EngineError,
    EngineInfo,
    ModelInfo,
    OnText,
    Options,
    Reply,
    Request,
    Vectors,
)
from llmxsite.exchange.engine.reading import until

T = TypeVar("T")
_GONE = ("connection", "timeout", "missing-model", "memory", "refused")
"""Kinds of errors that no answer can be done without: the server or the model has gone."""
_POLL_SECONDS = 0.05
_REFUSAL_SECONDS = 30.0
"""A prompt that does not fit is refused as soon as its tokens are counted: a server that takes longer is reading it."""
_WAKES = 3
"""Times that a model is asked to load at most."""
_CUTS = "prompts that do not fit are cut silently"
_ROUNDING = 256
"""Since 0.30 the runner rounds a context up to a multiple of this many tokens, and no answer of the server says so."""
_OPTIONS = tuple(name for name in Options.__struct_fields__ if name != "num_predict")
NAMES = Names(
    fields={name: name for name in _OPTIONS}
    | {"logprobs": "top_logprobs", "top_logprobs": "top_logprobs", "think": "think", "keep_alive": "keep_alive"},
    framing=frozenset({"truncate", "shift"}),
    # A prompt's beginning is always taken from the cache where it is there.
    fixed=frozenset({"cache_prompt"}),
)


class Ollama:
    """An Ollama server at `address`."""

    name = "ollama"

    def __init__(self, address: Address, *, connections: int = 4, limits: Limits | None = None) -> None:
        self._http = Http(address, connections=connections, limits=limits)
        self._conceded = Concessions(NAMES)
        self._lacks = self._conceded.lacks
        self._lacks["the prompt cache cannot be turned off"] = None
        self._version = "of unknown version"
        self._contexts: dict[str, int] = {}
        """Contexts found in force, where they differ from what was asked."""
        self._refuses: set[str] = set()
        """Models for which a prompt that does not fit is refused: none of theirs was cut."""

    async def __aenter__(self) -> Ollama:
        await self._http.__aenter__()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self._http.__aexit__(None, None, None)

    async def describe(self) -> EngineInfo:
        """The server's version, and what it was found to lack so far: ask again after a model was loaded."""
        version = plain(await self._told(self._read_version()) or "")
        self._version = version or self._version
        return EngineInfo(name=self.name, version=version or None, address=self._http.address.shown, lacks=self.lacks())

    async def _read_version(self) -> str:
        return wire.decode(await self._http.ask("/api/version"), shapes.read_version, []).version

    def lacks(self) -> list[str]:
        """What the server was found to lack so far, with its version."""
        return [lack if "the server" in lack else f"{lack}: server {self._version}" for lack in self._lacks]

    def settled(self, request: Request) -> Request:
        """The request as it goes over the wire."""
        return self._conceded.settled(request)

    async def models(self) -> list[ModelInfo]:
        """Every model of /api/tags."""
        listed = wire.decode(await self._http.ask("/api/tags"), shapes.read_models, []).models or []
        return [shapes.listed_model(model) for model in listed]

    async def model(self, name: str, *, num_ctx: int | None = None) -> ModelInfo:
        """Tags and show together; with `num_ctx`, after one token from the loaded model, what /api/ps says of it."""
        listed = await self._told(self.models()) or []
        info = next((model for model in listed if shapes.same_name(model.name, name)), None)
        try:
            show = await self._show(name)
        except EngineError as error:
            if error.kind in _GONE:
                raise
            show = shapes.Show()
            self._lacks[f"'{name}' is not described ({error})"] = None
        info = msgspec.structs.replace(info, name=name) if info else ModelInfo(name=name)
        shapes.add_show(info, show)
        if num_ctx is not None and not info.remote:
            await self._load(info, num_ctx)
        return info

    async def chat(self, request: Request, on_text: OnText | None = None) -> Reply:
        """One request, streamed: /api/chat, or /api/generate without a template for a raw prompt."""
        while True:
            sent = self.settled(request)
            try:
                reply = await self._exchange(sent, on_text)
            except EngineError as error:
                if not self._conceded.learn(error, sent):
                    raise
                continue
            reply.sent = sent
            return reply

    async def _exchange(self, request: Request, on_text: OnText | None) -> Reply:
        reading, whole = LineReading(request, on_text), Values()
        raw = request.raw_prompt is not None
        body = shapes.shape_request(request)
        for name in self._conceded.framing(request):
            del body[name]
        batches = self._http.stream(
            "/api/generate" if raw else "/api/chat", body, byte_limit=wire.byte_limit(request.options)
        )
        try:
            async with aclosing(batches):
                async for lines in until(batches, lambda: reading.complete):
                    for line in whole.feed(lines):
                        reading.take(line)
            for line in whole.rest():
                reading.take(line)
        except EngineError as error:
            reading.broke_off(error)
        reply = reading.reply()
        if "logprobs-missing" in reply.warnings:
            self._lacks["no logprobs"] = None
        if request.model not in self._refuses and was_cut(request, reply.usage, self._contexts.get(request.model)):
            reply.warnings.append("context-truncated")
            self._lacks[_CUTS] = None
        return reply

    async def embed(self, request: EmbedRequest) -> Vectors:
        """/api/embed, a text at a time."""

        async def ask(text: str) -> Given:
            body = shapes.shape_embed(request, text)
            warnings: list[str] = []
            answer = await self._http.ask("/api/embed", body, seconds=self._http.limits.first_byte)
            found = wire.decode(answer, shapes.read_embeddings, warnings)
            load_ms = shapes.milliseconds(found.load_duration)
            return Given(lone_row(found.embeddings, text), found.prompt_eval_count, load_ms, tuple(warnings))

        return await one_by_one(request, ask, self._lacks)

    async def unload(self, model: str) -> None:
        """An empty prompt with `keep_alive` 0. The server says yes at once and unloads later: its list tells when."""
        await self._http.ask("/api/generate", {"model": model, "keep_alive": 0})
        try:
            async with asyncio.timeout(self._http.limits.stall):
                while await self._told(self._running(model)) is not None:
                    await asyncio.sleep(_POLL_SECONDS)
        except TimeoutError:
            raise EngineError("timeout", f"the server still has '{model}' in memory", retry=True) from None

    async def _running(self, name: str) -> shapes.Listed | None:
        """What /api/ps says of a model in memory.

        Models that share their weights share a place in memory, under the name of the one that was loaded first.
        """
        running = wire.decode(await self._http.ask("/api/ps"), shapes.read_models, []).models or []
        named = next((model for model in running if shapes.same_name(model.name, name)), None)
        if named is not None or not running:
            return named
        weights = (await self._show(name)).weights
        for model in running:
            with suppress(EngineError):  # one that was removed stays in memory and cannot be described
                if weights is not None and (await self._show(model.name)).weights == weights:
                    return model
        return None

    async def _show(self, name: str) -> shapes.Show:
        return wire.decode(await self._http.ask("/api/show", {"model": name}), shapes.read_show, [])

    async def _load(self, info: ModelInfo, num_ctx: int) -> None:
        """Load a model with a context and read what came of it."""
        completes = "completion" in (info.capabilities or ["completion"])
        if completes:
            await self._wake(_completion(info.name, "One two three four", num_ctx))
        else:
            body = {"model": info.name, "input": "1", "options": {"num_ctx": num_ctx}}
            await self._http.ask("/api/embed", body, seconds=self._http.limits.first_byte)
        loaded = await self._told(self._running(info.name))
        info.context_in_force = (loaded.context_length or None) if loaded else None
        if loaded and loaded.size and loaded.size_vram is not None:
            info.gpu_share = round(min(loaded.size_vram / loaded.size, 1.0), 4)
        if completes:
            info.render_hash = await self._told(self._render_hash(info.name, num_ctx))
            context = info.context_in_force or num_ctx
            info.context_in_force = (
                await self._told(self._ask_too_much(info, num_ctx, context)) or info.context_in_force
            )
        if info.context_in_force is None:
            self._lacks["the context in force is not told"] = None
        elif info.context_in_force != num_ctx:
            self._contexts[info.name] = info.context_in_force

    async def _wake(self, request: Request) -> None:
        """Send a request for the sake of loading: a server that answers it with that, and with nothing else, is asked again."""
        for attempt in range(_WAKES):
            try:
                await self.chat(request)
                return
            except EngineError as error:
                if not error.retry or error.kind not in ("server", "protocol") or attempt == _WAKES - 1:
                    raise

    async def _told(self, answer: Awaitable[T | None]) -> T | None:
        """What a question about the server says; None where it says nothing that can be read.

        A run can do without it. A server that has gone, or a model that has, is another matter.
        """
        try:
            return await answer
        except EngineError as error:
            if error.kind in _GONE:
                raise
            return None

    async def _render_hash(self, name: str, num_ctx: int) -> str | None:
        """The hash of the prompt that a fixed conversation becomes; None at a server that does not tell it."""
        # A server that does not know the field answers; one token of that is enough. `shift` is asked as every request asks
        # it: since 0.30 it is a matter of how the runner was started, and a request that differs in it loads the model anew.
        body = {"model": name, "stream": False, "options": {"num_ctx": num_ctx, "num_predict": 1}}
        body |= {"messages": shapes.CONVERSATION, "_debug_render_only": True, "truncate": False, "shift": False}
        answer = await self._http.ask("/api/chat", body, seconds=self._http.limits.first_byte)
        rendered = wire.decode(answer, shapes.read_chunk, []).debug.rendered
        return None if rendered is None else hashlib.sha256(rendered.encode()).hexdigest()

    async def _ask_too_much(self, info: ModelInfo, num_ctx: int, context: int) -> int | None:
        """Find out whether a prompt longer than the context is refused or cut without a word.

        Gives the context that is really in force, where that shows: a refusal may name it, and a prompt that was read
        whole proves that it is larger than was said.
        """
        longer = (context // _ROUNDING + 1) * _ROUNDING + 16
        try:
            async with asyncio.timeout(_REFUSAL_SECONDS):
                reply = await self.chat(_completion(info.name, "tea " * longer, num_ctx))
        except TimeoutError:
            return None
        except EngineError as error:
            if error.kind != "context":
                raise
            self._refuses.add(info.name)
            return error.context
        if (reply.usage.prompt_tokens or 0) <= context:
            self._lacks[_CUTS] = None
        return None


def _completion(model: str, prompt: str, num_ctx: int) -> Request:
    """A request for one token after `prompt`."""
    return Request(model=model, messages=[], raw_prompt=prompt, options=Options(num_ctx=num_ctx, num_predict=1))
