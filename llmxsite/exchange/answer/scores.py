"""What replies were given for: one struct a kind of scorer. A field that is not known is unset, and not written; null is a value."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

Known = str | int | float | None


class Scores(msgspec.Struct, kw_only=True):
    """What scores of any scorer may say, and every page and table understands. A scorer without a right answer sets none of it."""

    answer: Any = UNSET
    """What the reply answers; null where nothing could be read. Whatever another tool writes, in an import."""
    correct: bool | int | float | UnsetType | None = UNSET
    """Whether it is right; a share in some imports."""
    parsed: bool | UnsetType | None = UNSET
    """Whether an answer could be read."""
    rule: str | UnsetType | None = UNSET
    """What it was read by."""
    reason: str | UnsetType | None = UNSET
    """Why none was read."""
    expected: Any = UNSET
    """What would have been right."""


class Answered(Scores, kw_only=True):
    """Scores of a reply to a question with a right answer."""

    control: list[str] | UnsetType = UNSET
    """Control tokens of the model that stood in the reply, and were taken out of it."""
    accepted: list[str] | UnsetType = UNSET
    """Every accepted text, where there are several."""
    unit: str | UnsetType = UNSET
    position: int | UnsetType = UNSET
    """Place of the right option as shown, from 0."""
    order: list[int] | UnsetType = UNSET
    """Where options were shuffled: for each place shown, the option's index in the suite."""
    draws: int | UnsetType = UNSET
    """Replies of a vote."""
    votes: dict[str, int] | UnsetType = UNSET
    """Of a vote, how many replies gave each answer."""
    vote_share: float | UnsetType = UNSET
    """Of a vote, the share that the winner has of all replies."""
    mean_token_probability: float | UnsetType | None = UNSET
    """Mean probability of the reply's tokens, from 0 to 1."""


class ChoiceScores(Answered, kw_only=True):
    """Scores of a choice among options."""

    confidence: float | UnsetType | None = UNSET
    """Probability of the chosen letter among the letters, from 0 to 1."""
    confidence_low: float | UnsetType | None = UNSET
    confidence_high: float | UnsetType | None = UNSET
    """Bounds where not all letters are among the alternatives."""
    letter_mass: float | UnsetType | None = UNSET
    """Probability on all letters together."""
    p_answer: float | UnsetType | None = UNSET
    """Probability of the chosen letter among all tokens."""
    p_correct: float | UnsetType | None = UNSET
    """Probability of the right letter among the letters."""
    p_letters: dict[str, float] | UnsetType = UNSET
    """Probability of each letter among the letters."""
    first_token_letter: str | UnsetType | None = UNSET
    """The most probable letter at the reply's first token, which often is not the one that it goes on to give."""


class NumericScores(Answered, kw_only=True):
    """Scores of a number."""


class TextScores(Answered, kw_only=True):
    """Scores of a short answer in words."""
