"""Every line of a run log, and the bytes it is written as."""

from __future__ import annotations

from typing import Literal

import msgspec

from llmxsite.exchange.engine.protocol import EngineInfo, ModelInfo
from llmxsite.log.record.header import Git, Host, Run
from llmxsite.log.record.sample import Sample


class Resume(msgspec.Struct, kw_only=True, omit_defaults=True, tag_field="type", tag="resume"):
    """A collector took the run up again. Fields hold what is different from the header; empty means nothing changed."""

    time: str
    torn_bytes: int = 0
    """Length of a half-written last line that was cut off."""
    host: Host | None = None
    software: dict[str, str] | None = None
    engine: EngineInfo | None = None
    models: list[ModelInfo] | None = None
    git: Git | None = None
    planned: int | None = None
    concurrency: int | None = None
    scored: bool = False
    """Nobody was asked: the samples that follow stand above, and are scored again by a later version of their scorer."""


class Lack(msgspec.Struct, kw_only=True, tag_field="type", tag="lack"):
    """What the server turned out to lack after the header was written, in the words of `EngineInfo.lacks`."""

    time: str
    lacks: list[str]


class MaterialLine(msgspec.Struct, kw_only=True, omit_defaults=True, tag_field="type", tag="material"):
    """What was made into vectors for the samples that follow, before the first of them was asked. The vectors themselves are in
    the study's cache."""

    time: str
    model: str
    digest: str | None = None
    """Of the model."""
    suite: str
    texts: int
    """How many."""
    dimensions: int
    sha256: str
    """Of all vectors as little-endian float32, one after another."""
    texts_sha256: str
    """Of all texts, each with its length before it."""
    seconds: float | None = None
    """What it took; null where all of them came from the cache."""


class End(msgspec.Struct, kw_only=True, omit_defaults=True, tag_field="type", tag="end"):
    """The run is complete, or was ended."""

    time: str | None = None
    counts: dict[str, int]
    """Samples by outcome, the last line of each key counted."""
    sha256: str
    """Of all bytes of the file before this line."""
    reason: Literal["complete", "interrupted", "stopped"] = "complete"
    """`interrupted` by the person, `stopped` by a fault; a log that goes on afterwards has a `resume` line next."""
    check: str | None = None
    """16 hex digits of sha256 over this line as it stands without `check`."""


Line = Run | Sample | MaterialLine | Resume | Lack | End
_encoder = msgspec.json.Encoder(order="deterministic")
decode_line = msgspec.json.Decoder(Line).decode
"""One line's bytes as its record. Raises `msgspec.DecodeError` or `msgspec.ValidationError`."""


def encode_line(line: Line) -> bytes:
    """A record as its line, `\\n` included: keys in the order of the fields, the same bytes every time."""
    return _encoder.encode(line) + b"\n"
