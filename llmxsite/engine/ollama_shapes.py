"""The shapes of Ollama's native API, as far as they are spoken: requests, lines of replies, and what it says of models."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec

from llmxsite.engine import wire
from llmxsite.engine.http import plain
from llmxsite.engine.protocol import Message, ModelInfo, Request


class Function(msgspec.Struct):
    name: str = ""
    arguments: Any = None


class Call(msgspec.Struct):
    function: Function


class ChunkMessage(msgspec.Struct):
    content: str | None = None
    thinking: str | None = None
    tool_calls: list[Call] | None = None


class Chunk(msgspec.Struct):
    """A line of /api/chat, or of /api/generate, which has `response` and `thinking` at its top. Times in nanoseconds."""

    message: ChunkMessage | None = None
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


class Details(msgspec.Struct):
    format: str | None = None
    family: str | None = None
    parameter_size: str | None = None
    quantization_level: str | None = None


class Listed(msgspec.Struct):
    """A model of /api/tags or /api/ps."""

    name: str
    digest: str | None = None
    size: int | None = None
    size_vram: int | None = None
    context_length: int | None = None
    details: Details | None = None
    remote_host: str | None = None
    remote_model: str | None = None


class Models(msgspec.Struct):
    models: list[Listed] | None = None


class Show(msgspec.Struct):
    template: str | None = None
    renderer: str | None = None
    system: str | None = None
    license: str | None = None
    capabilities: list[str] | None = None
    model_info: dict[str, Any] | None = None
    remote_host: str | None = None
    remote_model: str | None = None


class Version(msgspec.Struct):
    version: str


class Embeddings(msgspec.Struct):
    embeddings: list[list[float]]


read_chunk = msgspec.json.Decoder(Chunk)
read_models = msgspec.json.Decoder(Models)
read_show = msgspec.json.Decoder(Show)
read_version = msgspec.json.Decoder(Version)
read_embeddings = msgspec.json.Decoder(Embeddings)
_BARE_TEMPLATES = ("", "{{ .Prompt }}", "{{.Prompt}}")


def shape_request(request: Request) -> dict[str, Any]:
    options = msgspec.to_builtins(request.options)
    if not request.options.stop:
        # An empty list would take away the stop words stored with the model.
        del options["stop"]
    body: dict[str, Any] = {"model": request.model, "stream": True, "options": options}
    if request.raw_prompt is not None:
        body |= {"prompt": request.raw_prompt, "raw": True}
    else:
        body["messages"] = [_shape_message(message) for message in request.messages]
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


def _shape_message(message: Message) -> dict[str, Any]:
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


def listed_model(model: Listed) -> ModelInfo:
    details = model.details or Details()
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


def add_show(info: ModelInfo, show: Show) -> None:
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


def same_name(listed: str, asked: str) -> bool:
    """Whether two spellings name one model: a tag that is left out is `latest`."""
    return listed.lower().removesuffix(":latest") == asked.lower().removesuffix(":latest")


def milliseconds(nanoseconds: int | None) -> float | None:
    return None if nanoseconds is None else round(nanoseconds / 1e6, 3)
