"""What a sample was asked, taken apart: its own question, its options, and the worked examples that stand before them.

A reader judges an answer by its question. The prompt begins with worked examples where there are any, so that its first line
is another item's question; the item's own is taken from the suite, from the log where that shows it, or from the prompt's end.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape
from typing import NamedTuple

from llmxsite.exchange.answer.scores import ChoiceScores
from llmxsite.log.record import Answer, Rows, Sample, TurnLine, scores_of
from llmxsite.press.catalogue.entries import Known
from llmxsite.study.suite import LETTERS

Questions = Mapping[str, Known]
"""Items by their hash, of the suites that the study holds."""
_ROLES = {"system": "System", "user": "Asked", "assistant": "Example reply", "tool": "Tool result"}
_LETTERED = re.compile(r"[\s(\[*-]*[A-Za-z0-9][).\]:]\s*$")
"""The mark of an option at the end of what stands before the option's text: `A) `."""
_NAMED = re.compile(r"(?:\A|\n)[^\S\n]*(?:question|q)\s*:[^\S\n]*", re.IGNORECASE)
_ANSWER = re.compile(r"\n\s*(?:answer|a)\s*:\s*\Z", re.IGNORECASE)


class Asked(NamedTuple):
    """What a sample's item asks."""

    question: str
    """As far as it is known; empty where nothing was asked."""
    options: list[str]
    """In the order in which the model saw them; none where the item has none, or more than there are letters."""
    right: str | None = None
    chosen: str | None = None
    """Their letters, where they have some."""


def asked(sample: Sample, known: Questions) -> Asked:
    """Take a sample's question and options apart, from its suite, its log or its prompt."""
    shown, item, scores = sample.shown, known.get(sample.item_hash), scores_of(sample, ChoiceScores)
    choices = (shown.choices if shown is not None else None) or (item.choices if item is not None else [])
    if isinstance(scores.order, list) and sorted(scores.order) == list(range(len(choices))):
        choices = [choices[i] for i in scores.order]
    text = (shown.question if shown is not None else None) or (item.question if item is not None else None)
    return Asked(
        text or _from_prompt(sample, choices),
        choices if len(choices) <= len(LETTERS) else [],
        scores.expected if isinstance(scores.expected, str) else None,
        scores.answer if isinstance(scores.answer, str) else None,
    )


def _from_prompt(sample: Sample, choices: list[str]) -> str:
    """What the prompt's end asks: after its last `Question:`, before its options as they were shown."""
    messages = sample.request.messages
    text = (messages[-1].content if messages else sample.request.prompt) or "\n".join(sample.request.texts or [])
    if choices and (at := text.rfind(choices[0])) > 0:
        text = _LETTERED.sub("", text[:at])
    if named := list(_NAMED.finditer(text)):
        text = text[named[-1].end() :]
    return _ANSWER.sub("", text).strip()


def own(item: Asked, *, chosen: bool = True) -> str:
    """The question and its options as HTML, for the head of the sample's article. Without `chosen` only the right one is marked."""
    question, *options = _escaped([item.question, *item.options])
    html = f"<p class=ask>{question}</p>" if question else ""
    if options:
        it = item.chosen if chosen else None
        lines = [
            f"<li><b>{letter}</b> <span>{text}</span></li>"
            if letter not in (item.right, it)
            else _marked(letter, text, right=letter == item.right, chosen=letter == it)
            for letter, text in zip(LETTERS, options, strict=False)
        ]
        html += f"<ol class=opts>{''.join(lines)}</ol>"
    return f"<div class=own>{html}</div>" if html else ""


def _escaped(texts: list[str]) -> list[str]:
    """Escaped all at once, as a study may hold millions of options; one by one where a text holds what stands between them."""
    parts = escape("\0".join(texts), quote=False).split("\0")
    return parts if len(parts) == len(texts) else [escape(text, quote=False) for text in texts]


