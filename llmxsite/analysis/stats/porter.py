"""Porter's stemmer for English, with the extensions of NLTK that the ROUGE reference implementation uses.

Source: Porter 1980, "An algorithm for suffix stripping"; the extensions are those NLTK documents for its default mode.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import pairwise

Condition = Callable[[str], bool]
Rule = tuple[str, str, Condition | None]

_VOWELS = frozenset("aeiou")
_IRREGULAR = {
    **dict.fromkeys(["skies", "sky"], "sky"),
    **dict.fromkeys(["innings", "inning"], "inning"),
    **dict.fromkeys(["outings", "outing"], "outing"),
    **dict.fromkeys(["cannings", "canning"], "canning"),
    **{word: word for word in ("news", "howe", "proceed", "exceed", "succeed")},
    **{word: word[0] + "ie" for word in ("dying", "lying", "tying")},
}


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """The stem of an English word in lower case; words of one or two letters stay.

    >>> stem("running"), stem("quickly")
    ('run', 'quickli')
    """
    word = word.lower()
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if len(word) <= 2:
        return word
    for step in (_plural, _past, _final_y, _double_suffix, _full_suffix, _single_suffix, _final_e, _final_l):
        word = step(word)
    return word


def _consonant(word: str, i: int) -> bool:
    if word[i] in _VOWELS:
        return False
    return word[i] != "y" or i == 0 or not _consonant(word, i - 1)


def _measure(part: str) -> int:
    """How many times a vowel is followed by a consonant: m in [C](VC)^m[V]."""
    kinds = [_consonant(part, i) for i in range(len(part))]
    return sum(not a and b for a, b in pairwise(kinds))


def _positive(part: str) -> bool:
    return _measure(part) > 0


def _above_one(part: str) -> bool:
    return _measure(part) > 1


def _has_vowel(part: str) -> bool:
    return any(not _consonant(part, i) for i in range(len(part)))


def _double(word: str) -> bool:
    return len(word) >= 2 and word[-1] == word[-2] and _consonant(word, len(word) - 1)


def _short_end(word: str) -> bool:
    """Consonant, vowel, consonant other than w, x, y; or a word of vowel and consonant."""
    n = len(word)
    if n == 2:
        return not _consonant(word, 0) and _consonant(word, 1)
    return (
        n >= 3
        and _consonant(word, n - 3)
        and not _consonant(word, n - 2)
        and _consonant(word, n - 1)
        and word[-1] not in "wxy"
    )


def _apply(word: str, rules: Sequence[Rule]) -> str:
    """The first rule whose suffix fits decides, whether its condition holds or not."""
    for suffix, replacement, condition in rules:
        if word.endswith(suffix):
            part = word[: len(word) - len(suffix)]
            return part + replacement if condition is None or condition(part) else word
    return word


def _plural(word: str) -> str:
    if word.endswith("ies") and len(word) == 4:
        return word[:-1]
    return _apply(word, [("sses", "ss", None), ("ies", "i", None), ("ss", "ss", None), ("s", "", None)])


def _past(word: str) -> str:
    if word.endswith("ied"):
        return word[:-1] if len(word) == 4 else word[:-2]
    if word.endswith("eed"):
        return word[:-1] if _positive(word[:-3]) else word
    part = next((word[: -len(s)] for s in ("ed", "ing") if word.endswith(s) and _has_vowel(word[: -len(s)])), None)
    if part is None:
        return word
    if part.endswith(("at", "bl", "iz")):
        return part + "e"
    if _double(part):
        return part if part[-1] in "lsz" else part[:-1]
    return part + "e" if _measure(part) == 1 and _short_end(part) else part


def _final_y(word: str) -> str:
    return _apply(word, [("y", "i", lambda part: len(part) > 1 and _consonant(part, len(part) - 1))])


_DOUBLE: list[Rule] = [
    (suffix, replacement, _positive)
    for suffix, replacement in [
        *(("ational", "ate"), ("tional", "tion"), ("enci", "ence"), ("anci", "ance"), ("izer", "ize"), ("bli", "ble")),
        *(("alli", "al"), ("entli", "ent"), ("eli", "e"), ("ousli", "ous"), ("ization", "ize"), ("ation", "ate")),
        *(
            ("ator", "ate"),
            ("alism", "al"),
            ("iveness", "ive"),
            ("fulness", "ful"),
            ("ousness", "ous"),
            ("aliti", "al"),
        ),
        *(("iviti", "ive"), ("biliti", "ble"), ("fulli", "ful")),
    ]
]


def _double_suffix(word: str) -> str:
    if word.endswith("alli") and _positive(word[:-4]):
        return _double_suffix(word[:-2])
    return _apply(word, [*_DOUBLE, ("logi", "log", lambda part: _positive(word[:-3]))])


def _full_suffix(word: str) -> str:
    pairs = [
        ("icate", "ic"),
        ("ative", ""),
        ("alize", "al"),
        ("iciti", "ic"),
        ("ical", "ic"),
        ("ful", ""),
        ("ness", ""),
    ]
    return _apply(word, [(suffix, replacement, _positive) for suffix, replacement in pairs])


def _single_suffix(word: str) -> str:
    first = ["al", "ance", "ence", "er", "ic", "able", "ible", "ant", "ement", "ment", "ent"]
    last = ["ou", "ism", "ate", "iti", "ous", "ive", "ize"]
    rules: list[Rule] = [(suffix, "", _above_one) for suffix in first]
    rules.append(("ion", "", lambda part: _above_one(part) and part[-1] in "st"))
    return _apply(word, [*rules, *((suffix, "", _above_one) for suffix in last)])


def _final_e(word: str) -> str:
    if not word.endswith("e"):
        return word
    part = word[:-1]
    m = _measure(part)
    return part if m > 1 or (m == 1 and not _short_end(part)) else word


def _final_l(word: str) -> str:
    return _apply(word, [("ll", "l", lambda part: _above_one(word[:-1]))])
