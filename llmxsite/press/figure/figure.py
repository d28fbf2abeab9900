"""What a figure is: a tidy table, two Vega-Lite specs over it, words about it, and the runs behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import msgspec

from llmxsite.analysis.measure import UNITS, Form

if TYPE_CHECKING:
    import pandas as pd

Size = Literal["wide", "narrow"]


class Column(msgspec.Struct, frozen=True, kw_only=True):
    """A column of a figure's table, as a person reads it."""

    name: str
    """Name in `Figure.data` and in the CSV."""
    title: str
    format: Form = "text"
    """How its numbers are shown; see `analysis.measure.show`. Proportions are stored as 0 to 1 whatever their unit."""
    description: str = ""
    """How the number was computed, in a sentence; empty where the title says it all."""

    @property
    def unit(self) -> str | None:
        """`%`, `points`, `ms`; None for a count, a plain number or a text."""
        return UNITS.get(self.format)


class Figure(msgspec.Struct, kw_only=True):
    """One figure, complete: everything that any export of it needs."""

    id: str
    """Stable name, unique in its site; prefixes every id inside its SVG."""
    kind: str
    title: str
    caption: str
    """Sentences with the numbers, under the figure."""
    alt: str
    """What the chart shows, for somebody who does not see it."""
    data: pd.DataFrame
    """The tidy table: what the CSV and the HTML table show. Rounded; NaN where nothing was measured."""
    columns: list[Column]
    """Its columns, all of them, in order."""
    marks: dict[str, list[dict[str, Any]]]
    """What the specs draw, by data set: JSON-ready rows, only the fields the specs use. `table` is always there."""
    spec: dict[str, Any]
    """Vega-Lite 6, without rows: `data` is {"name": "table"}, colours are `var(--token)`, width is "container".

    A page that has the tokens as CSS variables embeds it with `theme.vega_config("auto")`, the rows of `marks` as
    `datasets`, and Vega's SVG renderer; it then follows the page's theme by itself. Everybody else takes `render.spec`.
    """
    narrow: dict[str, Any]
    """The same for less than 560 pixels."""
    runs: list[str]
    """Ids of the runs whose samples are in it, sorted."""
    notes: list[str]
    """What a reader should know before believing it: small n, missing cells, what was left out."""
    width: int = 720
    """Width in pixels of the wide static picture; the narrow one is 360."""

    def of(self, size: Size) -> dict[str, Any]:
        """The spec for a size."""
        return self.spec if size == "wide" else self.narrow
