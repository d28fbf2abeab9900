"""Classes of value and their colours: round edges, so that a colour can be named and two cells of one colour mean the same."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

from llmxsite.press.figure.late import np
from llmxsite.press.figure.metrics import Metric
from llmxsite.press.figure.options import ChartProblem
from llmxsite.press.figure.theme import RAMPS, inverse_on, ramp

_STEP = 0.1
"""Between the classes of a share on its whole scale, and around guessing."""


@dataclass(frozen=True)
class Classes:
    """Classes of value and the colour of each: `edges` has one fewer than `colours`."""

    name: Literal["sequential", "diverging"]
    edges: list[float]
    colours: list[int]
    factor: int = 1
    """Of the metric: the edges are in what is drawn."""

    def inverse(self, value: float) -> bool:
        """Whether text on the value's colour is `inverse`."""
        return inverse_on(self.name, self.colours[int(np.searchsorted(self.edges, value * self.factor, side="right"))])


def classes_of(
    values: np.ndarray[Any, np.dtype[np.float64]],
    shown: Metric,
    domain: tuple[float, float] | None,
    middle: float | None = None,
) -> Classes:
    """Classes with round edges: of a share the ten tenths, so that one colour means one thing in every chart.

    With `middle`, a share, they lie on both sides of it; else a signed number has them on both sides of 0. Over `domain`, where it
    is given; of other numbers over the values.
    """
    known = values[np.isfinite(values)]
    if len(known) == 0:
        raise ChartProblem("chart-empty", f"no cell has a {shown.title.lower()}", option="value")
    if shown.signed:
        return _signed(known, shown, domain)
    if shown.bounded and middle is not None:
        return _around(middle)
    if shown.bounded and domain is None:
        domain = (0.0, 1.0)
    low, high = domain or (float(known.min()), float(known.max()))
    most = RAMPS["sequential"]
    step = _round_step((high - low) / most, 0.05 if shown.bounded else 0.0)
    first = math.floor(round(low / step, 6))
    last = max(first + 1, math.ceil(round(high / step, 6)))
    if last == first + 1:
        first -= 1  # one class alone would have a scale without a number on it
    edges = [round(step * k, 10) for k in range(first + 1, last)][: most - 1]
    return Classes("sequential", edges, ramp("sequential", len(edges) + 1))


def _signed(known: np.ndarray[Any, Any], shown: Metric, domain: tuple[float, float] | None) -> Classes:
    """At most nine, symmetric about 0."""
    low, high = domain or (float(known.min()), float(known.max()))
    reach = max(abs(low), abs(high), 0.02)
    step = _round_step(reach / 4, 0.02)
    sides = min(4, max(1, math.ceil(reach / step) - 1))
    edges = sorted(round(s * step * k * shown.factor, 8) for s in (-1, 1) for k in range(1, sides + 1))
    return Classes("diverging", edges, [4 + round(k * 4 / sides) for k in range(-sides, sides + 1)], shown.factor)


def _around(middle: float) -> Classes:
    """Within five points of the middle, then every ten points; nothing below 0 and above 1, where no share is."""
    places = [(k, round(middle + side * _STEP * (k - 0.5), 10)) for side in (-1, 1) for k in range(1, 5)]
    edges = sorted(edge for _, edge in places if 0 < edge < 1)
    below = sum(edge < middle for edge in edges)
    return Classes("diverging", edges, [4 + i for i in range(-below, len(edges) - below + 1)])


def _round_step(at_least: float, least: float) -> float:
    """The next of 1, 2, 2.5 or 5 times a power of ten."""
    wanted = max(at_least, least, 1e-9)
    power = 10 ** math.floor(math.log10(wanted))
    return float(next(f * power for f in (1, 2, 2.5, 5, 10) if f * power >= wanted * (1 - 1e-9)))
