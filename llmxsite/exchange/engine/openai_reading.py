"""Gathering a reply out of OpenAI's events."""

from __future__ import annotations

import msgspec

from llmxsite.exchange.engine import openai_shapes as shapes
from llmxsite.exchange.engine import wire
from llmxsite.exchange.engine.fault import error_for
from llmxsite.exchange.engine.protocol import OnText, Request, ToolCall, Usage
from llmxsite.exchange.engine.reading import Reading


class EventReading(Reading):
    """A reply in OpenAI's events."""

    def __init__(self, request: Request, on_text: OnText | None) -> None:
        super().__init__(request, on_text)
        self._parts: dict[int, tuple[list[str], list[str]]] = {}

    def take(self, data: bytes, *, whole: bool = False) -> None:
        """One event's data, or, where the server does not stream, the whole body."""
        if data == b"[DONE]":
            self.done = True
            return
        chunk = wire.decode(data, shapes.read_chunk, self.warnings)
        error = bytes(chunk.error)
        if error and error != b"null":
            body = b'{"error":' + error + b"}"
            raise error_for(_status(body), body, streamed=True)
        if chunk.usage is not None:
            details = chunk.usage.prompt_tokens_details
            self.usage = Usage(
                prompt_tokens=chunk.usage.prompt_tokens,
                cached_tokens=details.cached_tokens if details else None,
                completion_tokens=chunk.usage.completion_tokens,
            )
        if chunk.timings is not None:
            self.timing.prompt_ms = chunk.timings.prompt_ms
            self.timing.eval_ms = chunk.timings.predicted_ms
        for choice in chunk.choices or ():
            said = choice.message if whole else choice.delta
            text, thought = said.spoken() if said is not None else (choice.text or "", "")
            self.misplaced = self.misplaced or (said is None and choice.text is None and choice.message is not None)
            self.count(text or thought)
            self.text(thought, thinking=True)
            self.text(text)
            for n, call in enumerate((said.tool_calls if said is not None else None) or ()):
                self._call(call, n if whole else call.index)
            if choice.logprobs is not None:
                self.entries(choice.logprobs.entries())
            self.done_reason = choice.finish_reason or self.done_reason

    def _call(self, call: shapes.Call, index: int) -> None:
        """A tool call comes in pieces: its name first, then its arguments as text."""
        self.output()
        name, arguments = self._parts.setdefault(index, ([], []))
        if call.function is not None:
            name.append(call.function.name or "")
            value = call.function.arguments
            if value is not None:
                arguments.append(value if isinstance(value, str) else msgspec.json.encode(value).decode())

    def finish_calls(self) -> None:
        """Put the pieces of the tool calls together."""
        for _, (name, raw) in sorted(self._parts.items()):
            parsed, rest = wire.arguments("".join(raw) or "{}")
            self.calls.append(ToolCall(name="".join(name), arguments=parsed, raw=rest))


def _status(body: bytes) -> int:
    """The status inside an error event; 500 where it has none."""
    try:
        code = msgspec.json.decode(body)["error"]["code"]
    except (msgspec.MsgspecError, KeyError, TypeError):
        return 500
    return code if isinstance(code, int) and 400 <= code <= 599 else 500
