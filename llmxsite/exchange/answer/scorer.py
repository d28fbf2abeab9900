"""From the turns of a sample to its scores: what a scorer is, and the scorers that tasks have, by name and version."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Literal, NamedTuple, TypeVar

import msgspec

from llmxsite.base import registry
from llmxsite.exchange.asking.plan import Turn

if TYPE_CHECKING:
    from llmxsite.log.record import Sample

Outcome = Literal["ok", "failure", "truncated"]
Verdict = Literal["right", "wrong", "unparsed", "unscored"]
R = TypeVar("R", bound=msgspec.Struct)
S = TypeVar("S", bound=msgspec.Struct)


class Scored(NamedTuple):
    """What a scorer makes of the turns of a sample."""

    outcome: Outcome
    scores: msgspec.Struct
    """Of the scorer's own type."""
    shown: int = 0
    """Which of several turns stands for the sample: of a vote one that won, of a conversation the one that answers."""
    token: int | None = None
    """Index, in the tokens of that turn's reply, of the token that carries the answer."""

    def written(self) -> dict[str, Any]:
        """The scores as a log's line has them: what is unset is not there."""
        found: dict[str, Any] = msgspec.to_builtins(self.scores)
        return found


def rubric_of(sample: Sample, kind: type[R]) -> R | None:
    """The rubric that stands in a line; None where there is none, or it is none of this kind."""
    if not isinstance(sample.rubric, dict):
        return None
    try:
        return msgspec.convert(sample.rubric, kind)
    except msgspec.ValidationError:
        return None


def by_correct(sample: Sample) -> Verdict:
    """Right or wrong as the score `correct` says, where an answer was read; unscored where there is no such score."""
    scores = sample.scores
    correct = scores.get("correct")
    if isinstance(correct, int | float) and correct >= 1:
        return "right"
    if scores.get("parsed") is False:
        return "unparsed"
    return "unscored" if correct is None else "wrong"


@dataclass(frozen=True)
class Scorer(Generic[R, S]):
    """One version of one way to score. The version goes up with every change that can move a score; an old one may stay beside it
    for as long as logs with it are worth scoring again."""

    name: str
    version: int
    rubric: type[R]
    """All that scoring needs beside the turns: it is written into the line."""
    scores: type[S]
    score: Callable[[R, Sequence[Turn]], Scored]
    """Pure: the same rubric and turns give the same scores, today and from a log."""
    columns: tuple[str, ...] = ()
    """Fields of `scores` that become columns of the samples' table: numbers and truth values."""
    read: Callable[[Sample], R | None] | None = None
    """The rubric from a line, of one that is older than the field `rubric` too. None reads the field alone."""
    verdict: Callable[[Sample], Verdict] = by_correct
    """What displays and pages say of a sample."""
    not_kept: frozenset[str] = frozenset()
    """Scores that need what a log may not keep: scored again they may be missing."""

    @property
    def id(self) -> str:
        """`choice/2`, as a line names it."""
        return f"{self.name}/{self.version}"

    def rubric_of(self, sample: Sample) -> R | None:
        """What a line was, or will be, scored by; None where the line does not hold it, as after an error."""
        return rubric_of(sample, self.rubric) if self.read is None else self.read(sample)


@registry.remembered
def scorer(name: str | None) -> Scorer[Any, Any] | None:
    """The scorer of a line: `choice/2`. None for one that is no installed task's, or a version that is not known here.

    Raises `Problem` where two tasks have a scorer of that name.
    """
    kind, _, version = (name or "").partition("/")
    return next((found for found in versions(kind) if str(found.version) == version), None)


@registry.remembered
def current(name: str | None) -> Scorer[Any, Any] | None:
    """The scorer of today for what this one scored: `choice/2` for `choice/1`; None for one that is no task's.

    Of a newer version than any known here, None as well: what it does is not known here.
    """
    kind, _, version = (name or "").partition("/")
    today = newest(kind)
    return today if today is not None and version.isdecimal() and int(version) <= today.version else None


def newest(kind: str) -> Scorer[Any, Any] | None:
    """The newest version of a kind of scorer: of `choice`."""
    return max(versions(kind), key=lambda found: found.version, default=None)


@registry.remembered
def versions(kind: str) -> tuple[Scorer[Any, Any], ...]:
    """Every version of a kind of scorer that is known here."""
    return registry.find_all("answer", "SCORERS", kind) if kind else ()


def verdict_of(sample: Sample) -> Verdict:
    """What to say of a sample; by its scores alone where its scorer is not known here."""
    known = current(sample.scorer)
    return by_correct(sample) if known is None else known.verdict(sample)
