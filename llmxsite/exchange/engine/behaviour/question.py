"""A question to a server, and its answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import NamedTuple

from llmxsite.exchange.engine.behaviour.models import Model, Models, Need
from llmxsite.exchange.engine.behaviour.server import Server


class Seen(NamedTuple):
    """What a server did."""

    answer: str
    """In closed words, which are the same on a slow machine and on a fast one: what two reports are compared by."""
    figures: str = ""
    """Numbers that belong to this model and this machine."""


class Asked(NamedTuple):
    """What a question is asked with."""

    server: Server
    models: Models
    model: Model
    """The smallest that the question's need fits."""

    @property
    def name(self) -> str:
        return self.model.name

    async def unload(self) -> None:
        """Put the model out of memory, and those that share its place there."""
        await self.server.unload(*self.models.sharing(self.model))


class Question(NamedTuple):
    """One thing to find out."""

    id: str
    title: str
    needs: Need
    ask: Callable[[Asked], Awaitable[Seen]]
    """May raise `EngineError` (the question failed) and `NotAskedError`."""


def yes(holds: bool, words: str, otherwise: str) -> str:
    """One of two answers."""
    return words if holds else otherwise
