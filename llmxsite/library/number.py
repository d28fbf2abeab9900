"""One number of a study, as prose shows it."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape


@dataclass(frozen=True)
class Number:
    """A number with its interval, what it is of, and the runs behind it. `float(number)` is the number alone."""

    query: str
    value: float
    """NaN where it was not measured."""
    low: float
    high: float
    """The ends of its 95 % interval; NaN where it has none."""
    text: str
    """`62.5% [55.1, 68.7]`."""
    title: str
    """What it is, over how many samples, by which method."""
    runs: tuple[str, ...]

    def __float__(self) -> float:
        return self.value

    def __str__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        return f'<span title="{escape(", ".join(self.runs))}"><b>{escape(self.text)}</b> {escape(self.title)}</span>'
