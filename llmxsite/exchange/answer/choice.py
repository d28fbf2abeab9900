"""Reading the chosen option out of a reply to a multiple-choice question.

The places where an answer can stand, strongest first: the reply is nothing but a letter or an option's text; a statement, a
letter that opens the reply, a letter alone on a line, a last sentence that ends in a letter; the only letter that the reply sets off,
if it stands as an answer does; a weaker phrase; an option's text that ends the reply or, of a short reply, is named alone; a letter
set off by brackets alone; an option's text that is called the answer. A letter beside the text of another option is no answer but a
contradiction, and neither is one for a part of the question, or one that the reply takes back.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from llmxsite.exchange.answer import conclusion
from llmxsite.exchange.answer.conclusion import ENDED, HEAD
from llmxsite.exchange.answer.letters import OPEN, Letters
from llmxsite.exchange.answer.statement import (
    FIRM,
    Found,
    Parsed,
    Statement,
    answer_part,
    cues,
    reason_for,
    settle,
    statements,
)
from llmxsite.exchange.asking.question import Style

_ONLY = re.compile(
    r"[\s*_`\"'‘“«„$\\({\[<>#~-]*(?:(?i:option|choice|letter|lettre|choix|opción|opzione|選択肢|选项)\s*:?\s*\(?)?([A-Za-z])[*_`\"'’”»$)\\)\]}>.:;,!~。\s]*"
)
_MOST_ANSWERS = 3
"""Different answers that a reply may state one after the other and still mean the last."""
_CUT_FROM = 200
"""Characters from which on a reasoned reply that does not end as a sentence ends counts as cut off, whatever the server says."""
_BEHIND = re.compile(r"[\s.,*_`]{0,4}[(\[]\s*(?:(?i:option)\s*)?([A-Z])[)\]]")
_NO_OPTION = re.compile(r"([A-Z])(?:[).:\]*]|\s*$)")
_NEXT_PART = re.compile(r"(?:^|[\s.])\(?(?:[b-j]|i{1,3}|iv|[B-J](?=\)))\)[\s,:]|\n\s*[2-9][.)]\s|\b[Ii]n the second\b")
_PART_LABEL = re.compile(r"(?:^|[\n.:;])\s*[*_]{0,2}\(?([a-j]|i{1,3}|i?v|I{1,3}|I?V)\)[*_]{0,2}(?=[\s:.])")
_SERIES = ["abcdefghij", ["i", "ii", "iii", "iv", "v"], ["I", "II", "III", "IV", "V"]]
"""How the parts of a question are labelled, each in its order."""


def parse_choice(
    text: str, choices: Sequence[str], *, style: Style = "direct", complete: bool = True, language: str | None = None
) -> Parsed[str]:
    """The letter of the option that `text` settles on.

    `choices` are the options in the order shown. `complete` is False for a reply that its budget cut off: of reasoning,
    only what is said outright counts then, not what a discussion of the options happened to mention. `language` is the
    primary subtag of the language asked in; None where it is not known, and the words of all languages count.
    """
    return _Reading(text, choices, language).parse(style, complete)


def read_choice(
    reply: str, choices: Sequence[str], *, style: Style = "direct", complete: bool = True, language: str | None = None
) -> Parsed[str]:
    """The letter that a whole reply settles on: `parse_choice` of its answer, with offsets in the reply.

    Where the end of a reply longer than `LONGEST` states nothing, what its beginning states outright counts.
    """
    start, end = answer_part(reply, style, language)
    parsed = parse_choice(reply[start:end], choices, style=style, complete=complete, language=language)
    first = answer_part(reply, "direct", language)
    if parsed.value is None and parsed.reason != "ambiguous" and first[0] < start:
        earlier = parse_choice(reply[first[0] : first[1]], choices, style="reasoned", complete=False, language=language)
        if earlier.value is not None:
            start, parsed = first[0], earlier
    return parsed if parsed.at is None else parsed._replace(at=start + parsed.at)


def last_stated(reply: str, choices: Sequence[str], *, style: Style, language: str | None = None) -> str | None:
    """The letter of the last statement of a reply, whatever it says besides; None where it states nothing."""
    start, end = answer_part(reply, style, language)
    reading = _Reading(reply[start:end], choices, language)
    if whole := reading.whole():
        return whole.value
    found = [f for f in reading.outright(reasoned=style == "reasoned") if f.value is not None]
    return max(found, key=lambda f: f.at).value if found else None


class _Reading(Letters):
    """Where a reply says which option it chooses."""

    def parse(self, style: Style, complete: bool) -> Parsed[str]:
        if whole := self.whole():
            return whole
        reasoned = style == "reasoned"
        ended = complete and (not reasoned or len(self.text) < _CUT_FROM or bool(ENDED.search(self.text)))
        found = self.outright(reasoned=reasoned)
        if settled := self._settle(found):
            if not self._divided(found, settled):
                return settled
            return self._nearest(found) or Parsed(None, settled.at, settled.rule, "ambiguous")
        if reasoned and (sole := conclusion.sole(self, ended=ended)):
            return Parsed(sole.value, sole.at, sole.rule)
        if reasoned and not ended:
            return Parsed(None, reason=reason_for(self.text, complete=complete, language=self.language))
        weaker = [*self._cued(), *conclusion.verdicts(self, outright=False)]
        if settled := self._settle(weaker):
            part = self._of_one_part(sorted(weaker, key=lambda f: f.at))
            return Parsed(None, settled.at, settled.rule, "ambiguous") if part else settled
        if self.denied:
            return Parsed(None, reason="no-answer")
        lead = () if reasoned and len(self.text) >= _CUT_FROM else self._lead(texts=True)
        for tier in (lead, self._named(reasoned), self._set_off(reasoned), conclusion.subjects(self)):
            places = list(tier)
            values = {f.value for f in places}
            if len(values) > 1 or None in values:
                return Parsed(None, reason="ambiguous")
            if values:
                return Parsed(places[-1].value, places[-1].at, places[-1].rule)
        several = self._lists() or self._pairs()
        return Parsed(
            None,
            reason="ambiguous" if several else reason_for(self.text, complete=complete, language=self.language),
        )

    def outright(self, *, reasoned: bool) -> list[Found[str]]:
        """Every answer that the reply gives outright, also those that contradict each other."""
        announced = statements(self.text, self.language)
        found = [f for s in announced if (f := self._payload(s))]
        found = found or [f for s in announced if (f := conclusion.worked_out(self, s))]
        found += [*conclusion.verdicts(self, outright=True), *conclusion.alone(self)]
        found += [f for f in conclusion.closing(self) if all(f.at != other.at for other in found)]
        return found if reasoned else [*found, *self._lead()]

    def _cued(self) -> list[Found[str]]:
        return [f for s in cues(self.text, self.language) if (f := self._payload(s))]

    def _nearest(self, found: list[Found[str]]) -> Parsed[str] | None:
        """What is named after all where the answer is said to be none of the options: "not listed, but closest to (B)"."""
        match = self.words.none_given.search(self.text, max(f.end for f in found))
        return self._settle([f for f in self._cued() if f.start > match.start()]) if match else None

    def _settle(self, found: list[Found[str]]) -> Parsed[str] | None:
        return settle(self.text, found, self.language)

    def _divided(self, found: list[Found[str]], settled: Parsed[str]) -> bool:
        """Whether the statements answer parts of the question one by one, or go through the options and deny them."""
        if settled.rule in FIRM:
            return False
        if self.denied > 1 or self.words.none_given.search(self.text, max(f.end for f in found)):
            return True
        if len({f.value for f in found}) > _MOST_ANSWERS:
            return True
        places = sorted(found, key=lambda f: f.at)
        return self._of_one_part(places) or any(
            a.value != b.value and _NEXT_PART.search(self.text, a.end, max(a.end, b.start))
            for a, b in pairwise(places)
            if a.value is not None and b.value is not None
        )

    def _of_one_part(self, places: list[Found[str]]) -> bool:
        """Whether all answers stand in one labelled part, "(a) ...", and the next, "(b) ...", follows without any."""
        labels = list(_PART_LABEL.finditer(self.text))
        before = [m for m in labels if m.start() < places[-1].start]
        after = [m for m in labels if m.start() >= places[-1].end - 1]
        if not (before and after) or places[0].start < before[-1].start():
            return False
        return any((before[-1][1], after[0][1]) in pairwise(series) for series in _SERIES)

    def whole(self) -> Parsed[str] | None:
        """The reply is a letter, or an option's text, and nothing else."""
        if (match := _ONLY.fullmatch(self.text)) and match[1].upper() in self.letters:
            return Parsed(match[1].upper(), match.start(1), "only")
        if index := self.options.equal(self.text):
            return Parsed(self.letters[index[0]], index[1], "text")
        return None

    def _payload(self, statement: Statement) -> Found[str] | None:
        """The option that a statement announces; a `Found` without a value where it announces several."""
        at = statement.payload
        for _ in range(8):
            if match := OPEN.match(self.text, at):
                at = match.end()
            if found := self.letter(at, statement.start, statement.rule):
                return found
            if self.text[at - 1 : at] == "$" and (option := self.options.stated(self.text, at - 1)):
                return self._text_of(option, statement)
            if option := self.options.stated(self.text, at):
                return self._text_of(option, statement)
            if (
                statement.rule == "final"
                and (other := _NO_OPTION.match(self.text, at))
                and other[1] not in self.letters
            ):
                return Found(None, statement.start, at + 1, statement.rule, at)  # a letter that no option has
            match = self.words.filler.match(self.text, at)
            if not match or match.end() == at:
                return None
            at = match.end()
        return None

    def _text_of(self, option: tuple[int, int, int], statement: Statement) -> Found[str] | None:
        """An option's text that a statement announces; without a value where another option's letter stands behind it."""
        letter, end = self.letters[option[0]], option[2]
        if self.words.denied_later.match(self.text, end) or conclusion.loops(self, option[1]):
            return None
        behind = _BEHIND.match(self.text, end)
        agrees = not behind or behind[1] == letter or behind[1] not in self.letters
        return Found(letter if agrees else None, statement.start, end, statement.rule, option[1])

    def _lead(self, *, texts: bool = False) -> Iterator[Found[str]]:
        """A letter that opens the reply; with `texts`, an option's text that does and is a sentence by itself."""
        match = OPEN.match(self.text)
        at = match.end() if match else 0
        if found := self.letter(at, at, "lead"):
            if not self._lists():
                yield found
        elif texts and (option := self.options.at(self.text, at)) and self.options.closes(self.text, option[2], None):
            yield Found(self.letters[option[0]], at, option[2], "lead", option[1])

    def _lists(self) -> bool:
        """Whether the reply goes through the options, or parts, one by one, so that its first letter is no answer.

        An answer may be followed by such a list: then its letter comes twice, or the list starts anew from A.
        """
        heads = [m[1].upper() for m in HEAD.finditer(self.text) if m[1].upper() in self.letters]
        if len(set(heads)) < 2:
            return False
        return heads.count(heads[0]) < 2 and (heads[0] == "A" or "A" not in heads)

    def _pairs(self) -> bool:
        """Whether letters are named together somewhere: "both A and B"."""
        return bool(self.joined)

    def _named(self, reasoned: bool) -> Iterator[Found[str]]:
        """Options whose text the reply names without denying them; of reasoning, only one that ends it."""
        places = self.options.named(self.text, self.words.denied_before)
        if reasoned and len(self.text) >= _CUT_FROM:
            end = len(self.text.rstrip(" \t\r\n.!*_`\"')]}$"))
            places = [p for p in places if p[2] >= end and not self.options.slight(p[0])]
            places = [p for p in places if not conclusion.loops(self, p[1]) and not conclusion.listed(self, p[1])]
        for index, start, end in places:
            yield Found(self.letters[index], start, end, "named", start)

    def _set_off(self, reasoned: bool) -> Iterator[Found[str]]:
        """Letters set off from the text: "(C)", "option C"; of reasoning, only where the last one ends it."""
        found = []
        for at in filter(self.set_off_at, self.isolated):
            before = self.text[max(0, at - 40) : at].rstrip("([*_`\"' ")
            if self.words.denied_before.search(before) or self.denied_after(at) or self.words.wrong_one.search(before):
                continue
            value = None if self.several(at) else self.text[at]
            found.append(Found(value, at, at + 1, "set-off", at))
        if reasoned and found and self.text[found[-1].end :].strip(" \r\n\t.!*_`\"'$)]"):
            return
        yield from found
