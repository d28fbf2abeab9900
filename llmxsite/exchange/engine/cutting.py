"""Whether a server reads texts whole, where its API has no way to say so: it is asked with twice the text.

A server that cuts counts no more tokens of a text and the same text again than of the text alone. Each length is asked for
once a model: after a text of 300 tokens the next that is asked about has more than 600.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from llmxsite.exchange.engine.errors import EngineError

_SHORT = 64
"""Tokens that every model reads."""
_DOUBLED = 1.8
"""From so many times the tokens on, a text was read twice: the special tokens around it, and a word across the seam, are not."""


class Cutting:
    """What was found of one server's models."""

    def __init__(self) -> None:
        self._whole: dict[str, int] = {}
        """Tokens up to which a model's texts were seen to be read whole."""
        self._limit: dict[str, int] = {}
        """Tokens at which a model's texts are cut."""
        self._refuses: set[str] = set()
        """Models for which a text too long is refused: none of theirs was cut."""

    async def was_cut(self, model: str, text: str, tokens: int, count: Callable[[str], Awaitable[int | None]]) -> bool:
        """Whether a text of which the server read `tokens` tokens was cut. `count` asks for another text, and gives its tokens."""
        if model in self._limit:
            return tokens >= self._limit[model]
        if model in self._refuses or tokens <= self._whole.get(model, _SHORT):
            return False
        try:
            twice = await count(f"{text} {text}")
        except EngineError as error:
            if error.kind == "context":
                self._refuses.add(model)
            return False
        if twice is None:
            return False
        if twice >= _DOUBLED * tokens:
            self._whole[model] = twice
            return False
        self._limit[model] = max(twice, tokens)
        return tokens >= twice
