"""What an answer took: milliseconds and tokens."""

from __future__ import annotations

import msgspec


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
