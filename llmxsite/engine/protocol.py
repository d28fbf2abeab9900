"""What every engine speaks: a complete `Request` in, a `Reply` out, and what the server says of itself.

A `Request` leaves nothing to a server's default. A `Reply` says what came back and how long it took; what the server
could not honour or did not tell is None, never a guess.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Literal, Protocol

import msgspec


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
    """Every sampler and limit of a request, under Ollama's names. The defaults here are sent, not the server's."""

    temperature: float = 0.0
    top_k: int = 40
    top_p: float = 0.9
    min_p: float = 0.0
    typical_p: float = 1.0
    repeat_penalty: float = 1.0
    repeat_last_n: int = 64
    presence_penalty: float = 0.0
    frequency_penalty: float = 0.0
    seed: int = 42
    num_ctx: int = 4096
    """Context in tokens, prompt and reply together."""
    num_predict: int = 64
    """Budget: most tokens a reply may have, thinking included."""
    stop: tuple[str, ...] = ()


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
    cache_prompt: bool = False
    """Whether the server may take the beginning of the prompt from what it computed before, which changes the last digits
    of the logprobs. A server that cannot be told not to has that in `EngineInfo.lacks`."""


class Alternative(msgspec.Struct, kw_only=True):
    """A token the model might have written, with its natural-log probability (None stands for minus infinity)."""

    token: str
    logprob: float | None


class TokenLogprob(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A token the model wrote. `top` holds its alternatives, most probable first, where they were kept."""

    token: str
    logprob: float | None
    top: list[Alternative] | None = None


class Timing(msgspec.Struct, kw_only=True):
    """Milliseconds. None where the server does not say and the client cannot know."""

    total_ms: float | None = None
    """From sending the request to the last byte, on the client's monotonic clock."""
    first_token_ms: float | None = None
    """From sending to the first chunk with text (thinking or answer), on the client's clock."""
    load_ms: float | None = None
    """Loading the model, as the server says it; above about 50 ms the request was a cold one."""
    prompt_ms: float | None = None
    eval_ms: float | None = None
    """Generating the reply, as the server says it."""


class Usage(msgspec.Struct, kw_only=True):
    """Tokens, as the server counts them."""

    prompt_tokens: int | None = None
    cached_tokens: int | None = None
    """Prompt tokens taken from the server's prompt cache."""
    completion_tokens: int | None = None


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
    model_failure: str | None = None
    """The model's own fault reported by the server as an error, such as a malformed tool call: scored, not retried."""
    warnings: list[str] = []
    """What is suspicious about this reply: `context-truncated` (the server seems to have cut the prompt), `logprobs-missing`,
    `token-mismatch` (the tokens do not spell the text), `repetition-stopped` (the server ended a reply that repeats itself,
    without a word of its end), `duplicate-alternatives`, `invalid-utf8`."""


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
    remote: bool = False
    """Not local: another machine computes, behind a local address."""


class EngineError(Exception):
    """The machine's, network's or server's fault. `retry` says whether asking again may help.

    `kind` is one of connection, timeout, overloaded, missing-model, unsupported, invalid-request, memory, protocol,
    server. `retry_after` is the server's own wish in seconds. The message never holds credentials.
    """

    def __init__(
        self,
        kind: str,
        message: str,
        *,
        retry: bool,
        retry_after: float | None = None,
        status: int | None = None,
    ):
        super().__init__(message)
        self.kind, self.retry, self.retry_after, self.status = kind, retry, retry_after, status


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

    async def models(self) -> list[ModelInfo]:
        """Every model the server has, without loading any."""
        ...

    async def model(self, name: str, *, num_ctx: int | None = None) -> ModelInfo:
        """All that can be known of one model; with `num_ctx`, loads it so and reads what is really in force."""
        ...

    async def chat(self, request: Request, on_text: OnText | None = None) -> Reply:
        """Send one request, streamed. Raises `EngineError`; never retries by itself."""
        ...

    async def embed(self, model: str, texts: list[str]) -> list[list[float]]:
        """One vector a text, in order."""
        ...

    async def unload(self, model: str) -> None:
        """Put `model` out of memory, so that the next request for it is a cold start with nothing in any cache.

        Requests under way are let finish first; returns when the model is gone, at once when it was not loaded. Raises
        `EngineError`: `unsupported` where the server cannot be asked to, `missing-model` where it has no such model.
        """
        ...


def clean_logprob(value: object) -> float | None:
    """A logprob fit for JSON: None for minus infinity (llama.cpp writes -3.4e38) and for what is not a number.

    A value a rounding error above 0 becomes 0.
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:  # an integer that no float holds
        return None
    return None if math.isnan(number) or number <= -1e30 or number == math.inf else min(number, 0.0)
