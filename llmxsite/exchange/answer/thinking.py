"""Which part of a generated text is its answer: thinking written into it, channels and control tokens are none of it.

Servers that do not part thinking from the answer hand both on as one text, in the notation of the model: a block in tags, of
which the opening one may have stood in the prompt; channels (OpenAI's harmony), with or without their special tokens. An
opening tag that nothing closes means that the thinking was never finished, so that there is no answer.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

_NAMES = r"think|thinking|thought|thoughts|reasoning|analysis|seed:think|scratchpad|inner_monologue"
_OPENS = re.compile(
    rf"(?i)<(?:{_NAMES})>|\[THINK\]|◁think▷|<\|(?:begin_of_thought|begin_of_thinking|START_THINKING|inner_prefix)\|>|<unused94>(?:thought)?"
)
_CLOSES = re.compile(
    rf"(?i)</(?:{_NAMES})>|\[/THINK\]|◁/think▷|<\|(?:end_of_thought|end_of_thinking|END_THINKING|inner_suffix)\|>|<unused95>"
)
_FINAL = re.compile(r"<\|channel\|>\s*final\b[^<]{0,200}(?:<\|constrain\|>[^<]{0,80})?<\|message\|>")
_CHANNEL = re.compile(r"<\|channel\|>\s*(?:analysis|commentary|final)\b")
_BARE_CHANNEL = re.compile(r"\s*(?:assistant)?analysis(?=[A-Z\"“])|\s*final(?=[A-Z(*\\{]\W|[A-Z]$)")
"""How harmony looks once a server has dropped its special tokens: the channel's name runs into the first word."""
_BARE_FINAL = re.compile(r"(?:assistant|^\s*)final(?=[^\sa-z]|$)")
_ROLE = r"(?:[ \t]*(?:assistant|model|gpt|bot)\b[ \t]*)?"
_CONTROL = re.compile(
    r"<\|[A-Za-z0-9_/ -]{1,40}\|>|<[｜|][^<>\n]{1,40}[｜|]>|</?s>|<(?:bos|eos|pad|unk|end_of_turn|start_of_turn|end_of_text|endoftext|eot)>"
    r"|<end_of_utterance>|\[/?INST\]|</?INST>|<<SYS>>|\[end of text\]|\[/?(?:BOS|EOS|PAD)\]"
)
_LEADS = re.compile(rf"(?:\s*(?:{_CONTROL.pattern}){_ROLE})+\s*")


class AnswerSpan(NamedTuple):
    """Where the answer stands in a text, as offsets."""

    start: int
    end: int
    finished: bool = True
    """False where thinking began and never ended, so that the span is empty."""


def answer_span(text: str, control: Sequence[str] = ()) -> AnswerSpan:
    """The part of `text` that is the answer.

    `control` are control tokens of the model's own vocabulary, where it is known; the common ones are known anyway.

    >>> text = "<think>A or B?</think>\\nB<|im_end|>"
    >>> text[slice(*answer_span(text)[:2])].strip()
    'B'
    """
    span = _channels(text) or _blocks(text)
    if not span.finished:
        return span
    return _trimmed(text, span, control)


def blanked(text: str, control: Sequence[str]) -> str:
    """The text with control tokens of the model's own as blanks, and blank after the one that ends its answer.

    Every other character stays where it was, so that tokens can still be told by their places.

    >>> blanked("<|tone|>B<|stop|>and more", ["<|tone|>", "<|stop|>"])
    '        B                '
    """
    own = _pattern(control)
    if own is None or not own.search(text):
        return text
    start, end, finished = answer_span(text, control)
    if not finished:
        return text
    before = own.sub(lambda token: " " * len(token[0]), text[:start])
    return before + text[start:end] + " " * (len(text) - end)


def _pattern(control: Sequence[str]) -> re.Pattern[str] | None:
    tokens = sorted(filter(None, control), key=len, reverse=True)
    return re.compile("|".join(map(re.escape, tokens))) if tokens else None


def _channels(text: str) -> AnswerSpan | None:
    """The final channel of a text in harmony's notation; None for a text that has no channels."""
    finals = list(_FINAL.finditer(text))
    if finals:
        return AnswerSpan(finals[-1].end(), len(text))
    if _CHANNEL.search(text):
        return AnswerSpan(len(text), len(text), finished=False)
    if _BARE_CHANNEL.match(text):
        ends = list(_BARE_FINAL.finditer(text))
        return AnswerSpan(ends[-1].end(), len(text)) if ends else AnswerSpan(len(text), len(text), finished=False)
    return None


def _blocks(text: str) -> AnswerSpan:
    """What stands after the last block of thinking; before the first one, where nothing does."""
    closed = 0
    for match in _CLOSES.finditer(text):
        closed = match.end()
    if _OPENS.search(text, closed):
        return AnswerSpan(len(text), len(text), finished=False)
    first = _OPENS.search(text)
    if first and text[: first.start()].strip() and not text[closed:].strip():
        return AnswerSpan(0, first.start())
    return AnswerSpan(closed, len(text))


def _trimmed(text: str, span: AnswerSpan, control: Sequence[str]) -> AnswerSpan:
    """The span without the control tokens before its text, and without what follows the first one after it."""
    start, end = span.start, span.end
    own = _pattern(control)
    while True:
        lead = _LEADS.match(text, start, end) or (own.match(text, start, end) if own else None)
        if not lead or lead.end() == start:
            break
        start = lead.end()
    for pattern in filter(None, (_CONTROL, own)):
        if stop := pattern.search(text, start, end):
            end = stop.start()
    return AnswerSpan(start, end)
