"""The question of a sample: an item as the model saw it."""

from __future__ import annotations

from typing import Literal

import msgspec

Style = Literal["direct", "reasoned", "completion"]


class Question(msgspec.Struct, kw_only=True, omit_defaults=True):
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
