"""What a number is, said once: its name, its titles, the form it is written in, its interval, its unit and its meaning.

Tables in the terminal and on pages, charts, numbers in prose and what is said of them all read a `Measure`; each stands beside the
table that computes it. `show` is the one way from a number to text, `plain` the one from a cell of a frame to Python.
"""

from __future__ import annotations

import math
from typing import Any, Literal

import msgspec

Form = Literal["text", "count", "percent", "points", "number", "probability", "milliseconds", "duration", "p"]
"""How a number is written; see `show`."""
MISSING = "–"
"""Stands where nothing was measured."""
PROSE: dict[Form, int] = {"percent": 1, "points": 1, "number": 3, "probability": 3, "p": 3}
"""Decimals in prose of forms that have some."""
FEW = 10
"""Fewer answers than this, and a number is shown with its interval, marked, and called neither highest nor lowest: everywhere."""
UNITS: dict[str, str] = {"percent": "%", "points": "points", "milliseconds": "ms", "duration": "ms"}


class Measure(msgspec.Struct, frozen=True):
    """One number that a table computes: the name of its column, and all that is said of it anywhere."""

    name: str
    """The column's, and the word for it in queries and options."""
    title: str
    """As an axis or a sentence of a chart calls it."""
    head: str = ""
    """Over a column of a table, where that is shorter than the title, which it is when empty."""
    form: Form = "number"
    sign: bool | None = None
    """Whether it is written with its sign; of points where nothing is said."""
    digits: int | None = None
    """Decimals in prose; what the form has where nothing is said."""
    better: Literal["higher", "lower", "neither"] = "neither"
    interval: tuple[str, str] | None = None
    """Columns with the two ends of its 95 % interval."""
    resampled: bool = False
    """Whether these, or it, are made by drawing again, and so only where they are asked for."""
    slow: bool = False
    """Whether it takes so long to make that a page has it made only where it shows it."""
    what: str = ""
    """What it is, as the title of a number in prose: `share of requests to which all replies are the same text`."""
    description: str = ""
    """How it was computed, in a sentence; empty where the title says it all."""

    @property
    def heading(self) -> str:
        return self.head or self.title

    @property
    def unit(self) -> str | None:
        """`%`, `points`, `ms`; None for a count, a plain number or a text."""
        return UNITS.get(self.form)

    @property
    def bounded(self) -> bool:
        """Whether it is a share, from 0 to 1."""
        return self.form == "percent"

    @property
    def signed(self) -> bool:
        """Whether 0 is a middle, with meaning on both sides."""
        return self.form == "points" if self.sign is None else self.sign


def show(
    value: float | None, form: Form, *, digits: int | None = None, sign: bool | None = None, unit: bool = False
) -> str:
    """A number as text, `–` for what is missing: the same everywhere, but for the `digits` that a place has room for.

    `percent`      0.634   63.4%         a share
    `points`       -0.031  −3.1          a difference of shares; with `unit` −3.1 points
    `count`        1200    1,200
    `probability`  0.0421  0.042
    `number`       0.0421  0.0421        three significant digits, or as many decimals as `digits` says
    `milliseconds` 4210    4,210         with `unit` 4,210 ms
    `duration`     4210    4.2 s         milliseconds as a person says them
    `p`            0.0004  < 0.001

    Points have their sign, 0 a plus. With `sign` any form has one, unless it is 0 as it is written; without it only a minus. What is
    written as 0 has no minus.
    """
    if value is None or math.isnan(value):
        return MISSING
    if form == "p":
        digits = 3 if digits is None else digits
        return f"< {10**-digits:.{digits}f}" if value < 10**-digits else f"{value:.{digits}f}"
    if form == "duration":
        return f"{value:.0f} ms" if value < 1000 else f"{value / 1000:.1f} s"
    text = _digits(100 * value if form in ("percent", "points") else value, form, digits).replace("-", "−")
    if not text.strip("−0.,") and (text.startswith("−") or sign is not None or form != "points"):
        text = text.lstrip("−")
    elif not text.startswith("−") and (form == "points" if sign is None else sign):
        text = f"+{text}"
    if form == "percent":
        return f"{text}%"
    return f"{text} {UNITS[form]}" if unit and form in UNITS else text


def _digits(value: float, form: Form, digits: int | None) -> str:
    if digits is None:
        if form == "milliseconds" and abs(value) < 10:
            return f"{value:.2g}"
        if form == "number":
            return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
        digits = {"percent": 1, "points": 1, "probability": 3}.get(form, 0)
    return f"{value:,.{digits}f}"


def ends(low: float | None, high: float | None, form: Form, digits: int | None = None) -> str:
    """An interval beside its number, whose unit it shares: `[55.1, 68.7]`; empty where either end is missing."""
    if low is None or high is None or math.isnan(low) or math.isnan(high):
        return ""
    if form in ("percent", "points"):
        low, high, form, digits = 100 * low, 100 * high, "number", 1 if digits is None else digits
    return f"[{show(low, form, digits=digits)}, {show(high, form, digits=digits)}]"


def plain(value: Any) -> Any:
    """A cell of a frame as Python has it: text, int, float or bool, lists and mappings of such; None for what is missing."""
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, list | tuple):
        return [plain(v) for v in value]
    if isinstance(value, dict):
        return {key: plain(v) for key, v in value.items()}
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float):
        return None if math.isnan(value) else value
    return value if isinstance(value, str | bool | int) else (None if str(value) in ("<NA>", "NaT") else str(value))
