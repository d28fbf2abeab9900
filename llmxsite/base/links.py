"""Addresses that somebody else wrote: which of them may stand where a reader can click."""

from __future__ import annotations

import re
from typing import Any

import msgspec

SCHEMES = frozenset(["http", "https", "mailto"])
_SCHEME = re.compile(r"([^/?#]*?):")
FIELDS = frozenset(["url", "repository", "base_url", "homepage", "paper", "contact"])
"""Fields of what people write that become links."""


def safe(address: str) -> bool:
    """Whether an address is relative, or has a scheme that only leads somewhere. A browser drops blanks and control characters before
    it looks for a scheme; an address that has any is not safe."""
    text = address.strip(" ")
    if not text.isprintable() or "\\" in text[:2] or re.search(r"\s", text.split("?")[0].split("#")[0].split("/")[0]):
        return False
    found = _SCHEME.match(text)
    return found is None or found[1].lower() in SCHEMES


def unsafe_fields(record: Any, keys: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Where in a struct of what somebody wrote an address stands that no link may have."""
    if isinstance(record, list):
        return [found for i, part in enumerate(record) for found in unsafe_fields(part, (*keys, i))]
    if not isinstance(record, msgspec.Struct):
        return []
    bad = []
    for field in msgspec.structs.fields(record):
        value = getattr(record, field.name)
        if isinstance(value, str) and field.name in FIELDS:
            bad += [] if safe(value) else [(*keys, field.name)]
        else:
            bad += unsafe_fields(value, (*keys, field.name))
    return bad


def without(record: Any, keys: tuple[str | int, ...]) -> None:
    """Takes the address at `keys` out: null where the field may be, else a link to the page itself."""
    *way, last = keys
    for key in way:
        record = record[key] if isinstance(key, int) else getattr(record, str(key))
    kind = next(f for f in msgspec.structs.fields(record) if f.name == last)
    setattr(record, str(last), "#" if kind.required else None)
