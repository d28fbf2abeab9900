"""Engine for servers that speak OpenAI's API: llama-server, LM Studio, vLLM, Ollama's `/v1`, and OpenAI itself.

Every sampler is sent under the name llama-server and vLLM know it by. A strict server that refuses a field by name is
asked again without it, once and for all, and the field is recorded in `EngineInfo.lacks`: the reader of a run sees
what was not honoured.
"""

from __future__ import annotations

import hashlib
import re
from contextlib import aclosing
from typing import Any

import msgspec

from llmxsite.engine import openai_shapes as shapes
from llmxsite.engine import wire
from llmxsite.engine.address import Address
from llmxsite.engine.http import Http, Limits, error_for, is_model_failure
from llmxsite.engine.lines import Events
from llmxsite.engine.protocol import (
    EngineError,
    EngineInfo,
    ModelInfo,
    OnText,
    Reply,
    Request,
    ToolCall,
    Usage,
)
from llmxsite.engine.reading import Reading

_OPTIONAL = (
    "chat_template_kwargs",
    "cache_prompt",
    "return_progress",
    "stream_options",
    "top_logprobs",
    "logprobs",
    "repeat_last_n",
    "repeat_penalty",
    "typical_p",
    "min_p",
    "top_k",
    "presence_penalty",
    "frequency_penalty",
    "seed",
    "top_p",
    "temperature",
    "stop",
)
"""Fields a server may refuse without making the request meaningless."""


class OpenAI:
    """An OpenAI-compatible server at `address` (its root, without `/v1`)."""

    name = "openai"

    def __init__(
        self, address: Address, *, connections: int = 4, key: str | None = None, limits: Limits | None = None
    ) -> None:
        self._http = Http(address, connections=connections, key=key, limits=limits)
        self._dropped: dict[str, None] = {}
        self._budget_field = "max_tokens"
        self._lacks: dict[str, None] = {}

    async def __aenter__(self) -> OpenAI:
        await self._http.__aenter__()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self._http.__aexit__(None, None, None)

    async def describe(self) -> EngineInfo:
        """What the server tells of itself, and what it was found to lack so far."""
        await self.models()
        props = await self._properties()
        build = props.build_info if props else None
        return EngineInfo(
            name=self.name,
            version=build,
            address=self._http.address.shown,
            backend=f"llama.cpp {build}" if build else None,
            lacks=list(self._lacks),
        )

    async def models(self) -> list[ModelInfo]:
        """The models the server lists."""
        listed = wire.decode(await self._http.ask("/v1/models"), shapes.read_models, [])
        return [_model_info(model) for model in listed.data]

    async def model(self, name: str, *, num_ctx: int | None = None) -> ModelInfo:
        """A listed model; the context is the server's own, which no request can change."""
        known = {model.name: model for model in await self.models()}
        info = known.get(name)
        if info is None:
            if len(known) != 1:
                raise EngineError(
                    "missing-model",
                    f"the server has no model '{name}': it has {', '.join(known) or 'none'}",
                    retry=False,
                )
            # A server of one model answers to any name; what is asked for is what is recorded.
            info = msgspec.structs.replace(next(iter(known.values())), name=name)
        if props := await self._properties():
            settings, template = props.default_generation_settings, props.chat_template
            info.context_in_force = settings.n_ctx if settings else None
            info.quantization = props.model_ftype or info.quantization
            if template:
                info.template_hash = hashlib.sha256(template.encode()).hexdigest()
        if num_ctx is not None and info.context_in_force not in (None, num_ctx):
            self._lacks[f"num_ctx is the server's own: {info.context_in_force}"] = None
        return info

    async def chat(self, request: Request, on_text: OnText | None = None) -> Reply:
        """One request, streamed. Fields that the server refuses by name are left out, and recorded."""
        while True:
            body = self._body(request)
            try:
                return await self._exchange(request, body, on_text)
            except EngineError as error:
                if error.status not in (400, 422) or not self._drop(str(error), body):
                    raise

    async def embed(self, model: str, texts: list[str]) -> list[list[float]]:
        """One vector a text, each asked for by itself: a batch can give other numbers."""
        vectors = []
        for text in texts:
            answer = await self._http.ask(
                "/v1/embeddings", {"model": model, "input": text}, seconds=self._http.limits.first_byte
            )
            found = wire.decode(answer, shapes.read_embeddings, []).data
            if len(found) != 1:
                raise EngineError("protocol", f"{len(found)} vectors came back for one text", retry=False)
            vectors.append(found[0].embedding)
        return vectors

    async def unload(self, model: str) -> None:
        """Raises `EngineError`: OpenAI's API has no way to."""
        self._lacks["models cannot be unloaded: there is no cold start"] = None
        raise EngineError("unsupported", f"{self._http.address.shown} cannot be asked to unload a model", retry=False)

    async def _properties(self) -> shapes.Props | None:
        """llama-server's /props; None at servers that have none."""
        try:
            return wire.decode(await self._http.ask("/props"), shapes.read_props, [])
        except EngineError as error:
            if error.kind in ("unsupported", "invalid-request", "missing-model", "protocol"):
                return None
            raise

    def _body(self, request: Request) -> dict[str, Any]:
        options = request.options
        body: dict[str, Any] = {
            "model": request.model,
            "stream": True,
            "stream_options": {"include_usage": True},
            "temperature": options.temperature,
            "top_k": options.top_k,
            "top_p": options.top_p,
            "min_p": options.min_p,
            "typical_p": options.typical_p,
            "repeat_penalty": options.repeat_penalty,
            "repeat_last_n": options.repeat_last_n,
            "presence_penalty": options.presence_penalty,
            "frequency_penalty": options.frequency_penalty,
            "seed": options.seed,
            "cache_prompt": request.cache_prompt,
        }
        if options.num_predict > 0:
            body[self._budget_field] = options.num_predict
        if options.stop:
            body["stop"] = list(options.stop)
        if request.raw_prompt is not None:
            body["prompt"] = request.raw_prompt
            if request.top_logprobs is not None:
                # At least 1: llama-server takes 0 for "no logprobs at all".
                body["logprobs"] = max(request.top_logprobs, 1)
        else:
            body["messages"] = shapes.shape_messages(request.messages)
            if request.top_logprobs is not None:
                body["logprobs"] = True
                body["top_logprobs"] = request.top_logprobs
            if request.think is not None:
                body["chat_template_kwargs"] = {"enable_thinking": request.think}
            if request.tools:
                body["tools"] = request.tools
        for field in self._dropped:
            body.pop(field, None)
        return body

    def _drop(self, words: str, body: dict[str, Any]) -> bool:
        """Whether the server's refusal names a field of `body` that can be left out; leaves it out from now on."""
        if self._budget_field == "max_tokens" and "max_completion_tokens" in words:
            self._budget_field = "max_completion_tokens"
            return True
        for field in _OPTIONAL:
            if field in body and re.search(rf"\b{field}\b", words):
                self._dropped[field] = None
                self._lacks[f"no {field}: the server refuses it"] = None
                return True
        return False

    async def _exchange(self, request: Request, body: dict[str, Any], on_text: OnText | None) -> Reply:
        path = "/v1/completions" if request.raw_prompt is not None else "/v1/chat/completions"
        reading = _Reading(request, on_text)
        events = Events()
        batches = self._http.stream(path, body, byte_limit=wire.byte_limit(request.options))
        try:
            async with aclosing(batches):
                async for lines in batches:
                    for data in events.feed(lines):
                        reading.take(data)
        except EngineError as error:
            if not is_model_failure(error, tools=bool(request.tools)):
                raise
            reading.failure = str(error)
        reading.finish_calls()
        reply = reading.reply()
        if "logprobs-missing" in reply.warnings:
            self._lacks[f"no logprobs from {path}"] = None
        if reply.usage.cached_tokens and not request.cache_prompt:
            self._lacks["prompts are cached, though each request forbids it"] = None
        return reply


