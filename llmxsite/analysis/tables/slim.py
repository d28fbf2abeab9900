"""The lines of a run log as far as tables need them: prompts, replies and tokens are skipped by the parser and never become objects."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Annotated, Any, NamedTuple

import msgspec
from msgspec import inspect
from msgspec.structs import astuple

from llmxsite.analysis.tables.columns import ALL, OF, More
from llmxsite.base import registry
from llmxsite.base.diagnostics import Problem
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
    """Of a sample that judges another: a row apart."""
    scorer: str | None = None
    repeat: Annotated[int, msgspec.Meta(ge=-(2**31), lt=2**31)] = 0
    timing: _Timing = _Timing()
    usage: _Usage = _Usage()
    scores: _Scores = _Scores()


class Slim(NamedTuple):
    """How the lines of one task's logs are read."""

    decode: Callable[[bytes], Any]
    sample: type[SlimSample]
    names: tuple[str, ...]
    """The values that `unpack` gives, in its order."""
    more: More


@registry.remembered
def slim(task: str) -> Slim:
    """As `decode_slim`, with the columns that the scorers of a task have: one struct is made for it, and costs no more."""
    more = columns_of(task)
    if not more:
        return Slim(decode_slim, SlimSample, NAMES, {})
    scores = msgspec.defstruct(
        "_TaskScores", [(name, Any, None) for name in more], bases=(_Scores,), gc=False, frozen=True
    )
    kind: Any = msgspec.defstruct(
        "SlimTaskSample", [("scores", scores, scores())], bases=(SlimSample,), gc=False, tag_field="type", tag="sample"
    )
    others = Run | Resume | MaterialLine | Lack | End
    decode = msgspec.json.Decoder(kind | others).decode
    return Slim(decode, kind, (*NAMES, *more), more)


def columns_of(task: str) -> More:
    """The columns that the scorers of a task add, by name; those that every table has are not among them. None of a task that is
    not installed, or is broken."""
    try:
        scorers = getattr(registry.part(task, "answer"), "SCORERS", ())
    except Problem:
        return {}
    found: More = {}
    for scorer in scorers:
        scores = inspect.type_info(scorer.scores)
        assert isinstance(scores, inspect.StructType)
        types = {field.encode_name: field.type for field in scores.fields}
        for name in scorer.columns:
            if name not in ALL and name != OF and name not in found:
                found[name] = "number" if name in types and _is_number(types[name]) else "text"
    return found


def _is_number(type_: inspect.Type) -> bool:
    parts = type_.types if isinstance(type_, inspect.UnionType) else (type_,)
    known = [part for part in parts if not isinstance(part, inspect.NoneType | inspect.AnyType)]
    return bool(known) and all(isinstance(p, inspect.IntType | inspect.FloatType | inspect.BoolType) for p in known)


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
