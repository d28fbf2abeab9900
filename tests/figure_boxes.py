"""Where the words of a picture stand: a box around every text of an SVG, and which of them lie on another."""

from __future__ import annotations

import math
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

from llmxsite.press.figure.words import width

SVG = "{http://www.w3.org/2000/svg}"
_NUMBER = r"(-?[\d.]+)"
_MOVE = re.compile(rf"translate\({_NUMBER},\s*{_NUMBER}\)")
_SHIFT = re.compile(rf"rotate\([^)]*\)\s*translate\({_NUMBER},\s*{_NUMBER}\)")
_TURN = re.compile(rf"rotate\({_NUMBER}")
ASCENT, DESCENT = 0.72, 0.18
"""Of letters above and below their line, as a share of their size."""
TOUCH = 1.0
"""Pixels by which boxes may reach into each other."""
Point = tuple[float, float]


@dataclass(frozen=True)
class Box:
    """One line of text: its corners in the picture's pixels, clockwise from the top left before it was turned."""

    text: str
    size: float
    corners: tuple[Point, Point, Point, Point]

    def ends(self, axis: int) -> tuple[float, float]:
        """First and last pixel along x (0) or y (1)."""
        places = [corner[axis] for corner in self.corners]
        return min(places), max(places)

    def depth(self, other: Box) -> float:
        """By how many pixels two boxes reach into each other: 0 where a line can be drawn between them."""
        least = math.inf
        for box in (self, other):
            (x0, y0), (x1, y1), (x2, y2) = box.corners[:3]
            for ax, ay in ((x1 - x0, y1 - y0), (x2 - x1, y2 - y1)):
                length = math.hypot(ax, ay) or 1.0
                (a, b), (c, d) = (
                    _ends([(x * ax + y * ay) / length for x, y in each.corners]) for each in (self, other)
                )
                least = min(least, min(b, d) - max(a, c))
        return max(0.0, least)


def boxes(svg: str) -> list[Box]:
    """Every line of text that is drawn, halos once."""
    return list(dict.fromkeys(_texts(ET.fromstring(svg), (0.0, 0.0))))


def size(svg: str) -> tuple[float, float]:
    """Width and height of the picture."""
    root = ET.fromstring(svg)
    return float(root.attrib["width"]), float(root.attrib["height"])


def collisions(svg: str) -> list[str]:
    """Pairs of texts that lie on each other, as `a × b: 3.2 px`."""
    return [
        f"{a.text} × {b.text}: {depth:.1f} px" for a, b in combinations(boxes(svg), 2) if (depth := a.depth(b)) > TOUCH
    ]


def leaving(svg: str) -> list[str]:
    """Texts that the picture's edge cuts."""
    across, down = size(svg)
    out = []
    for box in boxes(svg):
        (left, right), (top, bottom) = box.ends(0), box.ends(1)
        over = max(-left, right - across, -top, bottom - down)
        if over > 3 + 0.03 * math.dist(*box.corners[:2]):
            out.append(f"{box.text}: {over:.1f} px")
    return out


def _ends(places: list[float]) -> tuple[float, float]:
    return min(places), max(places)


def _texts(node: ET.Element, at: Point) -> Iterator[Box]:
    for child in node:
        said = child.attrib.get("transform", "")
        move, turn = _MOVE.search(said), _TURN.search(said)
        x, y = (at[0] + float(move[1]), at[1] + float(move[2])) if move else at
        if child.tag != f"{SVG}text":
            yield from _texts(child, (x, y))
            continue
        letters = float(child.attrib.get("font-size", "12px").removesuffix("px"))
        anchor, mono = child.attrib.get("text-anchor", "start"), "mono" in child.attrib.get("font-family", "")
        shift = _SHIFT.search(said)
        across, down = (float(shift[1]), float(shift[2])) if shift else (0.0, 0.0)
        for part in [child, *child.findall(f"{SVG}tspan")]:
            down += float(part.attrib.get("dy", 0) or 0)
            if part.text and part.text.strip("\u2060 "):
                yield _box(part.text, (x, y), across, down, letters, anchor, float(turn[1]) if turn else 0.0, mono)


def _box(
    text: str, at: Point, aside: float, down: float, letters: float, anchor: str, degrees: float, mono: bool
) -> Box:
    # `words.width` is a little on the wide side.
    across = 0.6 * letters * len(text) if mono else width(text, letters) * 0.94
    left = aside + {"start": 0.0, "middle": -across / 2, "end": -across}[anchor]
    top, bottom = down - ASCENT * letters, down + DESCENT * letters
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    a, b, c, d = (
        (round(at[0] + x * cos - y * sin, 3), round(at[1] + x * sin + y * cos, 3))
        for x, y in ((left, top), (left + across, top), (left + across, bottom), (left, bottom))
    )
    return Box(text, letters, (a, b, c, d))
