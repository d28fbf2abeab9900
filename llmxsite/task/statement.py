"""Finding where a reply states its answer, and which of several statements counts.

A statement is a phrase that announces an answer: `Answer: C`, `\\boxed{18}`, `the correct option is (B)`, `la bonne réponse
est C`, `C is correct`. What it announces is read by `choice`, `numeric` and `short`, which know what an answer looks like.

The last statement counts, because reasoning comes before its conclusion. Two statements that differ count as none when
they stand side by side, with neither reasoning nor a word of correction between them: such a reply gives two answers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Generic, NamedTuple, TypeVar

from llmxsite.task.protocol import Style

V = TypeVar("V")
LONGEST = 20_000
NEAR = 40
"""Characters between two statements below which they count as side by side."""

_MARKUP = r"[*_`\"'“”«»\s]{0,12}"
_LABEL = (
    r"(?:(?:the|my|final|correct|right|best|overall)\s+){0,4}(?:answer|ans|option|choice|solution|conclusion)"
    r"|(?:(?:la|ma|bonne|l['’])\s*){0,4}(?:réponse|reponse|solution|option|choix)(?:\s+(?:correcte|finale|exacte|juste|est)){0,3}"
    r"|(?:(?:die|richtige|korrekte|endgültige)\s+){0,4}(?:antwort|lösung)"
    r"|(?:(?:la|opción|mejor)\s+){0,4}(?:respuesta|solución|opción)(?:\s+(?:correcta|final))*"
    r"|risposta(?:\s+(?:corretta|finale))?|resposta(?:\s+(?:correta|final))?"
)
_ADVERBS = (
    r"(?:(?:therefore|thus|then|hence|so|indeed|clearly|definitely|probably|likely|most|simply|actually|now|in fact"
    r"|donc|alors|bien|sûrement|probablement|also|wohl|daher|por tanto)\b[\s,]*){0,6}"
)
_MARKED = re.compile(rf"(?i)\b(?:{_LABEL}){_MARKUP}(?:\([^()\n]{{1,20}}\)\s*)?(?:[:=：]|->|→|⇒|\s[-–—]\s)")
_HEADING = re.compile(rf"(?im)^[#> \t*_]*(?:{_LABEL})[\s*_.]*\n")
_SPOKEN = re.compile(
    rf"(?i)\b(?:{_LABEL})(?:\s+(?:here|to\s+(?:this|the)\s+question|for\s+this\s+question|à\s+(?:cette|la)\s+question))?{_MARKUP},?\s*{_ADVERBS}"
    rf"(?:is|would\s+be|should\s+be|must\s+be|has\s+to\s+be|will\s+be|was|remains|est|serait|doit\s+être|reste|ist|lautet|wäre|es|sería)\b{_MARKUP}{_ADVERBS}"
)
_TAG = re.compile(r"(?i)<\s*(?:answer|final_answer|réponse)\s*>")
_BOXED = re.compile(r"\\boxed\s*\{|\\fbox\s*\{")
_HASHES = re.compile(r"(?m)^\s*####(?!#)")
_CUED = re.compile(
    r"(?i)\b(?:I(?:['’]?d|\s+would|['’]?ll|\s+will|\s+shall|\s+must)?\s+(?:say|choose|pick|select|go\s+(?:with|for)|opt\s+for|answer|guess)"
    r"|I(?:['’]m|\s+am)\s+going\s+with|it(?:['’]s|\s+is|\s+must\s+be|\s+should\s+be|\s+would\s+be)|that(?:['’]s|\s+is)"
    r"|je\s+(?:dirais|choisis|choisirais|réponds|répondrais|prends|dis)|c['’]est|ich\s+(?:wähle|nehme|sage)|elijo|diría)\b[\s:]*"
    r"|(?:\b(?:therefore|thus|hence|so|donc|ainsi|also|daher)\b\s*[,:]?|→|⇒|=>)\s*"
)
_RETRACTION = re.compile(
    r"(?i)\b(?:wait|actually|correction|correcting|sorry|no,|not quite|let me (?:re|correct|double)|on second thought|scratch that|mistake"
    r"|however|instead|rather|en fait|attends|attendez|pardon|non,|plutôt|erreur|finalement|moment|nein,|perdón|en realidad)"
)
_SUPPOSED = re.compile(
    r"(?i)\b(?:if|whether|unless|suppose|supposing|assuming|assume|say|si|wenn|falls|ob)\s+(?:that\s+|que\s+)?(?:the\s+|la\s+|die\s+)?\W*$"
)
_NEXT_QUESTION = re.compile(
    r"(?i)\n[ \t]{0,8}(?:#{1,6}[ \t]{0,8})?(?:question|frage|pregunta|q|human|user|problem)\s*\d*\s*:|<\|(?:im_start|eot_id|endoftext|user)"
)


class Statement(NamedTuple):
    """A phrase that announces an answer."""

    start: int
    """Where the phrase starts in the text."""
    payload: int
    """Where what it announces starts."""
    rule: str


class Found(NamedTuple, Generic[V]):
    """An answer somewhere in the text; `value` is None where the place names several at once."""

    value: V | None
    start: int
    end: int
    rule: str
    at: int
    """Where the answer itself starts, which is what its token is looked for by."""


class Parsed(NamedTuple, Generic[V]):
    """What a reply answers, or the reason why that cannot be said."""

    value: V | None
    at: int | None = None
    """Offset of the answer in the reply's text."""
    rule: str | None = None
    reason: str | None = None
    """`empty`, `refusal`, `ambiguous`, `no-answer`, `unfinished`."""


