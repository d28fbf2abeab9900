"""What a scorer makes of the replies to a plan."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple


class Scored(NamedTuple):
    """What a task makes of the replies to a plan."""

    outcome: Literal["ok", "failure", "truncated"]
    scores: dict[str, Any]
    reply: int = 0
    """Which of the replies is shown for the sample: for a vote, the first that gave the winning answer."""
    token: int | None = None
    """Index of the answer's token in that reply's tokens."""
