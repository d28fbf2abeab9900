"""What every other module here returns and checks: intervals, and numbers that may be undefined."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Numbers = npt.ArrayLike
"""A sequence of numbers: list, tuple or one-dimensional array."""
Vector = npt.NDArray[np.float64]


class Interval(NamedTuple):
    """The two ends of an interval, in the unit of what it is about. Both None where it is undefined."""

    low: float | None
    high: float | None

    def __contains__(self, value: object) -> bool:
        """Whether `value` lies inside, ends included. Nothing lies in an undefined interval."""
        if self.low is None or self.high is None or not isinstance(value, int | float):
            return False
        return self.low <= value <= self.high

    @property
    def width(self) -> float | None:
        return None if self.low is None or self.high is None else self.high - self.low

    def clipped(self, low: float = 0.0, high: float = 1.0) -> Interval:
        """The part of it inside [low, high], for scores that cannot lie outside."""
        if self.low is None or self.high is None:
            return self
        return Interval(min(max(self.low, low), high), min(max(self.high, low), high))


UNDEFINED = Interval(None, None)


def vector(values: Numbers) -> Vector:
    """`values` as a float array of one dimension, missing ones (None, NaN) as NaN. ValueError for another shape."""
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 1:
        raise ValueError(f"one row of numbers is needed, not an array of shape {array.shape}")
    return array


def complete(*rows: Numbers) -> tuple[list[Vector], npt.NDArray[np.bool_]]:
    """Rows of one length without the places where any of them is missing (None, NaN), and which places are kept.

    What is missing is left out, never replaced, and counted by who asks: `int((~kept).sum())`. ValueError for rows of
    different lengths.
    """
    arrays = [vector(row) for row in rows]
    if any(len(array) != len(arrays[0]) for array in arrays):
        raise ValueError(f"the rows have different lengths: {', '.join(str(len(array)) for array in arrays)}")
    kept = ~np.any([np.isnan(array) for array in arrays], axis=0)
    if kept.all():
        return arrays, kept
    return [array[kept] for array in arrays], kept


def known(values: Numbers) -> tuple[Vector, int]:
    """`values` without the missing ones, and how many those are."""
    (array,), kept = complete(values)
    return array, int(np.size(kept) - np.count_nonzero(kept))


def defined(value: float) -> float | None:
    """`value` as a plain float, or None when it is NaN. Infinity stays: it is a defined answer."""
    number = float(value)
    return None if math.isnan(number) else number


def ratio(numerator: float, denominator: float) -> float | None:
    """The quotient, or None where the denominator is 0."""
    return None if denominator == 0 else float(numerator) / float(denominator)
