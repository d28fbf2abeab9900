"""Finding the texts of options in a reply: as a whole, at a place, anywhere."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property, lru_cache

from llmxsite.base.words import words

_ARTICLES = r"(?:(?:the|an?|les?|la|une?|des|du|der|die|das|el|los|las|il|lo|gli|i|de|het|o|os|as|um|uma|een)\s+|l['’])"
_PLAIN = str.maketrans({"−": "-", "–": "-", "’": "'", "‘": "'", "“": '"', "”": '"', "\u00a0": " ", "\u202f": " "})
_END = re.compile(r"[\s*_`\"'”»)\]}$]*(?:[.;:!?\n。！？；]|$|\s[-–—]\s)")
_OPERATES = re.compile(r"[\s)\]}$]*(?:[*/^=+×·÷<>≈]|\\(?:times|cdot|div|approx|frac)|[-−–]\s*\d|to\s+[\d$])")
_OPERATED = re.compile(r"[*/^+×·÷(]\s*$|\\(?:times|cdot|div)\s*$")
_GAP = re.compile(r"[\s*_`\"'“«)\]}.:,;$({\[–—-]*")
_AROUND, _AFTER = re.compile(r"[\W_]*"), re.compile(r"[\s*_`\"'.,;:!?)\]}]*")
_SIGNS = re.compile(r"[\d+*/=<>^%$€£°±√∞−-]")
_ARTICLE, _WORD = re.compile(_ARTICLES, re.IGNORECASE), re.compile(r"\w+")
_MARKUP = re.compile(
    r"(?<!\w)\([a-h]\)\s|\\(?:mathrm|text|textbf|mathbf|left|right|[,;:!()\[\] ])|[\s${}*]|(?<=\d),(?=\d{3}(?!\d))"
)
_PRECEDES = 60
"""Characters of an option's end that are looked for before a letter."""
_BEGUN, _BEGUN_AT_MOST = 12, 600
"""Characters of an option's text that must stand there before it is known, and of the reply's end that are looked at."""
_KNOWN = 2048
"""Options whose patterns are kept: those of a suite come again with every model and setting, and compiling one takes longer
than using it a hundred times."""

Place = tuple[int, int, int]
"""Index of an option, and where its text starts and ends."""


class OptionTexts:
    """The options of one item, as patterns: case, markup between words and a leading article do not matter."""

    def __init__(self, choices: Sequence[str]) -> None:
        self.choices = choices
        self._last: tuple[str, str] = ("", "")

    @cached_property
    def _keys(self) -> list[str]:
        """Of each option the first word, in small letters: where it is missing, no pattern needs to be made."""
        return [_key(choice) for choice in self.choices]

    @cached_property
    def _bare(self) -> list[str]:
        return [bare(choice) for choice in self.choices]

    def _plain(self, text: str) -> str:
        """The text with one shape of quotes, dashes and spaces; no place moves."""
        if self._last[0] is not text:
            self._last = (text, text if text.isascii() else text.translate(_PLAIN))
        return self._last[1]

    def equal(self, text: str) -> tuple[int, int] | None:
        """The one option that `text` is, with where it starts, punctuation and markup around it aside."""
        plain = self._plain(text)
        length = len(plain.strip())
        found = [
            (index, at)
            for index, choice in enumerate(self.choices)
            if length < 2 * len(choice) + 60 and (at := _alone(_pattern(choice, False), plain)) is not None
        ]
        return found[0] if len(found) == 1 else None

    def all_at(self, text: str, start: int) -> dict[int, int]:
        """The options whose text stands at `start`, each with where it ends: the longest, and those that read the same.

        Options of one character never do: they look like letters.
        """
        plain = self._plain(text)
        window = plain[start : start + 40].lower()
        found = {
            index: match.end()
            for index, choice in enumerate(self.choices)
            if self._keys[index] in window
            and (match := _pattern(choice, False).match(plain, start))
            and match.end() > start + 1
        }
        longest = max(found.values(), default=0)
        return {index: end for index, end in found.items() if end == longest}

    def all_after(self, text: str, start: int) -> dict[int, int]:
        """The options whose text comes next after `start`, delimiters between aside."""
        gap = _GAP.match(text, start)
        at = gap.end() if gap else start
        sign = text[at - 1] if at > start else ""
        if sign == "-" and text[at : at + 1].isdigit():
            return self.all_at(text, at - 1)  # a minus, no dash
        return self.all_at(text, at) or (self.all_at(text, at - 1) if sign == "$" else {})

    def at(self, text: str, start: int) -> Place | None:
        """The longest option whose text stands at `start`."""
        found = self.all_at(text, start)
        return next(((index, start, end) for index, end in found.items()), None)

    def stated(self, text: str, start: int) -> Place | None:
        """The option whose text stands at `start` and is not a part of a calculation; None where two read the same."""
        found = self.all_at(text, start)
        if len(found) != 1:
            return None
        ((index, end),) = found.items()
        return None if _reckons(self.choices[index]) and _OPERATES.match(text, end) else (index, start, end)

    def begun(self, text: str, start: int) -> int | None:
        """The one option whose text has been begun after `start` when the reply breaks off."""
        gap = _AFTER.match(text, start)
        if len(text) - start > _BEGUN_AT_MOST or text.rstrip()[-1:] in ".!?":
            return None
        rest = bare(text[gap.end() if gap else start :])
        found = [i for i, choice in enumerate(self._bare) if len(rest) >= _BEGUN and choice.startswith(rest)]
        return found[0] if len(found) == 1 else None

    def same(self, text: str) -> int | None:
        """The one option that `text` is when LaTeX's markup and the labels of parts are left aside on both sides."""
        wanted = bare(text)
        found = [i for i, choice in enumerate(self._bare) if wanted and choice == wanted]
        return found[0] if len(found) == 1 else None

    def closes(self, text: str, start: int, option: int | None) -> bool:
        """Whether the sentence or line ends right after the option's text that follows `start` (or right there)."""
        if option is not None:
            ends = self.all_after(text, start)
            if option not in ends:
                return False
            start = ends[option]
        return bool(_END.match(text, start))

    def precedes(self, before: str, option: int) -> bool:
        """Whether the text before a place ends in the option's text."""
        plain, wanted = (
            t.translate(_PLAIN).strip().rstrip(".").lower() for t in (before, self.choices[option].strip()[-_PRECEDES:])
        )
        if not plain.endswith(wanted) or not (len(wanted) > 1 or wanted.isdigit()):
            return False
        if len(self.choices[option].strip()) > _PRECEDES:
            return True
        last = plain[: -len(wanted)][-1:]
        return not last.isalnum() and not (wanted[0].isdigit() and last in (".", ","))

    def slight(self, option: int) -> bool:
        """Whether an option's text is too common to count in a sentence."""
        return _slight(self.choices[option])

    def named(self, text: str, denied: re.Pattern[str] | None = None) -> list[Place]:
        """Every option named anywhere and not denied there, in order; one inside a longer one's text does not count.

        `denied` matches what denies it, at the end of the text before it. A number or a very short word counts only where it
        opens or closes the reply, and a number never as a part of a calculation.
        """
        plain = self._plain(text)
        first, last = len(plain) - len(plain.lstrip()), len(plain.rstrip(" \t\r\n.!*_`\"')]}$"))
        small = plain.lower()
        places = [
            (index, match.start(), match.end())
            for index, choice in enumerate(self.choices)
            if self._keys[index] in small
            for match in _pattern(choice, True).finditer(plain)
            if match.end() > match.start()
            and (not _slight(self.choices[index]) or match.start() == first or match.end() == last)
            and not (_reckons(self.choices[index]) and _in_calculation(plain, match.start(), match.end()))
        ]
        whole: list[Place] = []
        for place in sorted(places, key=lambda p: (p[1], -p[2])):  # what lies inside an earlier one is a part of it
            if not whole or place[2] > whole[-1][2] or place[1:] == whole[-1][1:]:
                whole.append(place)
        denied = denied or words(None).denied_before
        return [p for p in whole if not denied.search(plain[max(0, p[1] - 40) : p[1]])]


