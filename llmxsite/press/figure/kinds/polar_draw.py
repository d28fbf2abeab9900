"""The layers of a radar and of the dot plot beside it."""

from __future__ import annotations

from typing import Any

from llmxsite.press.figure import naming, words
from llmxsite.press.figure.kinds.polar import PolarLayout
from llmxsite.press.figure.late import alt
from llmxsite.press.figure.marks import haloed, key, only, pixels, point, rule, stack, table, text
from llmxsite.press.figure.metrics import Metric


def draw(plan: PolarLayout, names: dict[str, str], axes: str, colour: str, shown: Metric) -> dict[str, Any]:
    """The chart. Its scales count pixels, centred in whatever width the page gives, so that circles stay round."""
    sx, sy = pixels(plan.width, plan.height)

    def x(field: str) -> alt.X:
        return alt.X(f"{field}:Q", scale=sx, axis=None)

    def y(field: str) -> alt.Y:
        return alt.Y(f"{field}:Q", scale=sy, axis=None)

    grid, said, rows = table(f"grid{plan.suffix}"), table(f"words{plan.suffix}"), table(f"table{plan.suffix}")
    tooltip = [
        alt.Tooltip("series:N", title=naming.column(colour)),
        alt.Tooltip("axis:N", title=naming.column(axes)),
        alt.Tooltip("shown:N", title=words.heading(shown.title)),
        *([alt.Tooltip("interval:N", title="Interval")] if shown.interval else []),
        alt.Tooltip("answered:Q", title="Answered", format=",d"),
    ]

    def write(role: str, look: dict[str, Any]) -> alt.Chart:
        return text(only(said, "role", role), {"baseline": "middle", **look}, x=x("x"), y=y("y"), text="text:N")

    small = {"fontSize": 11, "color": "var(--muted)", "align": "center"}
    layers = [
        rule(grid, {"stroke": "var(--line)"}, x=x("x"), y=y("y"), x2="x2", y2="y2"),
        *(write(role, {"color": "var(--ink)", "align": role}) for role in ("left", "right", "center")),
        write("tick", small),
    ]
    for name, tint in names.items():
        own = only(rows, "series", name)
        line = own.mark_line(color=tint, strokeWidth=2, strokeJoin="round", invalid="break-paths-show-path-domains")
        layers.append(line.encode(x=x("x"), y=y("y"), order=alt.Order("order:Q")))
    fews = sorted({bool(few) for few in plan.few})
    for i, (name, tint) in enumerate(names.items()):
        own = only(only(rows, "series", name), "last", False)
        layers.append(rule(own, {"stroke": tint, "opacity": 0.55}, x=x("dot_low"), x2="dot_high", y=y("row")))
        for few in fews:
            look = {"fill": "var(--paper)" if few else tint, "stroke": tint if few else "var(--paper)"}
            layers += [
                point(only(own, "few", few), {**look, "size": 44, "strokeWidth": 1.25}, x=x("x"), y=y("y"), tooltip=tooltip),
                point(only(own, "few", few), {**look, "size": 50 if plan.step > 6 else 32, "strokeWidth": 1}, x=x("dot"), y=y("row"), tooltip=tooltip),
            ]  # fmt: skip
        square = {"shape": "square", "size": 90, "color": tint}
        layers.append(key(point(only(only(said, "role", "key"), "text", name), square, x=x("x"), y=y("y")), i))
    layers += haloed(only(said, "role", "ring"), {**small, "baseline": "middle"}, x=x("x"), y=y("y"), text="text:N")
    layers.append(write("legend", {"color": "var(--ink)", "align": "left"}))
    layers.append(write("heading", {"color": "var(--muted)", "align": "left"}))
    return stack(layers, plan.height, {"left": 4, "right": 4, "top": 4, "bottom": 4})
