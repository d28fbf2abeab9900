"""Words and numbers as charts and captions show them: widths, shortened names, percentages, intervals, lists."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from llmxsite.analysis.measure import MISSING as MISSING
from llmxsite.analysis.measure import Form
from llmxsite.analysis.measure import show as show

_NARROW = frozenset("iljI|.,:;'!`")
_SLIM = frozenset('ftr()[]{}-/\\" *')
_LARGE = frozenset("mwMWO@%QGD&")


@lru_cache(maxsize=8192)  # labels are measured again for each place they might take
def width(text: str, size: float = 12) -> float:
    """About how many pixels `text` takes in Arial at `size`, a little on the wide side: other sans faces run wider."""
    units = 0.0
    for c in text:
        if c in _NARROW:
            units += 0.28
        elif c in _SLIM:
            units += 0.36
        elif c in _LARGE:
            units += 0.86
        elif c.isupper():
            units += 0.70
        elif ord(c) > 0x2E80:
            units += 1.0
        else:
            units += 0.56
    return units * size * 1.02


def shorten(text: str, pixels: float, size: float = 12) -> str:
    """`text` cut in its middle until it fits: both ends of a model's name tell it from its neighbours.

    `shorten("hf.co/bartowski/Llama-3.2-3B-Instruct-GGUF:Q4_K_M", 170)` -> `hf.co/bartow…uct-GGUF:Q4_K_M`
    """
    if width(text, size) <= pixels:
        return text
    for kept in range(len(text) - 1, 3, -1):
        head = kept * 9 // 20
        short = f"{text[:head]}…{text[len(text) - (kept - head) :]}"
        if width(short, size) <= pixels:
            return short
    return text[:1] + "…" + text[-2:]


def labels(names: Iterable[str], pixels: float, size: float = 12) -> dict[str, str]:
    """Each name with a shortened one, all different."""
    known = list(dict.fromkeys(names))
    return dict(zip(known, distinct([clean(shorten(name, pixels, size)) or "(empty)" for name in known]), strict=True))


def distinct(texts: Sequence[str]) -> list[str]:
    """The texts in order, a number added where one occurs again: an axis tells rows apart by their labels."""
    out: dict[str, None] = {}
    for text in texts:
        unique, number = text, 2
        while unique in out:
            unique, number = f"{text} ({number})", number + 1
        out[unique] = None
    return list(out)


def clean(text: str) -> str:
    """`text` on one line, without control characters."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


_LOOKED_UP = frozenset(
    [
        "if",
        "constructor",
        "hasOwnProperty",
        "isPrototypeOf",
        "propertyIsEnumerable",
        "toLocaleString",
        "toString",
        "valueOf",
        "__defineGetter__",
        "__defineSetter__",
        "__lookupGetter__",
        "__lookupSetter__",
    ]
)
_JOINER = "\u2060"


def drawable(text: str) -> str:
    """`text` as Vega can draw it.

    Vega 6.2 looks each string of a spec up among the names of an object, inherited ones included, takes these twelve for
    functions, and fails ('Unrecognized signal name: "if"'). With an invisible character behind it a string is one again.
    """
    return text + _JOINER if text in _LOOKED_UP else text


def heading(name: str) -> str:
    """A name as a title, letters and plain marks only: `first_token` -> `First token`; of columns, see `names.column`.

    Vega-Lite writes tooltip titles into an expression, so nothing that could end a string may pass.
    """
    plain = " ".join(re.sub(r"[^\w .,()+-]|_", " ", name).split()) or "Value"
    return plain[0].upper() + plain[1:]


_BREAKS = re.compile(r"(?<=[/_:\-–])(?=\w{4})")
"""Where a name without spaces can go on in another line."""


def wrap(text: str, pixels: float, size: float, *, anywhere: bool = False) -> list[str]:
    """`text` in lines that fit, broken at spaces; with `anywhere` also behind the marks inside a word that fits in none."""
    lines: list[str] = []
    for word in clean(text).split(" "):
        parts = _BREAKS.split(word) if anywhere and width(word, size) > pixels else [word]
        for glue, part in zip([" ", *[""] * len(parts)], parts, strict=False):
            if lines and width(f"{lines[-1]}{glue}{part}", size) <= pixels:
                lines[-1] += f"{glue}{part}"
            else:
                lines.append(part)
    return lines


def folded(text: str, pixels: float, size: float = 12, most: int = 2) -> str | None:
    """`text` in at most `most` lines that fit, joined by newlines; None where that cannot be."""
    lines = wrap(text, pixels, size, anywhere=True)
    if len(lines) > most or any(width(line, size) > pixels for line in lines):
        return None
    return "\n".join(lines)


def whole(names: Iterable[str], pixels: float, size: float = 12, most: int = 2) -> dict[str, str]:
    """Each name with a label of at most `most` lines that fit, all different: shortened only where it cannot stand whole."""
    known = list(dict.fromkeys(names))
    shown = [
        folded(clean(name), pixels, size, most) or clean(shorten(name, pixels, size)) or "(empty)" for name in known
    ]
    return dict(zip(known, distinct(shown), strict=True))


def widest(label: str, size: float = 12) -> float:
    """Width of the longest line."""
    return max(width(line, size) for line in label.split("\n"))


def percent(value: float, digits: int = 1) -> str:
    """`0.634` -> `63.4%`."""
    return show(value, "percent", digits=digits)


def size(value: float, form: Form) -> str:
    """How large a difference is, without a sign: points as `13.3`."""
    return show(value, "points", sign=False) if form == "percent" else show(value, form, sign=False)


def signed_text(value: float, form: Form) -> str:
    """A difference with its sign, in the form of what it is a difference of."""
    return show(value, form, sign=None if form == "points" else True)


def brief(value: float, form: Form) -> str:
    """A number for a cell: as few characters as make sense. `0.634` -> `63%`."""
    if form == "percent":
        return show(value, form, digits=0)
    if form == "points":
        return show(value, form, digits=0)
    if form == "probability":
        return f"{value:.2f}".removeprefix("0")
    if abs(value) >= 100_000:
        return f"{value / 1000:,.0f}k"
    return show(value, form)


def unit(form: Form) -> str:
    """What follows a number in a sentence."""
    return {"points": " points", "milliseconds": " ms"}.get(form, "")


def measured(
    value: float, low: float | None, high: float | None, n: int | None, form: Form, *, signed: bool = False
) -> str:
    """`63.4% (interval 60.1% to 66.6%, n = 844)`, as far as it is known; a difference is `signed`."""
    written = signed_text if signed else show
    parts = []
    if low is not None and high is not None and not (math.isnan(low) or math.isnan(high)):
        parts.append(f"interval {written(low, form)} to {written(high, form)}")
    if n is not None:
        parts.append(f"n = {n:,}")
    return f"{written(value, form)}{unit(form)}" + (f" ({', '.join(parts)})" if parts else "")


def listed(words: Sequence[str], most: int = 6) -> str:
    """`a, b and c`; beyond `most`: `a, b and 4 more`."""
    if len(words) > most:
        return f"{', '.join(words[: most - 1])} and {len(words) - most + 1} more"
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"