def bare(text: str) -> str:
    """A text in small letters without spaces, labels of parts, marks of thousands, and LaTeX's signs for upright type and formulas.

    >>> bare("$1,800$ ft.")
    '1800ft'
    """
    return _MARKUP.sub("", text.translate(_PLAIN)).rstrip(".").lower()


def _alone(pattern: re.Pattern[str], text: str) -> int | None:
    """Where the pattern starts in `text`, when there is nothing else but punctuation and markup."""
    before = _AROUND.match(text)
    starts = range(before.end() + 1 if before else 1)
    return next((at for at in starts if (m := pattern.match(text, at)) and _AFTER.fullmatch(text, m.end())), None)


def _key(choice: str) -> str:
    """The first word of an option, or its first signs, in small letters and at most as long as is looked at."""
    plain = (choice if choice.isascii() else choice.translate(_PLAIN)).strip().rstrip(".")
    if _reckons(plain):
        return plain[:1].lower()
    article = _ARTICLE.match(plain)
    word = _WORD.search(plain, article.end() if article and article.end() < len(plain) else 0)
    return word[0][:24].lower() if word else plain[:1].lower()


@lru_cache(_KNOWN)
def _pattern(choice: str, apart: bool) -> re.Pattern[str]:
    """An option's text as a regular expression, to be met at a known place or, with `apart`, between words.

    Words alone may have any punctuation between them; a text with digits or signs must be met as it is, so that 4 is not
    found in 4.5 or -4.
    """
    plain = choice.translate(_PLAIN).strip().rstrip(".")
    words = re.findall(r"\w+", plain)
    if words and not _reckons(plain):
        articles = len(words) > 1 and re.match(_ARTICLES, plain, re.IGNORECASE) is not None
        body = r"\W{1,4}".join(map(re.escape, words[1:] if articles else words))
        before, bare = r"(?<!\w)", rf"{_ARTICLES}?{body}(?!\w)"
    else:
        body = r"\s*".join(map(re.escape, plain.split()))
        before, bare = r"(?<![\w.,+-])", rf"{body}(?!\w|[.,]\d)" if body else r"(?!)"
    return re.compile(before + bare if apart else bare, re.IGNORECASE)


def _reckons(choice: str) -> bool:
    """Whether an option's text has digits or signs, so that it may be a part of a calculation."""
    return _SIGNS.search(choice) is not None


def _in_calculation(text: str, start: int, end: int) -> bool:
    return bool(_OPERATES.match(text, end) or _OPERATED.search(text[max(0, start - 8) : start]))


def _slight(choice: str) -> bool:
    """Whether an option's text is too common to count in the middle of a sentence."""
    plain = choice.strip().rstrip(".").lower()
    return (
        len(plain) < 3
        or not re.search(r"[^\W\d_]{2}", plain)
        or plain in {"yes", "no", "oui", "non", "true", "false", "all", "none"}
    )
