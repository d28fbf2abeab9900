"""The shapes of OpenAI's API, as far as they are read: chunks of replies, lists of models, and what llama-server adds."""

from __future__ import annotations

import math
from typing import Any

import msgspec

from llmxsite.exchange.engine import wire
from llmxsite.exchange.engine.protocol import Alternative, Message


class Function(msgspec.Struct):
    name: str | None = None
    arguments: Any = None


class Call(msgspec.Struct):
    index: int = 0
    function: Function | None = None


class Delta(msgspec.Struct):
    """What an event adds to a message, or the message of a whole body."""

    content: str | list[Any] | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None
    thinking: str | None = None
    tool_calls: list[Call] | None = None

    def spoken(self) -> tuple[str, str]:
        """The text and the thinking in it."""
        return wire.spoken(self.content, self.reasoning_content or self.reasoning or self.thinking)


class Logprobs(msgspec.Struct):
    content: list[wire.Entry] | None = None
    # The older shape of /v1/completions: three lists side by side.
    tokens: list[str] | None = None
    token_logprobs: list[float | None] | None = None
    top_logprobs: list[dict[str, float | None] | None] | None = None

    def entries(self) -> list[wire.Entry]:
        if self.content is not None or self.tokens is None:
            return self.content or []
        numbers, tops = self.token_logprobs or [], self.top_logprobs or []
        return [
            wire.Entry(
                token=token,
                logprob=numbers[i] if i < len(numbers) else None,
                top_logprobs=[
                    Alternative(token=other, logprob=number)
                    for other, number in sorted(
                        ((tops[i] if i < len(tops) else None) or {}).items(),
                        key=lambda pair: math.inf if pair[1] is None else -pair[1],
                    )
                ],
            )
            for i, token in enumerate(self.tokens)
        ]


class Choice(msgspec.Struct):
    delta: Delta | None = None
    message: Delta | None = None
    """In a whole body what `delta` is in an event; in an event it is out of place."""
    text: str | None = None
    finish_reason: str | None = None
    logprobs: Logprobs | None = None


class PromptDetails(msgspec.Struct):
    cached_tokens: int | None = None


class Counts(msgspec.Struct):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    prompt_tokens_details: PromptDetails | None = None


class Timings(msgspec.Struct):
    """llama-server's own clock."""

    prompt_ms: float | None = None
    predicted_ms: float | None = None


class Chunk(msgspec.Struct):
    choices: list[Choice] | None = None
    usage: Counts | None = None
    timings: Timings | None = None
    error: msgspec.Raw = msgspec.Raw()


class Embedding(msgspec.Struct):
    embedding: Any
    """Numbers, or base64 of them. Read by itself: a list of which one number was left out is another vector."""


class Embeddings(msgspec.Struct):
    data: list[Embedding]
    usage: Counts | None = None


class Meta(msgspec.Struct):
    n_ctx_train: int | None = None
    n_params: int | None = None
    size: int | None = None
    ftype: str | None = None


class Model(msgspec.Struct):
    id: str
    meta: Meta | None = None
    max_model_len: int | None = None


class Models(msgspec.Struct):
    data: list[Model] = []


class Settings(msgspec.Struct):
    n_ctx: int | None = None


class Props(msgspec.Struct):
    """llama-server's /props."""

    default_generation_settings: Settings | None = None
    total_slots: int | None = None
    model_ftype: str | None = None
    chat_template: str | None = None
    model_path: str | None = None
    build_info: str | None = None


read_chunk = msgspec.json.Decoder(Chunk)
read_models = msgspec.json.Decoder(Models)
read_props = msgspec.json.Decoder(Props)
read_embeddings = msgspec.json.Decoder(Embeddings)


def shape_messages(messages: list[Message]) -> list[dict[str, Any]]:
    """OpenAI's shape. Tool calls have no ids of ours: they are numbered, and results matched to them in order."""
    shaped: list[dict[str, Any]] = []
    waiting: list[tuple[str, str]] = []
    for message in messages:
        entry: dict[str, Any] = {"role": message.role, "content": message.content}
        if message.tool_calls:
            waiting = [(f"call_{len(shaped)}_{i}", call.name) for i, call in enumerate(message.tool_calls)]
            entry["tool_calls"] = [
                {
                    "id": key,
                    "type": "function",
                    "function": {
                        "name": call.name,
                        "arguments": call.raw
                        if call.arguments is None and call.raw is not None
                        else msgspec.json.encode(call.arguments or {}).decode(),
                    },
                }
                for (key, _), call in zip(waiting, message.tool_calls, strict=True)
            ]
        if message.role == "tool":
            match = next((pair for pair in waiting if pair[1] == message.tool_name), waiting[0] if waiting else None)
            if match is not None:
                waiting.remove(match)
                entry["tool_call_id"] = match[0]
        shaped.append(entry)
    return shaped
