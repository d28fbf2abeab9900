"""Finding the texts of options in a reply: as a whole, at a place, anywhere."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property, lru_cache

_ARTICLES = r"(?:(?:the|an?|les?|la|une?|des|du|der|die|das|el|los|las)\W+|l['’])"
_PLAIN = str.maketrans({"−": "-", "–": "-", "’": "'", "‘": "'", "“": '"', "”": '"', "\u00a0": " ", "\u202f": " "})
_NEGATED = re.compile(
    r"(?i)(?:\bnot|n['’]t|\bnever|\bneither|\bnor|\bexcept|\bunlike|\brather\s+than|\binstead\s+of|\bwithout|\bpas|\bni|\bsauf|\bnicht|\bkein\w*)"
    r"[^\w,.;:!?\n]+(?:\w+[^\w,.;:!?\n]+){0,2}$"
)
_END = re.compile(r"[\s*_`\"'”»)\]}$]*(?:[.;:!?\n]|$|\s[-–—]\s)")
_GAP = re.compile(r"[\s*_`\"'“«)\]}.:,;$({\[–—-]*")
_AROUND, _AFTER = re.compile(r"[\W_]*"), re.compile(r"[\s*_`\"'.,;:!?)\]}]*")
_KNOWN = 2048
"""Options whose patterns are kept: those of a suite come again with every model and setting, and compiling one takes longer
than using it a hundred times."""

Place = tuple[int, int, int]
"""Index of an option, and where its text starts and ends."""


class OptionTexts:
    """The options of one item, as patterns: case, markup between words and a leading article do not matter."""

    def __init__(self, choices: Sequence[str]) -> None:
        self.choices = choices

    @cached_property
    def _patterns(self) -> list[re.Pattern[str]]:
        return [_pattern(choice) for choice in self.choices]

    def equal(self, text: str) -> tuple[int, int] | None:
        """The one option that `text` is, with where it starts, punctuation and markup around it aside."""
        plain = text.translate(_PLAIN)
        found = [(i, at) for i, p in enumerate(self._patterns) if (at := _alone(p, plain)) is not None]
        return found[0] if len(found) == 1 else None

    def at(self, text: str, start: int) -> Place | None:
        """The longest option whose text stands at `start`. Options of one character never do: they look like letters."""
        plain = text[start : start + 2000].translate(_PLAIN)
        best: Place | None = None
        for index, pattern in enumerate(self._patterns):
            match = pattern.match(plain)
            if match and match.end() > 1 and (best is None or start + match.end() > best[2]):
                best = (index, start, start + match.end())
        return best

    def follows(self, text: str, start: int) -> int | None:
        """The option whose text comes next after `start`, delimiters between aside."""
        gap = _GAP.match(text, start)
        place = self.at(text, gap.end() if gap else start)
        return place[0] if place else None

    def closes(self, text: str, start: int, option: int | None) -> bool:
        """Whether the sentence or line ends right after the option's text that follows `start` (or right there)."""
        if option is not None:
            gap = _GAP.match(text, start)
            place = self.at(text, gap.end() if gap else start)
            if place is None:
                return False
            start = place[2]
        return bool(_END.match(text, start))

    def named(self, text: str) -> list[Place]:
        """Every option named anywhere and not denied there, in order; one inside a longer one's text does not count.

        A number or a very short word counts only where it opens or closes the reply.
        """
        plain = text.translate(_PLAIN)
        first, last = len(plain) - len(plain.lstrip()), len(plain.rstrip(" \t\r\n.!*_`\"')]}$"))
        places = [
            (index, match.start(), match.end())
            for index, pattern in enumerate(self._patterns)
            for match in pattern.finditer(plain)
            if match.end() > match.start()
            and (not _slight(self.choices[index]) or match.start() == first or match.end() == last)
        ]
        whole: list[Place] = []
        for place in sorted(places, key=lambda p: (p[1], -p[2])):  # what lies inside an earlier one is a part of it
            if not whole or place[2] > whole[-1][2] or place[1:] == whole[-1][1:]:
                whole.append(place)
        kept = [p for p in whole if not _NEGATED.search(plain, max(0, p[1] - 40), p[1])]
        return kept


def _alone(pattern: re.Pattern[str], text: str) -> int | None:
    """Where the pattern starts in `text`, when there is nothing else but punctuation and markup."""
    before = _AROUND.match(text)
    starts = range(before.end() + 1 if before else 1)
    return next((at for at in starts if (m := pattern.match(text, at)) and _AFTER.fullmatch(text, m.end())), None)


@lru_cache(_KNOWN)
def _pattern(choice: str) -> re.Pattern[str]:
    """An option's text as a regular expression.

    Words alone may have any punctuation between them; a text with digits or signs must be met as it is, so that 4 is not
    found in 4.5 or -4.
    """
    plain = choice.translate(_PLAIN).strip().rstrip(".")
    words = re.findall(r"\w+", plain)
    if words and not re.search(r"[\d+*/=<>^%$€£°±√∞-]", plain):
        articles = len(words) > 1 and re.fullmatch(_ARTICLES, words[0] + " ", re.IGNORECASE) is not None
        body = r"\W{1,4}".join(map(re.escape, words[1:] if articles else words))
        return re.compile(rf"(?<!\w){_ARTICLES}?{body}(?!\w)", re.IGNORECASE)
    body = r"\s*".join(map(re.escape, plain.split()))
    return re.compile(rf"(?<![\w.,+-]){body}(?!\w|[.,]\d)" if body else r"(?!)", re.IGNORECASE)


def _slight(choice: str) -> bool:
    """Whether an option's text is too common to count in the middle of a sentence."""
    plain = choice.strip().rstrip(".").lower()
    return (
        len(plain) < 3
        or not re.search(r"[^\W\d_]{2}", plain)
        or plain in {"yes", "no", "oui", "non", "true", "false", "all", "none"}
    )
