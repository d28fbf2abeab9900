"""Reading the number that answers a question out of a reply.

Where a reply states a number (`Answer: 18`, `#### 18`, `\\boxed{18}`, "the answer is $18"), that counts. Else its closing sentence
does, the last one that holds a number: what is in bold there, what follows "so" or its last equals sign, or its last number. A
"so" in the midst of the reasoning is no answer. How a number is written is `number`'s; one that cannot be read whole, where
an answer is stated or the reply ends, leaves the reply unparsed.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from llmxsite.exchange.answer import number_words as words
from llmxsite.exchange.answer.digits import plain, read_digits
from llmxsite.exchange.answer.number import Number, numbers
from llmxsite.exchange.answer.statement import Found, Parsed, Statement, cues, reason_for, settle, statements
from llmxsite.exchange.asking.question import Style

__all__ = ["Number", "parse_number", "read_digits", "same_number"]

_OPEN = re.compile(
    r"(?:[\s*_`\"'“«({\[~≈:：=]|\\(?=[(\[])|\\(?:text|textbf|mathrm|mathbf|boxed)\s*\{|\$(?=\\|\s)){1,60}"
)
_AND_ANOTHER = re.compile(
    rf"(?i)[\s*_)\]$%}}]*(?:[-–—/、]|,\s)[\s*_$€£(]*\d"
    rf"|[\s*_)\]$%}}]*,?\s*(?:[^\W\d_]+\s+){{0,2}}\(?(?:{'|'.join(words.JOINS.split())})(?![^\W\d_])[\s*_$€£(]*\d"
    rf"|(?:或|和|到|至|と|か|から|또는|와|과)\s?\d"
)
_EQUALS = re.compile(rf"(?i)(?<![<>!≤≥])=|≈|\\approx|\b(?:{words.EQUALS})(?![^\W\d_])")
_WHICH = re.compile(r"(?i)\b(?:which|that) (?:is|gives|makes|comes to)(?![^\W\d_])")
"""After a sum that is not worked out: "the answer is 3 * 6, which is 18"."""
_UNIT = re.compile(r"[\s*_`)\]}$]*(?:\\(?:text|mathrm)\s*\{\s*)?(?P<unit>%|[^\W\d_]+)")
_ENDS = re.compile(r"(?:[.!?][\"'”»)\]*_`$]*(?=\s|$)|[。！？]|\n)+")
_BOLD = re.compile(r"\*\*(?=\S)([^*\n]{1,80}?)\*\*|\\(?:textbf|mathbf)\{([^{}\n]{1,80})\}")
_QUANTITY = re.compile(r"[\s*_`)\]$]*(?:[^\W\d_]+\s*){0,3}(?:=|≈)")
_REASON = re.compile(
    r"(?i)\b(?:because|since|parce que|puisque|weil|denn|porque|perché|want|bo|потому)(?![^\W\d_])|因为|因為|なぜなら"
)
_UNSOLVED = re.compile(r"[+*×÷<>≤≥±]|\\(?:times|cdot|div|pm|pi|leq?|geq?|neq)(?![a-z])")
_BRACE = re.compile(r"\\[{}]|[{}]")
_LONGEST = 400
"""Characters after a statement in which its number is looked for."""
_NEAR = re.compile(r"(?:[^\W\d]+[^\w,;:.]+){0,4}\W{0,4}")
"""The few words between a statement and its number: "is about a total of $18". Behind more the sentence says it at its end."""


def parse_number(
    text: str,
    *,
    style: Style = "direct",
    language: str = "en",
    spoken: str | None = None,
    complete: bool = True,
    unit: str | None = None,
) -> Parsed[Number]:
    """The number that `text` settles on.

    `language` says how a number is written; `spoken`, where it is known, whose words announce one. `complete` is False for a
    reply that its budget cut off. `unit` is what the number is counted in, by which one of
    "138 dollars = 13800 cents" is chosen; where it is not known, it is what is said first.
    """
    if not text.strip():
        return Parsed(None, reason="empty")
    reading = _Reading(text, language, spoken, unit)
    if settled := settle(text, [f for s in statements(text, spoken) if (f := reading.stated(s))], spoken):
        return settled
    if style != "direct" and not complete:
        return Parsed(None, reason=reason_for(text, complete=False, language=spoken))
    return reading.closing(complete)


def same_number(answer: Number, expected: int | float, unit: str | None = None) -> bool:
    """Whether an answer is the expected number, to a relative 1e-9 of rounding.

    25 % is also 0.25 where no unit asks for per cent; 3 million is also 3 where the unit is "million people".
    """
    if math.isclose(answer.value, expected, rel_tol=1e-9, abs_tol=1e-12):
        return True
    asked = unit.lower() if unit else ""
    if answer.scale != 1 and re.search(r"thousand|million|billion|trillion|tausend|mille|milliard|mil\b", asked):
        return math.isclose(answer.value / answer.scale, expected, rel_tol=1e-9, abs_tol=1e-12)
    per_cent = "%" in asked or "cent" in asked
    return answer.percent and not per_cent and math.isclose(answer.value / 100, expected, rel_tol=1e-9, abs_tol=1e-12)


class _Reading:
    """One reply to a question that a number answers."""

    def __init__(self, text: str, language: str, spoken: str | None, unit: str | None) -> None:
        self.text, self.language, self.spoken = plain(text), language, spoken
        self.unit = (unit or "").lower()

    def stated(self, statement: Statement) -> Found[Number] | None:
        """The number a statement announces on its line or in its braces; without a value where it cannot be told."""
        text, start = self.text, statement.payload
        if statement.rule == "boxed":
            return self._boxed(statement, start, _closing_brace(text, start))
        if opened := _OPEN.match(text, start):
            start = opened.end() - opened[0].endswith("(")  # an amount in parentheses may be a negative one
        end = text.find("\n", start)
        end = min(len(text) if end < 0 else end, start + _LONGEST)
        if statement.rule == "tag" and (close := text.find("</", start, end)) >= 0:
            end = close
        found = self._numbers(start, end)
        if not found:
            return None
        chosen = found[0]
        which = _WHICH.search(text, chosen.end, end) if chosen.value is None else None
        if equals := self._equals(start, end) or ([which.end()] if which else []):
            chosen = self._over_equals(found, equals, start)
        elif not _NEAR.fullmatch(text, start, chosen.start):
            chosen = self._of_sentence(start, self._sentence_end(start, end)) or chosen
        elif _AND_ANOTHER.match(text[:end], chosen.end):
            return Found(None, statement.start, chosen.end, statement.rule, chosen.at)
        return Found(chosen.value, statement.start, chosen.end, statement.rule, chosen.at)

    def closing(self, complete: bool) -> Parsed[Number]:
        """The number of the last sentence that has one, in a reply that states none."""
        found = self._numbers(0, len(self.text))
        if not found:
            return Parsed(None, reason=reason_for(self.text, complete=complete, language=self.spoken))
        values = {n.value for n in found}
        if len(values) == 1:
            value = found[0].value
            reason = None if value is not None else reason_for(self.text, complete=complete, language=self.spoken)
            return Parsed(value, found[0].at, None if value is None else "only", reason)
        start, end = self._last_sentence(found[-1])
        because = _REASON.search(self.text, start, end)
        if because and any(start <= n.start < because.start() for n in found):
            end = because.start()  # "It takes 4 days because 24 / 6 = 4"
        here = [n for n in found if start <= n.start < end]
        if bold := self._bold(start, end):
            return Parsed(bold.value, bold.at, "bold")
        for cue in cues(self.text[:end], self.spoken):
            if cue.payload >= start and (near := self._near(cue.payload, end)):
                return _parsed(near, "cued")
        if equals := self._equals(start, end):
            return _parsed(self._over_equals(here, equals, start), "equals")
        if not complete or (len(here) > 1 and _AND_ANOTHER.match(self.text, here[-2].end)):
            return Parsed(None, reason="ambiguous")
        return _parsed(here[-1], "last")

    def _numbers(self, start: int, end: int) -> list[Found[Number]]:
        return list(numbers(self.text, self.language, start, end))

    def _boxed(self, statement: Statement, start: int, end: int) -> Found[Number] | None:
        """What stands in a box is the whole answer, so nothing in it may be left over."""
        found = self._numbers(start, end)
        inside = self.text[start:end]
        if not found and not any(c.isdigit() for c in inside):
            return None
        value, at = None, found[-1].at if found else start
        if "=" in inside or "\\approx" in inside:
            after = [n for n in found if n.start >= max(self._equals(start, end))]
        else:
            after = found
        if len(after) == 1:
            rest = self.text[start : after[0].start] + " " + self.text[after[0].end : end]
            value = None if _UNSOLVED.search(rest) else after[0].value
            at = after[0].at
        return Found(value, statement.start, end, statement.rule, at)

    def _equals(self, start: int, end: int) -> list[int]:
        """Where the signs and words for "equals" end."""
        return [m.end() for m in _EQUALS.finditer(self.text, start, end)]

    def _over_equals(self, found: Sequence[Found[Number]], equals: Sequence[int], start: int) -> Found[Number]:
        """Of "3 * 6 = 18" the last number; of "138 dollars = 13800 cents", one quantity twice, the one in the unit asked for."""
        last = next((n for n in found if n.start >= equals[-1]), None)
        if last is None:
            before = [n for n in found if n.end <= equals[-1]]
            return before[-1] if before and len(before) > 1 else found[-1]
        left = [n for n in found if n.end <= equals[-1]]
        if (
            len(equals) == 1
            and len(left) == 1
            and left[0].value
            and _QUANTITY.fullmatch(self.text, left[0].end, equals[0])
        ):
            one, other = self._unit_of(left[0]), self._unit_of(last)
            if one and other and one != other and left[0].value != last.value:
                return last if other and self.unit and _alike(other, self.unit) else left[0]
        return last

    def _unit_of(self, number: Found[Number]) -> str:
        """The word behind a number, or the currency before it."""
        sign = re.search(r"[$€£¥]", self.text[number.start : number.end])
        match = _UNIT.match(self.text, number.end)
        return sign[0] if sign else match["unit"].lower() if match else ""

    def _last_sentence(self, last: Found[Number]) -> tuple[int, int]:
        """Start and end of the sentence or line that holds a number."""
        start = max((m.end() for m in _ENDS.finditer(self.text, 0, last.start)), default=0)
        return start, self._sentence_end(last.end, len(self.text))

    def _sentence_end(self, start: int, end: int) -> int:
        match = _ENDS.search(self.text, start, end)
        return match.start() if match else end

    def _of_sentence(self, start: int, end: int) -> Found[Number] | None:
        """The number of a sentence that says more than a number: the one in bold, or the last."""
        found = self._numbers(start, end)
        return self._bold(start, end) or (found[-1] if found else None)

    def _bold(self, start: int, end: int) -> Found[Number] | None:
        """The only number in bold between two places."""
        found = [n for m in _BOLD.finditer(self.text, start, end) for n in self._numbers(m.start(), m.end())]
        return found[0] if len({n.value for n in found}) == 1 and found[0].value is not None else None

    def _near(self, start: int, end: int) -> Found[Number] | None:
        """The number that follows a cue at once."""
        opened = _OPEN.match(self.text, start)
        start = opened.end() if opened else start
        found = next(iter(numbers(self.text, self.language, start, end)), None)
        return found if found is not None and found.start - start <= 12 and not self._equals(start, end) else None


def _parsed(found: Found[Number], rule: str) -> Parsed[Number]:
    if found.value is None:
        return Parsed(None, found.at, reason="ambiguous")
    return Parsed(found.value, found.at, rule)


def _closing_brace(text: str, start: int) -> int:
    """Where the brace closes that was opened before `start`; the end of the line where it never does."""
    depth = 1
    for match in _BRACE.finditer(text, start, start + _LONGEST):
        if match[0].startswith("\\"):
            continue
        depth += 1 if match[0] == "{" else -1
        if depth == 0:
            return match.start()
    end = text.find("\n", start)
    return min(len(text) if end < 0 else end, start + _LONGEST)


def _alike(unit: str, asked: str) -> bool:
    """Whether a word behind a number is the unit that was asked for, the plural aside."""
    one, other = unit.rstrip("s"), [word.rstrip("s") for word in re.findall(r"[^\W\d_]+|[%$€£¥]", asked)]
    return one in other
