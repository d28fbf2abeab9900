"""A figure on its way: what a kind's module hands to `build`, and what it is given to draw on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from llmxsite.analysis.measure import FEW as FEW
from llmxsite.press.figure.figure import Column, Size

if TYPE_CHECKING:
    import pandas as pd

    from llmxsite.analysis import results
    from llmxsite.analysis.tables import Samples as Samples
else:
    Samples = Any  # a name for signatures alone: the module behind it imports pandas


BEHIND = "behind"
"""Column of marks that no spec draws: which samples a mark counts, level by column, for the page that leads to them."""


@dataclass(frozen=True)
class Layout:
    """The room a chart is drawn in. Charts are drawn twice: for a desk, and for a phone."""

    size: Size
    width: int
    """Pixels of the static picture, all in."""

    @property
    def narrow(self) -> bool:
        return self.size == "narrow"

    @property
    def font(self) -> float:
        """Size of labels in pixels."""
        return 12


NARROW = 360


@dataclass
class Draft:
    """What a kind's module makes of samples and options."""

    keys: list[str] | None
    """Columns of the samples that the chart tells apart; None where the samples are not pooled over the others."""
    data: pd.DataFrame
    columns: list[Column]
    marks: dict[str, pd.DataFrame]
    draw: Callable[[Layout], dict[str, Any]]
    """The layers, height and padding of the chart, on the data sets named in `marks`; see `marks.stack`."""
    title: str
    caption: list[str]
    """Sentences."""
    alt: list[str]
    """Sentences."""
    notes: list[str] = field(default_factory=list)
    order: results.Order | None = None
    """How other rules of reading order the groups, where the caption has asked for it."""
