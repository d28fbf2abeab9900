"""What servers write while they answer: events of the OpenAI API, and lines of Ollama's own."""

from __future__ import annotations

import json
from typing import Any


def event(choice: dict[str, Any] | None = None, **more: Any) -> str:
    """An event of a stream of the OpenAI API, with one choice or none."""
    return "data: " + json.dumps(({"choices": [choice]} if choice is not None else {}) | more) + "\n\n"


def said(text: Any, **more: Any) -> str:
    """An event that brings a piece of the answer."""
    return event({"index": 0, "delta": {"content": text} | more})


STOP = event({"index": 0, "delta": {}, "finish_reason": "stop"})
COUNTS = event(choices=[], usage={"prompt_tokens": 9, "completion_tokens": 2})
DONE = "data: [DONE]\n\n"


def line(**more: Any) -> str:
    """A line of a stream of Ollama's own API."""
    return json.dumps({"model": "m"} | more) + "\n"
