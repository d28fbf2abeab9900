"""What every engine speaks: a complete `Request` in and a `Reply` out, an `EmbedRequest` in and `Vectors` out, and what the
server says of itself.

A `Request` leaves nothing to a server's default. A `Reply` says what came back and how long it took; what the server
could not honour or did not tell is None, never a guess.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, Protocol

import msgspec

from llmxsite.exchange.engine.cost import Timing as Timing
from llmxsite.exchange.engine.cost import Usage as Usage
from llmxsite.exchange.engine.errors import EngineError as EngineError
from llmxsite.exchange.engine.errors import RefusedError as RefusedError
from llmxsite.exchange.engine.vectors import EmbedRequest as EmbedRequest
from llmxsite.exchange.engine.vectors import Vectors as Vectors


class Message(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One message of a conversation."""

    role: Literal["system", "user", "assistant", "tool"]
    content: str
    thinking: str | None = None
    tool_calls: list[ToolCall] | None = None
    tool_name: str | None = None
    """For role `tool`: which tool's result this is."""


class ToolCall(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A call the model asked for."""

    name: str
    arguments: dict[str, Any] | None = None
    raw: str | None = None
    """The arguments as text, where they are not a JSON object."""


class Options(msgspec.Struct, kw_only=True, frozen=True):
    """Every sampler and limit of a request, under Ollama's names. The defaults here are sent, not the server's.

    None is an option that is not sent: nobody asks for it, or the server has no such field or refuses it.
    """

    temperature: float | None = 0.0
    top_k: int | None = 40
    top_p: float | None = 0.9
    min_p: float | None = 0.0
    typical_p: float | None = None
    """Off where it is not sent, as it is at 1. Ollama refuses it by name since 0.34.1."""
    repeat_penalty: float | None = 1.0
    repeat_last_n: int | None = 64
    presence_penalty: float | None = 0.0
    frequency_penalty: float | None = 0.0
    seed: int | None = 42
    num_ctx: int | None = 4096
    """Context in tokens, prompt and reply together."""
    num_predict: int = 64
    """Budget: most tokens a reply may have, thinking included."""
    stop: tuple[str, ...] | None = ()

    def sent(self) -> dict[str, Any]:
        """The options that are sent, by name. An empty `stop` would take away the stop words stored with a model: it is not."""
        found: dict[str, Any] = msgspec.to_builtins(self)
        return {
            name: value for name, value in found.items() if value is not None and not (name == "stop" and not value)
        }


class Request(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One request, complete: rendering it twice gives the same bytes on the wire."""

    model: str
    messages: list[Message]
    options: Options
    think: bool | None = None
    """True or False where the model can think; None where it cannot (nothing is sent)."""
    tools: list[dict[str, Any]] | None = None
    raw_prompt: str | None = None
    """Text to complete without a chat template, for base models; `messages` is then empty."""
    top_logprobs: int | None = 20
    """Alternatives a token: 0 to 20; None asks for no logprobs at all."""
    keep_alive: float | str | None = None
    """Seconds the model stays loaded after the reply; 0 unloads it (a cold start next time)."""
    cache_prompt: bool | None = False
    """Whether the server may take the beginning of the prompt from what it computed before, which changes the last digits
    of the logprobs. None where it is not asked: a server that has no field for it has that in `EngineInfo.lacks`."""
    own: frozenset[str] = frozenset()
    """Names of options, `think` among them, that the experiment itself sets or varies: they are sent as they are, or the
    request is not sent at all. Not a part of what is sent."""


class Alternative(msgspec.Struct, kw_only=True):
    """A token the model might have written, with its natural-log probability (None stands for minus infinity)."""

    token: str
    logprob: float | None


class TokenLogprob(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A token the model wrote. `top` holds its alternatives, most probable first, where they were kept."""

    token: str
    logprob: float | None
    top: list[Alternative] | None = None


class Reply(msgspec.Struct, kw_only=True):
    """What came back for one request that the server answered."""

    text: str
    thinking: str | None = None
    tool_calls: list[ToolCall] | None = None
    done_reason: str | None = None
    """`stop`, `length`, `load`, `tool_calls`, ... as the server says it."""
    tokens: list[TokenLogprob] | None = None
    """Every generated token that has a logprob, thinking included; None when the server gave no logprobs."""
    timing: Timing = msgspec.field(default_factory=Timing)
    usage: Usage = msgspec.field(default_factory=Usage)
    sent: Request | None = None
    """The request as it went over the wire: another than was asked for where the server takes less. None is `as asked`."""
    model_failure: str | None = None
    """The model's own fault reported by the server as an error, such as a malformed tool call: scored, not retried."""
    warnings: list[str] = []
    """What is suspicious about this reply: `context-truncated` (the server seems to have cut the prompt), `logprobs-missing`,
    `token-mismatch` (the tokens do not spell the text), `repetition-stopped` (the server ended a reply that repeats itself),
    `duplicate-alternatives`, `invalid-utf8`."""


class EngineInfo(msgspec.Struct, kw_only=True, omit_defaults=True):
    """The server, as it describes itself. The address has no credentials, query or path beyond its root."""

    name: str
    """`ollama`, `openai`, `embedded`, or the tool an imported log came from."""
    version: str | None = None
    address: str | None = None
    backend: str | None = None
    """What computes: `llama.cpp b6900`, ..."""
    threads: int | None = None
    """Processor threads it computes with, which sum in another order when they are more; None where it does not tell."""
    lacks: list[str] = []
    """What this server cannot do, in words: `no logprobs: server 0.12.3`."""


class ModelInfo(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A model as a server holds it. None is `not told`."""

    name: str
    digest: str | None = None
    """sha256 of the weights or of the server's manifest, hex, without `sha256:`."""
    weights: str | None = None
    """sha256 of the file of the weights, where it is known. One file has one, whatever a server's manifest adds to it; two
    servers, or two versions of one, can have other digests for it."""
    family: str | None = None
    format: str | None = None
    quantization: str | None = None
    parameters: int | None = None
    parameter_size: str | None = None
    """As the publisher writes it: `3.2B`."""
    size_bytes: int | None = None
    context_length: int | None = None
    """The longest context the model was made for."""
    context_in_force: int | None = None
    """The context the server really gave, read after loading."""
    gpu_share: float | None = None
    """Share of the loaded model that sits in GPU memory, 0 to 1."""
    capabilities: list[str] | None = None
    """`completion`, `tools`, `thinking`, `embedding`, `vision`, ... in Ollama's words, and `chat` where there is a chat
    template. A model that has `completion` without `chat` is a base model: give it raw prompts."""
    template_hash: str | None = None
    """sha256 of the chat template's text."""
    render_hash: str | None = None
    """sha256 of the prompt that the server makes of one fixed conversation, where it tells: template, built-in renderer,
    stored system prompt and messages together."""
    system: str | None = None
    """A system prompt stored with the model, which the server adds where a conversation does not begin with one."""
    stored_messages: int = 0
    """Messages stored with the model, which the server puts before every conversation."""
    licence: str | None = None
    control: list[str] = []
    """Control tokens of its vocabulary, where the file of the weights tells them: no part of an answer."""
    remote: bool = False
    """Not local: another machine computes, behind a local address."""

    @property
    def identity(self) -> str | None:
        """What tells the model from others in a sample's key: the file's hash where it is told, else the digest."""
        return self.weights or self.digest

    def same_weights(self, other: ModelInfo) -> bool | None:
        """Whether both are the same weights; None where that is not told.

        The file's hash decides, under whichever name a server gives it. Where neither tells it, the digests do: that of a
        manifest covers a server's own configuration too, so another one is another model as far as anybody can see.
        """
        if {self.weights, self.digest} & {other.weights, other.digest} - {None}:
            return True
        if self.weights is not None and other.weights is not None:
            return False
        if self.weights is None and other.weights is None and self.digest is not None and other.digest is not None:
            return False
        return None


OnText = Callable[[str, bool], None]
"""Called with each piece of text as it streams, and whether it is thinking."""


class Engine(Protocol):
    """Something that answers. Use as an asynchronous context manager; safe for concurrent calls in one event loop."""

    async def __aenter__(self) -> Engine: ...
    async def __aexit__(self, *exc: object) -> None: ...

    async def describe(self) -> EngineInfo:
        """The server as it is now, with what it was found to lack so far: ask again after `model(..., num_ctx=...)`, which
        loads and looks. Raises `EngineError` when the server does not answer."""
        ...

    def lacks(self) -> list[str]:
        """What the server was found to lack so far, in words and in the order it was found. Asks nothing."""
        ...

    def settled(self, request: Request) -> Request:
        """The request as it would go over the wire, by what is known of the server so far: without what its API has no field
        for, and without what it refused. The very same object where nothing is different."""
        ...

    async def models(self) -> list[ModelInfo]:
        """Every model the server has, without loading any."""
        ...

    async def model(self, name: str, *, num_ctx: int | None = None) -> ModelInfo:
        """All that can be known of one model; with `num_ctx`, loads it so and reads what is really in force."""
        ...

    async def chat(self, request: Request, on_text: OnText | None = None) -> Reply:
        """Send one request, streamed; `Reply.sent` has it as it went over the wire.

        An option that the server refuses by name is left out, and a value that it refuses gives way to the nearest that it
        takes; both are remembered for all requests and said in `lacks`. Raises `EngineError`: `RefusedError` where such an option
        is one of `request.own`; never retries by itself otherwise.
        """
        ...

    async def embed(self, request: EmbedRequest) -> Vectors:
        """One vector a text, in order, each asked for by itself: in a batch a text can get other numbers.

        `Vectors.sent` has the request as it went over the wire. A text that does not fit is an `EngineError` of kind `context`
        unless `truncate` is set; a server that refuses `dimensions` is a `RefusedError`. Vectors of zeros and of what are no
        numbers are no errors: they stand in the rows, and `Vectors.warnings` says so. Never retries by itself.
        """
        ...

    async def unload(self, model: str) -> None:
        """Put `model` out of memory, so that the next request for it is a cold start with nothing in any cache.

        Requests under way are let finish first; returns when the model is gone, at once when it was not loaded. Raises
        `EngineError`: `unsupported` where the server cannot be asked to, `missing-model` where it has no such model.
        """
        ...
