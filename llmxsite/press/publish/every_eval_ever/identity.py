"""What a record is called: the model's identity, the record's identifier, and its place in the datastore's folders."""

from __future__ import annotations

import hashlib
import re
import uuid

import msgspec

from llmxsite.log.record import Scalar
from llmxsite.press.site.edition import Edition

_HUB = re.compile(r"(?:https?://)?(?:hf\.co|(?:www\.)?huggingface\.co)/(?P<id>[\w.-]+/[\w.-]+?)(?::[\w.-]+)?/?")
"""A model on Hugging Face: its page, or the name Ollama pulls it by, with its quantization behind a colon."""
_RESERVED = re.compile(r"(?i:con|prn|aux|nul|com[1-9]|lpt[1-9])(?:\..*)?|data|\.*")
"""Names that a folder of the datastore must not have."""


def model_id(edition: Edition, name: str) -> str:
    """`developer/model` as Hugging Face has it where that is known, else with the developer that the model's card names.

    A name that has its developer in it stays as it is. `unknown/` stands where nothing says who made the model.
    """
    if hub := _HUB.fullmatch(name):
        return hub["id"]
    if "/" in name:
        return name
    entry = edition.catalogue.model(name)
    meta = entry.article.meta if entry is not None and entry.article is not None else None
    if meta is not None and meta.homepage and (hub := _HUB.fullmatch(meta.homepage)):
        return hub["id"]
    developer = "-".join((meta.developer or "").split()).strip(".") if meta is not None else ""
    return f"{developer or 'unknown'}/{name}"


def folder(suite: str, model: str) -> str:
    """`data/<collection>/<developer>/<model>` of a suite and a model's id."""
    developer, _, rest = model.partition("/")
    return f"data/{_component(suite)}/{_component(developer)}/{_component(rest)}"


def _component(text: str) -> str:
    """One folder's name, as the datastore's own tools make it: portable, and never a path."""
    plain = re.sub(r"[^A-Za-z0-9._-]", "_", text).rstrip(".")
    return f"_{plain}" if _RESERVED.fullmatch(plain) else plain


def file_id(run: str, suite: str, suite_hash: str, digest: str | None, condition: dict[str, Scalar]) -> str:
    """The name of a record's files: the same record has the same name on every export.

    The datastore takes only names of the form of a random UUID (version 4), so this one is a hash in that form.
    """
    parts = msgspec.json.encode([run, suite, suite_hash, digest, condition], order="sorted")
    return str(uuid.UUID(bytes=hashlib.sha256(parts).digest()[:16], version=4))
