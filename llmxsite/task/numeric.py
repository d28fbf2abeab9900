"""Reading the number that answers a question out of a reply.

Where a reply states a number (`Answer: 18`, `#### 18`, `\\boxed{18}`, "the answer is $18"), that counts; else the number
after its last equals sign or, of a reply that is complete, its last number. Numbers may have separators for thousands,
a currency, a percent sign, a unit, or be fractions. How 1,234 is read depends on the language, because in French
it is less than two.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

from llmxsite.task.protocol import Style
from llmxsite.task.statement import Found, Parsed, Statement, cues, reason_for, settle, statements

_COMMA_DECIMAL = frozenset(
    {"fr", "de", "es", "it", "pt", "nl", "pl", "ru", "sv", "da", "fi", "nb", "cs", "tr", "uk", "ro"}
)
_POINT_THOUSANDS = _COMMA_DECIMAL - {"fr", "pl", "ru", "sv", "fi", "nb", "cs", "uk"}
_SPACES = "\u00a0\u202f\u2009"
_SUPERSCRIPT = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
_FRACTIONS = "¼½¾⅐⅑⅒⅓⅔⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞"
_SCALE = {"thousand": 1e3, "million": 1e6, "millions": 1e6, "billion": 1e9, "trillion": 1e12}
_SCALE |= {"mille": 1e3, "milliard": 1e9, "milliards": 1e9, "tausend": 1e3, "millionen": 1e6, "milliarden": 1e9}
_SIGN = r"(?P<sign>[-−–]\s?|(?:minus|moins|negative|menos)\s+|\+)?"
_CURRENCY = r"(?:\\?[$€£¥]|USD|EUR)?\s?"
_NUMBER = re.compile(
    rf"(?i)(?<![\w.,/]){_SIGN}{_CURRENCY}(?P<inner>[-−]?)"
    rf"(?:\\[dt]?frac\s*\{{(?P<over>\d{{1,18}})\}}\s*\{{(?P<under>\d{{1,18}})\}}"
    rf"|(?:(?P<whole>\d{{1,18}})\s*)?(?P<glyph>[{_FRACTIONS}])"
    rf"|(?:(?P<mixed>\d{{1,18}})\s+)?(?P<top>\d{{1,18}})\s?/\s?(?P<bottom>\d{{1,18}})(?![\d/])"
    rf"|(?P<digits>\d{{1,3}}(?:[ {_SPACES}'’]\d{{3}})+(?!\d)(?:[.,]\d+)?|\d[\d.,]*\d|\d|[.,]\d+)(?!\d|\s?/\s?\d))"
    rf"(?:[eE](?P<power>[+-]?\d{{1,3}})(?!\w)|\s*(?:[×x*·]|\\times|\\cdot)\s*10\s*(?:\^|\*\*)?\s*\{{?(?P<ten>[-−]?\d{{1,3}}|[⁰¹²³⁴⁵⁶⁷⁸⁹⁻]{{1,4}})\}}?(?!\w))?"
    r"(?P<percent>\s?\\?%)?(?:\s(?P<scale>thousand|millions?|billion|trillion|mille|milliards?|tausend|millionen|milliarden)\b)?"
)
_ORDINAL = re.compile(r"(?:st|nd|rd|th|er|re|ère|e|ème|eme)\b")
_OPEN = re.compile(r"(?:[\s*_`\"'“«({\[~≈:=]|\\(?=[(\[])|\\(?:text|textbf|mathrm|mathbf|boxed)\s*\{|\$(?=\\|\s)){1,60}")
_ANOTHER = re.compile(
    rf"(?i)[\s*_)\]$%}}]*(?:or|and|to|ou|et|à|und|oder|bis|o|y|[-–—/]|,\s)[\s*_$€£(]*\d(?<![{_FRACTIONS}])"
)
_OPERATES = re.compile(r"\s*(?:[+*/×÷]|[-−–]\s|\\times|\\div|x\s*\d)\s*[\\$€£(]*\d")
_EQUALS = re.compile(r"=|≈|\\approx")


class Number(NamedTuple):
    """A number as read: its value, and whether a percent sign followed it."""

    value: int | float
    percent: bool = False


def parse_number(text: str, *, style: Style = "direct", language: str = "en", complete: bool = True) -> Parsed[Number]:
    """The number that `text` settles on. `complete` is False for a reply that its budget cut off."""
    if not text.strip():
        return Parsed(None, reason="empty")
    stated = [f for s in statements(text) if (f := _payload(text, s, language))]
    if settled := settle(text, stated):
        return settled
    if style != "direct" and not complete:
        return Parsed(None, reason=reason_for(text, complete=False))
    if settled := settle(
        text, [f for s in cues(text) if s.rule == "cued" and (f := _payload(text, s, language, near=True))]
    ):
        return settled
    numbers = list(_numbers(text, language))
    if not numbers:
        return Parsed(None, reason=reason_for(text, complete=complete))
    if len({n.value for n in numbers}) == 1:
        return Parsed(numbers[0].value, numbers[0].at, "only")
    if equals := [m.end() for m in _EQUALS.finditer(text)]:
        after = [n for n in numbers if n.start >= equals[-1]]
        if after:
            return Parsed(after[0].value, after[0].at, "equals")
    if not complete or _ANOTHER.match(text, numbers[-2].end):
        return Parsed(None, reason="ambiguous")
    return Parsed(numbers[-1].value, numbers[-1].at, "last")


def same_number(answer: Number, expected: int | float, unit: str | None = None) -> bool:
    """Whether an answer is the expected number, to a relative 1e-9 of rounding; 25 % is also 0.25 where no unit asks for per cent."""
    if math.isclose(answer.value, expected, rel_tol=1e-9, abs_tol=1e-12):
        return True
    per_cent = unit is not None and ("%" in unit or "cent" in unit.lower())
    return answer.percent and not per_cent and math.isclose(answer.value / 100, expected, rel_tol=1e-9, abs_tol=1e-12)


def _payload(text: str, statement: Statement, language: str, *, near: bool = False) -> Found[Number] | None:
    """The number a statement announces on its line; without a value where it announces several.

    In "Answer: 3 * 6 = 18" it is what the last equals sign gives. With `near`, it must come at once.
    """
    opened = _OPEN.match(text, statement.payload)
    start = opened.end() if opened else statement.payload
    end = text.find("\n", start)
    end = min(len(text) if end < 0 else end, start + 400)
    equals = [m.end() for m in _EQUALS.finditer(text, start, end)]
    for found in _numbers(text, language, equals[-1] if equals else start, end):
        if near and found.start - start > 12:
            return None
        if not equals and _OPERATES.match(text, found.end):
            return None
        if _ANOTHER.match(text[:end], found.end):
            return Found(None, statement.start, found.end, statement.rule, found.at)
        return Found(found.value, statement.start, found.end, statement.rule, found.at)
    return None


def _numbers(text: str, language: str, start: int = 0, end: int | None = None) -> Iterator[Found[Number]]:
    """Every number in the text that can be read, in order."""
    for match in _NUMBER.finditer(text, start, len(text) if end is None else end):
        if _ORDINAL.match(text, match.end()):
            continue
        value = _value(match, text, language)
        if value is not None:
            yield Found(value, match.start(), match.end(), "number", match.start())


def _value(match: re.Match[str], text: str, language: str) -> Number | None:
    value: float | None
    if match["over"]:
        value = _divide(match["over"], match["under"])
    elif match["glyph"]:
        value = int(match["whole"] or 0) + unicodedata.numeric(match["glyph"])
    elif match["top"]:
        part = _divide(match["top"], match["bottom"])
        value = None if part is None else int(match["mixed"] or 0) + part
    else:
        value = read_digits(match["digits"], language)
    if value is None:
        return None
    power = match["power"] or (match["ten"] or "").translate(_SUPERSCRIPT).replace("−", "-")
    if power:
        value *= 10.0 ** min(int(power), 300)
    value *= _SCALE.get((match["scale"] or "").lower(), 1.0)
    sign = (match["sign"] or "").strip().lower()
    glued = match.start() > 0 and (text[match.start() - 1].isalnum() or text[match.start() - 1] in ")]")
    if match["inner"] or (sign not in ("", "+") and not glued):
        value = -value
    if not math.isfinite(value):
        return None
    return Number(int(value) if value.is_integer() and abs(value) < 1e15 else value, bool(match["percent"]))


def read_digits(text: str, language: str) -> float | None:
    """Digits with separators as a number; None where they fit no way of writing one (a version, a list).

    >>> read_digits("1,234.50", "en"), read_digits("1,234", "fr"), read_digits("1.234", "de")
    (1234.5, 1.234, 1234.0)
    """
    text = re.sub(rf"[ {_SPACES}'’]", "", text)
    points, commas = text.count("."), text.count(",")
    if points and commas:
        decimal = max(".,", key=text.rindex)
        other = "," if decimal == "." else "."
        whole, _, rest = text.rpartition(decimal)
        good = text.count(decimal) == 1 and re.fullmatch(rf"\d{{1,3}}(?:\{other}\d{{3}})+", whole)
        return float(f"{whole.replace(other, '')}.{rest}") if good else None
    mark = "." if points else ","
    if points + commas > 1:
        return float(text.replace(mark, "")) if re.fullmatch(rf"\d{{1,3}}(?:\{mark}\d{{3}})+", text) else None
    thousands = mark == "," if language not in _COMMA_DECIMAL else mark == "." and language in _POINT_THOUSANDS
    if points + commas and thousands and re.fullmatch(r"[1-9]\d{0,2}[.,]\d{3}", text):
        return float(text.replace(mark, ""))
    return float(text.replace(",", "."))


def _divide(top: str, bottom: str) -> float | None:
    return int(top) / int(bottom) if int(bottom) else None
