"""Reading the chosen option out of a reply to a multiple-choice question.

The places where an answer can stand, strongest first: the reply is nothing but a letter or an option's text; a statement,
a letter or an option's text that opens the reply, a letter alone on a line; a weaker phrase; an option's text named
alone; a letter set off by brackets alone. A letter that could be a word, above all the article "A" and the pronoun "I",
counts only where punctuation, the end of the line or the option's own text after it show that it is none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from llmxsite.suite import LETTERS
from llmxsite.task.options_text import OptionTexts
from llmxsite.task.protocol import Style
from llmxsite.task.statement import Found, Parsed, Statement, cues, reason_for, settle, statements

_OPEN = re.compile(
    r"(?:[\s*_`\"'“”‘’«»$({\[<#>~:]|\\[(\[]|\\(?:text|textbf|mathrm|mathbf|textit|bf|rm|boxed)\s*\{?){1,60}"
)
_FILLER = re.compile(
    r"(?i)(?:the|la|le|die|el|option|choice|letter|answer|statement|lettre|choix|réponse|buchstabe|antwort|letra|respuesta|opción|indeed|clearly|definitely|therefore"
    r"|probably|most|likely|simply|donc|bien|sûrement|probablement|either|both|soit)\b(?!['’])|l['’]|(?:not|pas)\s+\W?[A-Z]\W?,?\s+(?:but|mais)\b"
)
_CLOSES = frozenset(["", "\n", *').:,;!?]}*_`"”’»>$\\…|~'])
_JOINED = frozenset("'’+#°")
_BRACKETS = frozenset(')]}*_`"”»>')
_IN_PROSE = ("spoken", "cued")
_BREAKS_OFF = re.compile(r"\s*\n|\s*$|\s+[-–—=(]|\s+(?:because|parce|puisque|weil|porque)\b")
_GOES_ON = re.compile(rf"{_BREAKS_OFF.pattern}|\s+(?:since|as|for|is|which|car|qui|est|denn|and|or|et|ou|oder)\b")
_ANOTHER = re.compile(
    r"[\s*_)\]\"'}]*(?:(?P<list>[,/&+])|(?:,?\s*(?:and/or|and|or|et|ou|und|oder|y|o)\s))[\s*_(\[\"']*(?:option\s+)?(?P<letter>[A-Z])(?![\w'’+#°-])"
)
_LIST_GOES_ON = re.compile(r"[\s*_)\]\"']*(?:$|[.,;:!?/&+\n]|(?:and|or|et|ou|und|oder)\b)")
_ALONE = re.compile(r"(?m)^[ \t*_`\"'“«$\\({\[<>#~-]*([A-Za-z])[*_`\"'”»$)\]}>.:;,!~ \t]*$")
_ONLY = re.compile(
    r"[\s*_`\"'“«$\\({\[<>#~-]*(?:(?i:option|choice|letter|lettre|choix)\s*:?\s*\(?)?([A-Za-z])[*_`\"'”»$\\)\]}>.:;,!~\s]*"
)
_HEAD = re.compile(r"(?m)^[ \t*_`(\[>-]*([A-Z])[*_`]*[).\]:]\s")
_REVERSED = re.compile(
    r"(?:^|[.;:,!?\n(*\"]\s{0,3}|\b(?i:option|choice|answer|letter|so|thus|therefore|that|hence|think|believe|donc|que|only|lettre|réponse)\s+[(*\"]*)"
    r"([A-Z])[)*_`\"]*\s+(?i:is|would\s+be|seems\s+to\s+be|must\s+be|est|serait|ist|es)\s+(?i:most\s+likely\s+|clearly\s+|bien\s+|donc\s+)?"
    r"(?i:(?:the|la|le|die)\s+)?(?i:most\s+)?(?i:correct|right|best|answer|accurate|appropriate|true|bonne|correcte?|juste|réponse|richtige?|correcta)\b"
)
_SET_OFF = re.compile(
    r"\(([A-Z])\)|\*\*([A-Z])\*\*|\[([A-Z])\]|(?i:\b(?:option|choice|letter|lettre|choix)\s+)\(?([A-Z])(?![\w'’-])"
)
_WORDS = frozenset("AIOYEU")
"""Letters that are words by themselves in some language we ask in."""


def parse_choice(text: str, choices: Sequence[str], *, style: Style = "direct", complete: bool = True) -> Parsed[str]:
    """The letter of the option that `text` settles on.

    `choices` are the options in the order shown. `complete` is False for a reply that its budget cut off: of reasoning,
    only what is said outright counts then, not what a discussion of the options happened to mention.
    """
    return _Reading(text, choices).parse(style, complete)


class _Reading:
    """One reply and the options it may name."""

    def __init__(self, text: str, choices: Sequence[str]) -> None:
        self.text = text
        self.letters = LETTERS[: len(choices)]
        self.options = OptionTexts(choices)

    def parse(self, style: Style, complete: bool) -> Parsed[str]:
        text = self.text
        if whole := self._whole():
            return whole
        unfinished = style == "reasoned" and not complete
        found = [f for s in statements(text) if (f := self._payload(s))]
        found += [*self._reversed(), *self._alone()]
        if not unfinished:
            found += self._lead()
        if settled := settle(text, found):
            return settled
        if unfinished:
            return Parsed(None, reason=reason_for(text, complete=False))
        if settled := settle(text, [f for s in cues(text) if (f := self._payload(s))]):
            return settled
        for tier in (self._named(), self._set_off()):
            values = {f.value for f in tier}
            if len(values) > 1:
                return Parsed(None, reason="ambiguous")
            if values:
                return Parsed(tier[-1].value, tier[-1].at, tier[-1].rule)
        return Parsed(
            None, reason="ambiguous" if self._lists() or self._pairs() else reason_for(text, complete=complete)
        )

    def _whole(self) -> Parsed[str] | None:
        """The reply is a letter, or an option's text, and nothing else."""
        if (match := _ONLY.fullmatch(self.text)) and match[1].upper() in self.letters:
            return Parsed(match[1].upper(), match.start(1), "only")
        if index := self.options.equal(self.text):
            return Parsed(self.letters[index[0]], index[1], "text")
        return None

    def _payload(self, statement: Statement) -> Found[str] | None:
        """The option that a statement announces; a `Found` without a value where it announces several."""
        at = statement.payload
        while True:
            if match := _OPEN.match(self.text, at):
                at = match.end()
            if found := self._letter(at, statement.start, statement.rule):
                return found
            if option := self.options.at(self.text, at):
                return Found(self.letters[option[0]], statement.start, option[2], statement.rule, option[1])
            if not (match := _FILLER.match(self.text, at)):
                return None
            at = match.end()

    def _letter(self, at: int, start: int, rule: str) -> Found[str] | None:
        """The letter at `at`, if it stands there as an answer and not as a word."""
        char = self.text[at : at + 1]
        if not char.isascii() or not char or char.upper() not in self.letters:
            return None
        after = self.text[at + 1 : at + 2]
        if after.isalnum() or after in _JOINED:
            return None
        if after in (".", "-", ",") and self.text[at + 2 : at + 3].isalnum():
            return None  # A.I., X-ray
        if char.isupper() and self._several(at):
            return Found(None, start, at + 1, rule, at)
        index = self.letters.index(char.upper())
        named = self.options.at(self.text, at)
        own = self.options.follows(self.text, at + 1)
        if named and named[0] != index and own != index:
            return None  # "E. coli" is the text of an option, not the letter E
        closed = after in _CLOSES
        if char.islower() and (not closed or (char in "ai" and rule in _IN_PROSE and after not in _BRACKETS)):
            return None  # "the answer is a"
        if (char == "I" and after == ",") or not (closed or self._stands(char, at, own, rule)):
            return None
        if own is not None and own != index and self.options.closes(self.text, at + 1, own):
            return Found(None, start, at + 1, rule, at)  # one option's letter, another one's text
        return Found(char.upper(), start, at + 1, rule, at)

    def _stands(self, char: str, at: int, own: int | None, rule: str) -> bool:
        """Whether a capital with a space after it is an answer."""
        if own == self.letters.index(char):
            return True
        if rule == "lead":
            return bool(_BREAKS_OFF.match(self.text, at + 1))
        return char not in _WORDS or bool(_GOES_ON.match(self.text, at + 1))

    def _several(self, at: int) -> bool:
        """Whether the letter at `at` is one of several: "A and C", "A/B", "A, B, C"."""
        match = _ANOTHER.match(self.text, at + 1)
        if not match or match["letter"] not in self.letters or match["letter"] == self.text[at]:
            return False
        if match["list"]:
            return bool(_LIST_GOES_ON.match(self.text, match.end()))
        return match["letter"] not in _WORDS or not re.match(r"\s+[a-z]", self.text[match.end() :])

    def _reversed(self) -> Iterator[Found[str]]:
        """`C is the correct answer`."""
        for match in _REVERSED.finditer(self.text):
            if match[1] in self.letters:
                yield Found(match[1], match.start(1), match.end(), "reversed", match.start(1))

    def _alone(self) -> Iterator[Found[str]]:
        """A line with a letter and nothing else."""
        for match in _ALONE.finditer(self.text):
            if match[1].upper() in self.letters:
                yield Found(match[1].upper(), match.start(1), match.end(1), "line", match.start(1))

    def _lead(self) -> Iterator[Found[str]]:
        """A letter, or an option's text, that opens the reply."""
        match = _OPEN.match(self.text)
        at = match.end() if match else 0
        if found := self._letter(at, at, "lead"):
            if not self._lists():
                yield found
        elif (option := self.options.at(self.text, at)) and self.options.closes(self.text, option[2], None):
            yield Found(self.letters[option[0]], at, option[2], "lead", option[1])

    def _lists(self) -> bool:
        """Whether the reply goes through the options one by one, so that its first letter is no answer.

        An answer may be followed by such a list: then its letter comes twice, or the list starts anew from A.
        """
        heads = [m[1] for m in _HEAD.finditer(self.text) if m[1] in self.letters]
        if len(set(heads)) < 2:
            return False
        return heads.count(heads[0]) < 2 and (heads[0] == "A" or "A" not in heads)

    def _pairs(self) -> bool:
        """Whether letters are named together somewhere: "both A and B"."""
        found = re.finditer(r"(?<![\w'’])[A-Z](?![\w'’])", self.text)
        return any(m[0] in self.letters and self._several(m.start()) for m in found)

    def _named(self) -> list[Found[str]]:
        """Options whose text the reply names without denying them."""
        return [Found(self.letters[i], start, end, "named", start) for i, start, end in self.options.named(self.text)]

    def _set_off(self) -> list[Found[str]]:
        """Letters set off from the text: "(C)", "option C"."""
        found = []
        for match in _SET_OFF.finditer(self.text):
            group = match.lastindex or 0
            if match[group] in self.letters:
                found.append(Found(match[group], match.start(), match.end(), "set-off", match.start(group)))
        return found
