"""A thumbnail of a figure: the marks of its narrow picture and nothing else, cut to where they are.

The picture is the chart's own, drawn already: what is left out here are words, axes, legends, keys and titles, which nobody could
read at this size.
"""

from __future__ import annotations

import re
from xml.etree import ElementTree

SVG = "http://www.w3.org/2000/svg"
LEFT_OUT = frozenset(["role-axis", "role-legend", "role-title", "mark-text", "role-row-header", "role-column-header"])
TALLEST = 0.9
"""Of the width: a picture that is taller is cut at the bottom."""
FLAT = frozenset(["mark-rect", "mark-group"])
"""Marks that may be stretched to the card's shape: rectangles in a grid."""
FRAMES = frozenset(["background", "foreground"])
_PLACE = re.compile(r"translate\(([-\d.]+)[ ,]+([-\d.]+)\)")
_KEY = re.compile(r"key_\d+_marks")
_STEP = re.compile(r"([MLhv])([-\d.]+)(?:[ ,]([-\d.]+))?")
"""Steps of a path that Vega draws of straight lines: absolute places, or so many pixels along or down."""


def thumbnail(picture: str) -> str | None:
    """The thumbnail of a chart's SVG; None where the picture holds no area that marks could be in."""
    ElementTree.register_namespace("", SVG)
    root = ElementTree.fromstring(picture)
    areas: list[tuple[float, float, float, float]] = []
    _strip(root, 0.0, 0.0, areas)
    if not areas:
        return None
    left, top = min(a[0] for a in areas), min(a[1] for a in areas)
    right, bottom = max(a[2] for a in areas), max(a[3] for a in areas)
    if right <= left or bottom <= top:
        return None
    height = min(bottom - top, TALLEST * (right - left)) if bottom - top > right - left else bottom - top
    for name in ("role", "aria-label", "aria-roledescription", "version"):
        root.attrib.pop(name, None)
    root.set("width", f"{right - left + 8:.0f}")
    root.set("height", f"{height + 8:.0f}")
    marks = {name for node in root.iter() for name in node.get("class", "").split() if name.startswith("mark-")}
    if marks <= FLAT:
        root.set("preserveAspectRatio", "none")
    root.set("viewBox", f"{left - 4:g} {top - 4:g} {right - left + 8:g} {height + 8:g}")
    return ElementTree.tostring(root, encoding="unicode")


def _strip(node: ElementTree.Element, x: float, y: float, areas: list[tuple[float, float, float, float]]) -> None:
    """Take what is words from `node`, and note where its marks are, in its own units."""
    place = _PLACE.match(node.get("transform", ""))
    if place:
        x, y = x + float(place[1]), y + float(place[2])
    for child in list(node):
        names = set(child.get("class", "").split())
        tag = child.tag.removeprefix(f"{{{SVG}}}")
        if tag in ("text", "title", "desc") or names & LEFT_OUT or any(_KEY.fullmatch(name) for name in names):
            node.remove(child)
            continue
        for name in ("aria-label", "aria-roledescription", "role", "aria-hidden"):
            child.attrib.pop(name, None)
        if tag == "line" or (tag == "path" and child.get("d") and not names & FRAMES):
            areas.append(_extent(child, x, y))
        _strip(child, x, y, areas)


def _extent(mark: ElementTree.Element, x: float, y: float) -> tuple[float, float, float, float]:
    """The box around a mark: around its place alone, where it is drawn in curves."""
    place = _PLACE.match(mark.get("transform", ""))
    if place:
        x, y = x + float(place[1]), y + float(place[2])
    corners = [(0.0, 0.0), (float(mark.get("x2", 0)), float(mark.get("y2", 0)))] if mark.tag.endswith("line") else []
    at = (0.0, 0.0)
    for step, first, second in _STEP.findall(mark.get("d", "") if "A" not in mark.get("d", "") else ""):
        if step in "ML":
            at = (float(first), float(second or 0))
        else:
            at = (at[0] + float(first), at[1]) if step == "h" else (at[0], at[1] + float(first))
        corners.append(at)
    xs, ys = [c[0] for c in corners] or [0.0], [c[1] for c in corners] or [0.0]
    return x + min(xs), y + min(ys), x + max(xs), y + max(ys)
