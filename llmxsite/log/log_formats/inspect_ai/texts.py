"""The words in a sample of inspect_ai: long ones lie apart as attachments, and contents may be lists of parts."""

from __future__ import annotations

from typing import Any, Literal, cast

from llmxsite.exchange.engine.protocol import Alternative, Message, TokenLogprob, ToolCall
from llmxsite.exchange.engine.wire import clean_logprob
from llmxsite.log.log_formats.inspect_ai import log
from llmxsite.log.record import Answer

_ATTACHMENT = "attachment://"
_ROLES = ("system", "user", "assistant", "tool")


class Texts:
    """Texts of a sample, with long ones put back from where the log keeps them."""

    def __init__(self, attachments: dict[str, str]) -> None:
        self.attachments = attachments

    def text(self, text: str) -> str:
        return self.attachments.get(text.removeprefix(_ATTACHMENT), text) if text.startswith(_ATTACHMENT) else text

    def content(self, content: str | list[dict[str, Any]] | None, kind: str = "text") -> str:
        """A message's content: text, or a list of parts of which those of one kind are joined."""
        if isinstance(content, str):
            return self.text(content) if kind == "text" else ""
        parts = (part for part in content or [] if part.get("type") == kind)
        return "\n".join(self.text(part[kind]) for part in parts if isinstance(part.get(kind), str))

    def conversation(self, messages: list[log.Message]) -> str:
        return "\n\n".join(self.content(message.content) for message in messages)

    def asked(self, messages: list[log.Message]) -> list[Message]:
        """The conversation before the last reply."""
        replies = (place for place, message in enumerate(messages) if message.role == "assistant")
        return [
            Message(
                role=cast("Literal['user']", m.role),
                content=self.content(m.content),
                tool_calls=_calls(m),
                tool_name=m.function if m.role == "tool" else None,
            )
            for m in messages[: max(replies, default=len(messages))]
            if m.role in _ROLES
        ]

    def reply(self, choice: log.Choice) -> Answer:
        content = choice.message.content
        tokens = choice.logprobs.content if choice.logprobs else None
        return Answer(
            text=self.content(content),
            thinking=self.content(content, "reasoning") or None,
            tool_calls=_calls(choice.message),
            done_reason=choice.stop_reason or None,
            tokens=[_token(token) for token in tokens] if tokens else None,
        )


def _calls(message: log.Message) -> list[ToolCall] | None:
    """The tools a message asks for."""
    return [ToolCall(name=call.function, arguments=call.arguments) for call in message.tool_calls or []] or None


def _token(token: log.Token) -> TokenLogprob:
    top = [Alternative(token=t.token, logprob=clean_logprob(t.logprob)) for t in token.top_logprobs or []]
    return TokenLogprob(token=token.token, logprob=clean_logprob(token.logprob), top=top or None)
