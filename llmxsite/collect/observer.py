"""What can be watched of a run while it goes on. The loop calls; `progress` shows."""

from __future__ import annotations

from typing import Protocol

from llmxsite.collect.job import Job
from llmxsite.collect.workload import Workload
from llmxsite.exchange.engine.protocol import EngineError
from llmxsite.log.record import Sample


class Observer(Protocol):
    """Told of everything, in the event loop's thread; must not block."""

    def begin(self, workload: Workload, left: list[int]) -> None:
        """The run starts; `left` has the samples still to make, by condition."""
        ...

    def start(self, job: Job) -> None:
        """A request goes out."""
        ...

    def text(self, job: Job, piece: str, thinking: bool) -> None:
        """A piece of a reply came. Called only when `wants_text`."""
        ...

    def retry(self, job: Job, error: EngineError, attempt: int, wait: float) -> None:
        """A request failed and is sent again after `wait` seconds."""
        ...

    def sample(self, job: Job, sample: Sample) -> None:
        """A sample is complete and on its way to the disk."""
        ...

    def note(self, message: str) -> None:
        """Something a person should know now."""
        ...

    @property
    def wants_text(self) -> bool: ...
