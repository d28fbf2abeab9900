"""What a server says when it does not take a request as it is: which field it names, and whether the field or its value.

Pure functions on a server's words. Examples of what they read:

    typical_p is no longer supported                                        the field
    Unrecognized request argument supplied: top_k                           the field
    {"type": "extra_forbidden", "loc": ["body", "min_p"], ...}              the field
    logprobs is not supported with tools + stream                           the field
    `temperature` must be strictly positive                                 its value: above 0
    top_logprobs must be between 0 and 20                                   its value: 0 to 20
    'temperature' does not support 0 with this model. Only the default (1)  its value: 1
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from typing import Literal, NamedTuple

STEP = 0.01
"""How far above an open bound a value is put: the smallest temperature that servers compute with alike (vLLM raises smaller
ones to it by itself)."""

_NUMBER = r"(-?\d+(?:\.\d+)?(?:[eE]-?\d+)?)"
_VALUE = re.compile(
    r"(?i)\bmust be\b|\bshould be\b|\bhas to be\b|\bneeds to be\b|\bbetween\b|out of (?:the )?range|\bin range\b|\bin the range\b|invalid value"
    r"|unsupported value|\bonly (?:the )?(?:default|value|values|-?\d)|not a valid (?:value|number|float|integer)|\bgreater than\b|\bless than\b"
    r"|\bat least\b|\bat most\b|\bpositive\b|\bnegative\b|\bexceeds?\b|\bminimum\b|\bmaximum\b|(?<![-=<])[<>]=?\s*-?\d|less_than|greater_than"
    r"|too (?:large|small|high|low|many)"
)
_FIELD = re.compile(
    r"(?i)no longer supported|not supported|unsupported|does(?: not|n't) support|not support|unknown|unrecogni[sz]ed|unexpected|extra_forbidden"
    r"|extra (?:inputs?|fields?|keys?)|not permitted|not allowed|forbidden|additional propert|not (?:a )?(?:known|valid) (?:field|parameter|option|argument|key)"
    r"|invalid (?:field|parameter|option|argument|key)|no such (?:field|parameter|option)|deprecated|removed"
)
_SPAN = re.compile(
    rf"(?i)\b(?:between|range|from|in)\b\s*(?:of\s*)?([\[(]?)\s*{_NUMBER}\s*(?:,|and|to|-|–|\.\.)\s*{_NUMBER}\s*([\])]?)"
)
_LOW = re.compile(
    rf"(?i)(?:(>=|≥|at least|not (?:be )?(?:less|smaller|lower) than|(?:greater|larger|more|higher) than or equal(?: to)?|no less than"
    rf"|minimum(?: value)?(?: is| of)?|\bge\W+)|(>|above|(?:greater|larger|more|higher) than|over|exceed|\bgt\W+))\s*{_NUMBER}"
)
_HIGH = re.compile(
    rf"(?i)(?:(<=|≤|at most|not (?:be )?(?:greater|larger|more|higher) than|(?:less|smaller|lower) than or equal(?: to)?|no (?:more|greater) than|up to"
    rf"|maximum(?: value)?(?: is| of)?|\ble\W+)|(<|below|(?:less|smaller|lower) than|under|\blt\W+))\s*{_NUMBER}"
)
_ONLY = re.compile(rf"(?i)only\b[^.\d]*?\(?\s*{_NUMBER}")
_POSITIVE = re.compile(r"(?i)(non-?|strictly )?positive|non-?negative")

Kind = Literal["field", "value"]


class Refusal(NamedTuple):
    """One field that a server does not take, or whose value it does not take."""

    field: str
    """Its name on the wire, one of those that were looked for."""
    kind: Kind


def refusals(words: str, fields: Iterable[str]) -> list[Refusal]:
    """Every one of `fields` that a refusal names; several only where it is about fields, not values.

    A name inside a longer one that is named too is not meant: `logprobs` in `top_logprobs`. What says neither that a field is
    not known nor what its value must be is taken for a refusal of the field.
    """
    named = [name for name in fields if _named(name, words)]
    if not named:
        return []
    kind: Kind = "value" if _VALUE.search(words) and not _extra(words) else "field"
    return [Refusal(name, kind) for name in (named if kind == "field" else named[:1])]


def nearest(value: float, words: str) -> float | None:
    """The value nearest to `value` that a refusal of it says is taken; None where it says no bound, or `value` is within.

    >>> nearest(0.0, "`temperature` must be strictly positive")
    0.01
    >>> nearest(25, "top_logprobs must be between 0 and 20")
    20.0
    """
    low, high = _bounds(words)
    whole = isinstance(value, int)
    if low is not None and (value < low.at or (low.open and value == low.at)):
        found = low.at + (1 if whole else STEP) if low.open else low.at
    elif high is not None and (value > high.at or (high.open and value == high.at)):
        found = high.at - (1 if whole else STEP) if high.open else high.at
    elif (only := _ONLY.search(words)) and float(only[1]) != value:
        found = float(only[1])
    else:
        return None
    outside = (low is not None and found < low.at) or (high is not None and found > high.at)
    return None if outside or not math.isfinite(found) else found


class _Bound(NamedTuple):
    at: float
    open: bool


def _bounds(words: str) -> tuple[_Bound | None, _Bound | None]:
    if span := _SPAN.search(words):
        exclusive = "exclusive" in words or "strictly" in words
        ends = sorted((float(span[2]), float(span[3])))
        return _Bound(ends[0], span[1] == "(" or exclusive), _Bound(
            ends[1], (span[4] == ")" and span[1] != "") or exclusive
        )
    low = high = None
    if found := _LOW.search(words):
        low = _Bound(float(found[3]), found[1] is None)
    if found := _HIGH.search(words):
        high = _Bound(float(found[3]), found[1] is None)
    if low is None and (said := _POSITIVE.search(words)):
        low = _Bound(0.0, not said[0].lower().startswith("non"))
    return low, high


def _named(name: str, words: str) -> bool:
    """Whether a field stands in the words as a name. `stop` and `seed` are words of prose too: they need a sign of a name."""
    bare = rf"(?<![\w-]){re.escape(name)}(?![\w-])"
    if name in ("stop", "seed", "think", "tools", "format"):
        return bool(
            re.search(rf"""["'`]{re.escape(name)}["'`]|(?:^|[:,]\s*){bare}\s*(?:$|[,:.]|is|are|must|should)""", words)
        )
    return bool(re.search(bare, words))


def _extra(words: str) -> bool:
    """Whether the words are a validator's about a field that should not be there at all."""
    return bool(
        re.search(
            r"(?i)extra_forbidden|extra (?:inputs?|fields?) (?:are|is) not permitted|unrecogni[sz]ed|unknown (?:field|parameter|argument|option)",
            words,
        )
    )
