"""Asking for vectors one text at a time, and reading what servers give for one: in decimals, or as base64."""

from __future__ import annotations

import binascii
import re
import time
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

from llmxsite.exchange.engine.cost import Timing, Usage
from llmxsite.exchange.engine.errors import EngineError, RefusedError
from llmxsite.exchange.engine.fault import is_not_finite
from llmxsite.exchange.engine.vectors import EmbedRequest, Vectors, fault, packed


class Given(NamedTuple):
    """What a server gave for one text."""

    row: bytes
    tokens: int | None = None
    load_ms: float | None = None
    warnings: tuple[str, ...] = ()


async def one_by_one(request: EmbedRequest, ask: Callable[[str], Awaitable[Given]], lacks: dict[str, None]) -> Vectors:
    """The vectors of a request that is sent as it is, a text at a time; what the server was found to lack goes into `lacks`.

    A text that the model makes no numbers of is an error of the server, and an outcome here. Raises `EngineError`: what `ask`
    raises, a `RefusedError` where it is of the number of dimensions, and for rows of different lengths.
    """

    async def outcome(text: str) -> Given:
        try:
            return await ask(text)
        except EngineError as error:
            if is_not_finite(error):
                return Given(b"", warnings=("not-finite",))
            raise _refused_dimensions(error, request) from None

    began = time.perf_counter()
    given = [await outcome(text) for text in request.texts]
    total = round((time.perf_counter() - began) * 1000, 3)
    sizes = {len(each.row) // 4 for each in given if each.row}
    if len(sizes) > 1:
        raise EngineError(
            "protocol", f"vectors of {' and '.join(map(str, sorted(sizes)))} numbers came from one model", retry=False
        )
    size = next(iter(sizes), None)
    found = [*(warning for each in given for warning in each.warnings), *(fault(each.row) for each in given)]
    if None not in (size, request.dimensions) and size != request.dimensions:
        found.append("dimensions-ignored")
        lacks[f"vectors of '{request.model}' have {size} dimensions, whatever is asked for"] = None
    loads = [each.load_ms for each in given if each.load_ms is not None]
    tokens = [each.tokens for each in given]
    told = [count for count in tokens if count is not None]
    return Vectors(
        rows=[each.row for each in given],
        dimensions=size,
        tokens=tokens,
        usage=Usage(prompt_tokens=sum(told) if told and len(told) == len(tokens) else None),
        timing=Timing(total_ms=total, load_ms=round(sum(loads), 3) if loads else None),
        sent=request,
        warnings=[warning for warning in dict.fromkeys(found) if warning is not None],
    )


def _refused_dimensions(error: EngineError, request: EmbedRequest) -> EngineError:
    """The error of a request for vectors: a `RefusedError` where it is the number of dimensions that the server does not take."""
    refused = error.status in (400, 422) and error.kind in ("invalid-request", "unsupported")
    if not refused or request.dimensions is None or not re.search(r"(?i)dimension|matryoshka", str(error)):
        return error
    words = f"the server does not give {request.dimensions} dimensions: {error}"
    return RefusedError("dimensions", request.dimensions, words, status=error.status)


def lone_row(values: list[Any], text: str) -> bytes:
    """The row for one text out of a server's list: empty where nothing came for a text of nothing.

    Raises `EngineError`, the server's fault, where it is not one vector, or no vector at all.
    """
    if len(values) != 1 and not (not values and not text.strip()):
        raise EngineError("protocol", f"{len(values)} vectors came back for one text", retry=False)
    try:
        row = _row(values[0]) if values else b""
    except ValueError as error:
        raise EngineError("protocol", f"what came back is no vector: {error}", retry=False) from None
    if not row and text.strip():
        raise EngineError("protocol", "a vector of no numbers came back", retry=False)
    return row


def _row(value: Any) -> bytes:
    if isinstance(value, str):
        try:
            row = binascii.a2b_base64(value, strict_mode=True)
        except (binascii.Error, ValueError):
            raise ValueError("text that is no base64") from None
        if len(row) % 4:
            raise ValueError(f"{len(row)} bytes are no whole number of float32")
        return row
    if not isinstance(value, list):
        raise ValueError(f"a JSON {type(value).__name__}")
    for number in value:
        if number is not None and (isinstance(number, bool) or not isinstance(number, int | float)):
            raise ValueError("it is not made of numbers")
    try:
        return packed(value)
    except OverflowError:
        raise ValueError("a number that no float holds") from None
