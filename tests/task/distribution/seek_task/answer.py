"""How the task scores: at which place the right option stands."""

from __future__ import annotations

from collections.abc import Sequence

from llmxsite.exchange.answer.scorer import Scored, Scorer
from llmxsite.exchange.answer.scores import Scores
from llmxsite.exchange.asking.plan import Turn
from seek_task.asking import Ranked


class SeekScores(Scores, kw_only=True):
    place: int


def seek(rubric: Ranked, turns: Sequence[Turn]) -> Scored:
    place = rubric.ranked.index(rubric.right)
    scores = SeekScores(answer=rubric.ranked[0], correct=place == 0, parsed=True, place=place)
    return Scored("ok", scores, shown=max(0, len(turns) - 1))


SCORERS = (Scorer("seek", 1, Ranked, SeekScores, seek, columns=("place",)),)
