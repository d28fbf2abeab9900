"""The words in a sample of inspect_ai: long ones lie apart as attachments, and contents may be lists of parts."""

from __future__ import annotations

from typing import Any, Literal, cast

from llmxsite.engine.protocol import Alternative, Message, TokenLogprob, ToolCall, clean_logprob
from llmxsite.record import Answer

_ATTACHMENT = "attachment://"
_ROLES = ("system", "user", "assistant", "tool")


class Texts:
    """Texts of a sample, with long ones put back from where the log keeps them."""

    def __init__(self, attachments: dict[str, str]) -> None:
        self.attachments = attachments

    def text(self, text: str) -> str:
        return self.attachments.get(text.removeprefix(_ATTACHMENT), text) if text.startswith(_ATTACHMENT) else text

    def content(self, content: Any, kind: str = "text") -> str:
        """A message's content: text, or a list of parts of which those of one kind are joined."""
        if isinstance(content, str):
            return self.text(content) if kind == "text" else ""
        parts = [part for part in content or [] if isinstance(part, dict) and part.get("type") == kind]
        return "\n".join(self.text(part[kind]) for part in parts if isinstance(part.get(kind), str))

    def conversation(self, messages: list[dict[str, Any]]) -> str:
        return "\n\n".join(self.content(message.get("content")) for message in messages)

    def asked(self, messages: list[dict[str, Any]]) -> list[Message]:
        """The conversation before the last reply."""
        replies = (place for place, message in enumerate(messages) if message.get("role") == "assistant")
        before = messages[: max(replies, default=len(messages))]
        return [
            Message(
                role=cast("Literal['user']", m["role"]),
                content=self.content(m.get("content")),
                tool_calls=_calls(m),
                tool_name=word(m.get("function")) if m["role"] == "tool" else None,
            )
            for m in before
            if m.get("role") in _ROLES
        ]

    def reply(self, choice: dict[str, Any]) -> Answer:
        message = choice.get("message")
        message = message if isinstance(message, dict) else {}
        content = message.get("content")
        logprobs = choice.get("logprobs")
        tokens = logprobs.get("content") if isinstance(logprobs, dict) else None
        return Answer(
            text=self.content(content),
            thinking=self.content(content, "reasoning") or None,
            tool_calls=_calls(message),
            done_reason=word(choice.get("stop_reason")),
            tokens=[_token(token) for token in tokens if isinstance(token, dict)] if tokens else None,
        )


def word(value: Any) -> str | None:
    """A text that is not empty."""
    return value if isinstance(value, str) and value else None


def _calls(message: dict[str, Any]) -> list[ToolCall] | None:
    """The tools a message asks for."""
    calls = [call for call in message.get("tool_calls") or [] if isinstance(call, dict) and word(call.get("function"))]
    return [
        ToolCall(
            name=call["function"], arguments=call["arguments"] if isinstance(call.get("arguments"), dict) else None
        )
        for call in calls
    ] or None


def _token(token: dict[str, Any]) -> TokenLogprob:
    top = token.get("top_logprobs")
    return TokenLogprob(
        token=str(token.get("token", "")),
        logprob=clean_logprob(token.get("logprob")),
        top=[Alternative(token=str(t.get("token", "")), logprob=clean_logprob(t.get("logprob"))) for t in top]
        if top
        else None,
    )
