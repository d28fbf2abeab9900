"""How the task scores: whether the last reply names the letter, and after how many turns; what the judge says."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from llmxsite.exchange.answer.scorer import Scored, Scorer
from llmxsite.exchange.answer.scores import Scores
from llmxsite.exchange.asking.plan import Turn
from talk_task.asking import Expected


class TalkScores(Scores, kw_only=True):
    turns: int
    first: str


class Grade(msgspec.Struct, kw_only=True):
    good: bool | msgspec.UnsetType = msgspec.UNSET


def talk(rubric: Expected, turns: Sequence[Turn]) -> Scored:
    last = turns[-1].reply
    scores = TalkScores(
        answer=last.text, correct=last.text == rubric.letter, parsed=True, turns=len(turns), first=turns[0].reply.text
    )
    return Scored("truncated" if last.done_reason == "length" else "ok", scores, shown=len(turns) - 1)


def grade(rubric: Expected, turns: Sequence[Turn]) -> Scored:
    return Scored("ok", Grade(good=turns[0].reply.text == rubric.letter))


SCORERS = (
    Scorer("talk", 1, Expected, TalkScores, talk, columns=("turns",)),
    Scorer("grade", 1, Expected, Grade, grade),
)
