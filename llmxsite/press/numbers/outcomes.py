"""What became of a sample, and of all the samples of a run.

A sample that judges another is of a kind of its own: it is written like any, and counted beside those that were planned.
"""

from __future__ import annotations

import msgspec
from msgspec import UNSET

from llmxsite.exchange.answer.scorer import verdict_of
from llmxsite.log.record import Sample, scores_of
from llmxsite.press.numbers.moments import Moments

STATES = ("right", "wrong", "unparsed", "truncated", "error", "unscored", "judge")
WORDS = {
    "right": "right",
    "wrong": "wrong",
    "unparsed": "unparsed",
    "truncated": "truncated",
    "error": "error",
    "unscored": "not scored",
    "judge": "judges",
}


def state(sample: Sample) -> str:
    """What became of a sample, one of `STATES`: what failed first is what it is called by."""
    if sample.outcome == "error":
        return "error"
    if sample.judges:
        return "judge"
    verdict = verdict_of(sample)
    if verdict == "right":
        return "right"
    if sample.outcome == "truncated":
        return "truncated"
    silent = sample.outcome == "failure" and scores_of(sample).answer in (None, UNSET)
    return "unparsed" if silent else verdict


class Tally(msgspec.Struct):
    """What became of a run's samples, counted."""

    states: dict[str, int] = {}
    """By `STATES`; those that did not occur are absent."""
    judging: int = 0
    """Samples that judge others; `states` has none of them."""
    warned: dict[str, int] = {}
    """Replies by what is suspicious about them."""
    lacks: list[str] = []
    """What the server turned out to lack while the run went on."""
    moments: Moments = msgspec.field(default_factory=Moments)
    """When they were made."""

    def add(self, sample: Sample) -> str:
        """Count one sample, unless it judges another; its state."""
        kind = state(sample)
        self.moments.add(sample)
        if sample.judges:
            self.judging += 1
            return kind
        self.states[kind] = self.states.get(kind, 0) + 1
        for warning in sample.reply.warnings if sample.reply is not None else ():
            self.warned[warning] = self.warned.get(warning, 0) + 1
        return kind
