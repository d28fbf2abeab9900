"""A reply as it comes in: pieces of text, tokens and the moment of the first, put together at the end."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable

from llmxsite.exchange.engine import wire
from llmxsite.exchange.engine.fault import is_model_failure, is_repetition
from llmxsite.exchange.engine.protocol import EngineError, OnText, Reply, Request, Timing, TokenLogprob, ToolCall, Usage

REPEATS = 30
"""Messages alike after which Ollama ends a reply without a last one (docs/ollama.md, `repetition`)."""
GRACE = 0.5
"""Seconds to wait, once a reply is complete, for what may still come: counts, and the end of the body, without which the
connection cannot be used again."""


class Reading:
    """What every streamed reply has in common. An engine feeds it and then asks for the `Reply`."""

    def __init__(self, request: Request, on_text: OnText | None) -> None:
        self.request = request
        self.pieces: list[str] = []
        self.thinking: list[str] = []
        self.tokens: list[TokenLogprob] = []
        self.calls: list[ToolCall] = []
        self.done_reason: str | None = None
        self.timing = Timing()
        self.usage = Usage()
        self.warnings: list[str] = []
        self.misplaced = False
        """Whether there was something where text should be that is none: a message in place of what it adds."""
        self.failure: str | None = None
        """What the server said of a model's output that it could not read."""
        self.done = False
        """Whether the server said that the reply is complete."""
        self.repeated = False
        """Whether the server said that it ended the reply because the model repeats itself."""
        self._last, self._run = "", 0
        self._on_text = on_text
        self._started = time.perf_counter()

    @property
    def complete(self) -> bool:
        """Whether the server has said, in whichever way, that this is all."""
        return self.done or self.done_reason is not None

    def text(self, piece: str | None, *, thinking: bool = False) -> None:
        """One more piece of the answer, or of the thinking before it."""
        if piece:
            self.output()
            (self.thinking if thinking else self.pieces).append(piece)
            if self._on_text is not None:
                self._on_text(piece, thinking)

    def count(self, piece: str) -> None:
        """Note what one message of the server adds: how many at the end are alike, but for the blanks around them."""
        bare = piece.strip()
        if piece:
            self._run = self._run + 1 if bare == self._last else 1
            self._last = bare

    def output(self) -> None:
        """Something that the model wrote has come, be it text or a tool call."""
        if self.timing.first_token_ms is None:
            self.timing.first_token_ms = self._elapsed()

    def entries(self, entries: list[wire.Entry]) -> None:
        """Tokens with their logprobs, in the server's shape."""
        self.tokens += wire.tokens(entries, self.warnings)

    def broke_off(self, error: EngineError) -> None:
        """An error ended the reply: note one that is the model's doing. Raises any other."""
        if is_repetition(error):
            self.repeated = True
        elif is_model_failure(error, tools=bool(self.request.tools)):
            self.failure = str(error)
        else:
            raise error

    def reply(self) -> Reply:
        """The whole reply, with what is suspicious about its tokens.

        Raises `EngineError` for one that ended before the server said so, unless it had repeated itself to the point where
        Ollama gives it up, in silence or with a word of it: that is the model's doing, and would be the same another time.
        """
        if self.failure is None and not self.complete:
            if self._run < REPEATS and not self.repeated:
                raise EngineError("protocol", "the reply ended before it was complete", retry=True)
            self.warnings.append("repetition-stopped")
        self.timing.total_ms = self._elapsed()
        text = "".join(self.pieces)
        if not (text or self.thinking or self.calls or self.failure):
            self._check_silence()
        plain = not (self.thinking or self.calls or self.request.tools or self.failure)
        if self.request.top_logprobs is not None:
            self.warnings += wire.token_warnings(self.tokens, text, plain=plain)
        return Reply(
            text=text,
            thinking="".join(self.thinking) or None,
            tool_calls=self.calls or None,
            done_reason=self.done_reason,
            tokens=self.tokens or None,
            timing=self.timing,
            usage=self.usage,
            model_failure=self.failure,
            warnings=self.warnings,
        )

    def _check_silence(self) -> None:
        """Raise the `EngineError` of a reply without a word that is not the model's doing.

        A model may end at once, or write tokens that are no text, such as the beginning of a stop word: then nothing is
        counted but those. It is the server that counts tokens and loses their text.
        """
        if self.done_reason in ("load", "unload"):
            raise EngineError(
                "server", f"the server answered with '{self.done_reason}' in place of a reply", retry=True
            )
        if self.misplaced:
            raise EngineError("protocol", "the reply has its text in a place where none is known to be", retry=False)
        counted = self.usage.completion_tokens or 0
        spelt = "".join(token.token for token in self.tokens).strip()
        silent = self.tokens and not spelt
        stops = max((len(stop) for stop in self.request.options.stop or ()), default=0)
        if spelt or (counted > 1 + stops and not silent and not self.request.tools):
            words = f"{counted} tokens were counted" if counted else "there are tokens"
            raise EngineError("protocol", f"{words}, and no text came with them", retry=True)

    def _elapsed(self) -> float:
        return round((time.perf_counter() - self._started) * 1000, 3)


async def until(batches: AsyncIterator[list[bytes]], complete: Callable[[], bool]) -> AsyncIterator[list[bytes]]:
    """The batches of a stream, to its end, or, once the reply is complete, for as long as they come within `GRACE`.

    Some servers keep the connection open after the last word.
    """
    while True:
        try:
            if complete():
                async with asyncio.timeout(GRACE):
                    lines = await anext(batches)
            else:
                lines = await anext(batches)
        except (StopAsyncIteration, TimeoutError):
            return
        yield lines
