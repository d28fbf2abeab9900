"""Small helpers over Altair that several kinds share."""

from __future__ import annotations

from typing import Any

import altair as alt


def table(name: str = "table") -> alt.Chart:
    """A chart on a data set of the figure."""
    return alt.Chart(alt.NamedData(name=name))


def once() -> alt.Chart:
    """A chart of one empty row: for a line or a word that is drawn once."""
    return alt.Chart(alt.sequence(0, 1))


def only(chart: alt.Chart, field: str, value: str | bool) -> alt.Chart:
    """The rows whose field has this value. A comparison by field, never an expression."""
    return chart.transform_filter(alt.FieldEqualPredicate(field=field, equal=value))


def at(channel: Any, position: float) -> Any:
    """The same position channel at a fraction of its band."""
    other = channel.copy(deep=False)
    other.bandPosition = position
    return other


def field_of(channel: Any) -> str:
    """The field of a channel written as `field:N`."""
    name: str = channel.shorthand.partition(":")[0]
    return name


def room(left: float = 2, right: float = 2, top: float = 4, bottom: float = 4) -> dict[str, float]:
    """Padding in pixels around what Vega measures; it does not measure text that leaves the plot sideways."""
    return {"left": round(left), "right": round(right), "top": round(top), "bottom": round(bottom)}
