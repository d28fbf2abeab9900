"""The shapes of Ollama's native API, as far as they are spoken: requests, lines of replies, and what it says of models."""

from __future__ import annotations

import hashlib
import re
from typing import Any

import msgspec

from llmxsite.exchange.engine import wire
from llmxsite.exchange.engine.fault import plain
from llmxsite.exchange.engine.protocol import EmbedRequest, Message, ModelInfo, Request


class Function(msgspec.Struct):
    name: str = ""
    arguments: Any = None


class Call(msgspec.Struct):
    function: Function


class ChunkMessage(msgspec.Struct):
    content: str | list[Any] | None = None
    thinking: str | None = None
    tool_calls: list[Call] | None = None

    def spoken(self) -> tuple[str, str]:
        """The text and the thinking in it."""
        return wire.spoken(self.content, self.thinking)


_WEIGHTS = re.compile(r"^FROM .*sha256[-:]([0-9a-f]{64})\s*$", re.MULTILINE)


class Debug(msgspec.Struct):
    rendered: str | None = msgspec.field(name="rendered_template", default=None)


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
    prompt_eval_cached_count: int | None = None
    prompt_eval_duration: int | None = None
    eval_count: int | None = None
    eval_duration: int | None = None
    error: str | None = None
    debug: Debug = msgspec.field(name="_debug_info", default_factory=Debug)

    def piece(self) -> str:
        """What the model wrote in this line: its tokens where they are told, for text can be held back."""
        if self.logprobs:
            return "".join(entry.token for entry in self.logprobs)
        message = self.message or ChunkMessage(content=self.response, thinking=self.thinking)
        text, thought = message.spoken()
        return thought or text


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
    messages: list[Any] | None = None
    license: str | None = None
    capabilities: list[str] | None = None
    model_info: dict[str, Any] | None = None
    modelfile: str | None = None
    remote_host: str | None = None
    remote_model: str | None = None

    @property
    def weights(self) -> str | None:
        """The hash of the weights. The file they lie in is told where a model was made from another, too."""
        found = _WEIGHTS.search(self.modelfile or "")
        return found[1] if found else None


class Version(msgspec.Struct):
    version: str = ""


class Embeddings(msgspec.Struct):
    """The answer of /api/embed. Vectors are read one by one: a list of which one number was left out is another vector."""

    embeddings: list[Any]
    load_duration: int | None = None
    prompt_eval_count: int | None = None


read_chunk = msgspec.json.Decoder(Chunk)
read_models = msgspec.json.Decoder(Models)
read_show = msgspec.json.Decoder(Show)
read_version = msgspec.json.Decoder(Version)
read_embeddings = msgspec.json.Decoder(Embeddings)
CONVERSATION = [
    {"role": "user", "content": "Is tea a drink?"},
    {"role": "assistant", "content": "Yes."},
    {"role": "user", "content": "And bread?"},
]
"""What servers are asked to render, so that two renderings of one model can be compared."""
_BARE_TEMPLATES = ("", "{{ .Prompt }}", "{{.Prompt}}")


def shape_request(request: Request) -> dict[str, Any]:
    """The body of /api/chat, or of /api/generate for a raw prompt."""
    body: dict[str, Any] = {"model": request.model, "stream": True, "options": request.options.sent()}
    if request.raw_prompt is not None:
        body |= {"prompt": request.raw_prompt, "raw": True}
    else:
        body["messages"] = [_shape_message(message) for message in request.messages]
        if request.think is not None:
            body["think"] = request.think
        if request.tools:
            body["tools"] = request.tools
    if request.top_logprobs is not None:
        body["logprobs"] = True
        if request.top_logprobs:
            body["top_logprobs"] = request.top_logprobs
    if request.keep_alive is not None:
        body["keep_alive"] = request.keep_alive
    # A prompt or a reply that does not fit must be an error or end there, never be cut without a word.
    return body | {"truncate": False, "shift": False}


def shape_embed(request: EmbedRequest, text: str) -> dict[str, Any]:
    """The body of /api/embed for one text."""
    body: dict[str, Any] = {"model": request.model, "input": text, "truncate": request.truncate}
    if request.dimensions is not None:
        body["dimensions"] = request.dimensions
    if request.num_ctx is not None:
        body["options"] = {"num_ctx": request.num_ctx}
    if request.keep_alive is not None:
        body["keep_alive"] = request.keep_alive
    return body


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
    """What a list says of a model."""
    details = model.details or Details()
    remote = _is_remote(model.name, model)
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


def _is_remote(name: str, said: Listed | Show) -> bool:
    """Whether another machine computes. A name with the tag `cloud`, or one that ends in `-cloud`, is passed on as it is."""
    tag = name.lower().rpartition("/")[2].partition(":")[2]
    return bool(said.remote_host or said.remote_model) or tag == "cloud" or tag.endswith("-cloud")


def _whole(value: object) -> int | None:
    """A whole number as it is; anything else says nothing, `true` among it, which Python takes for 1."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def add_show(info: ModelInfo, show: Show) -> None:
    """Add what /api/show says of a model."""
    facts = show.model_info or {}
    count = facts.get("general.parameter_count")
    context = facts.get(f"{facts.get('general.architecture')}.context_length")
    info.parameters, info.context_length = _whole(count), _whole(context)
    info.system = show.system or None
    info.stored_messages = len(show.messages or ())
    info.remote = info.remote or _is_remote(info.name, show)
    named = facts.get("general.license")
    info.licence = named if isinstance(named, str) and named else plain((show.license or "").strip()[:80]) or None
    if not info.remote:
        info.weights = show.weights
    if show.template is not None and not info.remote:
        info.template_hash = hashlib.sha256(show.template.encode()).hexdigest()
    if show.capabilities is not None:
        # The template of a model elsewhere is applied there; what the server here shows for it is a default.
        bare = (show.template or "").strip() in _BARE_TEMPLATES and not show.renderer and not info.remote
        chats = "completion" in show.capabilities and not bare
        info.capabilities = [*show.capabilities, *(["chat"] if chats else [])]


def same_name(listed: str, asked: str) -> bool:
    """Whether two spellings name one model: a tag that is left out is `latest`."""
    return listed.lower().removesuffix(":latest") == asked.lower().removesuffix(":latest")


def milliseconds(nanoseconds: int | None) -> float | None:
    """Ollama's clock in ours."""
    return None if nanoseconds is None else round(nanoseconds / 1e6, 3)
