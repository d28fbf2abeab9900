"""The last line of a log, which shows whether any byte before it, or of itself, was changed since."""

from __future__ import annotations

import hashlib
from typing import Literal

import msgspec

from llmxsite.log.record import End, encode_line

Reason = Literal["complete", "interrupted", "stopped"]
_ORDER = ("ok", "failure", "truncated", "error")


def seal(sha256: str, counts: dict[str, int], reason: Reason, ended: str | None) -> End:
    """The `end` line: `sha256` covers all lines before it, `check` the rest of the line itself."""
    known = {name: counts[name] for name in _ORDER if counts.get(name)}
    end = End(time=ended, counts=known, reason=reason, sha256=sha256)
    return msgspec.structs.replace(end, check=end_check(end))


def end_check(end: End) -> str:
    """What `check` must be: 16 hex digits of sha256 over the line without it."""
    return hashlib.sha256(encode_line(msgspec.structs.replace(end, check=None))).hexdigest()[:16]
