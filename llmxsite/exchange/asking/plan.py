"""The plan of a sample: the requests it is made of, and what scores their replies."""

from __future__ import annotations

from typing import NamedTuple

from llmxsite.exchange.asking.question import Question, Style
from llmxsite.exchange.engine.protocol import Request


def style_of(prompt: str) -> Style:
    """How replies to a prompt, by the name it has in a condition, are read."""
    if prompt.startswith("completion"):
        return "completion"
    return "direct" if prompt == "letter" or prompt.startswith("few-shot") else "reasoned"


class Plan(NamedTuple):
    """What is sent for one sample. More than one request where a sample is a vote."""

    requests: tuple[Request, ...]
    question: Question
    scorer: str
