"""Engine for Ollama's native API, which tells more than its `/v1`: digests, templates, the context in force, clocks.

What a server can do is found by asking it, never guessed from its version: a load asks for one token with logprobs and
reads back the context; what is missing stands in `EngineInfo.lacks`.
"""

from __future__ import annotations

import asyncio
import hashlib
from contextlib import aclosing
from typing import Any

import msgspec

from llmxsite.engine import wire
from llmxsite.engine.address import Address
from llmxsite.engine.http import Http, Limits, error_for, is_model_failure, plain
from llmxsite.engine.protocol import (
    EngineError,
    EngineInfo,
    Message,
    ModelInfo,
    OnText,
    Options,
    Reply,
    Request,
    ToolCall,
    Usage,
)
from llmxsite.engine.reading import Reading


class _Function(msgspec.Struct):
    name: str = ""
    arguments: Any = None


class _Call(msgspec.Struct):
    function: _Function


class _Message(msgspec.Struct):
    content: str | None = None
    thinking: str | None = None
    tool_calls: list[_Call] | None = None


class _Chunk(msgspec.Struct):
    """A line of /api/chat, or of /api/generate, which has `response` and `thinking` at its top. Times in nanoseconds."""

    message: _Message | None = None
    response: str | None = None
    thinking: str | None = None
    logprobs: list[wire.Entry] | None = None
    done: bool = False
    done_reason: str | None = None
    load_duration: int | None = None
    prompt_eval_count: int | None = None
    prompt_eval_duration: int | None = None
    eval_count: int | None = None
    eval_duration: int | None = None
    error: str | None = None


class _Details(msgspec.Struct):
    format: str | None = None
    family: str | None = None
    parameter_size: str | None = None
    quantization_level: str | None = None


class _Listed(msgspec.Struct):
    """A model of /api/tags or /api/ps."""

    name: str
    digest: str | None = None
    size: int | None = None
    size_vram: int | None = None
    context_length: int | None = None
    details: _Details | None = None
    remote_host: str | None = None
    remote_model: str | None = None


class _List(msgspec.Struct):
    models: list[_Listed] | None = None


class _Show(msgspec.Struct):
    template: str | None = None
    renderer: str | None = None
    system: str | None = None
    license: str | None = None
    capabilities: list[str] | None = None
    model_info: dict[str, Any] | None = None
    remote_host: str | None = None
    remote_model: str | None = None


class _Version(msgspec.Struct):
    version: str


class _Embeddings(msgspec.Struct):
    embeddings: list[list[float]]


_chunk = msgspec.json.Decoder(_Chunk)
_list = msgspec.json.Decoder(_List)
_show = msgspec.json.Decoder(_Show)
_version = msgspec.json.Decoder(_Version)
_embeddings = msgspec.json.Decoder(_Embeddings)
_POLL_SECONDS = 0.05
_BARE_TEMPLATES = ("", "{{ .Prompt }}", "{{.Prompt}}")


