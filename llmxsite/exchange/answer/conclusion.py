"""Answers that a reply comes to without announcing them: a verdict on a letter, a letter alone on a line, a last sentence, a result."""

from __future__ import annotations

import re
from collections.abc import Iterator

from llmxsite.base.words.patterns import spaceless
from llmxsite.exchange.answer.letters import VARIABLE, Letters
from llmxsite.exchange.answer.statement import Found, Statement, statements

_ALONE = re.compile(r"(?m)^([ \t*_`\"'“«$\\({\[<>#-]*)([A-Za-z])([*_`\"'”»$)\]}>.:;,!~ \t]*)$")
HEAD = re.compile(r"(?m)^[ \t*_`(\[>-]*([A-Za-z])[*_`]*[).\]:](?:\s|$)")
_SENTENCE = re.compile(r"(?<=[.!?。！？])[\"')\]*]*\s+|\n+")
_LAST_SENTENCES = 4
_COLUMN = 2
"""Different letters that may stand alone on lines of their own and still be answers: more are the cells of a table."""
_LOOP = 3
"""Times that a sentence must come for it to be a loop."""
_REST = re.compile(r"[^\n]{0,300}?(?=\.(?:\s|$)|\n|$)")
_BOX = re.compile(r"(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\}){1,200}(?=\})")
_NUMBER_BEFORE = re.compile(r"[\d)][.,]$|[-−–+*/^×·(]\s*$")
_SENTENCE_OPENS = re.compile(r"(?:^|[.!?:\n])[\s*_(]*(?:[^\W\d_]+,?\s+)?[^\W\d_]+\s+[(*\"']*$")
ENDED = re.compile(r"(?:[.!?。！？…)\]}\"'”’»*_`$|>]|\\\]|\\\))\s*$")
_CLOSERS = re.compile(r"[)\]*_`\"']{0,4}")
_STOP = re.compile(r"[)\]](?:[.,;]|\s*$)")
_WORD_BEFORE = re.compile(r"\w[\s(*\"'`]+$")
_OPTION_BEFORE = re.compile(r"[(\[]?\s*[^\W\d_]+$")
_FORMULA_FENCE = ("$$", "\\[", "\\]")


def verdicts(reply: Letters, *, outright: bool) -> Iterator[Found[str]]:
    """`C is the correct answer`, which says so outright, or `C is correct`, which may be about a part."""
    for at in reply.isolated:
        match = reply.words.verdict.match(reply.text, at + 1)
        if not match or bool(match["noun"]) != outright:
            continue
        before = reply.text[max(0, at - 24) : at]
        if reply.words.denied_before.search(before) or reply.words.supposed.search(before):
            continue
        last = reply.raw[at - 1 : at]
        if (last.isalnum() and not spaceless(last)) or VARIABLE.match(reply.text, at + 1):
            continue
        if _WORD_BEFORE.search(before) and not reply.words.about.search(before):
            continue  # "vitamin C is the right answer"
        yield Found(None if at in reply.joined else reply.text[at], at, match.end(), "reversed", at)


def alone(reply: Letters) -> Iterator[Found[str]]:
    """A line with a letter and nothing else, which neither continues a list of options nor is a formula's or a table's."""
    lines = list(_ALONE.finditer(reply.text))
    table = len({match[2].upper() for match in lines}) > _COLUMN
    for match in lines:
        if table or match[2].upper() not in reply.letters or match[1].count("$") != match[3].count("$"):
            continue
        above = reply.text[: match.start()].rstrip().rsplit("\n", 1)[-1].strip()
        below = reply.text[match.end() :].lstrip().split("\n", 1)[0].strip()
        if above.startswith(_FORMULA_FENCE) or below.startswith(_FORMULA_FENCE):
            continue
        if match[2].islower() and not (match[1].strip() or match[3].strip()) and above:
            continue
        head = HEAD.match(above)
        ends = not above or bool(ENDED.search(above) or _ALONE.match(above)) or above.endswith(":")
        if (head and _follows(head[1], match[2])) or not (below or ends):
            continue  # a list of options, or a word, that the budget cut off
        yield Found(match[2].upper(), match.start(2), match.end(2), "line", match.start(2))


