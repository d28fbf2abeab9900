"""Answers that a reply comes to without announcing them: a verdict on a letter, a letter alone on a line, a last sentence."""

from __future__ import annotations

import re
from collections.abc import Iterator

from llmxsite.base.words.patterns import spaceless
from llmxsite.exchange.answer.letters import VARIABLE, Letters
from llmxsite.exchange.answer.statement import Found

_ALONE = re.compile(r"(?m)^([ \t*_`\"'“«$\\({\[<>#-]*)([A-Za-z])([*_`\"'”»$)\]}>.:;,!~ \t]*)$")
HEAD = re.compile(r"(?m)^[ \t*_`(\[>-]*([A-Za-z])[*_`]*[).\]:](?:\s|$)")
_SENTENCE = re.compile(r"(?<=[.!?。！？])[\"')\]*]*\s+|\n+")
_LAST_SENTENCES = 4
ENDED = re.compile(r"(?:[.!?。！？…)\]}\"'”’»*_`$|>]|\\\]|\\\))\s*$")
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
    """A line with a letter and nothing else, which neither continues a list of options nor is a formula's."""
    for match in _ALONE.finditer(reply.text):
        if match[2].upper() not in reply.letters or match[1].count("$") != match[3].count("$"):
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
        return None
    return None


def _concluded(reply: Letters, letters: list[int], start: int, stop: int) -> Found[str] | None:
    """The letter that a sentence comes to, where it is the only one set off in it."""
    text, at = reply.text, letters[-1]
    if len({text[at] for at in letters}) != 1 or at in reply.joined:
        return None
    index = reply.letters.index(text[at])
    before = text[max(start, at - 60) : at].rstrip("([*_`\"' ")
    if reply.words.denied_before.search(before) or reply.denied_after(at):
        return None
    if reply.words.wrong_one.search(text, start, at):
        return None
    own = reply.options.all_after(text, at + 1)
    ends = not text[at + 1 : stop].strip(" .!*_`\"'$。)]")
    says_so = reply.words.concludes.search(text, start, at) is not None
    pointed = reply.words.points.search(before) and (ends or index in own or (says_so and not own))
    if not pointed and not reply.options.precedes(before, index):
        return None
    named = _OPTION_BEFORE.sub("", before).rstrip("([*_`\"' ")
    other = any(reply.options.precedes(named, i) for i in range(len(reply.letters)) if i != index)
    if reply.contradicts(at, index, own) or (other and not reply.options.precedes(named, index)):
        return Found(None, at, at + 1, "closing", at)
    return Found(text[at], at, at + 1, "closing", at)
