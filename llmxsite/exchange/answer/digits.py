"""Digits with their separators, in every script and language, as a number."""

from __future__ import annotations

import re

from llmxsite.exchange.answer import number_words as words


def _codes(signs: dict[str, str]) -> dict[int, int]:
    return {ord(sign): ord(meant) for sign, meant in signs.items()}


THIN = "\u00a0\u202f\u2009\u2007\u2008\u200a\u2006\u2005"
_PLAIN: dict[int, int] = {0xFF01 + i: 0x21 + i for i in range(94)}
"""Full-width forms as ASCII, and one sign for each meaning. One character for one: places stay what they are."""
_PLAIN |= _codes({"−": "-", "﹣": "-", "‐": "-", "‑": "-", "\u3000": " ", "⁄": "/", "∕": "/", "∶": ":"})
_PLAIN |= {zero + i: 0x30 + i for zero in (0x660, 0x6F0, 0x966, 0x9E6, 0xE50) for i in range(10)}
"""Digits of Arabic, Persian, Hindi, Bengali and Thai."""
_PLAIN |= _codes({"٫": ".", "٬": ",", "٪": "%"})
_MARK = r"(?:\{[.,]\}|[.,])(?:\\!)?"
_SPACE = rf"(?:[ {THIN}'’_]|\\[,;:! ]|~|\\thinspace\s?|\{{\\,\}})"
DIGITS = re.compile(rf"\d{{1,3}}(?:{_SPACE}\d{{3}}(?!\d))+(?:{_MARK}\d+)?(?!\d)|\d+(?:{_MARK}\d+)*|[.,]\d+")


def plain(text: str) -> str:
    """The text with full-width characters and the many forms of minus as ASCII, each at its old place."""
    return text if text.isascii() else text.translate(_PLAIN)


def read_digits(text: str, language: str) -> float | None:
    """Digits with separators as a number; None where they fit no way of writing one (a version, a list).

    >>> read_digits("1,234.50", "en"), read_digits("1,234", "fr"), read_digits("1.234", "de"), read_digits("1,00,000", "en")
    (1234.5, 1.234, 1234.0, 100000.0)
    """
    text = re.sub(rf"[ {THIN}'’_~{{}}]|\\[,;:! ]|\\thinspace", "", _braced_marks(text))
    points, commas = text.count("."), text.count(",")
    if points and commas:
        decimal = max(".,", key=text.rindex)
        other = "," if decimal == "." else "."
        whole, _, rest = text.rpartition(decimal)
        good = text.count(decimal) == 1 and _grouped(whole, other)
        return float(f"{whole.replace(other, '')}.{rest}") if good else None
    mark = "." if points else ","
    if points + commas > 1:
        return float(text.replace(mark, "")) if _grouped(text, mark) else None
    thousands = (
        mark == "," if language not in words.COMMA_DECIMAL else mark == "." and language in words.POINT_THOUSANDS
    )
    if points + commas and thousands and re.fullmatch(r"[1-9]\d{0,2}[.,]\d{3}", text):
        return float(text.replace(mark, ""))
    return float(text.replace(",", "."))


def _braced_marks(text: str) -> str:
    """LaTeX's `{,}`, a comma without the space after it, as a comma."""
    return text.replace("{,}", ",").replace("{.}", ".").replace("\\!", "").replace("{\\,}", "")


def _grouped(text: str, mark: str) -> bool:
    """Whether the marks part thousands: by threes, or as in India by twos before the last three."""
    return re.fullmatch(rf"\d{{1,3}}(?:\{mark}\d{{3}})+|\d{{1,2}}(?:,\d{{2}})+,\d{{3}}", text) is not None


def inside_word(text: str, at: int) -> bool:
    """Whether what starts at `at` is part of a word, as in GPT-4 and CO2. Scripts without spaces have no such words."""
    if at == 0:
        return False
    before = text[at - 1]
    if text[at] in "-–+":  # COVID-19; but not x=-5
        return cased(before) and text[at + 1 : at + 2].isdigit()
    if before in ".,/":
        return at > 1 and (text[at - 2].isalnum())
    if before == "{" and at > 1 and text[at - 2] in "^_":
        return True  # an exponent or an index
    return before in "_^" or before.isdigit() or cased(before)


def cased(char: str) -> bool:
    """A letter of a script with capitals, in which a number that touches a letter is part of its word."""
    return char.isalpha() and char.lower() != char.upper()


def rounded(root: float, value: float, index: int) -> float:
    """A root that is a whole number as one: the cube root of 27 is 3, not 3.0000000000000004."""
    return float(round(root)) if round(root) ** index == value else root