class _Reading(Reading):
    """A reply in OpenAI's events."""

    def __init__(self, request: Request, on_text: OnText | None) -> None:
        super().__init__(request, on_text)
        self._parts: dict[int, tuple[list[str], list[str]]] = {}

    def take(self, data: bytes) -> None:
        """One event's data."""
        if data == b"[DONE]":
            self.done = True
            return
        chunk = wire.decode(data, shapes.read_chunk, self.warnings)
        error = bytes(chunk.error)
        if error and error != b"null":
            body = b'{"error":' + error + b"}"
            raise error_for(_status(body), body, streamed=True)
        if chunk.usage is not None:
            details = chunk.usage.prompt_tokens_details
            self.usage = Usage(
                prompt_tokens=chunk.usage.prompt_tokens,
                cached_tokens=details.cached_tokens if details else None,
                completion_tokens=chunk.usage.completion_tokens,
            )
        if chunk.timings is not None:
            self.timing.prompt_ms = chunk.timings.prompt_ms
            self.timing.eval_ms = chunk.timings.predicted_ms
        for choice in chunk.choices or ():
            self.count(choice.piece())
            if choice.delta is not None:
                self.text(choice.delta.reasoning_content or choice.delta.reasoning, thinking=True)
                self.text(choice.delta.content)
                for call in choice.delta.tool_calls or ():
                    self._call(call)
            self.text(choice.text)
            if choice.logprobs is not None:
                self.entries(choice.logprobs.entries())
            self.done_reason = choice.finish_reason or self.done_reason

    def _call(self, call: shapes.Call) -> None:
        """A tool call comes in pieces: its name first, then its arguments as text."""
        self.output()
        name, arguments = self._parts.setdefault(call.index, ([], []))
        if call.function is not None:
            name.append(call.function.name or "")
            value = call.function.arguments
            if value is not None:
                arguments.append(value if isinstance(value, str) else msgspec.json.encode(value).decode())

    def finish_calls(self) -> None:
        """Put the pieces of the tool calls together."""
        for _, (name, raw) in sorted(self._parts.items()):
            parsed, rest = wire.arguments("".join(raw) or "{}")
            self.calls.append(ToolCall(name="".join(name), arguments=parsed, raw=rest))


def _status(body: bytes) -> int:
    """The status inside an error event; 500 where it has none."""
    try:
        code = msgspec.json.decode(body)["error"]["code"]
    except (msgspec.MsgspecError, KeyError, TypeError):
        return 500
    return code if isinstance(code, int) and 400 <= code <= 599 else 500


def _model_info(model: shapes.Model) -> ModelInfo:
    meta = model.meta or shapes.Meta()
    return ModelInfo(
        name=model.id,
        quantization=meta.ftype,
        parameters=meta.n_params,
        size_bytes=meta.size,
        context_length=meta.n_ctx_train or model.max_model_len,
    )
