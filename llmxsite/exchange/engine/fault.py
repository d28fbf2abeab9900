"""What a server says went wrong, as an `EngineError`: HTTP statuses, error bodies, errors in the middle of a stream."""

from __future__ import annotations

import email.utils
import json
import re
import time
from typing import Any

import msgspec

from llmxsite.base.in_use import hidden
from llmxsite.exchange.engine.address import redact
from llmxsite.exchange.engine.protocol import EngineError

MAX_WORDS = 100_000
"""Bytes of an answer that are looked at for words; of these 2,000 characters may be shown, cut only when what is in use is out of them."""


def plain(text: str) -> str:
    """A server's words on one line, without credentials or control characters, at most 300 characters."""
    text = redact(" ".join("".join(c if c.isprintable() else " " for c in text).split()))
    return text if len(text) <= 300 else text[:299] + "…"


class _Detail(msgspec.Struct):
    message: str = ""
    code: Any = None
    param: str | None = None


class _Body(msgspec.Struct):
    error: str | _Detail | None = None
    message: str | None = None
    detail: Any = None


def server_words(body: bytes) -> str:
    """What a server says went wrong: Ollama's and OpenAI's shapes, or the text itself.

    A server that hands on what another one said may have that one's JSON in its text: what is said inside is said in its place.
    """
    try:
        found = msgspec.json.decode(body, type=_Body)
    except msgspec.MsgspecError:
        text = hidden(body[:MAX_WORDS].decode("utf-8", "replace"))[:2000]
        return "" if text.lstrip().startswith("<") else plain(_unwrapped(text))
    error = found.error.message if isinstance(found.error, _Detail) else found.error
    words = error or found.message or (found.detail if isinstance(found.detail, str) else None)
    return plain(_unwrapped(words)) if words else plain(hidden(body[:MAX_WORDS].decode("utf-8", "replace"))[:2000])


def _unwrapped(words: str, depth: int = 3) -> str:
    """Words with a JSON object at their end in place of which the message inside it stands.

    >>> _unwrapped('runner: {"error": {"message": "out of slots"}}')
    'runner: out of slots'
    """
    start = words.find("{")
    if start < 0 or depth == 0:
        return words
    try:
        value, end = json.JSONDecoder().raw_decode(words, start)
    except (ValueError, RecursionError):
        return words
    inner = value.get("error", value)
    message = inner.get("message") if isinstance(inner, dict) else inner
    if not isinstance(message, str):
        return words
    return words[:start] + _unwrapped(message, depth - 1) + words[end:]


_MEMORY = re.compile(r"(?i)more system memory|out of memory|unable to allocate|insufficient memory|cudaMalloc failed")
# A prompt that does not fit, as Ollama, llama.cpp, vLLM, SGLang, LM Studio and hosted servers say it; the only place that knows.
_CONTEXT = re.compile(
    r"(?i)exceeds? (the )?(available |maximum )?context|maximum context length|prompt is too long"
    r"|longer than the (model's context|maximum model) length|when (the )?context (the )?overflows"
    r"|greater than the context length|\d+ tokens\) is too large to process"
)
_CONTEXT_CODE = re.compile(rb'"(?:type|code)\\*"\s*:\s*\\*"(?:exceed_context_size_error|context_length_exceeded)\\*"')
"""The same as a code, which llama.cpp and OpenAI's API give beside their words; in JSON inside JSON its quotes are escaped."""
_TOKENS = re.compile(
    r"(?i)(?:context (?:size|length|window)|model length|n_ctx|batch size \(current batch size)"
    r"(?: is| of)?(?: only)?\s*[(:]?\s*(\d+)"
)
_TOOL_CALL = re.compile(r"(?i)error parsing tool call|invalid tool call arguments")
# What the parsers of single models say of a call they cannot read (Ollama's model/parsers, llama.cpp's common/chat).
_CALL_PARSER = re.compile(
    r"(?i)failed to parse|repair failed|empty function name|(tool|function) '.*' not found|mismatched arg_key"
    r"|no tool calls? found|unterminated string|expected '(call:|\{|=)'?|invalid (format|tool call|function call|argument|object)"
)


def is_model_failure(error: EngineError, *, tools: bool) -> bool:
    """Whether a server's error is about what the model wrote, not about the server. `tools`: whether it had any to call."""
    if error.kind != "server":
        return False
    words = str(error)
    return bool(_TOOL_CALL.search(words)) or (tools and bool(_CALL_PARSER.search(words)))


def is_repetition(error: EngineError) -> bool:
    """Whether an error in the middle of a reply says that the model repeats itself, and that the server ended it for that."""
    return error.kind == "server" and "token repeat limit" in str(error)


_NOT_FINITE = re.compile(r"(?i)unsupported value: [+-]?(nan|inf)")
"""What a server written in Go says of a vector that JSON cannot hold."""


def is_not_finite(error: EngineError) -> bool:
    """Whether a server could not write a vector because the model made something else than numbers of the text."""
    return error.kind == "server" and bool(_NOT_FINITE.search(str(error)))


def error_for(status: int, body: bytes, retry_after: str | None = None, *, streamed: bool = False) -> EngineError:
    """The `EngineError` for an HTTP status above 299 and its body, or for an error in the middle of a stream."""
    words = server_words(body)
    where = "in the middle of the reply" if streamed else f"HTTP {status}"
    text = f"{where}: {words}" if words else where
    wait = _seconds(retry_after)
    if _MEMORY.search(words):
        return EngineError("memory", text, retry=False, status=status)
    if _CONTEXT.search(words) or _CONTEXT_CODE.search(body):
        told = _TOKENS.search(words)
        said = f"the prompt does not fit the context: {text}"
        return EngineError("context", said, retry=False, status=status, context=int(told[1]) if told else None)
    if status in (429, 503):
        return EngineError("overloaded", text, retry=True, retry_after=wait, status=status)
    if status == 404:
        kind = "missing-model" if "model" in words.lower() else "unsupported"
        return EngineError(kind, text, retry=False, status=status)
    if status in (405, 501):
        return EngineError("unsupported", text, retry=False, status=status)
    if status == 401:
        return EngineError("invalid-request", f"{text} (not allowed: is the key right?)", retry=False, status=status)
    if status in (408, 504):
        return EngineError("timeout", text, retry=True, retry_after=wait, status=status)
    if 300 <= status < 500 and status != 499:
        return EngineError("invalid-request", text, retry=False, status=status)
    return EngineError("server", text, retry=True, retry_after=wait, status=status)


def _seconds(header: str | None) -> float | None:
    """A Retry-After header in seconds, at most an hour: a number, or a date (RFC 9110, 10.2.3)."""
    if header is None:
        return None
    try:
        seconds = float(header)
    except ValueError:
        try:
            seconds = email.utils.parsedate_to_datetime(header).timestamp() - time.time()
        except ValueError:
            return None
    return min(max(seconds, 0.0), 3600.0) if seconds == seconds else None
