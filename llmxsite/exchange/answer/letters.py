"""Letters of options in whatever shape they are written, and whether a letter at a place is an answer, a word or a variable."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import cached_property

from llmxsite.base.words import words
from llmxsite.base.words.patterns import spaceless
from llmxsite.exchange.answer.options_text import OptionTexts
from llmxsite.exchange.answer.statement import Found
from llmxsite.study.suite import LETTERS

_CLOSES = frozenset(["", "\n", *').,:;!?]}*_`"”’»>$\\…|~。，、；：！？'])
_QUOTES = frozenset("'’‘\"“”«»„`")
_JOINED = frozenset("'’+#°")
_BRACKETS = frozenset(')]}*_`"”»>')
_IN_PROSE = ("spoken", "cued", "final")
_LONE = re.compile(r"(?<![A-Za-z0-9\u00c0-\u024f\u0370-\u06ff_\\])[A-Z](?![A-Za-z0-9\u00c0-\u024f\u0370-\u06ff])")
_BRACKETED_BEFORE = re.compile(r"(?:(?:^|[^\w)\]}])[(\[]|\*\*\(?)$")
_BRACKETED_AFTER = re.compile(r"[)\]](?!\()|\)?\*\*")
_PART = re.compile(r"[).:\]]+\s+\w")
_STOPS = re.compile(r"[)\]*_`\"'”’}$]{0,4}(?:\s*$|[.;!?,:。，](?:\s|$|\*)|\s*\n|[)\]]|\s+[-–—(]\s?)")
_SMALL = re.compile(r"\s+[a-z]")
_NEW_SENTENCE = re.compile(r"[*_`\"']{0,3}[)\]][*_`\"']{0,3}\.\s")
_SECOND = re.compile(r"[\s.*_`)]{0,6}\n[\s*_`(]{0,6}(?P<letter>[A-Z])[).:]")
OPEN = re.compile(
    r"(?:[\s*_`\"'“”‘’«»„$({\[<#>~:]|\\[(\[]|\\(?:text|textbf|mathrm|mathbf|textit|bf|rm|boxed)\s*\{?){1,60}"
)
_SHAPES = [*range(0xFF01, 0xFF5F), *range(0x24B6, 0x24EA), *range(0x1D400, 0x1D6A4), *range(0x1F110, 0x1F12A)]
_SAME: dict[int, str] = {0x3000: " ", 0x3010: "[", 0x3011: "]", 0x300C: '"', 0x300D: '"', 0xFE1A: ":"}
for _code in _SHAPES:
    _form = unicodedata.normalize("NFKC", chr(_code))
    _form = _form[1] if len(_form) == 3 else _form  # 🄐 is (A)
    if len(_form) == 1 and _form.isascii():
        _SAME[_code] = _form
_SAME |= {base + i: chr(65 + i) for base in (0x1F130, 0x1F150, 0x1F170) for i in range(26)}
_ALIKE = dict(zip("АВСЕНІЈКМОРТХУЅΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "ABCEHIJKMOPTXYSABEZHIKMNOPTYX", strict=True))
"""Capitals of Cyrillic and Greek that look like Latin ones."""
_ALIKE_ALONE = re.compile(rf"(?<![^\W_])[{''.join(_ALIKE)}](?![^\W_])")
_CYRILLIC_LIST = re.compile(r"(?m)^[ \t*_(]*[БГДЖ][).:]")
_OWN_ALPHABET = re.compile("[АВСЕНІЈКМОРТХУЅ]")
VARIABLE = re.compile(
    r"(?:\s*(?:[=^≤≥≈∧∨⊃⊂∪∩·×÷∈≡↔→⇒]|\*\*\s?[\dA-Za-z]|[+/<>](?=\s*[\w(\\$])|\s\*\s*[\w(\\]|_[\w{]|['’]\s*[(=]|\\(?:cdot|times|cap|cup|in|subset|leq|geq|neq|to|frac|sqrt|sum|int|cong|approx|wedge|vee|land|lor|supset|rightarrow)\b)"
    r"|\s+[-−–]\s*\d)|\(\s*[\w\\∩∪|,+ -]{1,20}\)|\s*&(?:amp;)?\s*="
)
"""After a letter: what shows that it stands for a quantity, a set or a function."""


def plain(text: str) -> str:
    """The text with full-width, circled and styled letters as plain ones, and with look-alikes where they stand alone.

    No character is added or lost, so that places in one are places in the other. Where options are listed by the letters
    of the Cyrillic alphabet itself (А, Б, В, Г), its В is no B, and nothing is taken for a look-alike.

    >>> plain("Ответ: С （Ｂ）")
    'Ответ: C (B)'
    """
    if text.isascii():
        return text
    text = text.translate(_SAME)
    if _ALIKE_ALONE.search(text) and not (_CYRILLIC_LIST.search(text) and _OWN_ALPHABET.search(text)):
        text = _ALIKE_ALONE.sub(lambda m: _ALIKE[m[0]], text)
    return text


class Letters:
    """One reply, the options it may name, and the letters in it."""

    def __init__(self, text: str, choices: Sequence[str], language: str | None) -> None:
        self.raw, self.text = text, plain(text)
        self.letters = LETTERS[: len(choices)]
        self.options = OptionTexts(choices)
        self.language, self.words = language, words(language)
        self.denied = 0
        """Statements that name an option only to deny it: "The answer is (B) is incorrect because"."""

    def letter(self, at: int, start: int, rule: str) -> Found[str] | None:
        """The letter at `at`, if it stands there as an answer and not as a word or a variable."""
        char = self.text[at : at + 1]
        if not char.isascii() or not char or char.upper() not in self.letters:
            return None
        after = self.text[at + 1 : at + 2]
        quoted = at > 0 and self.text[at - 1] in _QUOTES
        if (after.isalnum() and not spaceless(after)) or (after in _JOINED and not (quoted and after in _QUOTES)):
            return None
        index = self.letters.index(char.upper())
        named = self.options.all_at(self.text, at)
        own = self.options.all_after(self.text, at + 1)
        if after in (".", "-", ",") and self.text[at + 2 : at + 3].isalnum() and index not in own:
            return None  # A.I., X-ray
        if char.isupper() and (self.several(at) or self._for_a_part(at)):
            return Found(None, start, at + 1, rule, at)
        if named and index not in named and index not in own:
            return None  # "E. coli" is the text of an option, not the letter E
        if index not in own and VARIABLE.match(self.text, at + 1):
            return None
        if self.denied_after(at):
            self.denied += rule in _IN_PROSE
            return None
        closed = after in _CLOSES or spaceless(after)
        if char.islower() and (not closed or (char in "ai" and rule in _IN_PROSE and after not in _BRACKETS)):
            return None  # "the answer is a"
        if char.islower() and index not in own and self._labels_part(at, rule):
            return None
        if (char == "I" and after == ",") or not (closed or self._stands(char, at, index in own, rule)):
            return None
        if rule == "cued" and index not in own and not self._ends_there(at):
            return None
        if (
            self.contradicts(at, index, own)
            or self._breaks_off(at, index)
            or (index in own and self._goes_on(own[index], char))
        ):
            return Found(None, start, at + 1, rule, at)
        return Found(char.upper(), start, at + 1, rule, at)

    def _for_a_part(self, at: int) -> bool:
        """Whether the letter at `at` answers a part, and another letter the next: "(A) for water and (C) for glass"."""
        match = self.words.other_part.match(self.text, at + 1)
        return match is not None and match["letter"] in self.letters and match["letter"] != self.text[at]

    def _labels_part(self, at: int, rule: str) -> bool:
        """Whether the small letter at `at` is the label of a part: "(a) The current is", or "(a) 7 amps, (b) 9 amps"."""
        if rule in ("lead", "cued") and _PART.match(self.text, at + 1):
            return True
        following = chr(ord(self.text[at]) + 1)
        more = re.compile(rf"\)\s+\w.{{0,300}}?[\s(]{following}\)\s", re.DOTALL)
        return more.match(self.text, at + 1) is not None and not self.words.why.match(self.text, at + 2)

    def denied_after(self, at: int) -> bool:
        """Whether the text after the letter at `at` denies it."""
        return bool(self.words.denial.match(self.text, at + 1) or self.words.denied_later.match(self.text, at + 1))

    def contradicts(self, at: int, index: int, own: dict[int, int]) -> bool:
        """Whether the letter at `at` stands beside the text of another option; "(C). Rome lies" begins a sentence of its own."""
        if not own or index in own or _NEW_SENTENCE.match(self.text, at + 1):
            return False
        return any(self.options.closes(self.text, at + 1, i) for i in own)

    def _breaks_off(self, at: int, index: int) -> bool:
        """Whether the reply breaks off in the text of another option, which the letter at `at` stands beside."""
        begun = self.options.begun(self.text, at + 1) if self.text[at + 2 : at + 3] != "," else None
        return begun is not None and begun != index

    def _goes_on(self, at: int, letter: str) -> bool:
        """Whether, after an option's text, a second option is named: "A. Paris and B. London".

        An answer may be followed by all options anew: an earlier letter on the next line is no second answer.
        """
        match = _SECOND.match(self.text, at)
        if match and match["letter"] < letter.upper():
            return False
        match = match or self.words.another.match(self.text, at)
        if not match or match["letter"] not in self.letters:
            return False
        place = match.start("letter")
        return self.letters.index(match["letter"]) in self.options.all_after(self.text, place + 1)

    def _stands(self, char: str, at: int, own: bool, rule: str) -> bool:
        """Whether a capital with a space after it is an answer."""
        if own:
            return True
        if rule == "lead":
            return bool(self.words.why.match(self.text, at + 1))
        is_word = char in self.words.letters or not self.raw[at].isascii()
        return not is_word or bool(self.words.reason.match(self.text, at + 1))

    def _ends_there(self, at: int) -> bool:
        """Whether a sentence, or what is in brackets, ends with the letter: "so C." but not "so C lies"."""
        return bool(_STOPS.match(self.text, at + 1) or self.words.why.match(self.text, at + 1))

    def several(self, at: int) -> bool:
        """Whether the letter at `at` is one of several: "A and C", "A/B", "A, B, C"."""
        match = self.words.another.match(self.text, at + 1)
        if not match or match["letter"] not in self.letters or match["letter"] == self.text[at]:
            return False
        if match["list"]:
            return bool(self.words.list_goes_on.match(self.text, match.end()))
        return match["letter"] not in self.words.letters or not _SMALL.match(self.text, match.end())

    @cached_property
    def isolated(self) -> list[int]:
        """Where a capital that is an option's letter stands by itself."""
        return [m.start() for m in _LONE.finditer(self.text) if m[0] in self.letters]

    def set_off_at(self, at: int) -> bool:
        """Whether the letter at `at` is set off from the text: "(C)", "[C]", "**C**", "option C"."""
        text = self.text
        before, after = text[max(0, at - 3) : at], text[at + 1 : at + 4]
        if _BRACKETED_BEFORE.search(before) and _BRACKETED_AFTER.match(after):
            return before[-1:] != "(" or after[:1] == ")"
        if after[:1].isalnum() or after[:1] in ("'", "’", "-", "(") or VARIABLE.match(text, at + 1):
            return False
        return bool(self.words.noun_before.search(text[max(0, at - 28) : at]))

    @cached_property
    def joined(self) -> frozenset[int]:
        """Where letters stand that are named together: "A and B"."""
        found = set()
        for at in self.isolated:
            if self.several(at) and (match := self.words.another.match(self.text, at + 1)):
                found |= {at, match.start("letter")}
        return frozenset(found)