def _follows(letter: str, other: str) -> bool:
    return ord(letter.upper()) + 1 == ord(other.upper())


def closing(reply: Letters) -> Iterator[Found[str]]:
    """A conclusion that comes to a letter: "Therefore, the most likely cause is (C).", or a line "C. Rome" that ends the reply.

    It is looked for in the last sentences, from the end: the last one, or one that says that it concludes.
    """
    if found := _closing_line(reply):
        yield found
        return
    end = len(reply.text.rstrip())
    opens = max(0, end - 800)
    starts = [opens, *(m.end() for m in _SENTENCE.finditer(reply.text, opens, end) if end - m.end() > 3)]
    starts = starts[-_LAST_SENTENCES:]
    for place, (start, stop) in enumerate(zip(reversed(starts), reversed([*starts[1:], end]), strict=True)):
        if place and not reply.words.concludes.search(reply.text, start, stop):
            continue
        letters = [at for at in reply.isolated if start <= at < stop and reply.set_off_at(at)]
        if not letters:
            continue
        if found := _concluded(reply, letters, start, stop):
            yield found
        return


def _closing_line(reply: Letters) -> Found[str] | None:
    """A line that is a letter and its option's text: the last one, or one after a colon; not a list of options."""
    text = reply.text.rstrip()
    for match in reversed(list(HEAD.finditer(text))):
        at = match.start(1)
        if text[at] not in reply.letters:
            continue
        above = text[: match.start()].rstrip().rsplit("\n", 1)[-1].strip()
        line_end = text.find("\n", at)
        below = "" if line_end < 0 else text[line_end:].lstrip()
        heads = HEAD.match(above), HEAD.match(below)
        if not above or any(heads):
            return None
        if below and not above.endswith(":"):
            return None
        end = reply.options.all_after(text, at + 1).get(reply.letters.index(text[at]))
        if end is not None and not text[end : len(text) if line_end < 0 else line_end].strip(" .*_`)"):
            return Found(text[at], at, at + 1, "closing", at)
        if (
            above.endswith(":")
            and reply.words.concludes.search(above)
            and reply.options.begun(text, at + 1) == reply.letters.index(text[at])
        ):
            return Found(text[at], at, at + 1, "closing", at)
        return None
    return None


def subjects(reply: Letters) -> Iterator[Found[str]]:
    """An option's text that is called the answer: "Hence 8 is the answer"."""
    for label in reply.words.label.finditer(reply.text):
        start = label.start()
        match = reply.words.is_right.search(reply.text, max(0, start - 60), start)
        if not match:
            continue
        opens = max(0, match.start() - 90)
        before = reply.text[opens : match.start()].rstrip(" $*_`\"')]}")
        ends = [i for i in range(len(reply.letters)) if reply.options.precedes(before, i)]
        texts = sorted((reply.options.choices[i].strip().rstrip(".") for i in ends), key=len)
        if not texts or (len(texts) > 1 and len(texts[-1]) == len(texts[-2])):
            continue
        longest = max(ends, key=lambda i: len(reply.options.choices[i]))
        before = before[: -len(texts[-1])]
        if _NUMBER_BEFORE.search(before) or reply.words.denied_before.search(before):
            continue
        yield Found(reply.letters[longest], start, label.end(), "subject", opens + len(before))


def worked_out(reply: Letters, statement: Statement) -> Found[str] | None:
    """What a box holds, or a statement comes to, where that is an option's text in other markup: "The answer is 6 · 4 = 24."

    Of a reply that breaks off, also the option's text that the statement has begun.
    """
    boxed = statement.rule == "boxed"
    match = (_BOX if boxed else _REST).match(reply.text, statement.payload)
    if not match:
        return None
    if not boxed and match.end() == len(reply.text.rstrip()) and not ENDED.search(reply.text):
        index = reply.options.begun(reply.text, statement.payload)
        at = statement.payload
    else:
        result = match[0].rpartition("=")[2]
        index = reply.options.same(result)
        at = match.end() - len(result.lstrip(" $"))
    if index is None or loops(reply, at):
        return None
    return Found(reply.letters[index], statement.start, match.end(), statement.rule, at)


