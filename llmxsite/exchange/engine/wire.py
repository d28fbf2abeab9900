"""What servers write, read with care: JSON that may be broken, and logprobs that may not be numbers."""

from __future__ import annotations

import json
import math
from typing import Any, TypeVar, cast

import msgspec

from llmxsite.exchange.engine.fault import plain
from llmxsite.exchange.engine.lenient import shaped
from llmxsite.exchange.engine.protocol import Alternative, EngineError, Options, TokenLogprob

T = TypeVar("T")

TOKEN_BYTES = 24 << 10
"""Most bytes a generated token may take on the wire, its 20 alternatives and their bytes in decimal included."""


class Entry(msgspec.Struct):
    """A token as servers write it: Ollama's native list and OpenAI's `logprobs.content` have the same shape."""

    token: str = ""
    logprob: float | None = None
    top_logprobs: list[Alternative] | None = None


def byte_limit(options: Options) -> int:
    """Most bytes a reply may take: what its budget of tokens can need, and some megabytes for all else."""
    tokens = options.num_predict if options.num_predict > 0 else max(options.num_ctx or 0, 0)
    return (8 << 20) + tokens * TOKEN_BYTES


def decode(data: bytes, decoder: msgspec.json.Decoder[T], warnings: list[str]) -> T:
    """`data` as the decoder's type. Raises `EngineError` of kind `protocol` for what is no JSON of that shape.

    Bytes that are not UTF-8 and the words NaN and Infinity, which are not JSON but occur, are let through: the first
    with a warning `invalid-utf8`, the others become None when logprobs are cleaned. A field of another shape than is known, as
    a newer server may have it, is passed over with a warning `unread-fields` where the record can do without it.
    """
    try:
        return decoder.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    try:
        text = data.decode("utf-8", "replace")
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise EngineError("protocol", f"the server wrote no valid JSON: {_start(data)}", retry=True) from None
    if "\ufffd" in text and "invalid-utf8" not in warnings and not _valid_utf8(data):
        warnings.append("invalid-utf8")
    try:
        value, whole = shaped(decoder.type, found)
    except ValueError:
        raise EngineError(
            "protocol", f"the server's JSON has a shape that is not known: {_start(data)}", retry=False
        ) from None
    if not whole and "unread-fields" not in warnings:
        warnings.append("unread-fields")
    return cast("T", value)


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


def tokens(entries: list[Entry], warnings: list[str]) -> list[TokenLogprob]:
    """Servers' entries as ours: cleaned, each alternative once. Adds `duplicate-alternatives` where one was not."""
    found = []
    for entry in entries:
        top = entry.top_logprobs
        if top:
            seen: set[tuple[str, float | None]] = set()
            kept: list[Alternative] = []
            for alternative in top:
                number = alternative.logprob
                if number is None or not -1e30 < number <= 0.0:
                    alternative.logprob = number = clean_logprob(number)
                pair = (alternative.token, number)
                if pair not in seen:
                    seen.add(pair)
                    kept.append(alternative)
            if len(kept) < len(top):
                top = kept
                if "duplicate-alternatives" not in warnings:
                    warnings.append("duplicate-alternatives")
        found.append(TokenLogprob(token=entry.token, logprob=clean_logprob(entry.logprob), top=top or None))
    return found


def spoken(content: str | list[Any] | None, thought: str | None) -> tuple[str, str]:
    """Text and thinking of a message. Some servers send the content in parts, each with its kind."""
    if not isinstance(content, list):
        return content or "", thought or ""
    text: list[str] = []
    thoughts = [thought or ""]
    for part in content:
        kind = part.get("type") if isinstance(part, dict) else None
        (thoughts if kind in ("thinking", "reasoning") else text).append(_joined(part))
    return "".join(text), "".join(thoughts)


def _joined(part: Any) -> str:
    """The words of a part of a message, which may have parts of its own: `{"type": "text", "text": "C"}`."""
    if isinstance(part, str):
        return part
    if isinstance(part, list):
        return "".join(map(_joined, part))
    if isinstance(part, dict):
        return next((_joined(part[key]) for key in ("text", "thinking", "content") if key in part), "")
    return ""


def token_warnings(found: list[TokenLogprob], text: str, *, plain: bool) -> list[str]:
    """What is suspicious about the tokens of a reply that was asked for with logprobs.

    `plain` says that the tokens should spell `text` and nothing else.
    """
    if not found:
        return ["logprobs-missing"] if text else []
    if not plain:
        return []
    spelt = "".join(token.token for token in found)
    # A token that is part of a character is written as U+FFFD: such a reply cannot be spelt from its tokens.
    return [] if "\ufffd" in spelt or spelt.strip() == text.strip() else ["token-mismatch"]


def _valid_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _start(data: bytes) -> str:
    return repr(plain(data[:80].decode("utf-8", "replace"))) or "nothing"


def arguments(value: Any) -> tuple[dict[str, Any] | None, str | None]:
    """A tool call's arguments as an object, or as the text they came as when they are none."""
    if isinstance(value, dict):
        return value, None
    if isinstance(value, str):
        try:
            parsed = json.loads(value)
        except (ValueError, RecursionError):
            return None, value
        return (parsed, None) if isinstance(parsed, dict) else (None, value)
    return None, json.dumps(value)
