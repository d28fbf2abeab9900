"""A thumbnail of a figure: the marks of its narrow picture and nothing else, cut to where they are.

The picture is the chart's own, drawn already: what is left out here are words, axes, legends and titles, which nobody could read
at this size.
"""

from __future__ import annotations

import re
from xml.etree import ElementTree

SVG = "http://www.w3.org/2000/svg"
LEFT_OUT = frozenset(["role-axis", "role-legend", "role-title", "mark-text", "role-row-header", "role-column-header"])
TALLEST = 0.75
"""Of the width: a picture that is taller is cut at the bottom."""
FLAT = frozenset(["mark-rect", "mark-group"])
"""Marks that may be stretched to the card's shape: rectangles in a grid."""
_PLACE = re.compile(r"translate\(([-\d.]+)[ ,]+([-\d.]+)\)")
_AREA = re.compile(r"M([-\d.]+),([-\d.]+)h([-\d.]+)v([-\d.]+)")


def thumbnail(picture: str) -> str | None:
    """The thumbnail of a chart's SVG; None where the picture holds no area that marks could be in."""
    ElementTree.register_namespace("", SVG)
    root = ElementTree.fromstring(picture)
    areas: list[tuple[float, float, float, float]] = []
    _strip(root, 0.0, 0.0, areas)
    known = [area for area in areas if area[2] > area[0] and area[3] > area[1]]
    if not known:
        return None
    left, top = min(a[0] for a in known), min(a[1] for a in known)
    right, bottom = max(a[2] for a in known), max(a[3] for a in known)
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
    """Take what is words from `node`, and note where the plots of the picture are, in its own units."""
    place = _PLACE.match(node.get("transform", ""))
    if place:
        x, y = x + float(place[1]), y + float(place[2])
    if node.get("class") == "background" and (area := _AREA.match(node.get("d", ""))):
        left, top = x + float(area[1]), y + float(area[2])
        areas.append((left, top, left + float(area[3]), top + float(area[4])))
    for child in list(node):
        names = set(child.get("class", "").split())
        tag = child.tag.removeprefix(f"{{{SVG}}}")
        if tag in ("text", "title", "desc") or names & LEFT_OUT:
            node.remove(child)
            continue
        for name in ("aria-label", "aria-roledescription", "role", "aria-hidden"):
            child.attrib.pop(name, None)
        _strip(child, x, y, areas)
