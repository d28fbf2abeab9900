"""Which generated token holds a place in the reply's text.

The list of tokens covers everything generated, thinking and special tokens included, and servers drop or double entries;
the answer's token is therefore found by text, not by index.
"""

from __future__ import annotations

from collections.abc import Sequence

from llmxsite.exchange.engine.protocol import TokenLogprob

_LOOK_AHEAD = 48
"""Characters of text without a token that are passed over before the alignment is given up."""


class Alignment:
    """The reply's text against its tokens."""

    def __init__(self, tokens: Sequence[TokenLogprob], text: str) -> None:
        self._spans = _exact(tokens, text) or _patched(tokens, text)

    @property
    def first(self) -> int | None:
        """Index of the first token of the text; the ones before it are thinking and markers."""
        return self._spans[0][2] if self._spans else None

    def at(self, offset: int) -> int | None:
        """Index of the token that holds the character at `offset`; None where no token is known to."""
        low, high = 0, len(self._spans)
        while low < high:
            middle = (low + high) // 2
            if self._spans[middle][1] <= offset:
                low = middle + 1
            else:
                high = middle
        if low == len(self._spans) or self._spans[low][0] > offset:
            return None
        return self._spans[low][2]


Span = tuple[int, int, int]
"""Start and end in the text, and the token's index."""


def _exact(tokens: Sequence[TokenLogprob], text: str) -> list[Span]:
    """The tokens spell the text, alone or after thinking; empty when they do not."""
    spelt = "".join(token.token for token in tokens)
    wanted = text if text in spelt else text.strip()
    base = spelt.rfind(wanted) if wanted else -1
    if base < 0:
        return []
    shift = text.find(wanted) - base
    spans, position = [], 0
    for index, token in enumerate(tokens):
        end = position + len(token.token)
        if end > base and position < base + len(wanted) and token.token:
            spans.append((position + shift, end + shift, index))
        position = end
    return spans


def _patched(tokens: Sequence[TokenLogprob], text: str) -> list[Span]:
    """Tokens and text differ (lost or doubled entries, parts of characters): match forward, passing over small gaps.

    Tried from every place where the first token might be, so that thinking before the text does not mislead it; the
    alignment that covers most of the text is taken, if that is more than half of it.
    """
    best: list[Span] = []
    covered = len(text) // 2
    starts = [i for i, token in enumerate(tokens) if token.token.strip() and token.token in text[:_LOOK_AHEAD]]
    for start in starts[:64]:
        spans, position = [], 0
        for index in range(start, len(tokens)):
            piece = tokens[index].token
            if not piece or "\ufffd" in piece:
                continue
            found = text.find(piece, position, position + _LOOK_AHEAD + len(piece))
            if found >= 0:
                spans.append((found, found + len(piece), index))
                position = found + len(piece)
        reach = sum(end - begin for begin, end, _ in spans)
        if reach > covered:
            best, covered = spans, reach
    return best
