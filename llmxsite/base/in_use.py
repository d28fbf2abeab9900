"""Secrets in use by this very program: keys, names and passwords by which it speaks to servers, kept out of everything that it says.

A server may hand back what it was sent, in an error or in a reply, and in any dress: as it is, in base64, with percents, with
JSON's escapes, broken over lines, cut off. `remember` is told a secret when a connection is made; `hidden` takes all of them out of a
message, and `hidden_bytes` out of lines that are stored.
"""

from __future__ import annotations

import base64
import json
import re
import threading
from urllib.parse import quote, quote_plus

MASK = "***"
SHORT = 4
"""Characters below which a secret cannot be told from a word."""
PART = 8
"""Characters of a secret that count as it where the rest is cut off or left out."""
_NONE = frozenset(
    [
        "none",
        "null",
        "empty",
        "dummy",
        "test",
        "token",
        "key",
        "api-key",
        "apikey",
        "no-key",
        "nokey",
        "ollama",
        "lm-studio",
        "not-needed",
    ]
)
"""Keys that a server without keys is given: words, and nobody's secret."""
_KNOWN: dict[str, tuple[str, ...]] = {}
_LOCK = threading.Lock()
_UNIT = re.compile(
    r"\\u([0-9a-fA-F]{4})|\\x([0-9a-fA-F]{2})|%([0-9a-fA-F]{2})|&#x([0-9a-fA-F]{1,6});|&#([0-9]{1,7});|\\(.)|(.)", re.S
)


def remember(*secrets: str | None) -> None:
    """What is in use from now on."""
    with _LOCK:
        for secret in secrets:
            if secret is not None and len(secret.strip()) >= SHORT and secret.strip().lower() not in _NONE:
                _KNOWN.setdefault(secret.strip(), _dresses(secret.strip()))


def forget() -> None:
    """Nothing is in use any more; for tests."""
    _KNOWN.clear()


def hidden(text: str) -> str:
    """A message without any secret in use, whatever its dress."""
    for secret, dresses in list(_KNOWN.items()):
        for dress in dresses:
            if dress in text:
                text = text.replace(dress, MASK) if len(secret) >= PART else _whole_words(text, dress)
        if len(secret) >= PART:
            text = _loose(text, secret)
    return text


def hidden_bytes(data: bytes) -> bytes:
    """Lines to be stored without any secret in use that no word could be."""
    for secret, dresses in list(_KNOWN.items()):
        if _random(secret):
            for dress in dresses:
                known = dress.encode("utf-8", "surrogateescape")
                if known in data:
                    data = data.replace(known, MASK.encode())
    return data


def _random(secret: str) -> bool:
    """Whether a secret is none that stands in texts anyway, as the key `lm-studio` does that a server without keys is given."""
    kinds = sum(bool(re.search(kind, secret)) for kind in ("[a-z]", "[A-Z]", "[0-9]", r"[^\w-]"))
    return len(secret) >= PART and (kinds >= 2 or len(secret) >= 24)


def _dresses(secret: str) -> tuple[str, ...]:
    """The forms in which a secret is written, the longest first."""
    data = secret.encode("utf-8", "surrogateescape")
    found = {
        secret,
        quote(secret, safe="", errors="replace"),
        quote_plus(secret, errors="replace"),
        data.hex(),
        data.hex().upper(),
    }
    found |= {
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        json.dumps(json.dumps(secret)[1:-1])[1:-1],
    }
    if len(secret) >= PART:
        for shift in range(3):  # where other bytes stand before it, its own letters in base64 are others
            text = base64.b64encode(b"\0" * shift + data + b"\0" * 3).decode()
            start, end = -(-shift * 8 // 6), (shift + len(data)) * 8 // 6
            found |= {text[start:end], text[start:end].replace("+", "-").replace("/", "_")}
    return tuple(sorted((f for f in found if len(f) >= SHORT), key=len, reverse=True))


def _whole_words(text: str, word: str) -> str:
    return re.sub(rf"(?<![^\W_]){re.escape(word)}(?![^\W_])", MASK, text)


def _loose(text: str, secret: str) -> str:
    """Without what has a secret's letters and digits in its order, whatever stands between them, and without long parts of it."""
    wanted = [c for c in secret if c.isalnum()]
    if len(wanted) < PART:
        return text
    units = [(c, found.start(), found.end()) for found in _UNIT.finditer(text) if (c := _character(found)).isalnum()]
    letters = "".join(c for c, _, _ in units)
    key = "".join(wanted)
    size = max(PART, len(key) // 3)
    parts = {key[i : i + size] for i in range(len(key) - size + 1)}
    spans: list[tuple[int, int]] = []
    at = 0
    while at + size <= len(letters):
        if letters[at : at + size] not in parts:
            at += 1
            continue
        end = at + size
        while end < len(letters) and letters[end - size + 1 : end + 1] in parts:
            end += 1
        spans.append((units[at][1], units[end - 1][2]))
        at = end
    for start, end in reversed(spans):
        text = text[:start] + MASK + text[end:]
    return text


def _character(found: re.Match[str]) -> str:
    """The character that a part of a text stands for."""
    for number, base in ((1, 16), (2, 16), (3, 16), (4, 16), (5, 10)):
        if found[number]:
            code = int(found[number], base)
            return chr(code) if code < 0x110000 else " "
    # `\n` between two letters of a key is a break of lines, and none of its letters.
    if found[6]:
        return " " if found[6] in "nrtbf" else found[6]
    return found[7]
