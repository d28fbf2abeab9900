"""Gathering a reply out of the lines of Ollama's native API, and telling whether it has read the whole prompt."""

from __future__ import annotations

from llmxsite.exchange.engine import ollama_shapes as shapes
from llmxsite.exchange.engine import wire
from llmxsite.exchange.engine.fault import error_for
from llmxsite.exchange.engine.protocol import Request, ToolCall, Usage
from llmxsite.exchange.engine.reading import Reading


class LineReading(Reading):
    """A reply in lines of JSON."""

    def take(self, line: bytes) -> None:
        """One line of a reply."""
        chunk = wire.decode(line, shapes.read_chunk, self.warnings)
        if chunk.error is not None:
            raise error_for(500, line, streamed=True)
        self.count(chunk.piece())
        if chunk.message is not None:
            text, thought = chunk.message.spoken()
            self.text(thought, thinking=True)
            self.text(text)
            for call in chunk.message.tool_calls or ():
                self.output()
                parsed, rest = wire.arguments(call.function.arguments)
                self.calls.append(ToolCall(name=call.function.name, arguments=parsed, raw=rest))
        else:
            self.text(chunk.thinking, thinking=True)
            self.text(chunk.response)
        if chunk.logprobs:
            self.entries(chunk.logprobs)
        if chunk.done or chunk.done_reason is not None:
            self.done = True
            self.done_reason = chunk.done_reason
            self.timing.load_ms = shapes.milliseconds(chunk.load_duration)
            self.timing.prompt_ms = shapes.milliseconds(chunk.prompt_eval_duration)
            self.timing.eval_ms = shapes.milliseconds(chunk.eval_duration)
            self.usage = Usage(
                prompt_tokens=chunk.prompt_eval_count,
                cached_tokens=chunk.prompt_eval_cached_count,
                completion_tokens=chunk.eval_count,
            )


def was_cut(request: Request, usage: Usage, in_force: int | None) -> bool:
    """Whether a server that does not honour `truncate: false` seems to have cut the prompt.

    It then reads as many tokens as the context has or, in some versions, about half of them; of a conversation it
    drops the oldest messages and reads the rest. Where the context is not full, the text must also hold far more
    characters than that many tokens spell, and enough to fill the context. A prompt of more tokens than the context is
    said to have was not cut to it: the context is larger than is said. `in_force` is the context that was found, where it is
    not the one that was asked for.
    """
    count = usage.prompt_tokens
    context = in_force or request.options.num_ctx or 0
    if not count or context <= 0 or count > context:
        return False
    characters = sum(len(m.content) for m in request.messages) + len(request.raw_prompt or "")
    halved = abs(count - context // 2) <= 8
    return count >= context - 1 or ((halved or len(request.messages) > 1) and characters > max(6 * count, 3 * context))
