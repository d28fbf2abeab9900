"""The lines of a run log as far as tables need them: prompts, replies and tokens are skipped by the parser and never become objects."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from typing import Annotated, Any, NamedTuple, cast

import msgspec
from msgspec.structs import astuple

from llmxsite.log.record import End, Lack, MaterialLine, Outcome, Resume, Run, Scalar


class _Timing(msgspec.Struct, gc=False, frozen=True):
    total_ms: float | None = None
    first_token_ms: float | None = None
    load_ms: float | None = None
    prompt_ms: float | None = None
    eval_ms: float | None = None


class _Usage(msgspec.Struct, gc=False, frozen=True):
    prompt_tokens: float | None = None
    completion_tokens: float | None = None


class _Scores(msgspec.Struct, gc=False, frozen=True):
    answer: Any = None
    expected: Any = None
    parsed: bool | None = None
    correct: bool | float | None = None
    confidence: float | None = None
    confidence_low: float | None = None
    confidence_high: float | None = None
    letter_mass: float | None = None
    mean_token_probability: float | None = None
    p_correct: float | None = None
    position: float | None = None


class SlimSample(msgspec.Struct, gc=False, tag_field="type", tag="sample"):
    """The fields of `record.Sample` that become columns."""

    key: str
    item: str
    item_hash: str
    condition: msgspec.Raw
    """Undecoded: a log has few distinct conditions, and each is decoded once."""
    outcome: Outcome
    suite: str = ""
    category: str | None = None
    subcategory: str | None = None
    difficulty: str | None = None
    language: str | None = None
    cluster: str | None = None
    of: str | None = None
    """Of a sample that judges another: it is no row of the table."""
    repeat: Annotated[int, msgspec.Meta(ge=-(2**31), lt=2**31)] = 0
    timing: _Timing = _Timing()
    usage: _Usage = _Usage()
    scores: _Scores = _Scores()


class Slim(NamedTuple):
    """How the lines of one task's logs are read."""

    kind: type[SlimSample]
    decode: Callable[[bytes], Any]
    names: tuple[str, ...]
    """The values that `unpack` gives, in its order."""


@cache
def slim(more: tuple[str, ...] = ()) -> Slim:
    """The reader of lines with further scores: columns that a task's scorers have beside those of everybody."""
    if not more:
        return Slim(SlimSample, decode_slim, NAMES)
    scores = msgspec.defstruct(
        "_MoreScores", [(name, Any, None) for name in more], bases=(_Scores,), gc=False, frozen=True
    )
    kind = msgspec.defstruct(
        "_MoreSample", [("scores", scores, scores())], bases=(SlimSample,), tag_field="type", tag="sample", gc=False
    )
    decode = msgspec.json.Decoder(kind | Run | Resume | MaterialLine | Lack | End).decode
    return Slim(cast(type[SlimSample], kind), decode, (*NAMES, *more))


decode_slim = msgspec.json.Decoder(SlimSample | Run | Resume | MaterialLine | Lack | End).decode
"""One line's bytes as a record; the floor beside which `benchmarks/tables.py` measures `reader.read`."""
decode_condition = msgspec.json.Decoder(dict[str, Scalar]).decode
NAMES = (
    *SlimSample.__struct_fields__,
    *("latency_ms" if name == "total_ms" else name for name in _Timing.__struct_fields__),
    *_Usage.__struct_fields__,
    *_Scores.__struct_fields__,
)
"""The values that `unpack` gives, in its order."""


def unpack(samples: Iterable[SlimSample]) -> list[tuple[Any, ...]]:
    """Each sample's values in one tuple."""
    return [astuple(s) + astuple(s.timing) + astuple(s.usage) + astuple(s.scores) for s in samples]