class Ollama:
    """An Ollama server at `address`."""

    name = "ollama"

    def __init__(self, address: Address, *, connections: int = 4, limits: Limits | None = None) -> None:
        self._http = Http(address, connections=connections, limits=limits)
        # The API has no field for it: a prompt's beginning is always taken from the cache where it is there.
        self._lacks: dict[str, None] = {"the prompt cache cannot be turned off": None}
        self._contexts: dict[str, int] = {}
        """Contexts found in force, where they differ from what was asked."""

    async def __aenter__(self) -> Ollama:
        await self._http.__aenter__()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self._http.__aexit__(None, None, None)

    async def describe(self) -> EngineInfo:
        """The server's version, and what it was found to lack so far: ask again after a model was loaded."""
        version = wire.decode(await self._http.ask("/api/version"), _version, []).version
        return EngineInfo(
            name=self.name,
            version=plain(version),
            address=self._http.address.shown,
            lacks=[f"{lack}: server {plain(version)}" for lack in self._lacks],
        )

    async def models(self) -> list[ModelInfo]:
        """Every model of /api/tags."""
        listed = wire.decode(await self._http.ask("/api/tags"), _list, []).models or []
        return [_model_info(model) for model in listed]

    async def model(self, name: str, *, num_ctx: int | None = None) -> ModelInfo:
        """Tags and show together; with `num_ctx`, after one token from the loaded model, what /api/ps says of it."""
        info = next((model for model in await self.models() if _same(model.name, name)), None)
        show = wire.decode(await self._http.ask("/api/show", {"model": name}), _show, [])
        info = msgspec.structs.replace(info, name=name) if info else ModelInfo(name=name)
        _add_show(info, show)
        if num_ctx is not None and not info.remote:
            await self._load(info, num_ctx)
        return info

    async def chat(self, request: Request, on_text: OnText | None = None) -> Reply:
        """One request, streamed: /api/chat, or /api/generate without a template for a raw prompt."""
        reading = Reading(request, on_text)
        raw = request.raw_prompt is not None
        batches = self._http.stream(
            "/api/generate" if raw else "/api/chat", _body(request), byte_limit=wire.byte_limit(request.options)
        )
        try:
            async with aclosing(batches):
                async for lines in batches:
                    for line in lines:
                        if line.strip():
                            self._take(reading, line)
        except EngineError as error:
            if not is_model_failure(error, tools=bool(request.tools)):
                raise
            reading.failure = str(error)
        if reading.failure is None and not reading.done:
            raise EngineError("protocol", "the reply ended before it was complete", retry=True)
        reply = reading.reply()
        if "logprobs-missing" in reply.warnings:
            self._lacks["no logprobs"] = None
        if self._was_cut(request, reply.usage):
            reply.warnings.append("context-truncated")
            self._lacks["prompts that do not fit are cut silently"] = None
        return reply

    async def embed(self, model: str, texts: list[str]) -> list[list[float]]:
        """One vector a text, each asked for by itself: a batch can give other numbers. Too long a text is an error."""
        vectors = []
        for text in texts:
            body = {"model": model, "input": text, "truncate": False}
            answer = await self._http.ask("/api/embed", body, seconds=self._http.limits.first_byte)
            found = wire.decode(answer, _embeddings, []).embeddings
            if len(found) != 1:
                raise EngineError("protocol", f"{len(found)} vectors came back for one text", retry=False)
            vectors.append(found[0])
        return vectors

    async def unload(self, model: str) -> None:
        """An empty prompt with `keep_alive` 0. The server says yes at once and unloads later: its list tells when."""
        await self._http.ask("/api/generate", {"model": model, "keep_alive": 0})
        try:
            async with asyncio.timeout(self._http.limits.stall):
                while await self._running(model) is not None:
                    await asyncio.sleep(_POLL_SECONDS)
        except TimeoutError:
            raise EngineError("timeout", f"the server still has '{model}' in memory", retry=True) from None

    async def _running(self, name: str) -> _Listed | None:
        """What /api/ps says of a model in memory."""
        running = wire.decode(await self._http.ask("/api/ps"), _list, []).models or []
        return next((model for model in running if _same(model.name, name)), None)

    def _take(self, reading: Reading, line: bytes) -> None:
        """One line of a reply."""
        chunk = wire.decode(line, _chunk, reading.warnings)
        if chunk.error is not None:
            raise error_for(500, line, streamed=True)
        if chunk.message is not None:
            reading.text(chunk.message.thinking, thinking=True)
            reading.text(chunk.message.content)
            for call in chunk.message.tool_calls or ():
                reading.output()
                parsed, rest = wire.arguments(call.function.arguments)
                reading.calls.append(ToolCall(name=call.function.name, arguments=parsed, raw=rest))
        else:
            reading.text(chunk.thinking, thinking=True)
            reading.text(chunk.response)
        if chunk.logprobs:
            reading.entries(chunk.logprobs)
        if chunk.done:
            reading.done = True
            reading.done_reason = chunk.done_reason
            reading.timing.load_ms = _ms(chunk.load_duration)
            reading.timing.prompt_ms = _ms(chunk.prompt_eval_duration)
            reading.timing.eval_ms = _ms(chunk.eval_duration)
            reading.usage = Usage(prompt_tokens=chunk.prompt_eval_count, completion_tokens=chunk.eval_count)

    def _was_cut(self, request: Request, usage: Usage) -> bool:
        """Whether a server that does not honour `truncate: false` seems to have cut the prompt.

        It then reads as many tokens as the context has or, in some versions, half of them. At half, the text must also
        hold far more characters than that many tokens spell: a prompt may have that length by chance.
        """
        count = usage.prompt_tokens
        context = self._contexts.get(request.model, request.options.num_ctx)
        if not count or context <= 0:
            return False
        characters = sum(len(m.content) for m in request.messages) + len(request.raw_prompt or "")
        return count >= context - 1 or (abs(count - context // 2) <= 8 and characters > 6 * count)

    async def _load(self, info: ModelInfo, num_ctx: int) -> None:
        """Load a model with a context and read what came of it."""
        if "completion" in (info.capabilities or ["completion"]):
            await self.chat(
                Request(model=info.name, messages=[], raw_prompt="1", options=Options(num_ctx=num_ctx, num_predict=1))
            )
        else:
            body = {"model": info.name, "input": "1", "options": {"num_ctx": num_ctx}}
            await self._http.ask("/api/embed", body, seconds=self._http.limits.first_byte)
        loaded = await self._running(info.name)
        if loaded is None:
            return
        info.context_in_force = loaded.context_length or None
        if loaded.size and loaded.size_vram is not None:
            info.gpu_share = round(min(loaded.size_vram / loaded.size, 1.0), 4)
        if info.context_in_force is None:
            self._lacks["the context in force is not told"] = None
        elif info.context_in_force != num_ctx:
            self._contexts[info.name] = info.context_in_force


def _body(request: Request) -> dict[str, Any]:
    options = msgspec.to_builtins(request.options)
    if not request.options.stop:
        # An empty list would take away the stop words stored with the model.
        del options["stop"]
    body: dict[str, Any] = {"model": request.model, "stream": True, "options": options}
    if request.raw_prompt is not None:
        body |= {"prompt": request.raw_prompt, "raw": True}
    else:
        body["messages"] = [_message(message) for message in request.messages]
        if request.think is not None:
            body["think"] = request.think
        if request.tools:
            body["tools"] = request.tools
    if request.top_logprobs is not None:
        body |= {"logprobs": True, "top_logprobs": request.top_logprobs}
    if request.keep_alive is not None:
        body["keep_alive"] = request.keep_alive
    # A prompt or a reply that does not fit must be an error or end there, never be cut without a word.
    return body | {"truncate": False, "shift": False}


def _message(message: Message) -> dict[str, Any]:
    shaped: dict[str, Any] = {"role": message.role, "content": message.content}
    if message.thinking:
        shaped["thinking"] = message.thinking
    if message.tool_calls:
        shaped["tool_calls"] = [
            {"function": {"name": call.name, "arguments": call.arguments or {}}} for call in message.tool_calls
        ]
    if message.tool_name:
        shaped["tool_name"] = message.tool_name
    return shaped


def _model_info(model: _Listed) -> ModelInfo:
    details = model.details or _Details()
    remote = bool(model.remote_host or model.remote_model)
    return ModelInfo(
        name=model.name,
        digest=(model.digest or "").removeprefix("sha256:") or None,
        family=details.family or None,
        format=details.format or None,
        quantization=details.quantization_level or None,
        parameter_size=details.parameter_size or None,
        size_bytes=None if remote else model.size,
        remote=remote,
    )


def _add_show(info: ModelInfo, show: _Show) -> None:
    facts = show.model_info or {}
    count = facts.get("general.parameter_count")
    context = facts.get(f"{facts.get('general.architecture')}.context_length")
    info.parameters = count if isinstance(count, int) else None
    info.context_length = context if isinstance(context, int) else None
    info.system = show.system or None
    info.remote = info.remote or bool(show.remote_host or show.remote_model)
    named = facts.get("general.license")
    info.licence = named if isinstance(named, str) and named else plain((show.license or "").strip()[:80]) or None
    if show.template is not None:
        info.template_hash = hashlib.sha256(show.template.encode()).hexdigest()
    if show.capabilities is not None:
        bare = (show.template or "").strip() in _BARE_TEMPLATES and not show.renderer
        chats = "completion" in show.capabilities and not bare
        info.capabilities = [*show.capabilities, *(["chat"] if chats else [])]


def _same(listed: str, asked: str) -> bool:
    """Whether two spellings name one model: a tag that is left out is `latest`."""
    return listed.lower().removesuffix(":latest") == asked.lower().removesuffix(":latest")


def _ms(nanoseconds: int | None) -> float | None:
    return None if nanoseconds is None else round(nanoseconds / 1e6, 3)