def statements(text: str) -> list[Statement]:
    """Every phrase that announces an answer outright, in order; suppositions ("if the answer is A") left out."""
    found = [
        Statement(match.start(), match.end(), rule)
        for rule, pattern in (
            ("boxed", _BOXED),
            ("hashes", _HASHES),
            ("tag", _TAG),
            ("marked", _MARKED),
            ("heading", _HEADING),
            ("spoken", _SPOKEN),
        )
        for match in pattern.finditer(text)
        if not (rule in ("spoken", "marked") and _SUPPOSED.search(text, max(0, match.start() - 24), match.start()))
    ]
    return sorted(found)


def cues(text: str) -> Iterator[Statement]:
    """Weaker phrases, such as "I would say" and "therefore", that count when nothing is stated outright."""
    for match in _CUED.finditer(text):
        yield Statement(match.start(), match.end(), "cued")


def settle(text: str, found: Sequence[Found[V]]) -> Parsed[V] | None:
    """The answer among statements in the order of the text; None when there is none at all."""
    places = sorted(found, key=lambda f: (f.at, f.start))
    if not places:
        return None
    last = places[-1]
    if last.value is None:
        return Parsed(None, last.at, last.rule, "ambiguous")
    for other in reversed(places[:-1]):
        if other.value == last.value:
            continue
        between = text[other.end : last.start]
        if len(between.strip()) < NEAR and not _RETRACTION.search(between):
            return Parsed(None, last.at, last.rule, "ambiguous")
        break
    first = next(f for f in reversed(places) if f.value == last.value)
    return Parsed(last.value, first.at, first.rule)


def answer_part(text: str, style: Style = "direct") -> tuple[int, int]:
    """Start and end of what counts as the reply: without thinking written into it, and without a next question made up.

    Of a reply longer than `LONGEST` characters it is the end where the style is to reason first, else the beginning.

    Models behind servers that do not part thinking from answer write `<think>...</think>` first; base models go on with a
    question of their own after answering.
    """
    start = text.rfind("</think>")
    start = 0 if start < 0 else start + len("</think>")
    if start == 0 and text.lstrip().startswith("<think>"):
        return len(text), len(text)
    body = len(text) - len(text[start:].lstrip()) if text[start:].strip() else start
    match = _NEXT_QUESTION.search(text, body)
    end = match.start() if match and text[body : match.start()].strip() else len(text)
    if end - start <= LONGEST:
        return start, end
    return (end - LONGEST, end) if style == "reasoned" else (start, start + LONGEST)


_REFUSAL = re.compile(
    r"(?i)\b(?:I\s+(?:can(?:no|['’])?t|am\s+(?:unable|not\s+able)|do(?:\s+not|n['’]t)\s+(?:know|have\s+enough)|must\s+decline|won['’]t)"
    r"|I['’]m\s+(?:sorry|unable|not\s+able|not\s+sure)|as\s+an?\s+(?:AI|large\s+language)|none\s+of\s+(?:the|these)\s+(?:options|choices|answers|above)"
    r"|cannot\s+be\s+(?:determined|answered)|not\s+enough\s+information|no\s+correct\s+(?:answer|option)"
    r"|je\s+ne\s+(?:sais|peux|suis)|je\s+suis\s+(?:désolé|incapable)|aucune\s+(?:des|de\s+ces)|ich\s+(?:weiß|kann)\s+(?:es\s+)?nicht|no\s+(?:lo\s+sé|puedo))"
)


def reason_for(text: str, *, complete: bool) -> str:
    """Why a reply without an answer has none."""
    if not text.strip():
        return "empty"
    if _REFUSAL.search(text):
        return "refusal"
    return "no-answer" if complete else "unfinished"
