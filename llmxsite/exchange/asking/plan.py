"""The plan of a sample: the requests it is made of, and what scores their replies."""

from __future__ import annotations

from typing import NamedTuple

from llmxsite.exchange.asking.question import Question, Style
from llmxsite.exchange.engine.protocol import Request
from llmxsite.study.experiment import Prompt


def style_of(prompt: Prompt | None) -> Style:
    """How replies to a prompt are read. None is a prompt that nothing is known of, as an import's may be."""
    if prompt is None or prompt.reasons:
        return "reasoned"
    return "completion" if prompt.kind == "completion" else "direct"


class Plan(NamedTuple):
    """What is sent for one sample. More than one request where a sample is a vote."""

    requests: tuple[Request, ...]
    question: Question
    scorer: str
