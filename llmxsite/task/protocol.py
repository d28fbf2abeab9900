"""What every task does: plan the requests of an item, and score their replies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple, Protocol

import msgspec

from llmxsite.engine.protocol import ModelInfo, Reply, Request
from llmxsite.experiment import Condition, Prompt, Resolved
from llmxsite.suite import Item, Suite

Style = Literal["direct", "reasoned", "completion"]


def style_of(prompt: Prompt | None) -> Style:
    """How replies to a prompt are read. None is a prompt that nothing is known of, as an import's may be."""
    if prompt is None or prompt.reasons:
        return "reasoned"
    return "completion" if prompt.kind == "completion" else "direct"


class Question(msgspec.Struct, kw_only=True):
    """An item as the model saw it: all that scoring needs, so that a log line can be scored again by itself."""

    kind: Literal["choice", "numeric", "text"]
    choices: list[str] = []
    """Options in the order shown; their letters are A, B, C, ..."""
    expected: str | int | float
    """The right letter as shown, the number, or the first accepted text."""
    accepted: list[str] = []
    """Every accepted text of a short answer."""
    unit: str | None = None
    order: list[int] | None = None
    """Where the options were shuffled: for each place shown, the option's index in the suite."""
    language: str = "en"
    """Primary language subtag; decides how a number such as 1,234 is read. English where none is known."""
    spoken: str | None = None
    """The same where it is known, and None where it is not: whose words announce an answer."""
    control: list[str] = []
    """Control tokens of the model's own vocabulary, where they are known: no part of an answer."""
    style: Style = "direct"
    """`reasoned` replies may think aloud first; `completion` goes on with text, and may go on too far."""


class Plan(NamedTuple):
    """What is sent for one sample. More than one request where a sample is a vote."""

    requests: tuple[Request, ...]
    question: Question
    scorer: str


class Scored(NamedTuple):
    """What a task makes of the replies to a plan."""

    outcome: Literal["ok", "failure", "truncated"]
    scores: dict[str, Any]
    reply: int = 0
    """Which of the replies is shown for the sample: for a vote, the first that gave the winning answer."""
    token: int | None = None
    """Index of the answer's token in that reply's tokens."""


class Task(Protocol):
    """One kind of experiment."""

    name: str

    def plan(
        self, experiment: Resolved, suite: Suite, item: Item, condition: Condition, repeat: int, model: ModelInfo
    ) -> Plan:
        """The requests of one sample. Raises `Problem` where suite, prompt and model do not go together."""
        ...

    def score(self, plan: Plan, replies: Sequence[Reply]) -> Scored:
        """Scores of the replies, one for each of the plan's requests. Pure: the same replies give the same scores."""
        ...
