"""A sample's line: what was asked, what came back, and what it was scored."""

from __future__ import annotations

from typing import Any, Literal, TypeVar, overload

import msgspec
from msgspec import UNSET, UnsetType

from llmxsite.exchange.answer.scores import ChoiceScores, Scores
from llmxsite.exchange.engine.protocol import Alternative, Timing, TokenLogprob, ToolCall, Usage
from llmxsite.log.record.sent import Scalar, Sent

Outcome = Literal["ok", "failure", "truncated", "error"]
S = TypeVar("S", bound=Scores)


class Rows(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Vectors as they came, one a text in the order of the request."""

    rows: list[bytes]
    """Little-endian float32, as base64; empty where none came for a text."""
    dimensions: int | None = None
    """Numbers a row."""
    tokens: list[int | None] = []
    """Tokens that the server read of each text."""


class Answer(msgspec.Struct, kw_only=True):
    """The reply as received."""

    text: str | None = None
    thinking: str | None = None
    tool_calls: list[ToolCall] | None = None
    done_reason: str | None = None
    tokens: list[TokenLogprob] | None = None
    """Chosen tokens with logprobs; with `logprobs: all` each has its alternatives."""
    answer_token: int | None = None
    """Index in `tokens` of the answer's token, where one was found."""
    alternatives: list[Alternative] | None = None
    """Alternatives at the answer's token, most probable first."""
    failure: str | None = None
    """What the server said when the model's own output broke it."""
    vectors: Rows | UnsetType = UNSET
    """What came back where vectors were asked for."""
    warnings: list[str] = []


class TurnLine(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One call of a conversation, and what came back for it."""

    follows: int | None = None
    """The turn, counted from 0, with whose messages those of this call begin."""
    request: Sent | None = None
    """What was sent, of its messages those that do not stand before; null for a call that opened the sample: `Sample.request`."""
    reply: Answer | None = None
    """Null where the server refused a prompt longer than the context."""
    timing: Timing = msgspec.field(default_factory=Timing)
    usage: Usage = msgspec.field(default_factory=Usage)


class Fault(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Why no reply came: of outcome `error`, and of `truncated` where the server refused a prompt longer than the context."""

    kind: str
    """An `EngineError`'s kind, such as `timeout`; `context` where the prompt did not fit (older logs may say
    `invalid-request`); in imports the name of the tool that failed."""
    message: str
    attempts: int = 1


class Shown(msgspec.Struct, kw_only=True, omit_defaults=True):
    """The item as its source shows it: whole where the request itself is not kept (imports); else its options only,
    in the suite's order, which reading an answer again needs."""

    question: str | None = None
    choices: list[str] | None = None


class Sample(msgspec.Struct, kw_only=True, tag_field="type", tag="sample"):
    """One item under one condition, one repeat. Every field is written, null where unknown, so that columns are stable; but for
    `rubric`, `turns` and `of`, which stand where there is something to say."""

    key: str
    """See `sample_key`. A later line with the same key replaces an earlier one."""
    suite: str = ""
    """Id of the suite; may be empty where the run has only one."""
    item: str
    item_hash: str
    category: str | None = None
    subcategory: str | None = None
    difficulty: str | None = None
    language: str | None = None
    cluster: str | None = None
    """Passage, template or translation group the item belongs to, where the suite declares it."""
    condition: dict[str, Scalar]
    """Every factor of the experiment with its value; always `model`, `prompt` and `temperature` where they are known."""
    repeat: int = 0
    request: Sent = msgspec.field(default_factory=Sent)
    before: list[str] | None = None
    """What was done to the server just before, for a regime of the determinism task: `unloaded` the model, `warmed-up` (sent
    the same request, for the cache), `other-item` (sent another item's)."""
    shown: Shown | None = None
    reply: Answer | None = None
    draws: list[Answer] | None = None
    """Every reply, where one sample is a vote among several (self-consistency); `reply` is then one that won."""
    turns: list[TurnLine] | UnsetType = UNSET
    """Every call of a sample that is more than its opening, the opening's among them; `reply` is then the one that answers. Empty
    where nobody was asked. Absent where request, reply and draws say it all."""
    timing: Timing = msgspec.field(default_factory=Timing)
    usage: Usage = msgspec.field(default_factory=Usage)
    outcome: Outcome
    error: Fault | None = None
    scores: dict[str, Any] = {}
    """Of the scorer's own type: of a choice `answer`, `expected`, `correct`, `confidence`, `letter_mass`, ... Absent = unknown.
    `scores_of` reads them."""
    rubric: dict[str, Any] | UnsetType = UNSET
    """All that the scorer needed beside the turns, of its own type too. Absent in logs of before version 3, after an error, and
    in imports."""
    scorer: str | None = None
    """Name and version of what scored it: `choice/1`. None in an import that brings its own scores."""
    of: str | UnsetType = UNSET
    """Key of the sample that this one judges."""
    time: str | None = None
    """When the reply was complete, UTC."""

    @property
    def judges(self) -> bool:
        """Whether it judges another sample: it is none of those that the experiment asks for."""
        return isinstance(self.of, str)


@overload
def scores_of(sample: Sample) -> Scores: ...
@overload
def scores_of(sample: Sample, kind: type[S]) -> S: ...
def scores_of(sample: Sample, kind: type[Scores] = Scores) -> Scores:
    """A sample's scores as a struct: what any scorer may say, or all of one kind. What is not of its type there is unset."""
    try:
        return msgspec.convert(sample.scores, kind)
    except msgspec.ValidationError:  # lines are anybody's
        return kind(**{name: value for name, value in sample.scores.items() if _fits(name, value, kind)})


def misfits(sample: Sample) -> list[str]:
    """Names of a sample's scores that are of another kind than their name says, or no probability where one belongs."""
    try:
        found = msgspec.convert(sample.scores, ChoiceScores)
    except msgspec.ValidationError:
        known = ChoiceScores.__struct_fields__
        return [n for n, v in sample.scores.items() if n in known and not _fits(n, v, ChoiceScores)]
    sure = found.confidence
    return ["confidence"] if isinstance(sure, int | float) and not 0 <= sure <= 1 else []


def _fits(name: str, value: Any, kind: type[Scores]) -> bool:
    if name not in kind.__struct_fields__:
        return False
    try:
        msgspec.convert({name: value}, kind)
    except msgspec.ValidationError:
        return False
    return True
