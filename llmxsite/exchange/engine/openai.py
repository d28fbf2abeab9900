"""Engine for servers that speak OpenAI's API: llama-server, LM Studio, vLLM, Ollama's `/v1`, and OpenAI itself.

Every sampler is sent under the name llama-server and vLLM know it by. What a strict server refuses is conceded to it
(`concessions`) and stands in `EngineInfo.lacks`: the reader of a run sees what was not honoured.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from contextlib import aclosing
from pathlib import Path
from typing import Any

import msgspec

from llmxsite.exchange.engine import openai_shapes as shapes
from llmxsite.exchange.engine import weights, wire
from llmxsite.exchange.engine.address import Address
from llmxsite.exchange.engine.concessions import Concessions, Names
from llmxsite.exchange.engine.cutting import Cutting
from llmxsite.exchange.engine.embedding import Given, lone_row, one_by_one
from llmxsite.exchange.engine.gguf import GgufError
from llmxsite.exchange.engine.http import Http, Limits
from llmxsite.exchange.engine.lines import Events
from llmxsite.exchange.engine.openai_reading import EventReading
from llmxsite.exchange.engine.protocol import (
    EmbedRequest,
    EngineError,
    EngineInfo,
    ModelInfo,
    OnText,
    Reply,
    Request,
    Vectors,
)
from llmxsite.exchange.engine.reading import until

_THEIRS = ("temperature", "top_p", "presence_penalty", "frequency_penalty", "seed", "stop")
_SAMPLERS = ("top_k", "min_p", "typical_p", "repeat_penalty", "repeat_last_n")
"""Options that OpenAI's API does not have, under the names that llama-server and vLLM give them."""
FIELDS = (
    {name: name for name in (*_THEIRS, *_SAMPLERS)}
    | {"cache_prompt": "cache_prompt", "chat_template_kwargs": "think"}
    | {"logprobs": "top_logprobs", "top_logprobs": "top_logprobs"}
)
NAMES = Names(
    fields=FIELDS,
    own=frozenset({*_SAMPLERS, "cache_prompt", "chat_template_kwargs"}),
    framing=frozenset({"stream_options"}),
    # The context is what the server was started with, and so is how long a model stays loaded.
    fixed=frozenset({"num_ctx", "keep_alive"}),
)