def loops(reply: Letters, at: int) -> bool:
    """Whether the sentence at `at` is one that the reply says over and over."""
    text = reply.text
    start = max(text.rfind(sign, 0, at) for sign in (". ", "\n")) + 1
    stop = text.find(". ", at)
    sentence = text[start : stop if stop >= 0 else len(text)].strip(" .\n")
    return len(sentence) >= 20 and text.count(sentence) >= _LOOP


def listed(reply: Letters, at: int) -> bool:
    """Whether `at` stands in a list of options, on a line under another option's."""
    start = reply.text.rfind("\n", 0, at) + 1
    above = reply.text[:start].rstrip().rsplit("\n", 1)[-1]
    return bool(HEAD.match(reply.text[start:]) and HEAD.match(above))


def sole(reply: Letters, *, ended: bool) -> Found[str] | None:
    """The only letter that is set off in a reply, beside its option's text, as what something is, or as a last sentence's subject."""
    text, places = reply.text, [at for at in reply.isolated if reply.set_off_at(at)]
    if (
        not places
        or any(s.start > places[-1] for s in statements(text, reply.language))
        or len({text[at] for at in places}) > 1
        or reply.joined & set(places)
    ):
        return None
    for at in reversed(places):
        index = reply.letters.index(text[at])
        before = text[max(0, at - 90) : at].rstrip("([*_`\"' ")
        own = reply.options.all_after(text, at + 1)
        if any(words.search(before) for words in (reply.words.denied_before, reply.words.wrong_one)):
            continue
        if reply.denied_after(at) or reply.contradicts(at, index, own):
            continue
        beside = index in own or reply.options.precedes(before, index)
        bracketed = text[at - 1 : at] in ("(", "[") and reply.words.is_before.search(before) is not None
        said = bracketed and bool(_STOP.match(text, at + 1) or reply.words.why.match(text, at + 2))
        if said or (ended and (beside or _opens_last_sentence(reply, at))):
            return Found(text[at], at, at + 1, "sole", at)
    return None


def _opens_last_sentence(reply: Letters, at: int) -> bool:
    """Whether the letter is the subject of the last sentence, which denies nothing: "Option D would weaken it most"."""
    text = reply.text
    rest = text[at + 1 :].rstrip()
    if not _SENTENCE_OPENS.search(text[max(0, at - 40) : at]) or _SENTENCE.search(rest) or len(rest) < 20:
        return False
    return not reply.words.denies.search(rest)


def _concluded(reply: Letters, letters: list[int], start: int, stop: int) -> Found[str] | None:
    """The letter that a sentence comes to, where it is the only one set off in it."""
    text, at = reply.text, letters[-1]
    if len({text[at] for at in letters}) != 1 or at in reply.joined:
        return None
    index = reply.letters.index(text[at])
    before = text[max(start, at - 90) : at].rstrip("([*_`\"' ")
    if reply.words.denied_before.search(before) or reply.denied_after(at):
        return None
    if reply.words.wrong_one.search(text, start, at):
        return None
    own = reply.options.all_after(text, at + 1)
    ends = not text[at + 1 : stop].strip(" .!*_`\"'$。)]")
    breaks_off = at + 1 == len(text.rstrip()) and "(" not in text[max(start, at - 12) : at]
    says_so = reply.words.concludes.search(text, start, at) is not None
    pointed = not breaks_off and reply.words.points.search(before) and (ends or index in own or (says_so and not own))
    whole = ends or stop < len(text.rstrip()) or ENDED.search(text) is not None
    closed = _CLOSERS.match(text, at + 1)
    whole = whole or (closed is not None and reply.words.reason.match(text, closed.end()) is not None)
    if not pointed and not (whole and reply.options.precedes(before, index)):
        return None
    named = _OPTION_BEFORE.sub("", before).rstrip("([*_`\"' ")
    other = any(reply.options.precedes(named, i) for i in range(len(reply.letters)) if i != index)
    if reply.contradicts(at, index, own) or (other and not reply.options.precedes(named, index)):
        return Found(None, at, at + 1, "closing", at)
    return Found(text[at], at, at + 1, "closing", at)
