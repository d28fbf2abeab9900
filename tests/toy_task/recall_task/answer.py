"""How the task scores: how much of a sentence came back, and what the judge says."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher

import msgspec

from llmxsite.exchange.answer.scorer import Scored, Scorer, Verdict
from llmxsite.exchange.answer.scores import Scores
from llmxsite.exchange.asking.plan import Turn
from llmxsite.exchange.engine.protocol import Reply
from llmxsite.log.record import Sample
from recall_task.asking import Told


class RecallScores(Scores, kw_only=True):
    kept: float
    """Share of the words of sentence and reply that the two have in common, in order, from 0 to 1."""
    near: float | None = None
    """Cosine of the vectors of sentence and reply."""
    rounds: int
    """Replies in words after the first."""


class SameScores(msgspec.Struct, kw_only=True):
    same: bool | None
    """What the judge says; null where it says neither."""


def recall(told: Told, turns: Sequence[Turn]) -> Scored:
    said = [(place, turn.reply) for place, turn in enumerate(turns) if isinstance(turn.reply, Reply)]
    place, last = said[-1]
    text = " ".join(last.text.split())
    kept = SequenceMatcher(None, told.sentence.split(), text.split()).ratio()
    scores = RecallScores(
        answer=text or None,
        correct=text == told.sentence,
        parsed=bool(text),
        expected=told.sentence,
        kept=kept,
        near=told.near,
        rounds=len(said) - 1,
    )
    return Scored("truncated" if last.done_reason == "length" else "ok" if text else "failure", scores, shown=place)


def same(told: Told, turns: Sequence[Turn]) -> Scored:
    word = turns[0].words.text.strip().lower()[:3].rstrip(".,!")
    judged = {"yes": True, "no": False}.get(word)
    return Scored("failure" if judged is None else "ok", SameScores(same=judged))


def verdict(sample: Sample) -> Verdict:
    """A reply in which no word of the sentence is left is no answer to it."""
    kept = sample.scores.get("kept")
    return "unparsed" if not kept else "right" if sample.scores.get("correct") else "wrong"


SCORERS = (
    Scorer("recall", 1, Told, RecallScores, recall, columns=("kept", "near"), verdict=verdict),
    Scorer("same", 1, Told, SameScores, same, verdict=lambda sample: "unscored"),
)
