"""Where a collector's jobs come from, and where they go when it cannot make them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from llmxsite.collect.job import Job


class Source(Protocol):
    """Jobs, each given to one taker. All of it in one event loop."""

    @property
    def shared(self) -> bool:
        """Whether others take jobs here too: one that our server is to blame for is then left to them, not recorded as an
        error."""
        ...

    async def take(self) -> Job | None:
        """The next job; None when there is none left for this taker."""
        ...

    def made(self, job: Job) -> None:
        """A job that was taken is done: its line is on its way to the log."""
        ...

    def back(self, job: Job) -> None:
        """A job that was taken was not made."""
        ...

    def without(self, model: str) -> None:
        """Give this taker no more jobs of a model."""
        ...


class Alone:
    """The jobs of a collector that shares them with nobody: what it does not make is left for the next run."""

    shared = False

    def __init__(self, jobs: Iterator[Job]) -> None:
        self._jobs = jobs
        self._without: set[str] = set()

    async def take(self) -> Job | None:
        return next((job for job in self._jobs if self._without.isdisjoint(job.models)), None)

    def made(self, job: Job) -> None: ...

    def back(self, job: Job) -> None: ...

    def without(self, model: str) -> None:
        self._without.add(model)
