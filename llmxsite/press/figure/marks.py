"""Small helpers over Altair that several kinds share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from llmxsite.press.figure.late import alt


def table(name: str = "table") -> alt.Chart:
    """A chart on a data set of the figure."""
    return alt.Chart(alt.NamedData(name=name))


def once() -> alt.Chart:
    """A chart of one empty row: for a line or a word that is drawn once."""
    return alt.Chart(alt.sequence(0, 1))


def only(chart: alt.Chart, field: str, value: str | bool | int) -> alt.Chart:
    """The rows whose field has this value. A comparison by field, never an expression."""
    return chart.transform_filter(alt.FieldEqualPredicate(field=field, equal=value))


_FIELDS = {"x2": "X2", "y2": "Y2", "text": "Text"}
_VALUES = {"x": "XValue", "y": "YValue", "x2": "X2Value", "y2": "Y2Value"}
"""Altair's classes for channels given as a field's name, and as a value."""


def encode(chart: alt.Chart, **channels: Any) -> alt.Chart:
    """`chart.encode`, where a text is a field and a number a place in pixels (or "width").

    They become Altair's objects here: left to Altair's own guessing, each costs 15 ms.
    """
    made: dict[str, Any] = {}
    for name, channel in channels.items():
        if name in _FIELDS and isinstance(channel, str):
            made[name] = getattr(alt, _FIELDS[name])(channel)
        elif name in _VALUES and isinstance(channel, str | int | float):
            made[name] = getattr(alt, _VALUES[name])(channel)
        else:
            made[name] = channel
    return chart.encode(**made)


def text(chart: alt.Chart, look: dict[str, Any], **channels: Any) -> alt.Chart:
    """A text layer. `look` holds the mark's properties."""
    return encode(chart.mark_text(**look), **channels)


def haloed(chart: alt.Chart, look: dict[str, Any], **channels: Any) -> list[alt.Chart]:
    """Text on a halo of paper, for words that lie on lines."""
    halo = {"color": "var(--paper)", "stroke": "var(--paper)", "strokeWidth": 4, "strokeJoin": "round"}
    return [text(chart, {**look, **halo}, **channels), text(chart, look, **channels)]


def key(chart: alt.Chart, number: int) -> alt.Chart:
    """A mark that only says which colour is whose: with a name by which pictures without words leave it out."""
    return chart.properties(name=f"key_{number}")


def rule(chart: alt.Chart, look: dict[str, Any], **channels: Any) -> alt.Chart:
    """A layer of straight lines."""
    return encode(chart.mark_rule(**look), **channels)


def rect(chart: alt.Chart, look: dict[str, Any], **channels: Any) -> alt.Chart:
    """A layer of rectangles."""
    return encode(chart.mark_rect(**look), **channels)


def point(chart: alt.Chart, look: dict[str, Any], **channels: Any) -> alt.Chart:
    """A layer of points, filled circles unless the look says otherwise."""
    return encode(chart.mark_point(**{"shape": "circle", **look}), **channels)


def stack(layers: Sequence[alt.Chart], height: float, padding: dict[str, float]) -> dict[str, Any]:
    """The layers as one spec, the first at the back. Altair's own `layer` copies and checks everything several times over."""
    drawn = [layer.to_dict(validate=False, context={"top_level": False, "datasets": {}}) for layer in layers]
    return {"height": height, "padding": padding, "layer": drawn}


def linear(low: float, high: float) -> alt.Scale:
    """A linear scale over exactly this domain."""
    return alt.Scale(domain=[low, high], nice=False, zero=False)


def sides(chart: alt.Chart, field: str, **look: Any) -> alt.Chart:
    """Labels of rows to the left of the plot, in the middle of their rows also where they have several lines, which an axis cannot."""
    centred = alt.ExprRef(expr=f"{look.pop('dy', 0):g} - 7 * (length(split(datum.{field}, '\\n')) - 1)")
    lines = {"lineBreak": "\n", "lineHeight": 14, "dy": centred}
    plain = {"align": "right", "baseline": "middle", "dx": -10, "color": "var(--ink)"}
    return text(chart, {**plain, **lines, **look}, x=0, text=f"{field}:N")


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