def _marked(letter: str, text: str, *, right: bool, chosen: bool) -> str:
    """An option that is right, or the one that was chosen, or both."""
    kind = '"ok it"' if right and chosen else "ok" if right else "it"
    said = "right, chosen" if right and chosen else "right" if right else "chosen"
    return f"<li class={kind}><b>{letter}</b> <span>{text}</span> <i>{said}</i></li>"


def sent(sample: Sample, question: str) -> str:
    """The prompt as it was sent, folded away, its worked examples folded once more; then the turns after the opening.

    Nothing is folded where the prompt is the question itself and no more.
    """
    messages, prompt = sample.request.messages, sample.request.prompt
    inner, examples = "", 0
    if prompt:
        head, rest, examples = _examples(prompt, question)
        inner += (_fold_examples(turn("asked", "Completed text", head), examples) if examples else "") + turn(
            "asked", "Completed text", rest
        )
    elif messages and not (len(messages) == 1 and messages[0].content.strip() == question.strip()):
        system = [m for m in messages[:-1] if m.role == "system"]
        before = [m for m in messages[:-1] if m.role != "system"]
        inner += "".join(turn("asked", "System", m.content) for m in system)
        examples = sum(m.role == "assistant" for m in before)
        shown = "".join(turn("asked", _ROLES.get(m.role, m.role), m.content) for m in before)
        inner += _fold_examples(shown, examples) if examples else shown
        inner += turn("asked", _ROLES.get(messages[-1].role, messages[-1].role), messages[-1].content)
    if sample.request.texts and "\n\n".join(sample.request.texts).strip() != question.strip():
        inner += turn("asked", "Made into a vector", "\n\n".join(sample.request.texts))
    html = ""
    if inner:
        count = f", with {examples} worked example{'s' * (examples != 1)}" if examples else ""
        html = f"<details class=think><summary>Prompt as sent{count}</summary>{inner}</details>"
    elif not (messages or prompt or sample.request.texts) and sample.shown is not None:
        html = "<p class=said>The prompt was not kept.</p>"
    if isinstance(sample.turns, list):
        html += _conversation(sample.turns)
    return html


def _examples(prompt: str, text: str) -> tuple[str, str, int]:
    """A completion's prompt cut before its own question: what stands before, the rest, and how many examples that is.

    The examples are counted by the question's own mark, `Question:`; without one the prompt stays whole.
    """
    at = prompt.rfind(text) if text else -1
    if at <= 0:
        return "", prompt, 0
    marks = [m.start() for m in _NAMED.finditer(prompt) if m.start() < at]
    if len(marks) < 2:
        return "", prompt, 0
    return prompt[: marks[-1]].rstrip("\n"), prompt[marks[-1] :].lstrip("\n"), len(marks) - 1


def _fold_examples(html: str, count: int) -> str:
    words = "Worked example" if count == 1 else f"{count} worked examples"
    return f"<details class=think><summary>{words}</summary>{html}</details>"


def _conversation(turns: list[TurnLine]) -> str:
    """Every call after the first with what was new in it, and every reply but the last, which stands by itself."""
    html, last = "", None
    for place, line in enumerate(turns):
        messages = line.request.messages if line.request is not None else []
        repeated = (
            last is not None and bool(messages) and messages[0].role == "assistant" and messages[0].content == last
        )
        html += "".join(turn("asked", _ROLES.get(m.role, m.role), m.content) for m in messages[repeated:])
        if line.request is not None and line.request.texts:
            html += turn("asked", "Made into a vector", "\n\n".join(line.request.texts))
        last = line.reply.text if line.reply is not None else None
        if line.reply is not None and place < len(turns) - 1:
            html += turn("reply", "Reply", last if last is not None else vector(line.reply))
    return html


def vector(reply: Answer) -> str:
    """`384 numbers a text`."""
    return f"{reply.vectors.dimensions or 0:,} numbers a text" if isinstance(reply.vectors, Rows) else ""


def turn(kind: str, who: str, words: str) -> str:
    """Something said, `asked` or `reply`, with who said it."""
    return f"<div class={kind}><p>{escape(who)}</p><pre>{escape(words, quote=False)}</pre></div>"
