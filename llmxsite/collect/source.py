"""Where a collector's jobs come from, and where they go when it cannot make them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from llmxsite.collect.workload import Job


class Source(Protocol):
    """Jobs, each given to one taker. All of it in one event loop."""

    async def take(self) -> Job | None:
        """The next job; None when there is none left for this taker."""
        ...

    def back(self, job: Job) -> None:
        """A job that was taken and not made."""
        ...

    def elsewhere(self, job: Job) -> bool:
        """Whether a job that is given back will be made by somebody else, in the same run."""
        ...

    def without(self, model: str) -> None:
        """Give this taker no more jobs of a model."""
        ...


class Alone:
    """The jobs of a collector that shares them with nobody: what it does not make is left for the next run."""

    def __init__(self, jobs: Iterator[Job]) -> None:
        self._jobs = jobs
        self._without: set[str] = set()

    async def take(self) -> Job | None:
        return next((job for job in self._jobs if job.condition["model"] not in self._without), None)

    def back(self, job: Job) -> None: ...

    def elsewhere(self, job: Job) -> bool:
        return False

    def without(self, model: str) -> None:
        self._without.add(model)
