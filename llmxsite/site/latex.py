"""The LaTeX that bibliographies are written in, as text: accents, commands and braces, and the people's names in an author field."""

from __future__ import annotations

import re
import unicodedata

_ACCENTS = {
    "`": "\u0300",
    "'": "\u0301",
    "^": "\u0302",
    "~": "\u0303",
    "=": "\u0304",
    "u": "\u0306",
    ".": "\u0307",
    '"': "\u0308",
    "r": "\u030a",
    "H": "\u030b",
    "v": "\u030c",
    "d": "\u0323",
    "c": "\u0327",
    "k": "\u0328",
}


_LETTERS = {
    "ss": "ß",
    "ae": "æ",
    "AE": "Æ",
    "oe": "œ",
    "OE": "Œ",
    "aa": "å",
    "AA": "Å",
    "o": "ø",
    "O": "Ø",
    "l": "ł",
    "L": "Ł",
    "i": "i",
    "j": "j",
}


_ACCENT = re.compile(
    r"\\([`'^~=.\"]|[uvHcdkr](?![A-Za-z]))\s*(?:\{\s*(\\?[A-Za-z])\s*\}|(\\[ij](?![A-Za-z])|[A-Za-z]))"
)


_LETTER = re.compile(r"\\(ss|ae|AE|oe|OE|aa|AA|o|O|l|L|i|j)(?![A-Za-z])\s*(?:\{\})?")


_COMMAND = re.compile(r"\\(?:emph|textit|textbf|textsc|texttt|textrm|mathrm|url|href|mbox|enquote)\s*(?=\{)")


def plain(value: str) -> str:
    """A field's LaTeX as text: `M{\\"u}ller \\& Co` -> `Müller & Co`."""

    def accent(m: re.Match[str]) -> str:
        letter = (m[2] or m[3]).lstrip("\\")
        return unicodedata.normalize("NFC", letter + _ACCENTS[m[1]])

    value = _ACCENT.sub(accent, value)
    value = _LETTER.sub(lambda m: _LETTERS[m[1]], value)
    value = _COMMAND.sub("", value)
    value = value.replace("\\textendash", "–").replace("\\textemdash", "—").replace("\\textasciitilde", "∼")
    value = re.sub(r"\\([&%$#_{}])", r"\1", value)
    value = value.replace("---", "—").replace("--", "–").replace("``", "“").replace("''", "”")
    value = re.sub(r"(?<!\\)[{}]", "", value).replace("~", "\u00a0").replace("\\ ", " ").replace("\\\\", " ")
    return " ".join(value.split(" ")).strip() if "\u00a0" in value else " ".join(value.split())


def names(value: str) -> list[tuple[str, str]]:
    """An author field as `(family, given)` pairs: `Guo, Chuan and Geoff Pleiss and {OpenAI}`."""
    return [_name(part) for part in _split_top(value, " and ") if part.strip()]


def _name(text: str) -> tuple[str, str]:
    text = " ".join(text.split())
    if text.startswith("{") and closing(text, 0) == len(text) - 1:
        return plain(text), ""
    parts = [p.strip() for p in _split_top(text, ",")]
    if len(parts) > 1:
        family, given = parts[0], " ".join(parts[2:] + parts[1:2]) if len(parts) > 2 else parts[1]
        return plain(family), plain(given)
    words = _split_top(text, " ")
    # "van der Berg": lower-case particles open the family name.
    start = next((i for i, w in enumerate(words[:-1]) if i and plain(w)[:1].islower()), len(words) - 1)
    return plain(" ".join(words[start:])), plain(" ".join(words[:start]))


def closing(text: str, start: int) -> int:
    """Where the brace that opens at `start` closes; -1 where it never does."""
    depth = 0
    for index in range(start, len(text)):
        if text[index] == "{":
            depth += 1
        elif text[index] == "}":
            depth -= 1
            if depth == 0:
                return index
    return -1


def _split_top(text: str, separator: str) -> list[str]:
    """`text` split where `separator` stands outside braces; white space counts as one space for ` and `."""
    text = " ".join(text.split())
    parts, depth, start, index = [], 0, 0, 0
    while index < len(text):
        char = text[index]
        depth += (char == "{") - (char == "}")
        if depth == 0 and text[index : index + len(separator)].lower() == separator:
            parts.append(text[start:index])
            index += len(separator)
            start = index
            continue
        index += 1
    return [*parts, text[start:]]
