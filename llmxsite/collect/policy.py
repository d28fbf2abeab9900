"""When a run tries again and when it stops, and how it ended."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from llmxsite.base.diagnostics import Issue
from llmxsite.exchange.engine.protocol import EngineError


@dataclass(frozen=True)
class Policy:
    """When to try again and when to stop. Seconds."""

    attempts: int = 7
    """Times one request is sent at most."""
    first_wait: float = 0.5
    """Before the second attempt; doubled for each one after, each time multiplied by a random 0.5 to 1.5."""
    longest_wait: float = 30.0
    longest_retry_after: float = 300.0
    """A server's own wish is honoured up to this."""
    errors_in_a_row: int = 10
    """Samples that may end in an error one after another, the server answering, before the run stops."""

    def wait(self, attempt: int, error: EngineError, chance: Callable[[], float]) -> float:
        """Seconds before the attempt after `attempt` (counted from 1)."""
        grown = min(self.longest_wait, self.first_wait * 2.0 ** (attempt - 1)) * (0.5 + chance())
        return max(grown, min(error.retry_after or 0.0, self.longest_retry_after))


@dataclass
class Result:
    """How a run ended."""

    reason: Literal["complete", "interrupted", "stopped"] = "complete"
    made: int = 0
    """Samples made in this session, errors among them."""
    errors: int = 0
    issues: list[Issue] = field(default_factory=list)
