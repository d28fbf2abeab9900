"""What the fake server answers to a request for vectors: in both APIs' shapes, and with every fault a vector can have."""

from __future__ import annotations

import base64
import hashlib
import json
import math
import struct
from typing import Any

VECTOR_FAULTS = (
    "zero-vector",
    "nan-vector",  # NaN, as a server writes it that can write it
    "null-vector",  # the same in null
    "nan-500",  # the same at a server that cannot: HTTP 500
    "huge-number",  # one that float32 does not hold
    "no-vector",  # an empty list
    "two-vectors",  # for one text
    "empty-vector",
    "longer-vector",  # another number of dimensions than the model has
    "text-in-vector",
    "scalar-vector",  # a number where a vector should be
    "bad-base64",
    "odd-base64",  # five bytes
    "half-body",  # the JSON ends in its middle
    "cut-body",  # the connection ends before the length that was said
    "body-of-list",  # another shape altogether
)
DIMENSIONS = 8


def vector(text: str, dimensions: int | None = None) -> list[float]:
    """A unit vector that depends on the text alone; `dimensions` cuts and scales."""
    return _scaled([byte - 127.5 for byte in hashlib.sha256(text.encode()).digest()[: dimensions or DIMENSIONS]])


def answer(body: dict[str, Any], *, native: bool, base64_taken: bool, tokens: list[int], fault: str | None) -> bytes:
    """The body of a good answer, or of one with a fault of the vectors."""
    texts = [body["input"]] if isinstance(body["input"], str) else list(body["input"])
    rows: list[Any] = [vector(" ".join(text.split()[:count])) for text, count in zip(texts, tokens, strict=True)]
    if dimensions := body.get("dimensions"):
        rows = [_scaled(row[:dimensions]) for row in rows]
    match fault:
        case "zero-vector":
            rows = [[0.0] * len(row) for row in rows]
        case "nan-vector":
            rows = [[math.nan, *row[1:]] for row in rows]
        case "null-vector":
            rows = [[None, *row[1:]] for row in rows]
        case "huge-number":
            rows = [[1e300, *row[1:]] for row in rows]
        case "no-vector":
            rows = []
        case "two-vectors":
            rows = rows * 2
        case "empty-vector":
            rows = [[] for _ in rows]
        case "longer-vector":
            rows = [[*row, 0.5] for row in rows]
        case "text-in-vector":
            rows = [["much", *row[1:]] for row in rows]
        case "scalar-vector":
            rows = [0.5 for _ in rows]
    packs = not native and base64_taken and body.get("encoding_format") == "base64"
    if packs and all(
        isinstance(row, list) and all(isinstance(x, float) and abs(x) < 1e38 for x in row) for row in rows
    ):
        rows = [base64.b64encode(struct.pack(f"<{len(row)}f", *row)).decode() for row in rows]
    if fault in ("bad-base64", "odd-base64"):
        rows = ["*?" if fault == "bad-base64" else base64.b64encode(b"12345").decode() for _ in rows]
    count = sum(tokens)
    found: Any = {"model": body["model"]}
    if native:
        found |= {
            "embeddings": rows,
            "total_duration": 9_000_000,
            "load_duration": 2_000_000,
            "prompt_eval_count": count,
        }
    else:
        found |= {"object": "list", "usage": {"prompt_tokens": count, "total_tokens": count}}
        found["data"] = [{"object": "embedding", "index": i, "embedding": row} for i, row in enumerate(rows)]
    return json.dumps([found] if fault == "body-of-list" else found).encode()


def _scaled(row: list[float]) -> list[float]:
    length = math.sqrt(sum(x * x for x in row))
    return [x / length for x in row]
