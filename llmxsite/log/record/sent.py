"""What was sent for a sample, and the key that is made of it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, Self

import msgspec
from msgspec import UNSET, UnsetType

from llmxsite.exchange.engine.protocol import Message, Options, Request
from llmxsite.exchange.engine.vectors import EmbedRequest

Scalar = str | int | float | bool | None
_UNSENT: dict[str, Any] = {name: None for name in Options.__struct_fields__ if name != "num_predict"}
"""A log that does not name an option did not send it; the defaults of today are no part of it."""
_OFF = {"typical_p": 1.0, "stop": []}
"""Values at which an option does nothing: a request without it, and one with it, are one and the same sample's."""


class Sent(msgspec.Struct, kw_only=True, omit_defaults=True):
    """The request as it went over the wire. Empty in an import whose source does not keep it, and where nobody was asked."""

    model: str | None = None
    """The model that was asked, where it is another than the condition's: a judge."""
    messages: list[Message] = []
    prompt: str | None = None
    """Raw text sent without a chat template."""
    options: dict[str, Any] = {}
    think: bool | None = None
    tools: list[dict[str, Any]] | None = None
    top_logprobs: int | None = 20
    """Alternatives a token; null asked for no logprobs at all."""
    keep_alive: float | str | None = None
    cache_prompt: bool | None = False
    """Whether the server was allowed to take the prompt's beginning from its cache; null where its API cannot be told."""
    texts: list[str] = []
    """What was to be made into vectors."""
    dimensions: int | None = None
    """Numbers that a vector was to have, where the request says."""
    truncate: bool = False
    """Whether the server was allowed to cut a text that does not fit."""
    draws: list[dict[str, Any]] = []
    """Where one sample takes several requests: what of `options` is different in each after the first."""

    @classmethod
    def of(cls, calls: Sequence[Request | EmbedRequest], model: str | UnsetType | None = UNSET) -> Self:
        """The calls that open one sample, which differ in nothing but their options. An option that a draw did not send, and
        the first request did, is null there. `model` is the condition's, null where it names
        none; the model that was asked is then said."""
        if not calls:
            return cls()
        first, *others = calls
        named = None if model is UNSET or first.model == model else first.model
        if isinstance(first, EmbedRequest):
            return cls(
                model=named,
                options={} if first.num_ctx is None else {"num_ctx": first.num_ctx},
                top_logprobs=None,
                keep_alive=first.keep_alive,
                texts=first.texts,
                dimensions=first.dimensions,
                truncate=first.truncate,
            )
        options = first.options.sent()
        draws = [request.options.sent() for request in others if isinstance(request, Request)]
        return cls(
            model=named,
            messages=first.messages,
            prompt=first.raw_prompt,
            options=options,
            think=first.think,
            tools=first.tools,
            top_logprobs=first.top_logprobs,
            keep_alive=first.keep_alive,
            cache_prompt=first.cache_prompt,
            draws=[
                {name: draw.get(name) for name in options | draw if draw.get(name) != options.get(name)}
                for draw in draws
            ],
        )

    def calls(self, model: str) -> tuple[Request | EmbedRequest, ...]:
        """The calls again, as they were sent, `model` being the condition's. Raises `msgspec.ValidationError` for options that
        are none."""
        if self.texts:
            context = self.options.get("num_ctx")
            call = EmbedRequest(
                model=self.model or model,
                texts=self.texts,
                dimensions=self.dimensions,
                num_ctx=context if isinstance(context, int) else None,
                keep_alive=self.keep_alive,
                truncate=self.truncate,
            )
            return (call,)
        return tuple(
            Request(
                model=self.model or model,
                messages=self.messages,
                options=msgspec.convert(_UNSENT | self.options | draw, Options),
                think=self.think,
                tools=self.tools,
                raw_prompt=self.prompt,
                top_logprobs=self.top_logprobs,
                keep_alive=self.keep_alive,
                cache_prompt=self.cache_prompt,
            )
            for draw in ({}, *self.draws)
        )


def sample_key(
    digest: str | None,
    suite: str,
    item: str,
    condition: dict[str, Scalar],
    request: Sent,
    repeat: int,
    of: str | None = None,
) -> str:
    """What makes a sample itself: 32 hex digits of sha256 over model digest, item, condition, rendered request, repeat.

    Item and condition are in it beside the request, so that two items that render alike, or two engines that get the
    same words, stay two samples. So is the sample that this one judges, where it judges one.
    """
    options = _OFF | request.options
    request = msgspec.structs.replace(request, options=options, cache_prompt=bool(request.cache_prompt))
    parts = [digest, suite, item, condition, request, repeat, *([of] if of is not None else [])]
    return hashlib.sha256(msgspec.json.encode(parts, order="sorted")).hexdigest()[:32]
