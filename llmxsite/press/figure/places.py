"""Where labels go so that none lies on another: names beside points, names at the ends of lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from llmxsite.press.figure import words

_BEARABLE = 100.0
"""Square pixels of a name that may lie on something else."""
Side = Literal["right", "left", "above", "below", "above right", "above left", "below right", "below left", "none"]


@dataclass(frozen=True)
class Box:
    """A rectangle in pixels, y downwards."""

    left: float
    top: float
    right: float
    bottom: float

    def overlap(self, other: Box) -> float:
        """Shared area in square pixels."""
        across = min(self.right, other.right) - max(self.left, other.left)
        down = min(self.bottom, other.bottom) - max(self.top, other.top)
        return max(0.0, across) * max(0.0, down)


def spread(wanted: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Positions at least `gap` apart, near the `wanted` ones and inside [low, high] as far as they fit, in the same order.

    `spread([10, 11, 40], 5, 0, 100)` -> `[8.0, 13.0, 40.0]`
    """
    order = sorted(range(len(wanted)), key=lambda i: wanted[i])
    blocks: list[tuple[float, list[int]]] = []
    for i in order:
        blocks.append((wanted[i], [i]))
        while len(blocks) > 1 and _ends(blocks[-2], gap)[1] + gap > _ends(blocks[-1], gap)[0]:
            _, last = blocks.pop()
            _, before = blocks.pop()
            members = before + last
            centre = sum(wanted[m] - gap * (k - (len(members) - 1) / 2) for k, m in enumerate(members)) / len(members)
            half = gap * (len(members) - 1) / 2
            blocks.append((min(max(centre, low + half), max(high - half, low + half)), members))
    out = [0.0] * len(wanted)
    for centre, members in blocks:
        for k, m in enumerate(members):
            out[m] = centre + gap * (k - (len(members) - 1) / 2)
    return out


def beside(
    points: Sequence[tuple[float, float]],
    names: Sequence[str],
    width: float,
    height: float,
    size: float = 12,
    first: Sequence[int] = (),
    lines: Sequence[Box] = (),
) -> list[Side]:
    """On which side of each point its name goes: the side that covers least of other names, points, `lines` and the edge.

    Points are in pixels, y downwards. Names of the points in `first` are placed before the others. A name that would cover
    more than a corner of something gets `none`.
    """
    taken = [*(Box(x - 7, y - 7, x + 7, y + 7) for x, y in points), *lines]
    sides: list[Side] = ["none"] * len(points)
    for index in dict.fromkeys([*first, *range(len(points))]):
        (x, y), w = points[index], words.width(names[index], size)
        boxes: dict[Side, Box] = {
            "right": Box(x + 8, y - 8, x + 8 + w, y + 8),
            "left": Box(x - 8 - w, y - 8, x - 8, y + 8),
            "above": Box(x - w / 2, y - 25, x + w / 2, y - 9),
            "below": Box(x - w / 2, y + 9, x + w / 2, y + 25),
            "above right": Box(x + 5, y - 19, x + 5 + w, y - 4),
            "below right": Box(x + 5, y + 4, x + 5 + w, y + 19),
            "above left": Box(x - 5 - w, y - 19, x - 5, y - 4),
            "below left": Box(x - 5 - w, y + 4, x - 5, y + 19),
        }
        costs = {side: _cost(box, taken, index, width, height) for side, box in boxes.items()}
        best = min(costs, key=lambda side: costs[side])
        if costs[best] <= _BEARABLE:
            sides[index] = best
            taken.append(boxes[best])
    return sides


def free_end(
    points: Sequence[tuple[float, float]], level: float, width: float, text: float = 80, clear: float = 34
) -> Literal["left", "right"]:
    """The end of a level line where fewer points, with the names beside them, are in the way of its own name; all in pixels.

    `text` is the width of that name, `clear` what a point and its name need above and below.
    """
    near = [x for x, y in points if abs(y - level) < clear]
    left, right = sum(x < 1.5 * text for x in near), sum(x > width - 1.5 * text for x in near)
    return "left" if left < right else "right"


def _ends(block: tuple[float, list[int]], gap: float) -> tuple[float, float]:
    half = gap * (len(block[1]) - 1) / 2
    return block[0] - half, block[0] + half


def _cost(box: Box, taken: Sequence[Box], own: int, width: float, height: float) -> float:
    outside = max(0.0, -box.left) + max(0.0, box.right - width)
    off = max(0.0, -box.top) + max(0.0, box.bottom - height)
    covered = sum(box.overlap(other) for i, other in enumerate(taken) if i != own)
    return covered + 14 * outside + 20 * off
