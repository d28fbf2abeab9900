"""Numbers as people and models write them, found in a text and read whole.

A number may carry a sign, a currency, separators of thousands (in LaTeX too: `9{,}500`, `12\\,345`), an exponent, a scale
(`2.5M`, `3 million`, `3万`), a percent sign; it may be a fraction, a mixed number, a power, a root. What goes on after its first part
in a way that is not read here (a time, a ratio, a range, an unsolved sum, hours and minutes) is found, but has no value: its
first part alone would be another number. How 1,234 is read depends on the language, because in French it is less than two.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

from llmxsite.exchange.answer import number_words as words
from llmxsite.exchange.answer.digits import DIGITS, THIN, cased, inside_word, read_digits, rounded
from llmxsite.exchange.answer.statement import Found

_SUPERSCRIPT = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+")
_GLYPH = "[¼½¾⅐⅑⅒⅓⅔⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞]"
_DEEPEST = 6
"""Fractions and roots inside each other; a number that anybody means has two."""

CURRENCY = r"(?:US\$|CA\$|A\$|R\$|HK\$|\\?[$€£¥₹₩]|(?:USD|EUR|GBP|CHF|RMB|CNY|Rs\.?)(?![^\W\d_]))"
_GAP = r"(?:[ \t\u00a0\u202f\u2009]|\\[,;:! ]|~)?"
_CORE = re.compile(rf"\d|(?<!\\)[.,]\d|{_GLYPH}|\\[dtc]?frac(?![a-z])|\\sqrt(?![a-z])|[√∛]|sqrt\(")
_BEFORE = re.compile(
    rf"(?i)(?P<sign>(?:[-–][ \t]?|\+|(?:{words.MINUS})\s*))?(?P<currency>{CURRENCY}{_GAP}(?P<open>\()?)?(?P<inner>-)?$"
)
"""What belongs to a number in front of its digits; looked for backwards, because digits are found much faster."""
_FARTHEST = 24
_GLYPHS, _DIGIT, _BARE = re.compile(_GLYPH), re.compile(r"\d"), re.compile(r"\d+(?:[.,]\d+)?")
_INNER_SIGN, _CLOSED = re.compile(r"\s*([-+]?)\s*"), re.compile(rf"\s?(?P<currency>{CURRENCY})?\s?\)")
_ORDINAL = re.compile(r"(?:st|nd|rd|th|er|re|ère|e|ème|eme|º|ª)(?![^\W_])")
_POWER = re.compile(
    r"(?:\s?\^\s?|\*\*|\s\*\*\s)(?:\{\s*(?P<braced>[-+]?\d{1,4})\s*\}|\((?P<round>[-+]?\d{1,4})\)|(?P<bare>[-+]?\d{1,4}))(?![\d.]*\d)"
    r"|(?P<raised>[⁻⁺]?[⁰¹²³⁴⁵⁶⁷⁸⁹]{1,4})"
)
_EXPONENT = re.compile(r"[eE](?P<power>[+-]?\d{1,3})(?!\w)")
_TEN = re.compile(r"\s*(?:[×x*·⋅]|\\times|\\cdot)\s*10(?=\s?\^|\*\*|\s\*\*|[⁻⁺⁰¹²³⁴⁵⁶⁷⁸⁹])")
_FRAC, _ROOT = re.compile(r"\\[dtc]?frac\s*"), re.compile(r"(?:\\sqrt\s*(?:\[(\d{1,2})\])?|sqrt(?=\()|[√∛])\s*")
_SLASH = re.compile(r"\s?/\s?(\d{1,18})(?![\d/]|[.,]\d)")
_PART = re.compile(r"(?:分之|分の|분의\s?)(\d{1,9})")
_MIXED = re.compile(
    rf"(?:[ {THIN}]|\s+and\s+)(\d{{1,9}})\s?/\s?(\d{{1,9}})(?![\d/]|[.,]\d)|{_GAP}({_GLYPH})|{_GAP}(?=\\[dtc]?frac(?![a-z]))"
)
_PERCENT = re.compile(
    rf"(?i){_GAP}\\?%|[ \u00a0-]?(?:\\(?:text|mathrm)\{{\s*)?(?:{words.PERCENT})(?![^\W\d_])|\s?(?:{words.EASTERN_PERCENT})"
)
_DEGREES = re.compile(r"\s?\^\s?\{?\s*\\circ\s*\}?|\s?°")
_OPERATOR = (
    r"(?:[ \t]+(?:[+*×÷⋅·/x±–-]|\+/-)[ \t]+|[+*×÷⋅·/x±:–-]|[ \t]+-|[ \t]+:[ \t]+|\s*\\(?:times|div|cdot|pm|mp|over)\s*|\s*[\^]\s*|_\{?"
    rf"|[ \t]+(?:{words.OPERATORS}|out of|over|in every)[ \t]+)"
)
_ON = re.compile(
    rf"(?i)(?:{_OPERATOR}[\\({{$€£]*[.]?[\d√]+(?:[.,]\d+)*[)}}]*)+"  # a sum, ratio, time, range, date, power of something
    r"|\s?\\(?:times|div|cdot|pm|mp|over|pi|overline|bar|dot|sqrt|frac|log|ln|sin|cos|infty|bmod|pmod|mod|binom)(?![a-z])"
    r"|\s?[\^]|‰|\.?\(\d|\.\\(?:overline|bar|dot)\s*\{?\d*\}?"
    r"|(?-i:[yzniπ]|x(?![ \t]+[^\W\d_]))(?![^\W_])"  # 3x, 2π
    r"|(?!(?:k?[dcm]?m|ft|in|mi|yd)[23](?!\d))[a-z]{1,9}\d+"  # 7h30
    r"|['’′]\s?\d{1,2}(?!\d)|\\[,;:]\d+|~\d+"  # 5'10"
    rf"|[ \u00a0-]?(?!in\b)(?:{words.WHOLE})\.?,?\s+(?:(?:and|et|und|y|e)\s+)?\\?\$?\d+(?:[.,]\d+)?[ \u00a0-]?(?:{words.WHOLE})(?![^\W_])"
    r"|\s+and\s+\d+\s+cents?\b"
    rf"|(?:{words.EASTERN_WHOLE})\s?\d+\s?(?:{words.EASTERN_WHOLE})"
)
_CLOCK = re.compile(r"(?i)\s?[ap]\.?m(?![^\W_])")
_OPERAND = re.compile(r"[^\W_][)}\]]?\s*(?:[+×÷/^·]|\\times|\\cdot|\\div|(?<=\s)\*(?=\s))\s*$|(?:±|\\pm)\s*$")
"""What stands before a number that is the second part of something: x + 5."""
_RUN, _REST = re.compile(r"[\w.,]*"), re.compile(r"[\w.,{}()\\^/-]*")
_SAID = re.compile(r"(?i)(?:^|[\n:=,;–—|{-]|\b(?:is|was|are|be|of|by|to|equals|est|de|ist|von|es|è|é))[\s*_`$~\"'>]*$")
"""What stands before a negative amount in parentheses; behind a word they repeat or explain it."""


class Number(NamedTuple):
    """A number as read: its value, whether per cent were said, and the scale (`million`: 1e6) that is part of the value."""

    value: int | float
    percent: bool = False
    scale: float = 1.0


def numbers(text: str, language: str, start: int = 0, end: int | None = None) -> Iterator[Found[Number]]:
    """Every number in a `plain` text, in order; without a value where it cannot be read whole. Ordinals are none."""
    end = len(text) if end is None else end
    reader = _Reader(text, language, end)
    while core := _CORE.search(text, start, end):
        match = _BEFORE.search(text, max(start, core.start() - _FARTHEST), core.start())
        assert match is not None  # it may be empty
        if inside_word(text, match.start()):
            # The rest of the word goes with it, but not what a currency or the word "minus" only seems to touch.
            touches = match.end() == match.start() or text[match.start()] in "-–+"
            run = _RUN.match(text, match.start() + 1)
            start = run.end() if run and touches else match.start() + 1
            continue
        found, start = reader.read(match)
        if found is not None:
            yield found


class _Reader:
    """Reads the number at a place. Every method gives the value and where it ends, or None."""

    def __init__(self, text: str, language: str, end: int) -> None:
        self.text, self.language, self.end = text, language, end
        self.scale, self.scales = words.scale_pattern(language)

    def read(self, match: re.Match[str]) -> tuple[Found[Number] | None, int]:
        """The number that `_BEFORE` met, and where to look for the next one."""
        text, start = self.text, match.start()
        term = self._term(match.end(), 0)
        if term is None:
            run = _REST.match(text, match.end() + 1, self.end)
            place = run.end() if run else match.end() + 1
            return Found(None, start, place, "number", start), place
        value, at = term
        if _ORDINAL.match(text, at, self.end) or text[start - 1 : start] == "第":
            return None, at
        money = bool((match["currency"] or "").strip("\\ $")) or "$" in (match["currency"] or "")
        value, at, scale = self._scaled(value, at, money)
        percent = _PERCENT.match(text, at, self.end)
        at = percent.end() if percent else at
        per_cent = percent is not None or text.startswith("百分之", max(0, start - 3))
        if degrees := _DEGREES.match(text, at, self.end):
            at = degrees.end()
        negative = self._negative(match)
        if match["open"]:
            # Excel's $(138); but LaTeX's $(138)$ is 138, and (5 + 3) is no number.
            if not text.startswith(")", at):
                return Found(None, start, at, "number", start), at
            at += 1
            negative = bool(match["currency"]) and not re.match(r"\s*\$", text[at : at + 4])
        elif after := self._accounted(match, at):
            start, at, negative = start - 1, after, True
        if "." in text[start:at] and _CLOCK.match(text, at, self.end):
            return Found(None, start, at, "number", start), at
        if going := _ON.match(text, at, self.end):
            return Found(None, start, going.end(), "number", start), going.end()
        listed = text[start - 1 : start] in ("(", "[") and text[at : at + 1] in (")", "]")
        if _OPERAND.search(text, max(0, start - 12), start) or (listed and self._is_list(text[start:at])):
            return Found(None, start, at, "number", start), at
        value = -value if negative else value
        if not math.isfinite(value):
            return Found(None, start, at, "number", start), at
        whole = int(value) if value.is_integer() and abs(value) < 1e15 else value
        return Found(Number(whole, per_cent, scale), start, at, "number", start), at

    def _is_list(self, digits: str) -> bool:
        """Whether (3,4) are two numbers: no comma that parts thousands, nor one that this language has for decimals."""
        return self.language not in words.COMMA_DECIMAL and re.fullmatch(r"\d+,\d{1,2}", digits) is not None

    def _negative(self, match: re.Match[str]) -> bool:
        """Whether a sign makes it negative: none does between two words, or where it is a dash or a list's mark."""
        sign = match["sign"] or ""
        if match["inner"]:
            return True
        if not sign or sign.startswith("+"):
            return False
        before = self.text[: match.start()].rstrip(" \t")[-1:] if match.start() else ""
        if sign.endswith((" ", "\t")) and sign[0] in "-–":
            return bool(before) and before in "=:({$≈"
        glued = self.text[match.start() - 1] if match.start() else ""
        return not ((glued and glued in ")]}") or glued.isdigit() or cased(glued))

    def _accounted(self, match: re.Match[str], at: int) -> int | None:
        """Where the parenthesis closes that makes an amount of money negative: ($138)."""
        text, start = self.text, match.start()
        if match["sign"] or match["inner"] or start == 0 or text[start - 1] != "(" or text[max(0, start - 2)] == "\\":
            return None
        after = _CLOSED.match(text, at, self.end)
        money = match["currency"] or (after and after["currency"])
        said = _SAID.search(text, max(0, start - 40), start - 1)
        return after.end() if after and money and said else None

    def _scaled(self, value: float, at: int, money: bool) -> tuple[float, int, float]:
        """The value times the scale behind it, with the smaller parts that follow: 1万2000, 2 million 500 thousand."""
        factor, after = self._scale(at, money)
        if after == at:
            return value, at, 1.0
        total, last = value * factor, factor
        while part := DIGITS.match(self.text, after + (self.text[after : after + 1] == " "), self.end):
            digits = read_digits(part[0], self.language)
            smaller, end = self._scale(part.end(), False)
            eastern = self.text[after - 1] in words.EAST and self.text[after : after + 1] != " "
            if digits is None or not (smaller < last if end > part.end() else eastern and digits < last):
                break
            total, last, after = total + digits * smaller, smaller, end
        return total, after, factor

    def _scale(self, at: int, money: bool) -> tuple[float, int]:
        """What is written behind digits, multiplied together (`hundred thousand`), and where it ends."""
        suffixes = words.MONEY_SUFFIXES if money else words.SUFFIXES
        short = (
            words.AFTER_MONEY.match(self.text, at, self.end)
            if money
            else words.AFTER_DIGITS.match(self.text, at, self.end)
        )
        if short:
            return suffixes[short[1]], short.end()
        factor = 1.0
        while match := self.scale.match(self.text, at, self.end):
            factor *= self.scales[(match["word"] or match["boxed"] or match["east"]).lower()]
            at = match.end()
        return factor, at

    def _term(self, at: int, depth: int) -> tuple[float, int] | None:
        """A factor, times a root or a power of ten: `3\\sqrt{2}`, `3 × 10^5`."""
        if depth > _DEEPEST or (found := self._factor(at, depth)) is None:
            return None
        value, at = found
        if root := _ROOT.match(self.text, at, self.end):
            if (inner := self._factor(root.start(), depth + 1)) is None:
                return None
            value, at = value * inner[0], inner[1]
        if ten := _TEN.match(self.text, at, self.end):
            raised = self._power(10.0, ten.end())
            if raised is None:
                return None
            value, at = value * raised[0], raised[1]
        return value, at

    def _factor(self, at: int, depth: int) -> tuple[float, int] | None:
        """A root, a fraction, a mixed number or digits, to the power that follows."""
        text = self.text
        if root := _ROOT.match(text, at, self.end):
            inner = self._argument(root.end(), depth)
            if inner is None or inner[0] < 0:
                return None
            index = int(root[1] or 0) or (3 if root[0].startswith("∛") else 2)
            value, at = inner
            value = math.sqrt(value) if index == 2 else rounded(value ** (1 / index), value, index)
        elif (primary := self._fraction(at, depth) if text.startswith("\\", at) else self._mixed(at, depth)) is None:
            return None
        else:
            value, at = primary
        return self._power(value, at)

    def _fraction(self, at: int, depth: int) -> tuple[float, int] | None:
        frac = _FRAC.match(self.text, at, self.end)
        top = self._argument(frac.end(), depth) if frac else None
        bottom = self._argument(top[1], depth) if top else None
        return (top[0] / bottom[0], bottom[1]) if top and bottom and bottom[0] else None

    def _argument(self, at: int, depth: int) -> tuple[float, int] | None:
        """What a fraction or a root is of: in braces or parentheses, or without them one digit (LaTeX) or the digits (√16)."""
        text = self.text
        closing = {"{": "}", "(": ")"}.get(text[at : at + 1])
        if closing is None:
            after_command = text[at - 1 : at] not in ("√", "∛")
            match = (_DIGIT if after_command else _BARE).match(text, at, self.end)
            if match is None or (value := read_digits(match[0], self.language)) is None:
                return None
            return value, match.end()
        sign = _INNER_SIGN.match(text, at + 1)
        term = self._term(sign.end(), depth + 1) if sign else None
        if term is None or sign is None:
            return None
        after = term[1] + (text[term[1] : term[1] + 1] == " ")
        return (-term[0] if sign[1] == "-" else term[0], after + 1) if text.startswith(closing, after) else None

    def _mixed(self, at: int, depth: int) -> tuple[float, int] | None:
        """Digits, and the fraction that belongs to them: 3/4, 2 1/2, 2½, `2\\frac{1}{2}`."""
        text = self.text
        if glyph := _GLYPHS.match(text, at, self.end):
            return unicodedata.numeric(glyph[0]), glyph.end()
        digits = DIGITS.match(text, at, self.end)
        if digits is None or (value := read_digits(digits[0], self.language)) is None:
            return None
        at = digits.end()
        if not digits[0].isdigit():
            return value, at
        if part := _PART.match(text, at, self.end):
            return (int(part[1]) / value, part.end()) if value else None
        if slash := _SLASH.match(text, at, self.end):
            return (value / int(slash[1]), slash.end()) if int(slash[1]) else None
        if (mixed := _MIXED.match(text, at, self.end)) is None:
            return value, at
        if mixed[3]:
            return value + unicodedata.numeric(mixed[3]), mixed.end()
        if mixed[2]:
            proper = int(mixed[1]) < int(mixed[2])
            return (value + int(mixed[1]) / int(mixed[2]), mixed.end()) if proper else (value, at)
        below = self._fraction(mixed.end(), depth)
        return (value + below[0], below[1]) if below else None

    def _power(self, value: float, at: int) -> tuple[float, int] | None:
        """The value to the power behind it, if there is one. None where that is no number."""
        if exponent := _EXPONENT.match(self.text, at, self.end):
            return value * 10.0 ** int(exponent["power"]) if int(exponent["power"]) <= 300 else math.inf, exponent.end()
        match = _POWER.match(self.text, at, self.end)
        if match is None:
            return value, at
        power = match["braced"] or match["round"] or match["bare"] or match["raised"].translate(_SUPERSCRIPT)
        try:
            return float(value ** int(power)), match.end()
        except (OverflowError, ZeroDivisionError):
            return None
