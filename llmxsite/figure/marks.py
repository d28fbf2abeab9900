"""Small helpers over Altair that several kinds share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import altair as alt


def table(name: str = "table") -> alt.Chart:
    """A chart on a data set of the figure."""
    return alt.Chart(alt.NamedData(name=name))


def once() -> alt.Chart:
    """A chart of one empty row: for a line or a word that is drawn once."""
    return alt.Chart(alt.sequence(0, 1))


def only(chart: alt.Chart, field: str, value: str | bool) -> alt.Chart:
    """The rows whose field has this value. A comparison by field, never an expression."""
    return cast(alt.Chart, chart.transform_filter(alt.FieldEqualPredicate(field=field, equal=value)))


def text(chart: alt.Chart, look: dict[str, Any], **channels: Any) -> alt.Chart:
    """A text layer. `look` holds the mark's properties."""
    return cast(alt.Chart, chart.mark_text(**look).encode(**channels))


def haloed(chart: alt.Chart, look: dict[str, Any], **channels: Any) -> list[alt.Chart]:
    """Text on a halo of paper, for words that lie on lines."""
    halo = {"color": "var(--paper)", "stroke": "var(--paper)", "strokeWidth": 4, "strokeJoin": "round"}
    return [text(chart, {**look, **halo}, **channels), text(chart, look, **channels)]


def rule(chart: alt.Chart, look: dict[str, Any], **channels: Any) -> alt.Chart:
    """A layer of straight lines."""
    return cast(alt.Chart, chart.mark_rule(**look).encode(**channels))


def rect(chart: alt.Chart, look: dict[str, Any], **channels: Any) -> alt.Chart:
    """A layer of rectangles."""
    return cast(alt.Chart, chart.mark_rect(**look).encode(**channels))


def point(chart: alt.Chart, look: dict[str, Any], **channels: Any) -> alt.Chart:
    """A layer of points, filled circles unless the look says otherwise."""
    return cast(alt.Chart, chart.mark_point(**{"shape": "circle", **look}).encode(**channels))


def stack(layers: Sequence[alt.Chart], height: float | alt.Step, padding: dict[str, float]) -> alt.LayerChart:
    """The layers as one chart, the first at the back."""
    return cast(alt.LayerChart, alt.layer(*layers).properties(height=height, padding=padding))


def linear(low: float, high: float) -> alt.Scale:
    """A linear scale over exactly this domain."""
    return alt.Scale(domain=[low, high], nice=False, zero=False)


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


def pixels(width: float, height: float) -> tuple[alt.Scale, alt.Scale]:
    """Scales that count pixels, y downwards, for a drawing of this size centred in whatever width the page gives."""
    across = alt.Scale(
        domainMin=alt.ExprRef(expr=f"({width:g} - width) / 2"),
        domainMax=alt.ExprRef(expr=f"({width:g} + width) / 2"),
        nice=False,
        zero=False,
    )
    return across, linear(height, 0)
