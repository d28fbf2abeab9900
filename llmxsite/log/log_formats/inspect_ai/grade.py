"""Values of inspect_ai's scorers as scores from 0 to 1, and which of several scorers is the one that counts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from llmxsite.log.log_formats.foreign import finite
from llmxsite.log.log_formats.inspect_ai.log import Row

_GRADES = {"C": 1.0, "P": 0.5, "I": 0.0, "N": 0.0, "yes": 1.0, "true": 1.0, "no": 0.0, "false": 0.0}
"""inspect_ai's letters (correct, partial, incorrect, no answer) and the words that it takes for truth values."""


def grade(value: Any) -> float | None:
    """A score as inspect_ai's `value_to_float` reads it, where it lies between 0 and 1; None for anything else.

    What that function cannot read it calls 0; here it is missing.
    """
    number = _number(value)
    return number if number is not None and 0 <= number <= 1 else None


def primary(rows: Iterable[Row]) -> str | None:
    """The scorer that says how good the answers are: the first that never leaves 0 to 1, else none.

    A scorer that counts characters says 1 of a reply of one character, which is no grade because it says 8 of another.
    """
    graded: dict[str, int] = {}
    unfit: set[str] = set()
    for row in rows:
        for name, score in (row.scores or {}).items():
            graded.setdefault(name, 0)
            if grade(score.value) is not None:
                graded[name] += 1
            elif _number(score.value) is not None:
                unfit.add(name)
    return next((name for name, count in graded.items() if count and name not in unfit), None)


def _number(value: Any) -> float | None:
    if isinstance(value, str):
        if (known := _GRADES.get(value, _GRADES.get(value.lower()) if len(value) > 1 else None)) is not None:
            return known
        try:
            value = float(value)
        except ValueError:
            return None
    return finite(value)