class OpenAI:
    """An OpenAI-compatible server at `address` (its root, without `/v1`)."""

    name = "openai"

    def __init__(
        self,
        address: Address,
        *,
        connections: int = 4,
        key: str | None = None,
        limits: Limits | None = None,
        names: Names = NAMES,
    ) -> None:
        self._http = Http(address, connections=connections, key=key, limits=limits)
        self._conceded = Concessions(names)
        self._lacks = self._conceded.lacks
        self._budget_field = "max_tokens"
        self._cutting = Cutting()
        self._base64 = True
        """Whether the server takes the request for vectors in base64, as far as is known."""

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
            lacks=self.lacks(),
        )

    def lacks(self) -> list[str]:
        """What the server was found to lack so far."""
        return list(self._lacks)

    def settled(self, request: Request) -> Request:
        """The request as it goes over the wire."""
        settled = self._conceded.settled(request)
        if settled.raw_prompt is not None and settled.top_logprobs == 0:
            # llama-server takes 0 for "no log-probabilities at all".
            settled = msgspec.structs.replace(settled, top_logprobs=1)
        return settled

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
            info = await asyncio.to_thread(self._file, name, props) or info
            settings, template = props.default_generation_settings, props.chat_template
            info.context_in_force = settings.n_ctx if settings else None
            info.quantization = props.model_ftype or info.quantization
            if template:
                info.template_hash = hashlib.sha256(template.encode()).hexdigest()
        if num_ctx is not None and info.context_in_force != num_ctx:
            self._lacks[f"num_ctx is the server's own: {info.context_in_force or 'not told'}"] = None
        return info

    async def chat(self, request: Request, on_text: OnText | None = None) -> Reply:
        """One request, streamed."""
        while True:
            sent = self.settled(request)
            try:
                reply = await self._exchange(sent, on_text)
            except EngineError as error:
                if self._renames_budget(error) or self._conceded.learn(error, sent):
                    continue
                raise self._conceded.explained(error, sent) from None
            self._conceded.confirm(sent)
            reply.sent = sent
            return reply

    async def embed(self, request: EmbedRequest) -> Vectors:
        """/v1/embeddings, a text at a time, in base64 where the server takes that: decimals are four times as long."""
        sent = msgspec.structs.replace(request, num_ctx=None, keep_alive=None)
        return await one_by_one(sent, lambda text: self._embed(sent, text), self._lacks)

    async def _embed(self, request: EmbedRequest, text: str) -> Given:
        given = await self._one_vector(request, text)
        if given.tokens is None or request.truncate:
            return given

        async def count(longer: str) -> int | None:
            return (await self._one_vector(request, longer)).tokens

        if await self._cutting.was_cut(request.model, text, given.tokens, count):
            self._lacks["texts that do not fit are cut silently"] = None
            return given._replace(warnings=(*given.warnings, "context-truncated"))
        return given

    async def _one_vector(self, request: EmbedRequest, text: str) -> Given:
        body: dict[str, Any] = {"model": request.model, "input": text}
        if request.dimensions is not None:
            body["dimensions"] = request.dimensions
        if self._base64:
            body["encoding_format"] = "base64"
        try:
            answer = await self._http.ask("/v1/embeddings", body, seconds=self._http.limits.first_byte)
        except EngineError as error:
            if self._base64 and error.status in (400, 422) and re.search("encoding_format|base64", str(error)):
                self._base64 = False
                return await self._one_vector(request, text)
            raise
        warnings: list[str] = []
        found = wire.decode(answer, shapes.read_embeddings, warnings)
        row = lone_row([each.embedding for each in found.data], text)
        return Given(row, found.usage.prompt_tokens if found.usage else None, warnings=tuple(warnings))

    async def unload(self, model: str) -> None:
        """Raises `EngineError`: OpenAI's API has no way to."""
        self._lacks["models cannot be unloaded: there is no cold start"] = None
        raise EngineError("unsupported", f"{self._http.address.shown} cannot be asked to unload a model", retry=False)

    def _file(self, name: str, props: shapes.Props) -> ModelInfo | None:
        """What the file says of itself, where the server names one and it lies on this machine."""
        path = Path(props.model_path or "")
        if not props.model_path or not self._http.address.here or not path.is_file():
            return None
        try:
            return msgspec.structs.replace(weights.info(name, path), name=name)
        except (GgufError, OSError):
            return None

    async def _properties(self) -> shapes.Props | None:
        """llama-server's /props; None at servers that have none."""
        try:
            return wire.decode(await self._http.ask("/props"), shapes.read_props, [])
        except EngineError as error:
            if error.kind in ("connection", "timeout"):
                raise
            return None  # whatever answers there, it is not llama-server, or not well: a run can do without

    def _body(self, request: Request) -> dict[str, Any]:
        options = request.options.sent()
        body: dict[str, Any] = {"model": request.model, "stream": True, "stream_options": {"include_usage": True}}
        body |= {name: options[name] for name in (*_THEIRS, *_SAMPLERS) if name in options}
        if request.cache_prompt is not None:
            body["cache_prompt"] = request.cache_prompt
        if request.options.num_predict > 0:
            body[self._budget_field] = request.options.num_predict
        if request.raw_prompt is not None:
            body["prompt"] = request.raw_prompt
            if request.top_logprobs is not None:
                body["logprobs"] = request.top_logprobs
        else:
            body["messages"] = shapes.shape_messages(request.messages)
            if request.top_logprobs is not None:
                body["logprobs"] = True
                if request.top_logprobs:
                    body["top_logprobs"] = request.top_logprobs
            if request.think is not None:
                body["chat_template_kwargs"] = {"enable_thinking": request.think}
            if request.tools:
                body["tools"] = request.tools
        for field in self._conceded.framing(request):
            del body[field]
        return body

    def _renames_budget(self, error: EngineError) -> bool:
        """Whether the server wants the budget under its newer name; gives it that from now on."""
        if (
            error.status not in (400, 422)
            or self._budget_field != "max_tokens"
            or "max_completion_tokens" not in str(error)
        ):
            return False
        self._budget_field = "max_completion_tokens"
        return True

    async def _exchange(self, request: Request, on_text: OnText | None) -> Reply:
        body = self._body(request)
        path = "/v1/completions" if request.raw_prompt is not None else "/v1/chat/completions"
        reading = EventReading(request, on_text)
        events = Events()
        batches = self._http.stream(path, body, byte_limit=wire.byte_limit(request.options))
        try:
            async with aclosing(batches):
                async for lines in until(batches, lambda: reading.complete):
                    for data in events.feed(lines):
                        reading.take(data)
            for data in events.rest():
                reading.take(data)
            if events.stray and not events.met:
                reading.take(b"\n".join(events.stray), whole=True)
        except EngineError as error:
            reading.broke_off(error)
        reading.finish_calls()
        reply = reading.reply()
        if "logprobs-missing" in reply.warnings:
            self._lacks[f"no logprobs from {path}"] = None
        if reply.usage.cached_tokens and not request.cache_prompt:
            forbids = ", though each request forbids it" if request.cache_prompt is False else ""
            self._lacks[f"prompts are cached{forbids}"] = None
        if reply.thinking and request.think is False:
            self._lacks[f"'{request.model}' thinks, though each request forbids it"] = None
        return reply


def _model_info(model: shapes.Model) -> ModelInfo:
    meta = model.meta or shapes.Meta()
    return ModelInfo(
        name=model.id,
        quantization=meta.ftype,
        parameters=meta.n_params,
        size_bytes=meta.size,
        context_length=meta.n_ctx_train or model.max_model_len,
    )
